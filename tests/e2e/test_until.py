"""`check --until`: rounds over what is unmet, while hosts and firewalls change."""

import json
import os
import signal
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

from e2e.portvet import BROKEN, INCONCLUSIVE, INTERRUPTED, MET, PORTVET, Run, run_json
from lab.processes import Process
from lab.rows import Host, ports
from lab.testing import main
from lab.topology import SERVICE, Lab

TARGET = Host("target", ports=ports("tcp", (22, 80), "open"))
GUARD = ("table inet guard { chain input { type filter hook input priority -10; "
         "tcp dport 22 drop; }; }")
NO_GUARD = "delete table inet guard"


class UntilTest(unittest.TestCase):
    def setUp(self) -> None:
        self.lab = self.enterContext(Lab([TARGET]))
        self.address = self.lab.addresses["target"][0]
        self.host = self.lab.namespace("target")

    def check(self, rules: str, *options: str) -> Run:
        return run_json(["check", "-e", rules, self.address, *options], self.lab.auditor)

    def later(self, seconds: float, act) -> None:
        timer = threading.Timer(seconds, act)
        timer.start()
        self.addCleanup(timer.join)

    def serve(self, port: int) -> None:
        service = Process(self.host, ["/usr/bin/python3", str(SERVICE)],
                          json.dumps({"tcp": [port], "udp": [], "mute": []}))
        self.addCleanup(service.stop)

    def test_rounds_do_not_exceed_the_limit_that_firewalls_put_on_ssh(self) -> None:
        """Six connections in half a minute, as `ufw limit` has it; the other port that is open
        stands for the path."""
        limit = ["-p", "tcp", "--dport", "22", "-m", "conntrack", "--ctstate", "NEW", "-m", "recent"]
        for rule in ([*limit, "--set"],
                     [*limit, "--update", "--seconds", "30", "--hitcount", "6", "-j", "REJECT"],
                     ["-p", "tcp", "--dport", "1000:2000", "-j", "DROP"]):
            self.host.run(["iptables-legacy", "-A", "INPUT", *rule])
        for options in (["--until", "10s"], []):
            done = self.check("22,80 open; 1000-2000 dropped", *options)
            self.assertEqual(done.exit_code, MET, done.stdout)

    def test_what_is_met_is_asked_twice(self) -> None:
        once = self.check("22,80 open; 23 closed")
        twice = self.check("22,80 open; 23 closed", "--until", "30s")
        self.assertEqual((once.exit_code, twice.exit_code), (MET, MET), twice.stderr)
        self.assertLess(twice.seconds, 5)
        self.assertGreaterEqual(twice.report["traffic"]["sent"],
                                2 * once.report["traffic"]["sent"] - 10)

    def test_a_service_that_starts_late_is_waited_for(self) -> None:
        self.later(3, lambda: self.serve(8080))
        done = self.check("22,8080 open; 23 closed", "--until", "30s")
        self.assertEqual(done.exit_code, MET, done.stdout)
        self.assertGreater(done.seconds, 3)
        self.assertLess(done.seconds, 10)
        self.assertEqual(done.ports(self.address)["tcp", 8080]["state"], "open")

    def test_a_service_that_never_starts_is_broken_when_the_time_is_over(self) -> None:
        done = self.check("22,8080 open", "--until", "2s")
        self.assertEqual(done.exit_code, BROKEN, done.stdout)
        self.assertGreater(done.seconds, 2)
        self.assertLess(done.seconds, 6)
        self.assertEqual(done.ports(self.address)["tcp", 22]["result"], "met")
        self.assertEqual(done.ports(self.address)["tcp", 8080]["result"], "broken")

    def test_a_firewall_that_comes_late_is_waited_for(self) -> None:
        self.later(2, lambda: self.host.nft(GUARD))
        done = self.check("22 dropped; 80 open", "--until", "30s")
        self.assertEqual(done.exit_code, MET, done.stdout)
        self.assertGreater(done.seconds, 2)
        self.assertEqual(done.ports(self.address)["tcp", 22]["state"], "dropped")

    def test_a_firewall_that_goes_late_is_waited_for(self) -> None:
        self.host.nft(GUARD)
        self.later(2, lambda: self.host.nft(NO_GUARD))
        done = self.check("22,80 open", "--until", "30s")
        self.assertEqual(done.exit_code, MET, done.stdout)
        self.assertGreater(done.seconds, 2)

    def test_what_was_met_once_and_then_changes_is_no_pass(self) -> None:
        """It changes before the second round, which begins half a second after the first."""
        self.later(0.3, lambda: self.serve(8080))
        done = self.check("22 open; 8080 closed", "--until", "2s")
        self.assertEqual(done.exit_code, BROKEN, done.stdout)

    def test_a_hidden_service_that_starts_meanwhile_is_found(self) -> None:
        """Ports that were met long ago are asked again before all counts as met."""
        self.later(1, lambda: self.serve(9000))
        self.later(3, lambda: self.serve(8080))
        done = self.check("22,8080 open; 9000 closed", "--until", "6s")
        self.assertEqual(done.exit_code, BROKEN, done.stdout)
        self.assertEqual(done.ports(self.address)["tcp", 9000]["state"], "open")

    def test_a_deadline_ends_the_rounds(self) -> None:
        done = self.check("8080 open", "--until", "30s", "--deadline", "2s")
        self.assertEqual(done.exit_code, BROKEN, done.stdout)
        self.assertLess(done.seconds, 5)

    def test_a_name_without_an_address_is_not_waited_for(self) -> None:
        done = run_json(["check", "-e", "22 open", self.address, "nosuch.invalid",
                         "--until", "30s"], self.lab.auditor)
        self.assertEqual(done.exit_code, INCONCLUSIVE)

    def test_connections_go_in_rounds_too(self) -> None:
        self.later(2, lambda: self.serve(8080))
        done = self.check("22,8080 open; 23 refused", "--until", "30s", "--connect")
        self.assertEqual(done.exit_code, MET, done.stdout)
        self.assertGreater(done.seconds, 2)

    def test_a_signal_between_two_rounds_ends_the_run_with_what_is_known(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "report.json"
            process = subprocess.Popen(self.lab.auditor.command(
                [str(PORTVET), "check", "-e", "22,8080 open", self.address, "--until", "60s",
                 "-o", f"json={path}"]), stdout=subprocess.DEVNULL)
            time.sleep(1.7)
            os.kill(process.pid, signal.SIGINT)
            process.wait(timeout=10)
            report = json.loads(path.read_text())
        self.assertEqual(process.returncode, INTERRUPTED)
        self.assertTrue(report["interrupted"])
        self.assertEqual(report["result"], "broken")

    def test_the_file_may_say_until_when(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "late.yml"
            path.write_text(f"hosts:\n  {self.address}: 8080 open\nsettings:\n  until: 30s\n")
            self.later(1, lambda: self.serve(8080))
            done = run_json(["check", str(path)], self.lab.auditor)
        self.assertEqual(done.exit_code, MET, done.stdout)

    def test_progress_is_for_terminals(self) -> None:
        done = self.check("8080 open", "--until", "1s")
        self.assertEqual(done.stderr, "")
        done = self.check("8080 open", "--until", "1s", "--progress", "always")
        self.assertIn("round 2: 1 port is not met yet", done.stderr)


if __name__ == "__main__":
    main()
