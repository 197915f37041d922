"""Holds a tool's answers against the truth of the lab."""

import ipaddress
from dataclasses import dataclass

from bench.cases import Case
from bench.tools import Answers, Tool
from lab.nmap import numbers_of
from lab.truth import default_truth, host_truth

FAMILY = 4
NO_VERDICT = {None, "unknown"}
# What a tool with fewer words says for the same thing.
ALSO_RIGHT = {"dropped": {"filtered"}, "rejected": {"filtered"}, "silent": {"open|filtered"}}
ANSWERING = {"open", "closed"}


@dataclass(frozen=True)
class Score:
    ports: int
    wrong: int      # verdicts that are not true
    missing: int    # ports that got no verdict, though the tool should have one
    open_missed: int


def addresses_of(case: Case, own: str) -> list[str]:
    return [str(address) for address in ipaddress.ip_network(case.block or own)]


def states_of(case: Case) -> dict[int, frozenset[str]]:
    """The states that are right, by port number: the same on every address of a case."""
    declared = host_truth(case.host, case.proto, FAMILY)
    default = default_truth(case.host, case.proto, FAMILY)
    return {number: declared.get(number, default).states for number in numbers_of(case.asked)}


def score(case: Case, tool: Tool, own_address: str, answers: Answers) -> Score:
    states = states_of(case)
    addresses = addresses_of(case, own_address)
    wrong = missing = open_missed = 0
    for number, right in states.items():
        accepted = right.union(*(ALSO_RIGHT.get(state, set()) for state in right))
        due = tool.judges_silence or bool(right & ANSWERING)
        for address in addresses:
            said = answers.get((address, number))
            if said in NO_VERDICT:
                missing += due
            elif said not in accepted:
                wrong += 1
            open_missed += "open" in right and said != "open"
    asked = len(states) * len(addresses)
    known = {(address, number) for address in addresses for number in states}
    wrong += sum(key not in known for key in answers)
    return Score(asked, wrong, missing, open_missed)
