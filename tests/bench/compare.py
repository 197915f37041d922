"""portvet beside nmap, masscan and zmap: the same lab cases for each, every answer held
against the truth. Run by tests/bench/run, which installs and builds what is needed.

Exit code 0: portvet said nothing wrong and met its goals."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench.cases import CASES, Case
from bench.growth import GROWTH
from bench.measure import Measured, measure
from bench.outbound import OUTBOUND, run_outbound
from bench.score import score
from bench.table import OURS, Result, case_table, growth_table
from bench.tools import TOOLS, Answers, Task, is_there
from lab import namespaces
from lab.testing import EXIT_SKIPPED
from lab.topology import Lab

TRICKLE = Path(__file__).with_name("trickle.py")


def run_tool(lab: Lab, task: Task, name: str, limit_s: int) -> tuple[Measured, Answers]:
    """All commands of one tool, measured as one. What a tool that had to be stopped said
    is not looked at."""
    tool = TOOLS[name]
    answers: Answers = {}
    runs = []
    for command in tool.commands(task):
        done = measure(lab.auditor, command, limit_s)
        runs.append(replace(done, output=""))
        if not done.finished:
            break
        answers |= tool.read(done.output)
    return Measured(sum(run.seconds for run in runs), max(run.peak_kib for run in runs),
                    sum(run.packets for run in runs), runs[-1].exit_code, ""), answers


def run_case(case: Case, tools: Sequence[str], runs: int, limit_s: int) -> list[Result]:
    """Each run of each tool in a lab of its own, so that nobody finds it warmed up or worn
    out by another; the tools take turns."""
    results = {name: ([], []) for name in tools}
    for turn in range(runs):
        for name in tools:
            if turn > 0 and name in case.once:
                continue
            with Lab([case.host], case.wire, case.routed) as lab:
                next_hop = "router" if case.routed else case.host.name
                lab.start(next_hop, ["/usr/bin/python3", str(TRICKLE), "up0"])
                own, _ = lab.addresses[case.host.name]
                task = Task(case.block or own, case.proto, case.asked,
                            introduce(lab, own, next_hop))
                measured, answers = run_tool(lab, task, name, limit_s)
            marks = score(case, TOOLS[name], own, answers)
            print(f"  {case.name}: {name}: {measured.seconds:.2f} s, {marks.wrong} wrong, "
                  f"{marks.missing} without a verdict", file=sys.stderr, flush=True)
            results[name][0].append(measured)
            results[name][1].append(marks)
    return [Result(case, name, *results[name]) for name in tools]


def introduce(lab: Lab, address: str, next_hop: str) -> str:
    """Lets the neighbours on the way know each other; returns the MAC address of the next
    hop, by which zmap is told what it cannot find out."""
    lab.auditor.run(["nmap", "-n", "-sn", address])
    return lab.made[next_hop].mac_address("up0")


def results_of(case: Case, arguments: argparse.Namespace) -> list[Result]:
    if case in OUTBOUND:
        return run_outbound(case, arguments.runs, arguments.limit)
    tools = [name for name in case.tools if name.startswith(OURS) or
             (is_there(name) and not arguments.only_portvet)]
    return run_case(case, tools, arguments.runs, arguments.limit)


def compare(arguments: argparse.Namespace) -> bool:
    """Prints a table for each case; whether portvet was good in all."""
    good = True
    for case in (*CASES, *OUTBOUND):
        if arguments.case and case.name not in arguments.case:
            continue
        results = results_of(case, arguments)
        print(case_table(results), flush=True)
        good &= all(result.good for result in results if result.ours)
    return good


def grow(arguments: argparse.Namespace) -> bool:
    """Prints one table of portvet alone."""
    results = [result for case in GROWTH
               for result in run_case(case, case.tools, arguments.runs, arguments.limit)]
    print(growth_table(results))
    return all(result.good for result in results)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/bench/run", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="runs of each tool (default 3)")
    parser.add_argument("--limit", type=int, default=600, metavar="SECONDS",
                        help="stop a command that takes longer (default 600)")
    parser.add_argument("--case", action="append", help="only this case; may be repeated",
                        choices=[case.name for case in (*CASES, *OUTBOUND)])
    parser.add_argument("--only-portvet", action="store_true", help="leave the peers out")
    parser.add_argument("--growth", action="store_true",
                        help="instead: how portvet's time and memory grow with ports, hosts "
                             "and loss")
    return parser.parse_args()


def main() -> int:
    reason = namespaces.why_not()
    if reason:
        print(f"the benchmark cannot run here: {reason}", file=sys.stderr)
        return EXIT_SKIPPED
    arguments = read_arguments()
    return 0 if (grow if arguments.growth else compare)(arguments) else 1


if __name__ == "__main__":
    sys.exit(main())
