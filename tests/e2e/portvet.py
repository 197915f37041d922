"""Runs the portvet of the build, and reads what it reports."""

import json
import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lab.namespaces import Namespace
from lab.nmap import numbers_of
from lab.rows import Host
from lab.topology import Lab
from lab.truth import Truth, default_truth, host_truth

BUILD = Path(os.environ.get("PORTVET_BUILD", Path(__file__).resolve().parents[2] / "build"))
PORTVET = BUILD / "scanner/portvet"
LONGEST_RUN_S = 120
WORDS = ("state", "reason", "origin")

# The contract's exit codes.
MET, BROKEN, INCONCLUSIVE = 0, 1, 2
USAGE, NETWORK, REPORT, PRIVILEGE, FILE = 64, 69, 73, 77, 78
INTERRUPTED = 130


@dataclass
class Run:
    """One finished run of portvet."""
    exit_code: int
    stdout: str
    stderr: str
    seconds: float
    report: dict = field(default_factory=dict)

    def ports(self, address: str) -> dict[tuple[str, int], dict]:
        """The report's entry for each port of one address, by protocol and number."""
        return {(entry["proto"], number): entry
                for host in self.report["hosts"] if host["address"] == address
                for entry in host["ports"] for number in numbers_of(entry["ports"])}


def run(arguments: Sequence[str], inside: Namespace | None = None,
        before: Sequence[str] = (), program: Path | str = PORTVET, **options) -> Run:
    """portvet with ARGUMENTS; INSIDE a namespace, or right here; BEFORE: by another program,
    setpriv for example."""
    command = [*before, str(program), *map(str, arguments)]
    if inside:
        command = inside.command(command)
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_RUN_S,
                          stdin=subprocess.DEVNULL, **options)
    return Run(done.returncode, done.stdout, done.stderr, time.monotonic() - started)


def run_json(arguments: Sequence[str], inside: Namespace, **options) -> Run:
    """The same with `-o json`, read."""
    done = run([*arguments, "-o", "json"], inside, **options)
    try:
        done.report = json.loads(done.stdout)
    except ValueError as error:
        raise AssertionError(f"no JSON report (exit code {done.exit_code}): {error}\n"
                             f"{done.stdout}{done.stderr}") from error
    return done


def scan(lab: Lab, host: Host, others: Sequence[int] = (), options: Sequence[str] = ()) -> Run:
    """Scans the declared ports of both addresses of HOST, and OTHERS, TCP and UDP."""
    wanted = [f"{row.number}/{row.proto}" for row in host.ports]
    wanted += [f"{number}/tcp+udp" for number in others]
    return run_json(["scan", *lab.addresses[host.name], "-p", ",".join(wanted), *options],
                    lab.auditor)


def differences(lab: Lab, host: Host, run: Run, others: Sequence[int] = ()) -> list[str]:
    """Where the report differs from the truth, port by port; empty: nowhere."""
    found = []
    for family, address in zip((4, 6), lab.addresses[host.name]):
        seen = run.ports(address)
        for proto in ("tcp", "udp"):
            expected = host_truth(host, proto, family)
            expected |= {number: default_truth(host, proto, family) for number in others}
            for number, truth in expected.items():
                said = seen.get((proto, number))
                if not said or not agrees(truth, said):
                    found.append(f"{address} {number}/{proto}: {words_of(said)}, "
                                 f"but the truth is {truth}")
    return found


def words_of(said: dict | None) -> str:
    return " ".join(said.get(key, "unknown") for key in WORDS) if said else "nothing"


def agrees(truth: Truth, said: dict) -> bool:
    """An empty set of the truth accepts any word; no origin in the report is unknown."""
    return all(not words or said.get(key, "unknown") in words
               for key, words in zip(WORDS, (truth.states, truth.reasons, truth.origins)))
