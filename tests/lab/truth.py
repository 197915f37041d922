"""What an honest scanner must say of each port of a lab: the table that end-to-end tests
and benchmarks hold every answer against.

One row for each protocol, behaviour and place; what depends on the family is the reason
alone. A set holds more than one word where the evidence cannot tell the two apart."""

from dataclasses import dataclass

from lab.behaviours import BEHAVIOURS
from lab.rows import HOST, ROUTER, Host, Port


@dataclass(frozen=True)
class Truth:
    states: frozenset[str]
    reasons: frozenset[str]
    origins: frozenset[str]

    def __str__(self) -> str:
        return " ".join("|".join(sorted(words)) or "any"
                        for words in (self.states, self.reasons, self.origins))


def truth(states: str, reasons: str, origins: str) -> Truth:
    return Truth(*(frozenset(words.split()) for words in (states, reasons, origins)))


ANSWERS = {
    ("tcp", "open"): truth("open", "syn-ack", "host"),
    ("tcp", "greeting"): truth("open", "syn-ack", "host"),
    ("udp", "open"): truth("open", "udp-response", "host"),
    ("udp", "late"): truth("open", "udp-response", "host"),
    ("udp", "mute"): truth("silent", "no-response", "unknown"),
    ("tcp", "closed"): truth("closed", "reset", "host"),
    # Nothing but a firewall that answers malformed datagrams can be told from the stack.
    ("udp", "closed"): truth("closed", "port-unreachable", "host unknown"),
    ("tcp", "drop"): truth("dropped", "no-response", "unknown"),
    ("udp", "drop"): truth("silent", "no-response", "unknown"),
    ("tcp", "reject-reset"): truth("rejected", "reset", "firewall"),
}

# ICMP rejects: the reason is the same for both protocols, and the family decides which.
REJECT_REASONS = {
    "reject-port-unreachable": "port-unreachable",
    "reject-host-unreachable": "host-unreachable",
    "reject-net-unreachable": "net-unreachable",
    "reject-admin-prohibited": "admin-prohibited",
    "reject-proto-unreachable": "proto-unreachable",
    "reject-host-prohibited": "host-prohibited",
    "reject-net-prohibited": "net-prohibited",
    "reject-source-policy": "source-policy",
    "reject-reject-route": "reject-route",
}

# A malformed datagram is invalid to conntrack: with `ct state invalid drop` in front, the
# firewall's port-unreachable and the stack's look the same.
HIDDEN_BY_DROP_INVALID = {
    ("udp", "reject-port-unreachable"): truth("closed", "port-unreachable", "unknown"),
}

# The host never proves alive: whatever its ports do, nothing is known of them.
DEAD = Truth(frozenset({"unknown"}), frozenset(), frozenset())


def port_truth(host: Host, row: Port, family: int) -> Truth:
    """What is true of one declared port."""
    if not host.alive:
        return DEAD
    if family not in BEHAVIOURS[row.behaviour].families:
        return default_truth(host, row.proto, family)
    return behaviour_truth(host, row.proto, row.behaviour, row.where)


def default_truth(host: Host, proto: str, family: int) -> Truth:
    """What is true of every port that is not declared."""
    if not host.alive:
        return DEAD
    default = BEHAVIOURS[host.default]
    applies = proto in default.protocols and family in default.families
    return behaviour_truth(host, proto, host.default if applies else "closed", HOST)


def behaviour_truth(host: Host, proto: str, behaviour: str, where: str) -> Truth:
    hidden = HIDDEN_BY_DROP_INVALID.get((proto, behaviour))
    if hidden and host.drop_invalid and where == HOST:
        return hidden
    answer = ANSWERS.get((proto, behaviour))
    if answer is None:
        answer = truth("rejected", REJECT_REASONS[behaviour], "firewall")
    if where == ROUTER and "rejected" in answer.states:
        return Truth(answer.states, answer.reasons, upstream_origins(host, behaviour))
    return answer


def upstream_origins(host: Host, behaviour: str) -> frozenset[str]:
    """An ICMP error says who sent it. A RST bears the host's address: only its TTL tells,
    beside that of an echo reply."""
    if behaviour == "reject-reset" and not host.answers_ping:
        return frozenset({"upstream", "unknown"})
    return frozenset({"upstream"})


def host_truth(host: Host, proto: str, family: int) -> dict[int, Truth]:
    """What is true of each declared port of one protocol."""
    return {row.number: port_truth(host, row, family)
            for row in host.ports if row.proto == proto}
