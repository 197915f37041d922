"""The machine fails the program: signals, full disks, closed pipes, few files, kills. A
report is whole, old or not there, and the exit code says what happened."""

import errno
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from e2e.portvet import MET, NETWORK, PORTVET, REPORT, run
from lab.rows import Host, ports
from lab.testing import main
from lab.topology import Lab

TARGET = Host("target", default="drop", ports=ports("tcp", (22, 80), "open"))
RULES = "22,80 open; others(1-60) dropped"
OLD_REPORT = '{"old": "report"}\n'
DISK_ERRORS = (("fsync", errno.EIO), ("fsync", errno.ENOSPC), ("renameat", errno.EIO),
               ("fchmod", errno.EIO), ("write", errno.EIO), ("write", errno.ENOSPC),
               ("write", errno.EDQUOT))
KILLS = int(os.environ.get("PORTVET_KILLS", "60"))
SEED = 7


class MachineTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = cls.enterClassContext(Lab([TARGET]))
        cls.address = cls.lab.addresses["target"][0]

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.report = self.folder / "report.json"

    def command(self, *options: str, rules: str = RULES) -> list[str]:
        return self.lab.auditor.command([str(PORTVET), "check", "-e", rules, self.address,
                                         *options])

    def begin(self, *options: str, stdout: int = subprocess.DEVNULL) -> subprocess.Popen:
        return subprocess.Popen(self.command(*options), stdout=stdout, stderr=subprocess.PIPE,
                                stdin=subprocess.DEVNULL, text=True)

    def assert_whole(self, interrupted: bool) -> None:
        """The report is the old one, or a new one that is complete and no pass."""
        text = self.report.read_text()
        if text != OLD_REPORT:
            report = json.loads(text)
            self.assertTrue(report["hosts"])
            if interrupted and report["interrupted"]:
                self.assertNotEqual(report["result"], "met")

    def test_a_signal_at_any_step_leaves_a_whole_report(self) -> None:
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            for delay_ms in (0, 2, 5, 10, 20, 40, 80, 160, 320):
                with self.subTest(number=number, delay_ms=delay_ms):
                    self.report.write_text(OLD_REPORT)
                    process = self.begin("-o", f"json={self.report}", "--max-rate", "200")
                    time.sleep(delay_ms / 1000)
                    process.send_signal(number)
                    _, stderr = process.communicate(timeout=20)
                    # A signal before there is anything to report ends the program at once.
                    self.assertIn(process.returncode, (code, -number, MET), stderr)
                    self.assert_whole(interrupted=True)

    def test_a_second_signal_ends_at_once(self) -> None:
        process = self.begin("-o", f"json={self.report}", "--max-rate", "50")
        time.sleep(0.5)
        process.send_signal(signal.SIGSTOP)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)
        started = time.monotonic()
        process.communicate(timeout=20)
        self.assertLess(time.monotonic() - started, 2)
        self.assertNotEqual(process.returncode, MET)

    def test_kills_never_tear_a_report(self) -> None:
        chance = random.Random(SEED)
        whole = 0
        for _ in range(KILLS):
            self.report.write_text(OLD_REPORT)
            process = self.begin("-o", f"json={self.report}", "-o", f"junit={self.folder}/j.xml",
                                 "--max-rate", "0")
            time.sleep(chance.uniform(0, 0.35))
            process.kill()
            process.communicate()
            self.assert_whole(interrupted=False)
            whole += self.report.read_text() != OLD_REPORT
        print(f"{KILLS} kills, {whole} after the new report was there", end=" ")

    def test_a_full_disk_keeps_the_old_report(self) -> None:
        with Tmpfs("size=16k") as folder:
            report = folder / "report.json"
            report.write_text(OLD_REPORT)
            rules = "22,80 open; " + "; ".join(f"{n} dropped" for n in range(100, 160))
            done = subprocess.run(self.command("-o", f"json={report}", rules=rules),
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, REPORT, done.stderr)
            self.assertIn(os.strerror(errno.ENOSPC), done.stderr)
            self.assertIn(str(report), done.stderr)
            self.assertEqual(report.read_text(), OLD_REPORT)
            self.assertEqual([entry.name for entry in folder.iterdir()], ["report.json"])

    def test_a_disk_without_room_for_a_name_is_exit_code_73(self) -> None:
        with Tmpfs("nr_inodes=1") as folder:
            done = subprocess.run(self.command("-o", f"json={folder}/report.json"),
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, REPORT, done.stderr)

    def test_a_read_only_disk_is_exit_code_73_before_anything_is_sent(self) -> None:
        with Tmpfs("ro") as folder:
            before = self.lab.auditor.interface_counters("eth0")["tx"]
            done = subprocess.run(self.command("-o", f"json={folder}/report.json"),
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, REPORT, done.stderr)
            self.assertLessEqual(self.lab.auditor.interface_counters("eth0")["tx"] - before, 2)

    def test_a_closed_pipe_is_exit_code_73(self) -> None:
        process = self.begin("-o", "json", stdout=subprocess.PIPE)
        process.stdout.close()
        process.stdout = None
        _, stderr = process.communicate(timeout=30)
        self.assertEqual(process.returncode, REPORT, stderr)

    def test_few_open_files_are_enough_or_said(self) -> None:
        for limit in (4, 8, 12, 16, 24, 32, 64):
            with self.subTest(limit=limit):
                done = run(["check", "-e", RULES, self.address, "-o", f"json={self.report}"],
                           self.lab.auditor, before=("prlimit", f"--nofile={limit}:{limit}"))
                if done.exit_code == MET:
                    self.assertEqual(json.loads(self.report.read_text())["result"], "met")
                else:
                    self.assertIn(done.exit_code, (NETWORK, REPORT, 70, 77), done.stderr)
                    self.assertTrue(done.stderr)

    def test_an_error_of_the_disk_keeps_the_old_report(self) -> None:
        for call, error in DISK_ERRORS:
            with self.subTest(call, error=error):
                self.report.write_text(OLD_REPORT)
                done = run(["check", "-e", RULES, self.address, "-o", f"json={self.report}"],
                           self.lab.auditor,
                           before=("strace", "-f", "-qq", "-o", "/dev/null", "-e",
                                   f"inject={call}:error={errno.errorcode[error]}"))
                if done.exit_code == MET:   # the call was not needed
                    self.assertNotEqual(self.report.read_text(), OLD_REPORT)
                    continue
                self.assertEqual(done.exit_code, REPORT, done.stderr)
                if call != "write":  # which nobody could read then
                    self.assertIn(os.strerror(error), done.stderr)
                self.assertEqual(self.report.read_text(), OLD_REPORT)
                self.assertEqual([entry.name for entry in self.folder.iterdir()], ["report.json"])


class Tmpfs:
    """A small file system of its own, in the `with`."""

    def __init__(self, options: str) -> None:
        self.options = options

    def __enter__(self) -> Path:
        self.folder = Path(tempfile.mkdtemp())
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"{self.options},mode=755", "portvet",
                        str(self.folder)], check=True)
        return self.folder

    def __exit__(self, *_) -> None:
        subprocess.run(["umount", str(self.folder)], check=True)
        self.folder.rmdir()


if __name__ == "__main__":
    sys.exit(main())
