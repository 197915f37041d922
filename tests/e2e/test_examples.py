"""The systems under examples/ with the real firewall tools: each is as its file says, from
every vantage, and the mistakes that its document warns of, or makes, are found."""

import subprocess
import unittest
from collections.abc import Iterable

from e2e.portvet import BROKEN, MET
from e2e.system import Addresses, Mistake, System, unmet
from lab.firewall import firewalld, ufw
from lab.rows import Host, ports
from lab.testing import main


def machine(name: str, addresses: Addresses, tcp: tuple[int, ...],
            udp: tuple[int, ...] = (), mute: tuple[int, ...] = ()) -> Host:
    """Its services run on all of these ports: what cannot be reached is the firewall's doing."""
    ipv4, ipv6 = addresses
    return Host(name, ports("tcp", tcp, "open") + ports("udp", udp, "open")
                + ports("udp", mute, "mute"), blocks=(f"{ipv4}/32", f"{ipv6}/128"))


class ExampleTest(unittest.TestCase):
    """What the tests of all systems say."""
    system: System

    def assert_met(self, *options: str) -> None:
        for vantage in self.system.vantages:
            with self.subTest(vantage=vantage, options=options):
                done = self.system.check(vantage, *options)
                self.assertEqual((done.exit_code, unmet(done)), (MET, []))

    def assert_found(self, vantage: str, mistakes: Iterable[Mistake], *options: str) -> None:
        """These are broken, and nothing else is."""
        with self.subTest(vantage=vantage, options=options):
            done = self.system.check(vantage, *options)
            self.assertEqual((done.exit_code, unmet(done)), (BROKEN, sorted(mistakes)))

    def assert_exposed(self, vantage: str, mistakes: Iterable[Mistake], *options: str) -> None:
        """These are open and should not be; what else is wrong counts less."""
        with self.subTest(vantage=vantage, options=options):
            done = self.system.check(vantage, *options)
            exposed = [mistake for mistake in unmet(done) if mistake[2] == "open"]
            self.assertEqual((done.exit_code, exposed), (BROKEN, sorted(mistakes)))


class HeroCtlTest(ExampleTest):
    SERVER = "198.51.100.11", "2001:db8:51::11"
    WORKER = "198.51.100.12", "2001:db8:51::12"
    SERVICES = 22, 80, 443, 4646, 4647, 4648, 5432, 8080, 8443  # 5432 is in no document
    VANTAGES = {"internet": ("203.0.113.77", "2001:db8:77::77"),
                "operator": ("203.0.113.10", "2001:db8:77::10"),
                "node": ("10.0.0.2", "2001:db8:51::2")}
    SERVER_ALONE = "--host", "*11"

    def stand(self, *names: str) -> None:
        hosts = [machine(name, addresses, self.SERVICES, mute=(4648,))
                 for name, addresses in (("server", self.SERVER), ("worker", self.WORKER))
                 if name in names]
        self.system = self.enterContext(System("heroctl", hosts, self.VANTAGES))

    def test_ufw_keeps_the_table(self) -> None:
        self.stand("server", "worker")
        self.system.run("server", "./ufw.sh", ufw)
        self.system.run("worker", "./ufw.sh worker", ufw)
        self.assert_met()

        self.system.run("server", "ufw allow 8080/tcp", ufw)
        self.assert_found("internet", [(address, "8080/tcp", "open") for address in self.SERVER])

    def test_iptables_alone_forgets_ipv6(self) -> None:
        self.stand("server")
        self.system.run("server", "./iptables.sh")
        self.assert_met("-4", *self.SERVER_ALONE)
        forgotten = self.SERVER[1], "22,4646-4648,5432,8080,8443/tcp", "open"
        for vantage in self.VANTAGES:
            self.assert_exposed(vantage, [forgotten], *self.SERVER_ALONE)

        self.system.run("server", "./ip6tables.sh")
        self.assert_met("-6", *self.SERVER_ALONE)

    def test_firewalld_zones_let_in_more_than_the_table(self) -> None:
        self.stand("server")
        ipv4, ipv6 = self.SERVER
        self.system.run("server", "./firewalld.sh", firewalld)
        ssh = [(ipv4, "22/tcp", "open"), (ipv6, "22/tcp", "open")]
        self.assert_found("internet", ssh, *self.SERVER_ALONE)
        self.assert_found("node", [*ssh, (ipv4, "80,443/tcp", "rejected")], *self.SERVER_ALONE)
        trusted = [(ipv4, "4646-4648/tcp", "open"), (ipv4, "5432/tcp", "open")]
        self.assert_exposed("operator", [*trusted, ssh[1]], *self.SERVER_ALONE)

        self.system.run("server", "./firewalld-mended.sh", firewalld)
        self.assert_met(*self.SERVER_ALONE)


class UtmStackTest(ExampleTest):
    MANAGER = "10.10.10.11", "2001:db8:11::11"
    SERVICES = 22, 80, 443, 514, 2377, 5432, 6514, 7946, 9000, 9001, 9090, 9200, 9300, 50051
    COLLECTORS = 514, 2055, 4739, 4789, 7946  # on UDP, and never answer
    VANTAGES = {"elsewhere": ("203.0.113.77", "2001:db8:77::77"),
                "admin": ("192.168.1.100", "2001:db8:1::100"),
                "soc": ("192.168.1.20", "2001:db8:1::20"),
                "source": ("10.1.2.3", "2001:db8:10::3"),
                "node": ("10.10.10.12", "2001:db8:11::12")}

    def test_ufw_keeps_the_tables_once_the_scripts_do(self) -> None:
        manager = machine("manager", self.MANAGER, self.SERVICES, mute=self.COLLECTORS)
        self.system = self.enterContext(System("utmstack", [manager], self.VANTAGES))
        self.system.run("manager", "sed 's/6514 proto tcp/6514 proto udp/' basic.sh | sh -eu\n"
                        "./nodes.sh", ufw)
        address = self.MANAGER[0]
        self.assert_found("source", [(address, "514,6514/tcp", "dropped"),
                                     (address, "6514/udp", "closed")])

        self.system.run("manager", "ufw delete allow from 10.0.0.0/8 to any port 6514 proto udp\n"
                        "ufw allow from 10.0.0.0/8 to any port 6514 proto tcp", ufw)
        self.assert_found("source", [(address, "514/tcp", "dropped")])

        self.system.run("manager", "./collectors.sh", ufw)
        self.assert_met()


class AivenTest(ExampleTest):
    NODE = "203.0.113.21", "2001:db8:21::21"
    SERVICES = 22, 80, 443, 5432, 12691, 30287
    IPSEC = 500, 4500
    VANTAGES = {"internet": ("203.0.113.77", "2001:db8:77::77"),
                "client": ("198.51.100.5", "2001:db8:51::5"),
                "management": ("192.0.2.10", "2001:db8:2::10"),
                "node": ("192.0.2.22", "2001:db8:2::22")}

    def test_iptables_rejects_and_a_drop_is_found(self) -> None:
        node = machine("node", self.NODE, self.SERVICES, mute=self.IPSEC)
        self.system = self.enterContext(System("aiven", [node], self.VANTAGES))
        self.system.run("node", "./firewall.sh")
        self.assert_met()

        self.system.run("node", "for tool in iptables ip6tables; do\n"
                        "$tool -D INPUT -p tcp -j REJECT --reject-with tcp-reset\n"
                        "$tool -A INPUT -p tcp -j DROP\ndone")
        ranges = "22,80,30287/tcp", "1-21,23-79,81-442,444-9999/tcp"
        self.assert_found("client", [(address, numbers, "dropped")
                                     for address in self.NODE for numbers in ranges])


class CassetteTest(ExampleTest):
    INSTANCE = "203.0.113.31", "2001:db8:31::31"
    VANTAGES = {"internet": ("203.0.113.77", "2001:db8:77::77")}
    APPLICATION = Host("instance", ports("tcp", (3000,), "open"))

    def setUp(self) -> None:
        instance = machine("instance", self.INSTANCE, (22, 80, 443, 5432))
        self.system = self.enterContext(System("cassette", [instance], self.VANTAGES))
        self.system.run("instance", "nft -f firewall.nft")

    def start_application(self) -> None:
        lab = self.system.lab
        lab.start_services(lab.namespace("instance"), self.APPLICATION)

    def assert_application(self, state: str) -> None:
        self.assert_found("internet", [(address, "3000/tcp", state) for address in self.INSTANCE])

    def test_a_rule_without_its_service_is_told_from_a_service_without_its_rule(self) -> None:
        self.system.run("instance", "./toggle.sh on 3000 tcp 0")
        self.assert_application("closed")
        self.start_application()
        self.assert_met()
        self.system.run("instance", "./toggle.sh off 3000 tcp 0")
        self.assert_application("dropped")

    def test_a_rule_that_was_just_switched_on_is_waited_for(self) -> None:
        self.start_application()
        inside = self.system.lab.namespace("instance")
        toggle = subprocess.Popen(inside.command(
            [str(self.system.examples / "toggle.sh"), "on", "3000", "tcp", "4"]))
        self.addCleanup(toggle.wait)
        self.assert_application("dropped")
        self.assert_met("--until", "30s")


if __name__ == "__main__":
    main()
