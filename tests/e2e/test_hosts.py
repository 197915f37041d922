"""Hosts as a whole: dead ones are never called filtered, and nmap sees the same open ports."""

import unittest

from e2e.portvet import INCONCLUSIVE, MET, run_json, scan
from lab.nmap import nmap_scan
from lab.rows import KERNEL_LIMITS, ROUTER, Host, ports
from lab.testing import main
from lab.topology import Lab

REJECTS_ALL = Host("target", ports("tcp", (22,), "open"), default="reject-port-unreachable",
                   icmp_limits=KERNEL_LIMITS)


class HostsTest(unittest.TestCase):
    def test_a_dead_host_is_inconclusive_and_never_filtered(self) -> None:
        for routed in (True, False):
            with self.subTest(routed=routed), Lab([Host("dead", alive=False)],
                                                  routed=routed) as lab:
                for address in lab.addresses["dead"]:
                    done = run_json(["check", "-e", "80 open; 8080 filtered; udp 53 filtered",
                                     address], lab.auditor)
                    self.assertEqual(done.exit_code, INCONCLUSIVE)
                    self.assertFalse(done.report["hosts"][0]["alive"])
                    states = {entry["state"] for entry in done.ports(address).values()}
                    self.assertEqual(states, {"unknown"})

    def test_a_router_s_reset_does_not_bring_the_dead_to_life(self) -> None:
        with Lab([Host("dead", ports("tcp", (113, 2001), "reject-reset", ROUTER),
                       alive=False)]) as lab:
            for address in lab.addresses["dead"]:
                done = run_json(["check", "-e", "113,2001 rejected; 22,8080 filtered", address],
                                lab.auditor)
                self.assertEqual(done.exit_code, INCONCLUSIVE, done.stdout)
                self.assertFalse(done.report["hosts"][0]["alive"])
                states = {number: entry["state"]
                          for (_, number), entry in done.ports(address).items()}
                self.assertEqual(states, {113: "rejected", 2001: "rejected",
                                          22: "unknown", 8080: "unknown"})

    def test_an_address_that_a_router_throws_away_is_inconclusive(self) -> None:
        with Lab([Host("live")]) as lab:
            lab.made["router"].ip("route add blackhole 198.18.200.0/24")
            done = run_json(["check", "-e", "80,81 filtered", "198.18.200.1"], lab.auditor)
            self.assertEqual(done.exit_code, INCONCLUSIVE)

    def test_a_live_host_that_drops_everything_is_inconclusive(self) -> None:
        """Nothing tells it from a dead one, so nothing may be said of its ports."""
        with Lab([Host("stealth", default="drop", answers_ping=False)]) as lab:
            for address in lab.addresses["stealth"]:
                done = run_json(["check", "-e", "1-100 dropped", address], lab.auditor)
                self.assertEqual(done.exit_code, INCONCLUSIVE)

    def test_a_host_that_answers_ping_alone_has_dropped_ports(self) -> None:
        with Lab([Host("quiet", default="drop")]) as lab:
            done = run_json(["check", "-e", "1-100 dropped", *lab.addresses["quiet"]],
                            lab.auditor)
            self.assertEqual(done.exit_code, MET)

    def test_the_dead_do_not_taint_the_living(self) -> None:
        live = Host("live", ports("tcp", (80,), "open"))
        with Lab([live, Host("dead", alive=False)]) as lab:
            done = run_json(["check", "-e", "80 open", lab.addresses["live"][0],
                             lab.addresses["dead"][0]], lab.auditor)
            self.assertEqual(done.exit_code, INCONCLUSIVE)
            live_port = done.ports(lab.addresses["live"][0])["tcp", 80]
            self.assertEqual(live_port["result"], "met")

    def test_nmap_sees_the_same_open_ports(self) -> None:
        numbers = range(1, 1025)
        target = Host("target", ports("tcp", (22, 25, 80, 443, 993), "open")
                      + ports("tcp", range(100, 200), "drop")
                      + ports("tcp", range(200, 300), "reject-reset"))
        with Lab([target]) as lab:
            ours = scan(lab, target, others=sorted(set(numbers)))
            for address in lab.addresses["target"]:
                theirs = nmap_scan(lab.auditor, address, set(numbers))
                self.assertEqual(
                    {number for (proto, number), entry in ours.ports(address).items()
                     if proto == "tcp" and entry["state"] == "open"},
                    {number for (_, number), opinion in theirs.items()
                     if opinion.state == "open"})

    def test_a_limit_on_icmp_never_turns_a_reject_into_a_drop(self) -> None:
        with Lab([REJECTS_ALL]) as lab:
            done = run_json(["scan", *lab.addresses["target"], "-p", "1-300"], lab.auditor)
            for address in lab.addresses["target"]:
                states = {entry["state"] for entry in done.ports(address).values()}
                self.assertLessEqual(states, {"open", "rejected", "unknown"})

    def test_declared_ports_are_confirmed_one_by_one_however_slow_icmp_is(self) -> None:
        with Lab([REJECTS_ALL]) as lab:
            rules = "22 open; 80,443,3306,5432,6379,8080,8443,9000,9090,9200 rejected"
            done = run_json(["check", "-e", rules, *lab.addresses["target"]], lab.auditor)
            self.assertEqual(done.exit_code, MET, done.stdout)


if __name__ == "__main__":
    main()
