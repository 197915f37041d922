"""The progress line: on a terminal that is standard error, and nowhere else."""

import os
import pty
import re
import subprocess
import time
import unittest

from e2e.portvet import LONGEST_RUN_S, PORTVET
from lab.rows import KERNEL_LIMITS, Host, Port
from lab.testing import main
from lab.topology import Lab

REDRAWS_MOST_PER_S = 10
LINE = re.compile(r"\r\d+ of 600 ports decided, [01] of 1 hosts done, \d+ s"
                  r"(, about \d+ s left)?\x1b\[K")
REMOVED = "\r\x1b[K"


def read_to_end(terminal: int) -> str:
    """What is written to a pseudo-terminal until its other side is closed."""
    said = b""
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # EIO: nobody has the other side open
            return said.decode()
        said += piece


class ProgressTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        limited = Host("limited", (Port("tcp", 80, "open"),), icmp_limits=KERNEL_LIMITS,
                       default="reject-admin-prohibited")
        cls.lab = cls.enterClassContext(Lab([Host("target", default="drop"), limited]))

    def scan(self, *options: str, stream: str = "stderr", host: str = "target",
             rate: str = "400") -> tuple[str, str, float]:
        """A scan of some seconds: what it says on STREAM, a terminal, and on the other one,
        a file; and its duration."""
        command = self.lab.auditor.command(
            [str(PORTVET), "scan", self.lab.addresses[host][0], "-p", "1-600",
             "--max-rate", rate, *options])
        terminal, other_side = pty.openpty()
        other = "stdout" if stream == "stderr" else "stderr"
        started = time.monotonic()
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, text=True,
                              **{stream: other_side, other: subprocess.PIPE}) as process:
            os.close(other_side)
            said = read_to_end(terminal)
            elsewhere = process.communicate(timeout=LONGEST_RUN_S)[stream == "stdout"]
        os.close(terminal)
        self.assertEqual(process.returncode, 0)
        return said, elsewhere, time.monotonic() - started

    def test_it_is_redrawn_at_most_ten_times_a_second_and_removed(self) -> None:
        said, report, seconds = self.scan()
        self.assertTrue(said.endswith(REMOVED), said)
        lines = said.removesuffix(REMOVED)
        redraws = lines.count("\r")
        self.assertEqual(LINE.sub("", lines), "")
        self.assertGreater(redraws, 1)
        self.assertLessEqual(redraws, REDRAWS_MOST_PER_S * seconds)
        self.assertNotRegex(report, "[\r\x1b]")

    def test_no_end_is_foretold_while_tokens_are_waited_for(self) -> None:
        said, _, _ = self.scan("--deadline", "6s", host="limited", rate="20000")
        lines = said.removesuffix(REMOVED).split("\r")[1:]
        waiting = [line for line in lines if ", waiting for ICMP errors of 1 host" in line]
        self.assertGreater(len(waiting), len(lines) / 2, said)
        self.assertFalse([line for line in waiting if "left" in line], said)

    def test_there_is_none_with_progress_never(self) -> None:
        said, report, _ = self.scan("--progress", "never")
        self.assertEqual(said, "")
        self.assertTrue(report)

    def test_there_is_none_when_only_standard_output_is_a_terminal(self) -> None:
        said, errors, _ = self.scan("--color", "never", stream="stdout")
        self.assertEqual(errors, "")
        self.assertNotRegex(said.replace("\r\n", "\n"), "[\r\x1b]")


if __name__ == "__main__":
    main()
