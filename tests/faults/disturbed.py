"""A scan to which something happens when it is in the middle of its first pass."""

import json
import subprocess
import threading
import time
from collections.abc import Callable, Sequence

from e2e.portvet import LONGEST_RUN_S, PORTVET, Run
from lab.topology import Lab

EARLY_S = 0.5

Disturb = Callable[[int], object]  # given the process id


def disturbed_scan(lab: Lab, disturb: Disturb, arguments: Sequence[str],
                   before: Sequence[str] = ()) -> Run:
    """`portvet scan` with ARGUMENTS, its JSON report read. BEFORE: by a program that execs."""
    process = subprocess.Popen(lab.auditor.command(
        [*before, str(PORTVET), "scan", *arguments, "-o", "json"]),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    helper = threading.Timer(EARLY_S, disturb, [process.pid])
    started = time.monotonic()
    helper.start()
    stdout, stderr = process.communicate(timeout=LONGEST_RUN_S)
    helper.join()
    done = Run(process.returncode, stdout, stderr, time.monotonic() - started)
    if not stdout:
        raise AssertionError(f"no report, exit code {done.exit_code}: {stderr}")
    done.report = json.loads(stdout)
    return done
