"""What a port of the lab can do, one row for each: data that firewall.py turns into rules,
service.py into sockets, and truth.py into what an honest scanner must say."""

from dataclasses import dataclass

PROTOCOLS = ("tcp", "udp")
FAMILIES = (4, 6)


@dataclass(frozen=True)
class Behaviour:
    name: str
    protocols: tuple[str, ...] = PROTOCOLS
    listens: bool = False              # a socket of the host accepts or receives
    verdicts: tuple[str, ...] = ()     # nft verdicts, each where its family allows it
    families: tuple[int, ...] = FAMILIES


def icmp_reject(name: str, ipv4: str | None, ipv6: str | None) -> Behaviour:
    verdicts = []
    if ipv4:
        verdicts.append(f"meta nfproto ipv4 reject with icmp type {ipv4}")
    if ipv6:
        verdicts.append(f"meta nfproto ipv6 reject with icmpv6 type {ipv6}")
    families = tuple(family for family, kind in ((4, ipv4), (6, ipv6)) if kind)
    return Behaviour(name, verdicts=tuple(verdicts), families=families)


BEHAVIOURS: dict[str, Behaviour] = {row.name: row for row in (
    Behaviour("open", listens=True),
    Behaviour("greeting", protocols=("tcp",), listens=True),  # the service speaks first
    Behaviour("late", protocols=("udp",), listens=True),      # the service thinks for a while
    Behaviour("mute", protocols=("udp",), listens=True),      # the service never answers
    Behaviour("closed"),
    Behaviour("drop", verdicts=("drop",)),
    Behaviour("reject-reset", protocols=("tcp",), verdicts=("reject with tcp reset",)),
    icmp_reject("reject-port-unreachable", "port-unreachable", "port-unreachable"),
    icmp_reject("reject-host-unreachable", "host-unreachable", "addr-unreachable"),
    icmp_reject("reject-net-unreachable", "net-unreachable", "no-route"),
    icmp_reject("reject-admin-prohibited", "admin-prohibited", "admin-prohibited"),
    icmp_reject("reject-proto-unreachable", "prot-unreachable", None),
    icmp_reject("reject-host-prohibited", "host-prohibited", None),
    icmp_reject("reject-net-prohibited", "net-prohibited", None),
    icmp_reject("reject-source-policy", None, "policy-fail"),
    icmp_reject("reject-reject-route", None, "reject-route"),
)}
