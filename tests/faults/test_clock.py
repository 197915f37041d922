"""Clocks that are set in mid-run, a machine that sleeps, and a process that stands still while
its capture runs over. (bad_clock.c makes the clocks; those of the machine are left alone.)"""

import os
import signal
import subprocess
import time
import unittest
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from e2e.portvet import BUILD, MET, Run
from faults.disturbed import disturbed_scan
from faults.truthful import wrong_verdicts
from lab.rows import Host, ports
from lab.testing import main
from lab.topology import AUDITOR_IPV4, Lab

TARGET = Host("target", default="drop",
              ports=ports("tcp", (22, 80, 150), "open") + ports("tcp", (113,), "reject-reset")
              + ports("tcp", (100,), "closed") + ports("udp", (53,), "open"))
PORTS = "1-150,53/udp"
SLOWLY = ("--max-rate", "1200")
BAD_CLOCK = f"LD_PRELOAD={BUILD / 'tests/faults/libbad_clock.so'}"
FORGER = Path(__file__).with_name("forger.py")
KNOWN_PORT = "47811"
HOUR_S = 3600
TO_AND_FRO = ",".join(f"{ms}:{5 if ms % 100 else -5}" for ms in range(150, 1650, 50))
A_CENTURY_H = 100 * 365 * 24
STEPS = (("700:7200", 2), ("600:86400,900:-172800", -24), (TO_AND_FRO, 0),
         (f"0:{HOUR_S * A_CENTURY_H}", A_CENTURY_H))  # nobody set that one meanwhile
ASLEEP_S = 2.0
RING_PACKETS = 250_000  # more than the capture has room for
SANE_S = 1.5            # what times may differ by


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def nothing(_: int) -> None:
    pass


class ClockTest(unittest.TestCase):
    def setUp(self) -> None:
        self.lab = self.enterContext(Lab([TARGET]))
        self.addresses = self.lab.addresses["target"]

    def scan(self, disturb: Callable[[int], None], *options: str,
             before: tuple[str, ...] = ()) -> Run:
        done = disturbed_scan(self.lab, disturb, [*self.addresses, "-p", PORTS, *options], before)
        self.assertEqual(done.exit_code, MET, done.stderr)
        self.assertEqual(wrong_verdicts(self.lab, TARGET, done), [])
        for address in self.addresses:
            for port, entry in done.ports(address).items():
                self.assertNotEqual(entry["state"], "unknown", f"{address} {port}: {entry}")
        return done

    def test_a_wall_clock_that_is_set_in_mid_run_misleads_nobody(self) -> None:
        for steps, ahead_h in STEPS:
            with self.subTest(steps):
                began = time.time()
                done = self.scan(nothing, *SLOWLY,
                                 before=("env", BAD_CLOCK, f"BAD_CLOCK_STEPS={steps}"))
                started, finished = (moment(done.report[key]) for key in ("started", "finished"))
                self.assertAlmostEqual(started, began + ahead_h * HOUR_S, delta=SANE_S)
                self.assertAlmostEqual(finished - started, done.seconds, delta=SANE_S)
                self.assertAlmostEqual(done.report["traffic"]["seconds"], done.seconds,
                                       delta=SANE_S)

    def test_steady_clocks_of_other_zeros_mislead_nobody(self) -> None:
        """Boot time and monotonic time lie years apart on a machine that slept."""
        self.scan(nothing, before=("unshare", "-T", "--monotonic", "1000", "--boottime",
                                   "100000000"))

    def test_a_machine_that_slept_misleads_nobody(self) -> None:
        """What was under way is lost, and CLOCK_MONOTONIC stood still."""
        def sleep(pid: int) -> None:
            os.kill(pid, signal.SIGSTOP)
            self.lab.made["router"].nft("table inet lost { chain forward { type filter hook "
                                        "forward priority -10; drop; }\n}\n")
            time.sleep(ASLEEP_S)
            self.lab.made["router"].run(["nft", "delete", "table", "inet", "lost"])
            os.kill(pid, signal.SIGCONT)
        done = self.scan(sleep, *SLOWLY, before=("env", BAD_CLOCK, "BAD_CLOCK_SLEEPS=1"))
        started, finished = (moment(done.report[key]) for key in ("started", "finished"))
        self.assertAlmostEqual(finished - started, done.seconds, delta=SANE_S)
        self.assertLess(done.report["traffic"]["seconds"], done.seconds - ASLEEP_S / 2)

    def test_a_capture_that_ran_over_meanwhile_hides_nothing(self) -> None:
        """Somebody floods the port that the answers come to while the process stands still, and
        goes on when it is awake again: answers find no room."""
        forger = subprocess.Popen(self.lab.made["router"].command(
            ["/usr/bin/python3", str(FORGER), self.addresses[0], AUDITOR_IPV4, "100",
             KNOWN_PORT]), stdout=subprocess.PIPE)
        self.addCleanup(forger.wait)
        self.addCleanup(forger.kill)
        forger.stdout.readline()

        def stand_still(pid: int) -> None:
            os.kill(pid, signal.SIGSTOP)
            full = self.received() + RING_PACKETS
            while self.received() < full:
                time.sleep(0.1)
            os.kill(pid, signal.SIGCONT)
            time.sleep(0.5)
            forger.kill()
        done = self.scan(stand_still, *SLOWLY, "--source-port", KNOWN_PORT)
        dropped = done.report["traffic"]["capture_dropped"]
        print(f"{dropped} packets found no room", end=" ")
        self.assertGreater(dropped, 0)

    def received(self) -> int:
        return self.lab.auditor.interface_counters("eth0")["rx"]


if __name__ == "__main__":
    main()
