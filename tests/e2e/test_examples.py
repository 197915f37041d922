"""The systems under examples/ with the real firewall tools: each is as its file says, from
every vantage, and the mistakes that its document warns of, or makes, are found."""

import subprocess
import unittest
from collections.abc import Iterable

from e2e.portvet import BROKEN, MET, run
from e2e.system import EXAMPLES, Mistake, System, unmet
from e2e.systems import (AIVEN, AIVEN_NODE, CASSETTE, CASSETTE_INSTANCE, HEROCTL, HEROCTL_SERVER,
                         UTMSTACK, UTMSTACK_MANAGER, Description)
from lab.firewall import firewalld, ufw
from lab.rows import Host, ports
from lab.testing import main


class LintTest(unittest.TestCase):
    def test_no_example_draws_a_warning(self) -> None:
        for path in sorted(EXAMPLES.glob("*/*.yml")):
            with self.subTest(path=path):
                done = run(["lint", path])
                self.assertEqual((done.exit_code, done.stdout, done.stderr), (MET, "", ""))


class SystemTest(unittest.TestCase):
    """What the tests of all systems do."""
    system: System

    def stand(self, description: Description, *only: str) -> None:
        self.system = self.enterContext(System(description, *only))

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


class HeroCtlTest(SystemTest):
    SERVER_ALONE = "--host", "*11"

    def test_ufw_keeps_the_table(self) -> None:
        self.stand(HEROCTL)
        self.system.run("server", "./ufw.sh", ufw)
        self.system.run("worker", "./ufw.sh worker", ufw)
        self.assert_met()

        self.system.run("server", "ufw allow 8080/tcp", ufw)
        self.assert_found("internet", [(address, "8080/tcp", "open") for address in HEROCTL_SERVER])

    def test_iptables_alone_forgets_ipv6(self) -> None:
        self.stand(HEROCTL, "server")
        self.system.run("server", "./iptables.sh")
        self.assert_met("-4", *self.SERVER_ALONE)
        forgotten = HEROCTL_SERVER[1], "22,4646-4648,5432,8080,8443/tcp", "open"
        self.assert_exposed("internet", [forgotten], *self.SERVER_ALONE)

        self.system.run("server", "./ip6tables.sh")
        self.assert_met("-6", *self.SERVER_ALONE)

    def test_firewalld_zones_let_in_more_than_the_table(self) -> None:
        self.stand(HEROCTL, "server")
        ipv4, ipv6 = HEROCTL_SERVER
        self.system.run("server", "./firewalld.sh", firewalld)
        ssh = [(ipv4, "22/tcp", "open"), (ipv6, "22/tcp", "open")]
        self.assert_found("internet", ssh, *self.SERVER_ALONE)
        self.assert_found("node", [*ssh, (ipv4, "80,443/tcp", "rejected")], *self.SERVER_ALONE)
        trusted = [(ipv4, "4646-4648/tcp", "open"), (ipv4, "5432/tcp", "open")]
        self.assert_exposed("operator", [*trusted, ssh[1]], *self.SERVER_ALONE)

        self.system.run("server", "./firewalld-mended.sh", firewalld)
        self.assert_met(*self.SERVER_ALONE)


class UtmStackTest(SystemTest):
    def test_ufw_keeps_the_tables_once_the_scripts_do(self) -> None:
        self.stand(UTMSTACK)
        self.system.run("manager", "sed 's/6514 proto tcp/6514 proto udp/' basic.sh | sh -eu\n"
                        "./nodes.sh", ufw)
        address = UTMSTACK_MANAGER[0]
        self.assert_found("source", [(address, "514,6514/tcp", "dropped"),
                                     (address, "6514/udp", "closed")])

        self.system.run("manager", "ufw delete allow from 10.0.0.0/8 to any port 6514 proto udp\n"
                        "ufw allow from 10.0.0.0/8 to any port 6514 proto tcp", ufw)
        self.assert_found("source", [(address, "514/tcp", "dropped")])

        self.system.run("manager", "./collectors.sh", ufw)
        self.assert_met()


class AivenTest(SystemTest):
    def test_iptables_rejects_and_a_drop_is_found(self) -> None:
        self.stand(AIVEN)
        self.system.run("node", "./firewall.sh")
        self.assert_met()

        self.system.run("node", "./drop.sh")
        ranges = "22,80,30287/tcp", "1-21,23-79,81-442,444-9999/tcp"
        self.assert_found("client", [(address, numbers, "dropped")
                                     for address in AIVEN_NODE for numbers in ranges])


class CassetteTest(SystemTest):
    APPLICATION = Host("instance", ports("tcp", (3000,), "open"))

    def setUp(self) -> None:
        self.stand(CASSETTE)
        self.system.run("instance", "nft -f firewall.nft")

    def assert_application(self, state: str) -> None:
        self.assert_found("internet", [(address, "3000/tcp", state)
                                       for address in CASSETTE_INSTANCE])

    def test_a_rule_without_its_service_is_told_from_a_service_without_its_rule(self) -> None:
        self.system.run("instance", "./toggle.sh on 3000 tcp 0")
        self.assert_application("closed")
        self.system.start_services(self.APPLICATION)
        self.assert_met()
        self.system.run("instance", "./toggle.sh off 3000 tcp 0")
        self.assert_application("dropped")

    def test_a_rule_that_was_just_switched_on_is_waited_for(self) -> None:
        self.system.start_services(self.APPLICATION)
        self.assert_application("dropped")
        inside = self.system.lab.namespace("instance")
        toggle = subprocess.Popen(inside.command(
            [str(self.system.examples / "toggle.sh"), "on", "3000", "tcp", "2"]))
        self.addCleanup(toggle.wait)
        self.assert_met("--until", "30s")


if __name__ == "__main__":
    main()
