"""The lab is what its rows say: held against nmap and plain sockets, so that the truth
that portvet is measured by has been checked by something else."""

import os
import subprocess
import sys
import time
import unittest

from lab import namespaces
from lab.behaviours import BEHAVIOURS, PROTOCOLS
from lab.namespaces import PREFIX
from lab.nmap import nmap_scan
from lab.rows import HOST, ROUTER, Host, Port, ports, symmetric_wire
from lab.testing import main
from lab.topology import Lab

NMAP_REASONS = {
    "open": {"syn-ack", "udp-response"},
    "greeting": {"syn-ack"},
    "late": {"udp-response"},
    "mute": {"no-response"},
    "closed": {"reset", "port-unreach"},
    "drop": {"no-response"},
    "reject-reset": {"reset"},
    "reject-port-unreachable": {"port-unreach"},
    "reject-host-unreachable": {"host-unreach"},
    "reject-net-unreachable": {"net-unreach", "no-route"},
    "reject-admin-prohibited": {"admin-prohibited"},
    "reject-proto-unreachable": {"proto-unreach"},
    "reject-host-prohibited": {"host-prohibited"},
    "reject-net-prohibited": {"net-prohibited"},
    "reject-source-policy": {"admin-prohibited"},  # nmap has no word of its own for it
    "reject-reject-route": {"reject-route"},
}


def every_row() -> tuple[Port, ...]:
    """Every behaviour, on the host and, where a firewall makes it, on the router."""
    rows, number = [], 1000
    for behaviour in BEHAVIOURS.values():
        for where in (HOST, ROUTER) if behaviour.verdicts else (HOST,):
            number += 1
            rows += [Port(proto, number, behaviour.name, where)
                     for proto in PROTOCOLS if proto in behaviour.protocols]
    return tuple(rows)


class LabTest(unittest.TestCase):
    def test_each_behaviour_is_what_nmap_sees(self) -> None:
        host = Host("target", every_row())
        with Lab([host]) as lab:
            for family, address in zip((4, 6), lab.addresses["target"]):
                seen = nmap_scan(lab.auditor, address,
                                 {row.number for row in host.ports if row.proto == "tcp"},
                                 {row.number for row in host.ports if row.proto == "udp"})
                for row in host.ports:
                    with self.subTest(row=row, family=family):
                        applies = family in BEHAVIOURS[row.behaviour].families
                        expected = NMAP_REASONS[row.behaviour if applies else "closed"]
                        self.assertIn(seen[row.proto, row.number].reason, expected)

    def test_ports_that_are_not_named_follow_the_default(self) -> None:
        host = Host("target", ports("tcp", (22, 80), "open") + ports("tcp", (23,), "closed"),
                    default="drop")
        with Lab([host], routed=False) as lab:
            for address in lab.addresses["target"]:
                seen = nmap_scan(lab.auditor, address, {22, 23, 24, 80})
                states = {number: opinion.state for (_, number), opinion in seen.items()}
                self.assertEqual(states,
                                 {22: "open", 23: "closed", 24: "filtered", 80: "open"})

    def test_a_translated_port_leads_to_the_other_host(self) -> None:
        front = Host("front", (Port("tcp", 80, "open", ROUTER, dnat_to=("back", 8080)),))
        back = Host("back", ports("tcp", (8080,), "open"), default="drop")
        with Lab([front, back]) as lab:
            for address in lab.addresses["front"]:
                seen = nmap_scan(lab.auditor, address, {80, 8080})
                self.assertEqual(seen["tcp", 80].state, "open")
                self.assertEqual(seen["tcp", 8080].state, "closed")

    def test_a_dead_host_answers_nothing(self) -> None:
        with Lab([Host("dead", ports("tcp", (80,), "open"), alive=False)]) as lab:
            address, _ = lab.addresses["dead"]
            shown = lab.auditor.run(["nmap", "-n", "-sn", address])
            self.assertIn("0 hosts up", shown.stdout)

    def test_three_hundred_open_ports_are_up_in_a_moment(self) -> None:
        numbers = range(20000, 20300)
        started = time.monotonic()
        with Lab([Host("target", ports("tcp", numbers, "open"))]) as lab:
            self.assertLess(time.monotonic() - started, 3)
            address, _ = lab.addresses["target"]
            seen = nmap_scan(lab.auditor, address, set(numbers))
            self.assertEqual({opinion.state for opinion in seen.values()}, {"open"})

    def test_a_block_is_answered_by_one_host(self) -> None:
        with Lab([Host("many", ports("tcp", (80,), "open"),
                       blocks=("10.64.0.0/16", "fd00:64::/112"))]) as lab:
            for address in ("10.64.0.1", "10.64.255.254", "fd00:64::1", "fd00:64::fffe"):
                seen = nmap_scan(lab.auditor, address, {80, 81})
                self.assertEqual(seen["tcp", 80].state, "open")
                self.assertEqual(seen["tcp", 81].state, "closed")

    def test_a_crowd_refuses_every_port_of_every_address(self) -> None:
        with Lab([Host("crowd", crowd="10.64.0.0/16")], routed=False) as lab:
            for address in ("10.64.0.0", "10.64.255.255"):
                seen = nmap_scan(lab.auditor, address, {80, 65535})
                self.assertEqual({opinion.state for opinion in seen.values()}, {"closed"})

    def test_the_wire_delays_and_loses_as_asked(self) -> None:
        wire = symmetric_wire(delay_ms=20, loss=0.1)
        host = Host("target", ports("tcp", (80,), "open"))
        connect = ("import socket, sys, time\n"
                   "started = time.monotonic()\n"
                   "socket.create_connection((sys.argv[1], 80), 20)\n"
                   "print(time.monotonic() - started)\n")
        with Lab([host], wire) as lab:
            took = [float(lab.auditor.run([sys.executable, "-c", connect, address]).stdout)
                    for address in lab.addresses["target"] for _ in range(10)]
            counted = lab.stop_relay()
        self.assertGreaterEqual(min(took), 0.040)
        self.assertLess(min(took), 0.080)
        self.assertGreater(counted["out"]["lost"] + counted["back"]["lost"], 0)
        self.assertEqual(counted["out"]["overrun"] + counted["back"]["overrun"], 0)

    def test_leftovers_of_a_killed_owner_are_removed_by_the_next_start(self) -> None:
        make = ("import os, signal\n"
                "from lab.rows import Host, ports\n"
                "from lab.topology import Lab\n"
                "with Lab([Host('target', ports('tcp', (80,), 'open'))]):\n"
                "    os.kill(os.getpid(), signal.SIGKILL)\n")
        owner = subprocess.Popen([sys.executable, "-c", make])
        owner.wait()
        self.assertTrue(namespaces_of(owner.pid))
        with Lab([Host("target")]):
            self.assertFalse(namespaces_of(owner.pid))
        self.assertFalse(namespaces_of(os.getpid()))


def namespaces_of(pid: int) -> list[str]:
    listed = namespaces.run(["ip", "netns", "list"]).stdout.split()
    return [name for name in listed if name.startswith(f"{PREFIX}-{pid}-")]


if __name__ == "__main__":
    main()
