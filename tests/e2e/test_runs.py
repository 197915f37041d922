"""What a run as a whole does: exit codes, reports on disk, time, signals, two at once, and
what the machine itself refuses."""

import json
import os
import signal
import subprocess
import tempfile
import time
import unittest
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from e2e.portvet import (BROKEN, INCONCLUSIVE, INTERRUPTED, MET, NETWORK, PORTVET, PRIVILEGE,
                         REPORT, run, run_json)
from lab.rows import Host, ports, symmetric_wire
from lab.testing import main
from lab.topology import Lab

TARGET = Host("target", default="drop",
              ports=ports("tcp", (22, 80, 443), "open") + ports("tcp", (113,), "reject-reset")
              + ports("udp", (53,), "open") + ports("udp", (514,), "mute"))
RULES = ("22,80,443 open; 113 rejected(reset); udp 53 open; udp 514 silent; "
         "others(1-200) dropped")
UNPRIVILEGED = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                "--bounding-set=-all", "--inh-caps=-all")
ABSURD_S = 3.0


class RunsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = cls.enterClassContext(Lab([TARGET], symmetric_wire(delay_ms=5)))
        cls.ipv4, cls.ipv6 = cls.lab.addresses["target"]

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def check(self, rules: str, *options: str):
        return run_json(["check", "-e", rules, self.ipv4, self.ipv6, *options],
                        self.lab.auditor)

    def test_all_met_is_exit_code_0(self) -> None:
        done = self.check(RULES)
        self.assertEqual((done.exit_code, done.report["result"]), (MET, "met"), done.stdout)

    def test_one_broken_is_exit_code_1(self) -> None:
        done = self.check("22,80,443 open; 23 open")
        self.assertEqual((done.exit_code, done.report["result"]), (BROKEN, "broken"))
        self.assertEqual(done.ports(self.ipv4)["tcp", 23]["result"], "broken")
        self.assertEqual(done.ports(self.ipv4)["tcp", 80]["result"], "met")

    def test_an_unexpected_open_port_is_broken(self) -> None:
        done = self.check("22 open; others(1-200) filtered")
        self.assertEqual(done.exit_code, BROKEN)
        self.assertEqual(done.ports(self.ipv6)["tcp", 80]["result"], "broken")

    def test_silence_where_open_is_expected_on_udp_is_inconclusive(self) -> None:
        done = self.check("80 open; udp 514 open")
        self.assertEqual((done.exit_code, done.report["result"]),
                         (INCONCLUSIVE, "inconclusive"))

    def test_fail_on_never_reports_without_failing(self) -> None:
        self.assertEqual(self.check("23 open", "--fail-on", "never").exit_code, MET)

    def test_a_name_that_cannot_be_resolved_is_inconclusive_and_named(self) -> None:
        done = run_json(["check", "-e", "80 open", self.ipv4, "nosuch.invalid"],
                        self.lab.auditor)
        self.assertEqual(done.exit_code, INCONCLUSIVE)
        self.assertIn("nosuch.invalid", done.stdout + done.stderr)

    def test_a_host_without_a_route_is_inconclusive(self) -> None:
        self.lab.auditor.ip("route add unreachable 203.0.113.0/24")
        done = run_json(["check", "-e", "80 filtered", "203.0.113.9"], self.lab.auditor)
        self.assertEqual(done.exit_code, INCONCLUSIVE)

    def test_an_interface_that_is_not_there_is_exit_code_69(self) -> None:
        done = run(["check", "-e", "80 open", self.ipv4, "--interface", "nosuch0"],
                   self.lab.auditor)
        self.assertEqual(done.exit_code, NETWORK, done.stderr)
        self.assertIn("nosuch0", done.stderr)

    def test_a_report_that_cannot_be_written_is_exit_code_73(self) -> None:
        for path in ("/nosuch/folder/report.json", "/proc/report.json"):
            done = run(["check", "-e", "80 open", self.ipv4, "-o", f"json={path}"],
                       self.lab.auditor)
            self.assertEqual(done.exit_code, REPORT, done.stderr)
            self.assertIn(path, done.stderr)

    def test_a_full_standard_output_is_exit_code_73(self) -> None:
        with open("/dev/full", "w") as full:
            command = self.lab.auditor.command(
                [str(PORTVET), "check", "-e", "80 open", self.ipv4, "-o", "json"])
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, REPORT, done.stderr)

    def test_without_the_privilege_it_says_so_with_exit_code_77(self) -> None:
        command = self.lab.auditor.command(
            [*UNPRIVILEGED, str(PORTVET), "check", "-e", "80 open", self.ipv4])
        done = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(done.returncode, PRIVILEGE, done.stderr)
        self.assertIn("--connect", done.stderr)

    def test_every_report_of_one_run_is_whole_and_agrees(self) -> None:
        paths = {name: self.folder / name for name in ("json", "junit", "text")}
        done = run(["check", "-e", RULES, self.ipv4, self.ipv6,
                    *(f"-o{name}={path}" for name, path in paths.items())], self.lab.auditor)
        self.assertEqual(done.exit_code, MET, done.stderr)
        self.assertEqual(json.loads(paths["json"].read_text())["result"], "met")
        subprocess.run(["xmllint", "--noout", str(paths["junit"])], check=True)
        suites = ElementTree.parse(paths["junit"]).getroot()
        self.assertEqual(list(suites.iter("failure")), [])
        self.assertGreater(len(list(suites.iter("testcase"))), 0)
        self.assertTrue(paths["text"].read_text())
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), sorted(paths))

    def test_a_broken_expectation_is_a_junit_failure(self) -> None:
        path = self.folder / "audit.xml"
        run(["check", "-e", "23 open; 80 open", self.ipv4, "-o", f"junit={path}"],
            self.lab.auditor)
        subprocess.run(["xmllint", "--noout", str(path)], check=True)
        self.assertEqual(len(list(ElementTree.parse(path).getroot().iter("failure"))), 1)

    def test_quiet_says_nothing_when_all_is_met(self) -> None:
        done = run(["check", "-e", "22 open; 23 dropped", self.ipv4, "--quiet"],
                   self.lab.auditor)
        self.assertEqual((done.exit_code, done.stdout, done.stderr), (MET, "", ""))
        done = run(["check", "-e", "22 dropped", self.ipv4, "--quiet"], self.lab.auditor)
        self.assertEqual(done.exit_code, BROKEN)
        self.assertIn("22", done.stdout)

    def test_ten_ports_take_well_under_a_second(self) -> None:
        rules = "22,80,443 open; 113 rejected; 8080,8443,3306,5432,6379,9200 dropped"
        done = run_json(["check", "-e", rules, self.ipv4], self.lab.auditor)
        self.assertEqual(done.exit_code, MET, done.stdout)
        print(f"ten ports, six dropped, RTT 10 ms: {done.seconds:.2f} s", end=" ")
        self.assertLess(done.seconds, ABSURD_S)

    def test_two_runs_at_once_do_not_disturb_each_other(self) -> None:
        with ThreadPoolExecutor(4) as pool:
            runs = list(pool.map(lambda _: self.check(RULES), range(4)))
        self.assertEqual([done.exit_code for done in runs], [MET] * 4)

    def test_the_same_seed_and_targets_give_the_same_verdicts(self) -> None:
        one, two = (self.check(RULES, "--seed", "7") for _ in range(2))
        for address in (self.ipv4, self.ipv6):
            self.assertEqual({key: entry["state"] for key, entry in one.ports(address).items()},
                             {key: entry["state"] for key, entry in two.ports(address).items()})

    def interrupt(self, number: signal.Signals):
        path = self.folder / "report.json"
        # ip-netns execs the command, so the signal reaches portvet itself.
        process = subprocess.Popen(self.lab.auditor.command(
            [str(PORTVET), "check", "-e", "22 open; others filtered", self.ipv4,
             "--max-rate", "500", "-o", f"json={path}"]),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)
        os.kill(process.pid, number)
        process.wait(timeout=20)
        return process.returncode, json.loads(path.read_text())

    def test_a_signal_ends_the_run_with_a_report_that_says_so(self) -> None:
        for number, exit_code in ((signal.SIGINT, INTERRUPTED), (signal.SIGTERM, 143)):
            with self.subTest(number):
                returned, report = self.interrupt(number)
                self.assertEqual(returned, exit_code)
                self.assertTrue(report["interrupted"])
                self.assertNotEqual(report["result"], "met")
                self.assertGreater(report["summary"]["inconclusive"], 0)

    def test_a_killed_run_leaves_no_report(self) -> None:
        path = self.folder / "report.json"
        process = subprocess.Popen(self.lab.auditor.command(
            [str(PORTVET), "check", "-e", "others filtered", self.ipv4, "--max-rate", "500",
             "-o", f"json={path}"]), stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        process.kill()
        process.wait()
        self.assertFalse(path.exists())


if __name__ == "__main__":
    main()
