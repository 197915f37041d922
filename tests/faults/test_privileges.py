"""What a running portvet may do, looked at from outside, and who may run it."""

import os
import shutil
import subprocess
import tempfile
import time
import unittest
from collections.abc import Sequence
from pathlib import Path

from e2e.outbound import new_key
from e2e.portvet import MET, PORTVET, PRIVILEGE, run, run_json
from lab.rows import Host, ports
from lab.testing import main
from lab.topology import Lab

TARGET = Host("target", default="drop", ports=ports("tcp", (22,), "open"))
NOBODY = "65534"
ORDINARY_USER = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
NO_CAPABILITY = "0" * 16
PATIENCE_S = 10


class PrivilegesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = cls.enterClassContext(Lab([TARGET]))
        cls.address = cls.lab.addresses["target"][0]
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.folder.chmod(0o755)
        cls.program = shutil.copy(PORTVET, cls.folder)

    def status_of(self, process: subprocess.Popen) -> dict[str, str]:
        """/proc/PID/status once the walls stand; ip-netns execs the program, so that the id
        is its own."""
        until = time.monotonic() + PATIENCE_S
        status: dict[str, str] = {}
        while time.monotonic() < until and status.get("Seccomp") != "2":
            lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
            status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
            time.sleep(0.02)
        return status

    def running(self, *before: str, program: str | Path = PORTVET,
                arguments: Sequence[str] = ()) -> dict[str, str]:
        process = subprocess.Popen(self.lab.auditor.command(
            [*before, str(program), *(arguments or self.slow("scan", self.address))]),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return self.status_of(process)
        finally:
            process.kill()
            process.wait()

    def slow(self, *arguments: str) -> list[str]:
        ports_ = [] if arguments[0] == "check" else ["-p", "1-2000"]
        return [*arguments, *ports_, "--max-rate", "300"]

    def assert_harmless(self, status: dict[str, str]) -> None:
        for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            self.assertEqual(status[name], NO_CAPABILITY, name)
        self.assertEqual(status["NoNewPrivs"], "1")
        self.assertEqual(status["Seccomp"], "2")
        for name in ("Uid", "Gid"):
            self.assertNotIn("0", status[name].split()[:3], name)

    def test_started_as_root_nothing_of_it_is_left(self) -> None:
        status = self.running()
        self.assert_harmless(status)
        self.assertEqual(status["CapBnd"], NO_CAPABILITY)
        self.assertEqual(status["Uid"].split()[0], NOBODY)
        self.assertEqual(status["Groups"].strip(), "")

    def test_every_command_that_sends_or_answers_is_walled_in(self) -> None:
        key = new_key(self.folder / "key")
        rules = ("check", "-e", "1-2000 dropped", self.address)
        for arguments in (self.slow("learn", self.address), self.slow(*rules),
                          self.slow(*rules, "--until", "1m"), ["respond", "--key", str(key)]):
            with self.subTest(arguments[0]):
                status = self.running(arguments=arguments)
                self.assert_harmless(status)
                self.assertEqual(status["Uid"].split()[0], NOBODY)

    def test_one_file_capability_is_enough_for_an_ordinary_user(self) -> None:
        subprocess.run(["setcap", "cap_net_raw=p", str(self.program)], check=True)
        self.assert_harmless(self.running(*ORDINARY_USER, program=self.program))
        done = run_json(["check", "-e", "22 open; 23 dropped", self.address], self.lab.auditor,
                        before=ORDINARY_USER, program=self.program)
        self.assertEqual(done.exit_code, MET, done.stderr)
        self.assertEqual(done.report["mode"], "raw")

    def test_without_any_privilege_the_remedy_is_named(self) -> None:
        plain = shutil.copyfile(PORTVET, self.folder / "plain")
        os.chmod(plain, 0o755)
        done = run(["check", "-e", "22 open", self.address], self.lab.auditor,
                   before=ORDINARY_USER, program=plain)
        self.assertEqual(done.exit_code, PRIVILEGE, done.stderr)
        for words in (f"sudo setcap cap_net_raw=p {plain}", "--connect"):
            self.assertIn(words, done.stderr)

    def test_connecting_is_walled_in_too(self) -> None:
        self.assert_harmless(self.running(
            *ORDINARY_USER, program=self.program,
            arguments=self.slow("scan", self.address, "--connect")))

    def test_the_packets_of_connections_are_shown_without_any_privilege_left(self) -> None:
        status = self.running(arguments=self.slow("scan", self.address, "--connect", "--pcap",
                                                  str(self.folder / "run.pcap")))
        self.assert_harmless(status)
        self.assertEqual(status["Uid"].split()[0], NOBODY)


if __name__ == "__main__":
    main()
