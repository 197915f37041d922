"""The units in packaging/ under the systemd that they are for: as PID 1 in a container over a
throw-away copy of this machine's files, in a namespace of the lab."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from collections.abc import Sequence
from pathlib import Path

from e2e.outbound import OUTSIDE, Outbound, read_counters
from e2e.portvet import MET, PORTVET
from lab.namespaces import Namespace
from lab.testing import EXIT_SKIPPED, main

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"
RESPONDER, AUDIT, TIMER = "portvet-respond.service", "portvet-audit.service", "portvet-audit.timer"
PATIENCE_S = 60
# Of systemd-analyze, in tenths: from 50 on it says "medium".
EXPOSURE_MOST = 45
# What a unit says goes to a file, to be read from outside; sanitizers are told there what they are
# told here.
LOG = "[Service]\nStandardError=append:/{unit}.log\n" + "".join(
    f"Environment={name}={os.environ[name]}\n" for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS")
    if name in os.environ)
POLICY = "hosts: {198.51.100.7: 1-100 closed; others not open}\n"


class Machine:
    """A context manager: a copy of this machine with portvet and its units installed, made by an
    overlay, that can be booted. Nothing of what happens in it stays."""

    def __enter__(self) -> "Machine":
        self.folder = Path(tempfile.mkdtemp(prefix="portvet-units-"))
        mount("tmpfs", "tmpfs", self.folder)
        for name in ("changes", "work", "root"):
            (self.folder / name).mkdir()
        self.root = self.folder / "root"
        mount("overlay", "overlay", self.root, f"lowerdir=/,upperdir={self.folder / 'changes'},"
                                               f"workdir={self.folder / 'work'}")
        system = self.root / "etc/systemd/system"
        for wanted in system.glob("*.wants"):   # no other services
            shutil.rmtree(wanted)
        for unit in (RESPONDER, AUDIT, TIMER):
            shutil.copy(PACKAGING / unit, system)
            if unit != TIMER:
                (system / f"{unit}.d").mkdir()
                (system / f"{unit}.d/log.conf").write_text(LOG.format(unit=unit))
        shutil.copy(PORTVET, self.root / "usr/bin/portvet")
        (self.root / "etc/portvet").mkdir()
        return self

    def __exit__(self, *_) -> None:
        subprocess.run(["umount", str(self.root)], check=True)
        subprocess.run(["umount", str(self.folder)], check=True)
        self.folder.rmdir()

    def log(self, unit: str) -> str:
        path = self.root / f"{unit}.log"
        return path.read_text() if path.exists() else ""

    def analyse(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(["systemd-analyze", *arguments, f"--root={self.root}"],
                              capture_output=True, text=True)


class Boot:
    """A context manager: MACHINE runs UNIT, in a network namespace."""

    def __init__(self, machine: Machine, unit: str, where: Namespace) -> None:
        # Its own filter forbids Landlock, which the units are to be tested with.
        self.command = ["env", "SYSTEMD_SECCOMP=0", "systemd-nspawn", "--register=no",
                        "--keep-unit", f"--directory={machine.root}",
                        f"--network-namespace-path=/run/netns/{where.name}", "--boot",
                        f"systemd.unit={unit}"]

    def __enter__(self) -> "Boot":
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, *_) -> None:
        self.process.terminate()   # an orderly shutdown
        self.process.wait(PATIENCE_S)

    def wait_for(self, done) -> bool:
        until = time.monotonic() + PATIENCE_S
        while not done() and self.process.poll() is None and time.monotonic() < until:
            time.sleep(0.1)
        return done()


def mount(kind: str, what: str, where: Path, options: str = "defaults") -> None:
    subprocess.run(["mount", "-t", kind, "-o", options, what, str(where)], check=True)


class UnitsTest(unittest.TestCase):
    def test_systemd_finds_no_fault_with_them(self) -> None:
        with Machine() as machine:
            for unit in (RESPONDER, AUDIT, TIMER):
                with self.subTest(unit):
                    verified = machine.analyse("verify", "--man=no", unit)
                    self.assertEqual((verified.returncode, verified.stderr), (0, ""))

    def test_they_expose_little(self) -> None:
        with Machine() as machine:
            for unit in (RESPONDER, AUDIT):
                with self.subTest(unit):
                    judged = machine.analyse("security", "--offline=true",
                                             f"--threshold={EXPOSURE_MOST}", unit)
                    self.assertEqual(judged.returncode, 0, judged.stdout)

    def test_the_responder_answers_audits(self) -> None:
        with Outbound() as lab, Machine() as machine:
            lab.stop_responder()
            shutil.copy(lab.folder / "outside.key", machine.root / "etc/portvet/respond.key")
            with Boot(machine, RESPONDER, lab.lab.namespace("outside")) as boot:
                self.assertTrue(boot.wait_for(lambda: "ready" in machine.log(RESPONDER)),
                                machine.log(RESPONDER))
                (lab.folder / "all.yml").write_text(
                    (lab.folder / "zerops.yml").read_text().partition("expect:")[0] +
                    "expect: {app: tcp+udp 1-100 open}\n")
                done = lab.check(policy="all.yml")
            self.assertEqual(done.exit_code, MET)
            said = machine.log(RESPONDER).splitlines()
            self.assertGreaterEqual(read_counters(said[-1])["answered"], len(OUTSIDE) * 200)
            self.assertEqual(len(said), 2, said)   # no warning

    def test_the_nightly_audit_leaves_its_report(self) -> None:
        with Outbound() as lab, Machine() as machine:
            (machine.root / "etc/portvet/fleet.yml").write_text(POLICY)
            report = machine.root / "var/lib/private/portvet/audit.xml"
            with Boot(machine, AUDIT, lab.lab.auditor) as boot:
                self.assertTrue(boot.wait_for(report.exists), machine.log(AUDIT))
            self.assertIn('failures="0"', report.read_text())
            self.assertEqual(machine.log(AUDIT), "")


def why_not_here() -> str:
    missing = [program for program in ("systemd-analyze", "systemd-nspawn")
               if not shutil.which(program)]
    return f"{' and '.join(missing)} missing" if missing else ""


if __name__ == "__main__":
    if why_not_here():
        print(f"SKIPPED: {why_not_here()}")
        sys.exit(EXIT_SKIPPED)
    main()
