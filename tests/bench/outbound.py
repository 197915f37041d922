"""An outbound audit of all ports: the example of examples/zerops, behind a router that holds
the rules, against a responder outside. No other scanner does this; portvet stands alone."""

import json
import sys

from bench.cases import Case
from bench.measure import measure
from bench.score import Score
from bench.table import Result
from e2e.outbound import OUTSIDE, RESPONDER, Outbound
from e2e.portvet import PORTVET
from lab.nmap import numbers_of
from lab.rows import symmetric_wire

AUDIT = "portvet check --max-rate 0"
ALLOWED = {22, 53, 80, 123, 443}   # by both protocols
TCP_RESTRICTED = range(1, 1025)
ALL_PORTS = range(1, 65536)
EVERYTHING = "65,535 TCP and 65,535 UDP ports outbound, IPv4 and IPv6, RTT 20 ms"

OUTBOUND = (
    Case("outbound", EVERYTHING, RESPONDER, (AUDIT,), wire=symmetric_wire(delay_ms=10),
         goals_s={AUDIT: 15}),
    Case("outbound5", f"{EVERYTHING}, 5 % loss each way", RESPONDER, (AUDIT,),
         wire=symmetric_wire(delay_ms=10, loss=0.05), goals_s={AUDIT: 15}),
)


def truth() -> dict[tuple[str, str, int], str]:
    """The state of each port, by address, protocol and number."""
    def may_leave(proto: str, number: int) -> bool:
        return number in ALLOWED or (proto == "tcp" and number not in TCP_RESTRICTED)
    return {(address, proto, number): "open" if may_leave(proto, number) else "dropped"
            for address in OUTSIDE for proto in ("tcp", "udp") for number in ALL_PORTS}


def read_states(output: str) -> dict[tuple[str, str, int], str]:
    return {(host["address"], entry["proto"], number): entry["state"]
            for host in json.loads(output)["hosts"] for entry in host["ports"]
            for number in numbers_of(entry["ports"])}


def score(output: str) -> Score:
    right, said = truth(), read_states(output)
    wrong = sum(state not in ("unknown", right.get(port)) for port, state in said.items())
    missing = sum(said.get(port, "unknown") == "unknown" for port in right)
    missed = sum(state == "open" != said.get(port) for port, state in right.items())
    return Score(len(right), wrong, missing, missed)


def run_outbound(case: Case, runs: int, limit_s: int) -> list[Result]:
    """Each run in a lab of its own, as run_case() does it."""
    measured, scores = [], []
    for _ in range(runs):
        with Outbound(case.wire) as lab:
            lab.load(lab.rules("router.nft"), "router")
            done = measure(lab.lab.auditor,
                           [str(PORTVET), "check", str(lab.folder / "zerops.yml"), "--from",
                            "app", "--max-rate", "0", "-o", "json"], limit_s)
        measured.append(done)
        scores.append(score(done.output if done.finished else '{"hosts": []}'))
        print(f"  {case.name}: {done.seconds:.2f} s, {scores[-1].wrong} wrong, "
              f"{scores[-1].missing} without a verdict", file=sys.stderr, flush=True)
    return [Result(case, AUDIT, measured, scores)]
