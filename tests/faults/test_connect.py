"""`--connect`, as an ordinary user: right where it can know, unknown elsewhere."""

import shutil
import tempfile
import unittest
from pathlib import Path

from e2e.portvet import INCONCLUSIVE, MET, PORTVET, PRIVILEGE, USAGE, run, run_json
from lab.rows import KERNEL_LIMITS, Host, ports, symmetric_wire
from lab.testing import main
from lab.topology import Lab

ORDINARY_USER = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                 "--bounding-set=-all", "--inh-caps=-all")
TARGET = Host("target", default="drop",
              ports=ports("tcp", (22, 80, 443), "open") + ports("tcp", (113, 114), "closed")
              + ports("tcp", (115,), "reject-reset")
              + ports("tcp", (116,), "reject-admin-prohibited")
              + ports("tcp", (117,), "reject-host-unreachable", "router")
              + ports("udp", (53, 9), "open") + ports("udp", (8,), "late")
              + ports("udp", (514,), "mute")
              + ports("udp", (520,), "closed"))
LIMITED = Host("limited", ports("tcp", (22, 443), "open")
               + ports("tcp", range(100, 130), "reject-port-unreachable"),
               default="drop", icmp_limits=KERNEL_LIMITS)
DEAF = Host("deaf", default="drop", answers_ping=False)
GONE = Host("gone", alive=False)
STATES = {("tcp", 22): "open", ("tcp", 80): "open", ("tcp", 443): "open",
          ("tcp", 113): "closed", ("tcp", 114): "closed", ("tcp", 115): "closed",
          ("tcp", 116): "rejected", ("tcp", 117): "rejected", ("tcp", 8080): "dropped",
          ("udp", 53): "open", ("udp", 9): "open",
          ("udp", 8): "open", ("udp", 514): "silent",
          ("udp", 520): "closed", ("udp", 5000): "silent"}
PORTS = ",".join(f"{number}/{proto}" for proto, number in STATES)


class ConnectTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = cls.enterClassContext(
            Lab([TARGET, DEAF, GONE], symmetric_wire(delay_ms=3, loss=0.02)))
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.folder.chmod(0o755)
        cls.program = shutil.copy(PORTVET, cls.folder)  # where any user may start it

    def scan(self, *arguments: str):
        return run_json(["scan", *arguments, "--connect"], self.lab.auditor,
                        before=ORDINARY_USER, program=self.program)

    def test_every_state_that_can_be_known_is_right(self) -> None:
        for address in self.lab.addresses["target"]:
            done = self.scan(address, "-p", PORTS)
            self.assertEqual(done.report["mode"], "connect")
            seen = done.ports(address)
            for port, state in STATES.items():
                self.assertEqual(seen[port]["state"], state, f"{address} {port}: {seen[port]}")
            self.assertEqual(seen["tcp", 116]["reason"], "admin-prohibited")
            self.assertEqual(seen["tcp", 116]["by"], address)
            self.assertEqual(seen["tcp", 117]["origin"], "upstream")

    def test_who_sent_a_reset_stays_unknown(self) -> None:
        seen = self.scan(self.lab.addresses["target"][0], "-p", "113,115")
        for port in (113, 115):
            entry = seen.ports(self.lab.addresses["target"][0])["tcp", port]
            self.assertEqual((entry["state"], entry["origin"]), ("closed", "unknown"))

    def test_a_host_that_answers_nothing_is_unknown(self) -> None:
        for name in ("deaf", "gone"):
            done = self.scan(self.lab.addresses[name][0], "-p", "22,80,53/udp")
            for entry in done.ports(self.lab.addresses[name][0]).values():
                self.assertEqual(entry["state"], "unknown", entry)

    def test_what_this_machines_firewall_refuses_is_not_dropped(self) -> None:
        self.lab.auditor.nft("table inet own { chain output { type filter hook output "
                             "priority 0; tcp dport 8080 drop; udp dport 5000 drop; }\n}\n")
        self.addCleanup(self.lab.auditor.run, ["nft", "delete", "table", "inet", "own"])
        address = self.lab.addresses["target"][0]
        seen = self.scan(address, "-p", "22,113,8080,5000/udp").ports(address)
        for port in (("tcp", 8080), ("udp", 5000)):
            self.assertEqual((seen[port]["state"], seen[port]["reason"]),
                             ("unknown", "send-failed"), seen[port])
        self.assertEqual(seen["tcp", 22]["state"], "open")

    def test_a_port_of_this_machine_is_not_answered_by_itself(self) -> None:
        """Where connections come from the very ports that are asked."""
        self.lab.auditor.write_sysctls({"net.ipv4.ip_local_port_range": "40000 40019"})
        self.addCleanup(self.lab.auditor.write_sysctls,
                        {"net.ipv4.ip_local_port_range": "32768 60999"})
        for address in ("127.0.0.1", "::1"):
            seen = self.scan(address, "-p", "40000-40019/tcp+udp").ports(address)
            self.assertEqual({entry["state"] for entry in seen.values()}, {"closed"}, seen)

    def test_few_open_files_are_enough(self) -> None:
        address = self.lab.addresses["target"][0]
        done = run_json(["scan", address, "-p", "1-40", "--connect"], self.lab.auditor,
                        before=(*ORDINARY_USER, "prlimit", "--nofile=48:48"),
                        program=self.program)
        seen = done.ports(address)
        self.assertEqual(seen["tcp", 22]["state"], "open")
        self.assertEqual(seen["tcp", 23]["state"], "dropped", seen["tcp", 23])

    def test_a_check_has_the_usual_exit_codes(self) -> None:
        address = self.lab.addresses["target"][0]
        for rules, exit_code in (("22,80 open; 23 dropped", MET), ("udp 514 open", INCONCLUSIVE)):
            done = run(["check", "-e", rules, address, "--connect"], self.lab.auditor,
                       before=ORDINARY_USER, program=self.program)
            self.assertEqual(done.exit_code, exit_code, done.stdout + done.stderr)

    def test_what_needs_raw_sockets_is_refused(self) -> None:
        done = run(["scan", "127.0.0.1", "-p", "1", "--connect", "--source-port=4444"])
        self.assertEqual(done.exit_code, USAGE, done.stderr)
        done = run(["scan", "127.0.0.1", "-p", "1", "--connect", "--pcap=/dev/null"],
                   before=ORDINARY_USER, program=self.program)
        self.assertEqual(done.exit_code, PRIVILEGE, done.stderr)


class LimitedTest(unittest.TestCase):
    def test_rejects_that_the_kernel_limits_are_no_drops(self) -> None:
        truth = {22: "open", 443: "open", 200: "dropped", 201: "dropped",
                 **dict.fromkeys(range(100, 130), "rejected")}
        with Lab([LIMITED]) as lab:
            for address, most_unknown in zip(lab.addresses["limited"], (24, 12)):
                done = run_json(["scan", address, "-p", "22,443,100-129,200,201", "--connect"],
                                lab.auditor)
                states = {number: entry["state"]
                          for (_, number), entry in done.ports(address).items()}
                unknown = {number for number, state in states.items() if state == "unknown"}
                self.assertLessEqual(states.items() - {(n, "unknown") for n in unknown},
                                     truth.items())
                self.assertLessEqual(len(unknown), most_unknown, states)


if __name__ == "__main__":
    main()
