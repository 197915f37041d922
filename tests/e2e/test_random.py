"""Random systems: ports, firewalls and wires by chance. Nothing wrong is said of any port, and
little is left unsaid.

    sudo PYTHONPATH=tests python3 tests/e2e/test_random.py --systems 200 --seed 1000

runs as many as one likes; the system of a seed is always the same."""

import argparse
import random
import sys
import unittest

from e2e.portvet import agrees, run_json, words_of
from lab.behaviours import BEHAVIOURS, PROTOCOLS
from lab.rows import HOST, ROUTER, Direction, Host, Port, Wire
from lab.testing import main
from lab.topology import Lab
from lab.truth import Truth, default_truth, host_truth

FIRST_SEED, SYSTEMS = 1, 6
UNKNOWN_MOST = 0.02  # share of ports
DEFAULTS = ("closed", "drop", "reject-reset", "reject-admin-prohibited")

# What nothing may betray: then it passes for closed, but not for the host's own word.
UNTOLD = {"state": "closed", "origin": "unknown"}
LIKE_A_STACK = ({"reset"}, {"port-unreachable"})


def random_host(chance: random.Random) -> Host:
    first = chance.randrange(1, 60000)
    rows = {}
    for _ in range(chance.randrange(5, 40)):
        behaviour = BEHAVIOURS[chance.choice(list(BEHAVIOURS))]
        where = chance.choice((HOST, ROUTER)) if behaviour.verdicts else HOST
        proto = chance.choice([proto for proto in PROTOCOLS if proto in behaviour.protocols])
        number = first + chance.randrange(200)
        rows[proto, number] = Port(proto, number, behaviour.name, where)
    return Host("target", tuple(rows.values()), chance.choice(DEFAULTS),
                drop_invalid=chance.random() < 0.3, answers_ping=chance.random() < 0.8)


def random_direction(chance: random.Random) -> Direction:
    return Direction(delay_ms=chance.choice((0, 5, 20)), jitter_ms=chance.choice((0, 2)),
                     loss=chance.choice((0, 0, 0.01, 0.05, 0.1)),
                     duplicate=chance.choice((0, 0.1)), reorder=chance.choice((0, 0.1)),
                     reorder_ms=5)


def may_be_said(truth: Truth, said: dict) -> bool:
    """`unknown` always may."""
    origin = said.get("origin", "unknown")
    if said["state"] == "unknown" or agrees(truth, said):
        return True
    if origin == "unknown" and said["state"] in truth.states:
        return said["reason"] in truth.reasons
    untold = UNTOLD == {"state": said["state"], "origin": origin}
    return untold and said["reason"] in truth.reasons and truth.reasons in LIKE_A_STACK


def judge(seed: int) -> tuple[list[str], int, int]:
    """What is wrong in the system of SEED, how many ports it has, how many stayed unknown."""
    chance = random.Random(seed)
    host = random_host(chance)
    wire = Wire(random_direction(chance), random_direction(chance), seed)
    others = chance.sample(range(61000, 65536), 10)
    wanted = [f"{row.number}/{row.proto}" for row in host.ports]
    wanted += [f"{number}/tcp" for number in others]
    wrong, ports, unknown = [], 0, 0
    with Lab([host], wire) as lab:
        done = run_json(["scan", *lab.addresses["target"], "-p", ",".join(wanted)], lab.auditor)
        for family, address in zip((4, 6), lab.addresses["target"]):
            truths = {(proto, number): truth for proto in PROTOCOLS
                      for number, truth in host_truth(host, proto, family).items()}
            truths |= {("tcp", number): default_truth(host, "tcp", family)
                       for number in others}
            for (proto, number), said in done.ports(address).items():
                ports += 1
                unknown += said["state"] == "unknown"
                truth = truths[proto, number]
                if not may_be_said(truth, said):
                    wrong.append(f"seed {seed}: {address} {number}/{proto}: {words_of(said)}, "
                                 f"but the truth is {truth}")
    return wrong, ports, unknown


def judge_all(first: int, count: int) -> tuple[list[str], int, int]:
    systems = [judge(seed) for seed in range(first, first + count)]
    return (sum((wrong for wrong, _, _ in systems), []),
            sum(ports for _, ports, _ in systems), sum(unknown for _, _, unknown in systems))


class RandomTest(unittest.TestCase):
    def test_nothing_wrong_is_said_of_random_systems(self) -> None:
        wrong, ports, unknown = judge_all(FIRST_SEED, SYSTEMS)
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))
        self.assertLess(unknown, UNKNOWN_MOST * ports)


def run_many() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--systems", type=int, required=True)
    parser.add_argument("--seed", type=int, default=FIRST_SEED)
    wanted = parser.parse_args()
    wrong, ports, unknown = judge_all(wanted.seed, wanted.systems)
    print(*wrong, sep="\n")
    print(f"{wanted.systems} systems, {ports} ports, {len(wrong)} wrong, {unknown} unknown")
    return 1 if wrong else 0


if __name__ == "__main__":
    if "--systems" in sys.argv:
        sys.exit(run_many())
    main()
