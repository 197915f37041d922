"""A blind forger changes no verdict, however fast it sends."""

import os
import subprocess
import time
import unittest
from pathlib import Path

from e2e.portvet import run_json
from faults.truthful import wrong_verdicts
from lab.rows import Host, ports
from lab.testing import main
from lab.topology import AUDITOR_IPV4, Lab

TARGET = Host("target", default="drop",
              ports=ports("tcp", (22, 80), "open") + ports("tcp", (113,), "reject-reset")
              + ports("tcp", (100,), "closed") + ports("udp", (53,), "open"))
SECONDS = float(os.environ.get("PORTVET_FORGER_SECONDS", "5"))
SLOWEST = 5000  # packets a second; less would be no attack
KNOWN_PORT = 47811


class ForgerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = cls.enterClassContext(Lab([TARGET]))
        cls.address = cls.lab.addresses["target"][0]

    def attack(self, asked: str, *options: str, known: tuple[str, ...] = ()) -> None:
        forger = subprocess.Popen(self.lab.made["router"].command(
            ["/usr/bin/python3", str(Path(__file__).with_name("forger.py")), self.address,
             AUDITOR_IPV4, str(SECONDS), *known]), stdout=subprocess.PIPE, text=True)
        self.assertEqual(forger.stdout.readline(), "ready\n")
        until, runs, invalid, ports_ = time.monotonic() + SECONDS, 0, 0, 0
        while runs == 0 or time.monotonic() < until:
            done = run_json(["scan", self.address, "-p", asked, "--deadline", "20s", *options],
                            self.lab.auditor)
            self.assertEqual(wrong_verdicts(self.lab, TARGET, done), [])
            runs += 1
            invalid += done.report["traffic"]["invalid"]
            ports_ += len(done.ports(self.address))
        rate = int(forger.communicate()[0])
        print(f"{rate} packets/s, {runs} runs, {ports_} verdicts, {invalid} forged answers seen",
              end=" ")
        self.assertGreater(rate, SLOWEST)
        self.assertGreater(invalid, 0)

    def test_who_knows_our_port_changes_nothing(self) -> None:
        self.attack("1-120,443", "--source-port", str(KNOWN_PORT), known=(str(KNOWN_PORT),))

    def test_who_guesses_ports_changes_nothing(self) -> None:
        self.attack("1-120,443,53/udp,100/udp")


if __name__ == "__main__":
    main()
