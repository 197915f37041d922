"""nftables rulesets from rows, one for each host and one for the router; and where other
tools run that make rules."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from lab.behaviours import BEHAVIOURS, PROTOCOLS
from lab.rows import HOST, ROUTER, Host, Port

IPV4, IPV6 = 0, 1


def ufw(state: Path) -> list[str]:
    """What stands before a command that uses ufw inside a namespace. The folder STATE keeps
    ufw's configuration from one command to the next."""
    return ["unshare", "-m", str(Path(__file__).with_name("ufw.sh")), str(state)]


def firewalld(state: Path) -> list[str]:
    """The same for firewalld."""
    return [str(Path(__file__).with_name("firewalld.sh")), str(state)]


def verdict_rules(rows: Iterable[Port], match: str = "") -> list[str]:
    """Rules for ROWS, ports with the same fate in one rule; MATCH stands before each."""
    numbers = defaultdict(list)
    for row in rows:
        numbers[row.proto, row.behaviour].append(str(row.number))
    return [f"{match} {proto} dport {{ {', '.join(group)} }} {verdict}"
            for (proto, behaviour), group in numbers.items()
            for verdict in BEHAVIOURS[behaviour].verdicts]


def accept_rules(rows: Iterable[Port]) -> list[str]:
    """Lets what sockets and the host's own stack answer pass a default that does not."""
    numbers = defaultdict(list)
    for row in rows:
        if not BEHAVIOURS[row.behaviour].verdicts:
            numbers[row.proto].append(str(row.number))
    return [f"{proto} dport {{ {', '.join(group)} }} accept"
            for proto, group in numbers.items()]


def host_rules(host: Host) -> list[str]:
    own = [row for row in host.ports if row.where == HOST]
    elsewhere = [row for row in host.ports if row.where == ROUTER]
    rules = ["ct state invalid drop"] if host.drop_invalid else []
    if not host.answers_ping:
        rules += ["icmp type echo-request drop", "icmpv6 type echo-request drop"]
    rules += verdict_rules(own)
    default = BEHAVIOURS[host.default]
    if default.verdicts:
        rules += accept_rules(own) + accept_rules(elsewhere)
        rules += [f"meta l4proto {proto} {verdict}" for proto in PROTOCOLS
                  if proto in default.protocols for verdict in default.verdicts]
    return rules


def host_ruleset(host: Host) -> str | None:
    """None: the host needs no firewall at all."""
    return chain("input", "input", 0, host_rules(host)) if host_rules(host) else None


def router_ruleset(hosts: Iterable[Host], addresses: dict[str, tuple[str, str]]) -> str | None:
    """ADDRESSES: of each host, by name, IPv4 and IPv6."""
    forward: list[str] = []
    translate: list[str] = []
    for host in hosts:
        ipv4, ipv6 = addresses[host.name]
        behind = [row for row in host.ports if row.where == ROUTER and not row.dnat_to]
        for match in (f"ip daddr {ipv4}", f"ip6 daddr {ipv6}"):
            forward += verdict_rules(behind, match)
        for row in host.ports:
            if row.dnat_to:
                translate += dnat_rules(row, (ipv4, ipv6), addresses)
    text = chain("forward", "forward", 0, forward) if forward else ""
    if translate:
        text += chain("prerouting", "prerouting", -100, translate, kind="nat")
    return text or None


def dnat_rules(row: Port, own: tuple[str, str],
               addresses: dict[str, tuple[str, str]]) -> list[str]:
    name, number = row.dnat_to
    target = addresses[name]
    return [f"ip daddr {own[IPV4]} {row.proto} dport {row.number} "
            f"dnat ip to {target[IPV4]}:{number}",
            f"ip6 daddr {own[IPV6]} {row.proto} dport {row.number} "
            f"dnat ip6 to [{target[IPV6]}]:{number}"]


def keep_from_the_kernel(interface: str, network: str) -> str:
    """Packets for NETWORK are for packet sockets alone, which see them before."""
    return (f"table netdev crowd {{ chain inbound {{ type filter hook ingress "
            f"device {interface} priority 0; ip daddr {network} drop; }}; }}\n")


def chain(name: str, hook: str, priority: int, rules: list[str], kind: str = "filter") -> str:
    lines = "\n".join(f"        {rule}" for rule in rules)
    return (f"table inet lab_{name} {{\n"
            f"    chain {name} {{\n"
            f"        type {kind} hook {hook} priority {priority}; policy accept;\n"
            f"{lines}\n    }}\n}}\n")
