"""Every way through the program finds the system calls that it needs in the sandbox: strace
shows which were refused, and none may be but those that nothing depends on."""

import os
import pty
import re
import signal
import subprocess
import tempfile
import threading
import time
import unittest
from collections.abc import Callable
from pathlib import Path

from e2e.outbound import new_key
from e2e.portvet import BROKEN, INCONCLUSIVE, INTERRUPTED, MET, NETWORK, PORTVET, REPORT, run
from lab.machines import syn_proxy
from lab.rows import Host, ports
from lab.testing import main
from lab.topology import AUDITOR_IPV4, Lab

TARGET = Host("target", default="drop",
              ports=ports("tcp", (22, 80), "open") + ports("tcp", (113,), "reject-reset")
              + ports("tcp", (100,), "closed") + ports("udp", (53,), "open")
              + ports("udp", (514,), "mute"))
RULES = "22,80 open; 113 rejected; 100 closed; others(1-300) dropped; udp 53 open; udp 514 silent"
WALLS = re.compile(r"seccomp\(SECCOMP_SET_MODE_FILTER, .* = 0$")
REFUSED = re.compile(r"\w+\(.*\) += -1 (?:EPERM|EACCES)\b")
MAY_BE_REFUSED = (
    re.compile(r'openat\(AT_FDCWD, "/",'),      # the sandbox tries its walls
    re.compile(r"socket\(AF_INET, SOCK_RAW"),   # the same
    # libpcap takes its ring down, which close() does anyway
    re.compile(r"setsockopt\(\d+, SOL_PACKET, PACKET_RX_RING, {tp_block_size=0, "),
)
EARLY_S = 1.0
NAGIOS_CRITICAL = 2


def formats() -> list[str]:
    section = run(["--help"]).stdout.partition("Report formats:\n")[2].partition("\n\n")[0]
    return re.findall(r"^  (\w+)", section, re.M)


class SandboxTest(unittest.TestCase):
    def setUp(self) -> None:
        self.lab = self.enterContext(Lab([TARGET]))
        self.ipv4, self.ipv6 = self.lab.addresses["target"]
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.trace = self.folder / "trace"

    def traced(self, *arguments: str | Path) -> list[str]:
        return ["strace", "-f", "-qq", "-o", str(self.trace), str(PORTVET), *map(str, arguments)]

    def assert_nothing_missing(self) -> None:
        lines = self.trace.read_text().splitlines()
        walls = [number for number, line in enumerate(lines) if WALLS.search(line)]
        self.assertEqual(len(walls), 1, "the filter was not loaded once")
        refused = [found[0] for line in lines[walls[0]:] if (found := REFUSED.search(line))]
        for known in MAY_BE_REFUSED[:2]:
            self.assertEqual(len([each for each in refused if known.match(each)]), 1, refused)
        self.assertEqual([each for each in refused
                          if not any(known.match(each) for known in MAY_BE_REFUSED)], [])

    def finished(self, *arguments: str | Path, code: int = MET, stdout: int = subprocess.DEVNULL,
                 meanwhile: Callable[[subprocess.Popen], None] | None = None) -> str:
        """What portvet said on standard error; MEANWHILE is called when it is at work."""
        process = subprocess.Popen(self.lab.auditor.command(self.traced(*arguments)),
                                   stdin=subprocess.DEVNULL, stdout=stdout,
                                   stderr=subprocess.PIPE, text=True)
        if meanwhile:
            timer = threading.Timer(EARLY_S, meanwhile, [process])
            timer.start()
        _, said = process.communicate(timeout=60)
        self.assertEqual(process.returncode, code, said)
        self.assert_nothing_missing()
        return said

    def check(self, *options: str | Path, **rest) -> str:
        return self.finished("check", "-e", RULES, self.ipv4, self.ipv6, *options, **rest)

    def signal_traced(self, number: signal.Signals) -> Callable[[subprocess.Popen], None]:
        """To portvet itself, the child of the strace that ip-netns became."""
        def send(process: subprocess.Popen) -> None:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
            os.kill(int(children.split()[0]), number)
        return send

    def test_all_reports_in_files(self) -> None:
        for name in formats():
            (self.folder / name).write_text("old")
        self.check(*(f"-o{name}={self.folder / name}" for name in formats()))
        for name in formats():
            self.assertGreater(len((self.folder / name).read_text()), 3)

    def test_each_report_on_standard_output(self) -> None:
        for name in formats():
            with self.subTest(name):
                self.finished("check", "-e", "22,80 open; 100 closed; 113 open", self.ipv4,
                              "-o", name, "--verbose", "--color", "always", code=NAGIOS_CRITICAL if name == "nagios" else BROKEN)

    def test_a_terminal(self) -> None:
        terminal, other_side = pty.openpty()
        threading.Thread(target=self.drain, args=[terminal], daemon=True).start()
        process = subprocess.Popen(self.lab.auditor.command(self.traced(
            "scan", self.ipv4, "-p", "1-100", "--max-rate", "200")),
            stdin=subprocess.DEVNULL, stdout=other_side, stderr=other_side)
        os.close(other_side)
        self.assertEqual(process.wait(timeout=60), MET)
        self.assert_nothing_missing()

    def drain(self, terminal: int) -> None:
        try:
            while os.read(terminal, 4096):
                pass
        except OSError:  # EIO: nobody has the other side open
            os.close(terminal)

    def test_commands_that_probe(self) -> None:
        policy = self.folder / "edge.yml"
        policy.write_text(f"hosts:\n  {self.ipv4}: 22,80 open\n")
        for command in (["scan", self.ipv4, self.ipv6, "-p", "1-5000", "--max-rate", "0"],
                        ["learn", self.ipv4, "-p", "1-300"],
                        ["explain", policy, self.ipv4, "80", "--probe"]):
            with self.subTest(command[0]):
                self.finished(*command)

    def test_evidence(self) -> None:
        self.check("--pcap", self.folder / "run.pcap")
        self.finished("check", "-e", "22,80 open; 100 closed; udp 53 open", self.ipv4, self.ipv6,
                      "--connect", "--pcap", self.folder / "run.pcap")

    def test_rounds(self) -> None:
        self.check("--until", "20s", "--progress", "always")

    def test_connections(self) -> None:
        self.finished("check", "-e", "22,80 open; 100 closed; 1-9 dropped; udp 53 open", self.ipv4,
                      self.ipv6, "--connect", "-o", f"json={self.folder / 'report'}")

    def test_handshakes_behind_a_syn_proxy(self) -> None:
        syn_proxy(self.lab.made["router"], "up0", "forward")
        for option in ("--interface=eth0", f"--source={AUDITOR_IPV4}", "--connect",
                       f"--pcap={self.folder / 'run.pcap'}"):
            self.finished("check", "-e", "22,80 open", self.ipv4, option)

    def test_a_report_that_cannot_be_written(self) -> None:
        with open("/dev/full", "w") as full:
            said = self.check("-o", "json", code=REPORT, stdout=full.fileno())
        self.assertIn("No space left", said)

    def test_signals(self) -> None:
        for number, code in ((signal.SIGINT, INTERRUPTED), (signal.SIGTERM, 143)):
            with self.subTest(number):
                self.check("-o", f"json={self.folder / 'report'}", "--max-rate", "50", code=code,
                           meanwhile=self.signal_traced(number))

    def test_a_network_that_goes_away(self) -> None:
        self.check("-o", f"json={self.folder / 'report'}", "--max-rate", "50", code=NETWORK,
                   meanwhile=lambda _: self.lab.auditor.ip("link del eth0"))

    def test_a_host_that_is_not_there(self) -> None:
        self.finished("check", "-e", "22 filtered", "10.99.0.77", code=INCONCLUSIVE)

    def test_a_responder(self) -> None:
        process = subprocess.Popen(self.lab.namespace("target").command(self.traced(
            "respond", "--key", new_key(self.folder / "key"))), stderr=subprocess.PIPE, text=True)
        self.assertIn("ready", process.stderr.readline())
        policy = self.folder / "out.yml"
        policy.write_text(f"responders:\n  {self.ipv4}: {{key: key}}\n"
                          f"hosts:\n  {self.ipv4}: tcp+udp 22,9000 open\n")
        done = run(["check", policy], self.lab.auditor)
        self.assertEqual(done.exit_code, MET, done.stdout + done.stderr)
        for number in (signal.SIGUSR1, signal.SIGTERM):
            self.signal_traced(number)(process)
            time.sleep(0.2)
        process.communicate(timeout=10)
        self.assert_nothing_missing()


if __name__ == "__main__":
    main()
