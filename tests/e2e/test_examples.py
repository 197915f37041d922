"""The systems under examples/ with the real firewall tools: each is as its file says, from
every vantage, and the mistakes that its document warns of, or makes, are found."""

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


if __name__ == "__main__":
    main()
