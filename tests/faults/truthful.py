"""What must hold of a report whatever went wrong: a port is unknown, or what it is."""

from collections import Counter

from e2e.portvet import Run, agrees, words_of
from lab.rows import Host
from lab.topology import Lab
from lab.truth import default_truth, host_truth


def wrong_verdicts(lab: Lab, host: Host, run: Run) -> list[str]:
    """Every port of both addresses of HOST whose verdict is neither true nor unknown."""
    found = []
    for family, address in zip((4, 6), lab.addresses[host.name]):
        for (proto, number), said in run.ports(address).items():
            truth = host_truth(host, proto, family).get(number,
                                                        default_truth(host, proto, family))
            hidden = said["state"] == "closed" and "rejected" in truth.states
            if said["state"] != "unknown" and not hidden and not agrees(truth, said):
                found.append(f"{address} {number}/{proto}: {words_of(said)}, "
                             f"but the truth is {truth}")
    return found


def counts(run: Run) -> Counter:
    """How many ports are in each state, for each reason."""
    found: Counter = Counter()
    for host in run.report["hosts"]:
        for entry in host["ports"]:
            found[entry["state"], entry["reason"]] += entry["count"]
    return found
