"""Runs one command in a namespace and measures it: wall time of the whole command, peak
memory, packets that left.

The command is started by a small process of its own (this file as a program), because the
peak that the kernel reports for a child includes what its parent held when it forked."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.namespaces import Namespace

INTERFACE = "eth0"
STOPPED = {124, 137, -9}  # what timeout(1) returns, as it comes and when it is killed itself


@dataclass(frozen=True)
class Measured:
    seconds: float
    peak_kib: int
    packets: int
    exit_code: int
    output: str

    @property
    def finished(self) -> bool:
        return self.exit_code not in STOPPED


def measure(inside: Namespace, command: Sequence[str], limit_s: int) -> Measured:
    """Runs COMMAND inside a namespace to its end, or for LIMIT_S seconds."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "output"
        sent_before = inside.interface_counters(INTERFACE)["tx"]
        told = inside.run([sys.executable, "-B", __file__, str(output), "timeout",
                           "--signal=KILL", str(limit_s), *command])
        sent = inside.interface_counters(INTERFACE)["tx"] - sent_before
        return Measured(**json.loads(told.stdout), packets=sent,
                        output=output.read_text(errors="replace"))


def main() -> None:
    output, *command = sys.argv[1:]
    with open(output, "wb") as written:
        started = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=written,
                                   stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
    print(json.dumps({"seconds": seconds, "peak_kib": usage.ru_maxrss,
                      "exit_code": os.waitstatus_to_exitcode(status)}))


if __name__ == "__main__":
    main()
