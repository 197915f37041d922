"""Runs one command in a namespace and measures it: wall time of the whole command, peak
memory, packets that left."""

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass

from lab.namespaces import Namespace

INTERFACE = "eth0"
KILLED = {124, 137, -9}  # what timeout(1) returns, as it comes and when it is killed itself


@dataclass(frozen=True)
class Measured:
    seconds: float
    peak_kib: int
    packets: int
    exit_code: int
    output: str

    @property
    def finished(self) -> bool:
        return self.exit_code not in KILLED


def measure(inside: Namespace, command: Sequence[str], limit_s: int) -> Measured:
    """Runs COMMAND to its end, or for LIMIT_S seconds."""
    command = ["timeout", "--signal=KILL", str(limit_s), *command]
    sent_before = inside.interface_counters(INTERFACE)["tx"]
    started = time.monotonic()
    process = subprocess.Popen(inside.command(command), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    sent = inside.interface_counters(INTERFACE)["tx"] - sent_before
    return Measured(seconds, usage.ru_maxrss, sent, process.returncode, output)
