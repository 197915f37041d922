"""Forwarded ports: a device that rewrites packets without keeping track of them lets the errors
from behind it come back as they are, and they tell where the port leads."""

import tempfile
import unittest
from ipaddress import ip_address

from e2e.portvet import MET, run, run_json
from lab.firewall import IPV4, IPV6, chain
from lab.rows import KERNEL_LIMITS, Host, Port, ports
from lab.testing import main
from lab.topology import Lab

OPEN, SENT_ON, SENT_ON_AS_IT_IS, REDIRECTED, TRACKED, DATAGRAM = 22, 8080, 8081, 8082, 8083, 8084
BEHIND, ELSEWHERE = 8443, 8444  # where SENT_ON and REDIRECTED arrive
REJECTED = "reject-admin-prohibited"

TARGET = Host("target", ports("tcp", (OPEN,), "open") + ports("tcp", (ELSEWHERE,), REJECTED)
              + (Port("tcp", TRACKED, REJECTED, "router", dnat_to=("back", BEHIND)),))
BACK = Host("back", ports("tcp", (BEHIND, SENT_ON_AS_IT_IS), REJECTED)
            + ports("udp", (DATAGRAM,), REJECTED))


def sent_on(lab: Lab, proto: str, port: int, to_port: int | None = None) -> list[str]:
    """Rules for a router that sends PORT of the target on to the other machine."""
    change = f"{proto} dport set {to_port}" if to_port else ""
    return [f"{family} daddr {own} {proto} dport {port} notrack {family} daddr set {behind} {change}"
            for family, own, behind in zip(("ip", "ip6"), lab.addresses["target"],
                                           lab.addresses["back"])]


def rewrite(lab: Lab, where: str, rules: list[str]) -> None:
    """Packets that come in are changed, before anything else looks at them."""
    lab.made[where].nft(chain("rewritten", "prerouting", -300, rules))


def place(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ip_address(address).version == 6 else f"{address}:{port}"


class ForwardedTest(unittest.TestCase):
    def said_of(self, lab: Lab, family: int, port: int, proto: str = "tcp") -> dict:
        address = lab.addresses["target"][family]
        done = run_json(["scan", address, "-p", f"{OPEN},{port}/{proto}"], lab.auditor)
        said = done.ports(address)
        self.assertEqual(said["tcp", OPEN]["state"], "open")
        self.assertNotIn("forwarded", said["tcp", OPEN])
        return said[proto, port]

    def assert_rejected(self, said: dict, by: str, origin: str, forwarded: str | None) -> None:
        found = {key: said.get(key) for key in ("state", "reason", "origin", "by", "forwarded")}
        self.assertEqual(found, {"state": "rejected", "reason": "admin-prohibited",
                                 "origin": origin, "by": by, "forwarded": forwarded})

    def test_error_from_behind_tells_where_the_port_leads(self) -> None:
        with Lab([TARGET, BACK]) as lab:
            rewrite(lab, "router", sent_on(lab, "tcp", SENT_ON, BEHIND)
                    + sent_on(lab, "tcp", SENT_ON_AS_IT_IS))
            for family in (IPV4, IPV6):
                behind = lab.addresses["back"][family]
                with self.subTest(family=family):
                    self.assert_rejected(self.said_of(lab, family, SENT_ON), behind, "upstream",
                                         place(behind, BEHIND))
                    self.assert_rejected(self.said_of(lab, family, SENT_ON_AS_IT_IS), behind,
                                         "upstream", behind)

    def test_error_in_the_host_s_name_may_be_of_either(self) -> None:
        with Lab([TARGET, BACK]) as lab:
            back = [f"{icmp} type destination-unreachable {family} saddr {behind} "
                    f"{family} saddr set {own}"
                    for family, icmp, own, behind in zip(
                        ("ip", "ip6"), ("icmp", "icmpv6"), lab.addresses["target"],
                        lab.addresses["back"])]
            rewrite(lab, "router", sent_on(lab, "tcp", SENT_ON, BEHIND) + back)
            for family in (IPV4, IPV6):
                with self.subTest(family=family):
                    self.assert_rejected(self.said_of(lab, family, SENT_ON),
                                         lab.addresses["target"][family], "unknown",
                                         place(lab.addresses["back"][family], BEHIND))

    def test_host_that_redirects_to_itself_is_its_own_firewall(self) -> None:
        with Lab([TARGET, BACK]) as lab:
            rewrite(lab, "target",
                    [f"tcp dport {REDIRECTED} notrack tcp dport set {ELSEWHERE}"])
            for family in (IPV4, IPV6):
                address = lab.addresses["target"][family]
                with self.subTest(family=family):
                    self.assert_rejected(self.said_of(lab, family, REDIRECTED), address,
                                         "firewall", place(address, ELSEWHERE))

    def test_error_that_is_translated_back_looks_like_any_other(self) -> None:
        with Lab([TARGET, BACK]) as lab:
            for family in (IPV4, IPV6):
                with self.subTest(family=family):
                    self.assert_rejected(self.said_of(lab, family, TRACKED),
                                         lab.addresses["target"][family], "firewall", None)

    def test_quote_of_a_datagram_that_was_sent_on_proves_nothing(self) -> None:
        with Lab([TARGET, BACK]) as lab:
            rewrite(lab, "router", sent_on(lab, "udp", DATAGRAM))
            for family in (IPV4, IPV6):
                with self.subTest(family=family):
                    said = self.said_of(lab, family, DATAGRAM, "udp")
                    self.assertEqual((said["state"], said["reason"]), ("silent", "no-response"))

    def test_limited_errors_from_behind_are_no_drops(self) -> None:
        sent = range(9000, 9012)
        back = Host("back", ports("tcp", sent, REJECTED), icmp_limits=KERNEL_LIMITS)
        with Lab([TARGET, back]) as lab:
            rewrite(lab, "router", [rule for port in sent for rule in sent_on(lab, "tcp", port)])
            address, behind = (lab.addresses[name][IPV4] for name in ("target", "back"))
            done = run_json(["check", "-e", "22 open; 9000-9011 rejected(admin-prohibited)",
                             address], lab.auditor)
            self.assertEqual(done.exit_code, MET)
            entry = done.ports(address)["tcp", sent[0]]
            self.assertEqual((entry["ports"], entry["forwarded"]), ("9000-9011", behind))

    def test_people_are_told_too(self) -> None:
        with Lab([TARGET, BACK]) as lab:
            rewrite(lab, "router", sent_on(lab, "tcp", SENT_ON, BEHIND))
            address, behind = (lab.addresses[name][IPV4] for name in ("target", "back"))
            listed = run(["scan", address, "-p", str(SENT_ON)], lab.auditor)
            self.assertIn(f"upstream, {behind}; arrived as {behind}:{BEHIND}\n", listed.stdout)
            with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
                file.write(f"hosts:\n  {address}: {SENT_ON} open\n")
                file.flush()
                shown = run(["explain", file.name, address, str(SENT_ON), "--probe"], lab.auditor)
            self.assertIn(f"answers the SYN, which arrived as {behind}:{BEHIND}: a firewall or "
                          "router", shown.stdout)
            self.assertIn(f"; arrived as {behind}:{BEHIND}: a device on the way forwards this port",
                          shown.stdout)
            broken = run(["check", "-e", f"{SENT_ON} open", address], lab.auditor)
            self.assertIn(f"it arrived as {behind}:{BEHIND}: a device on the way forwards this "
                          "port", " ".join(broken.stdout.split()))


if __name__ == "__main__":
    main()
