"""Builds a lab from rows and takes it down again.

    auditor ── (relay: a wire with loss and delay) ── router ── host
                                                         ├───── host …

Without a router, each host is the auditor's neighbour on a link of its own. Host number N
has 198.18.N.10 and fd00:18:N::10."""

import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from ipaddress import IPv6Address
from pathlib import Path

from lab import firewall, namespaces
from lab.behaviours import BEHAVIOURS
from lab.namespaces import Namespace
from lab.processes import Process
from lab.rows import Direction, Host, IcmpLimits, Wire

AUDITOR_IPV4, AUDITOR_IPV6 = "10.99.0.1", "fd00:99::1"
ROUTER_IPV4, ROUTER_IPV6 = "10.99.0.254", "fd00:99::fe"
SERVICE = Path(__file__).with_name("service.py")
FAR_TOO_MANY = 1_000_000_000


def program(name: str) -> str:
    """Where the build has put a program of this folder; $PORTVET_BUILD names another build
    folder."""
    root = Path(__file__).resolve().parents[2]
    return str(Path(os.environ.get("PORTVET_BUILD", root / "build")) / "tests/lab" / name)


def host_addresses(number: int) -> tuple[str, str]:
    """IPv4 and IPv6, in their canonical spelling."""
    return f"198.18.{number}.10", str(IPv6Address(f"fd00:18:{number:x}::10"))


def gateway_addresses(number: int) -> tuple[str, str]:
    return f"198.18.{number}.1", f"fd00:18:{number:x}::1"


def limit_sysctls(limits: IcmpLimits) -> dict[str, int]:
    if limits.off:  # a bit mask, and a list of types that names one that does not exist
        return {"net.ipv4.icmp_ratemask": 0, "net.ipv6.icmp.ratemask": 0}
    values = {"net.ipv4.icmp_ratelimit": limits.ipv4_interval_ms,
              "net.ipv4.icmp_msgs_per_sec": limits.ipv4_per_second,
              "net.ipv6.icmp.ratelimit": limits.ipv6_interval_ms}
    return {key: value for key, value in values.items() if value is not None}


def direction_text(direction: Direction) -> str:
    return ",".join(f"{key}={value}" for key, value in asdict(direction).items() if value)


class Lab:
    """A context manager: the lab stands inside the `with`."""

    def __init__(self, hosts: Sequence[Host], wire: Wire | None = None, routed: bool = True,
                 router_limits: IcmpLimits = IcmpLimits(off=True)) -> None:
        assert routed or not wire or len(hosts) == 1, "a wire has one host at its end"
        self.hosts = hosts
        self.wire = wire
        self.routed = routed
        self.router_limits = router_limits
        self.addresses = {host.name: host_addresses(number)
                          for number, host in enumerate(hosts)}
        self.made: dict[str, Namespace] = {}
        self.processes: list[Process] = []
        self.relay: Process | None = None

    def __enter__(self) -> "Lab":
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit("ended by a signal"))
        namespaces.remove_leftovers()
        try:
            self.build()
        except BaseException:
            self.take_down()
            raise
        return self

    def __exit__(self, *_) -> None:
        self.take_down()

    @property
    def auditor(self) -> Namespace:
        return self.made["auditor"]

    def namespace(self, host_name: str) -> Namespace:
        return self.made[host_name]

    def move_auditor(self, ipv4: str, ipv6: str) -> None:
        """From now on the auditor sends from these addresses, which may be any."""
        self.auditor.ip(f"addr replace {ipv4}/32 dev eth0",
                        f"addr replace {ipv6}/128 dev eth0 nodad",
                        f"route replace default via {ROUTER_IPV4} src {ipv4}",
                        f"route replace ::/0 via {ROUTER_IPV6} src {ipv6}")
        self.made["router"].ip(f"route replace {ipv4}/32 via {AUDITOR_IPV4}",
                               f"route replace {ipv6}/128 via {AUDITOR_IPV6}")

    def build(self) -> None:
        self.add_namespace("auditor")
        if self.routed:
            self.build_router()
            for number, host in enumerate(self.hosts):
                self.build_routed_host(number, host)
            ruleset = firewall.router_ruleset(self.hosts, self.addresses)
            if ruleset:
                self.made["router"].nft(ruleset)
        else:
            for number, host in enumerate(self.hosts):
                self.build_neighbour(number, host)

    def add_namespace(self, name: str) -> Namespace:
        self.made[name] = Namespace(name)
        return self.made[name]

    def build_router(self) -> None:
        router = self.add_namespace("router")
        router.write_sysctls({"net.ipv4.ip_forward": 1, "net.ipv6.conf.all.forwarding": 1,
                              **limit_sysctls(self.router_limits)})
        self.connect_auditor(router)
        router.ip(f"addr add {ROUTER_IPV4}/24 dev up0",
                  f"addr add {ROUTER_IPV6}/64 dev up0 nodad")
        self.auditor.ip(f"addr add {AUDITOR_IPV4}/24 dev eth0",
                        f"addr add {AUDITOR_IPV6}/64 dev eth0 nodad",
                        f"route add default via {ROUTER_IPV4}",
                        f"route add ::/0 via {ROUTER_IPV6}")

    def connect_auditor(self, peer: Namespace, interface: str = "eth0") -> None:
        """The auditor's interface to PEER's up0, through the relay if the lab has a wire."""
        if not self.wire:
            namespaces.connect(self.auditor, interface, peer, "up0")
            return
        middle = self.add_namespace("wire")
        middle.write_sysctls({"net.ipv6.conf.default.disable_ipv6": 1})
        namespaces.connect(self.auditor, "eth0", middle, "near")
        namespaces.connect(middle, "far", peer, "up0")
        self.relay = Process(middle, [program("relay"), "near", "far",
                                      "--out", direction_text(self.wire.out),
                                      "--back", direction_text(self.wire.back),
                                      "--seed", str(self.wire.seed)])

    def build_routed_host(self, number: int, host: Host) -> None:
        gateway4, gateway6 = gateway_addresses(number)
        router, interface = self.made["router"], f"host{number}"
        inside = self.add_namespace(host.name)
        namespaces.connect(router, interface, inside, "eth0")
        router.ip(f"addr add {gateway4}/24 dev {interface}",
                  f"addr add {gateway6}/64 dev {interface} nodad")
        ipv4, ipv6 = self.addresses[host.name]
        for block in host.blocks:
            router.ip(f"route add {block} via {ipv6 if ':' in block else ipv4}")
        if host.alive:
            self.configure_host(inside, host, "eth0")
            inside.ip(f"route add default via {gateway4}",
                      f"route add ::/0 via {gateway6}")

    def build_neighbour(self, number: int, host: Host) -> None:
        inside, interface = self.add_namespace(host.name), f"eth{number}"
        self.connect_auditor(inside, interface)
        near4, near6 = gateway_addresses(number)
        self.auditor.ip(f"addr add {near4}/24 dev {interface}",
                        f"addr add {near6}/64 dev {interface} nodad")
        if host.crowd:
            self.start_crowd(inside, number, host)
        if host.alive:
            self.configure_host(inside, host, "up0")

    def start_crowd(self, inside: Namespace, number: int, host: Host) -> None:
        own4, _ = self.addresses[host.name]
        self.auditor.ip(f"route add default via {own4} dev eth{number}")
        inside.nft(firewall.keep_from_the_kernel("up0", host.crowd))
        self.processes.append(Process(inside, [program("crowd"), "up0", host.crowd]))

    def configure_host(self, inside: Namespace, host: Host, interface: str) -> None:
        ipv4, ipv6 = self.addresses[host.name]
        inside.ip(f"addr add {ipv4}/24 dev {interface}",
                  f"addr add {ipv6}/64 dev {interface} nodad",
                  *(f"route add local {block} dev lo" for block in host.blocks))
        limits = limit_sysctls(host.icmp_limits)
        if limits:
            inside.write_sysctls(limits)
        ruleset = firewall.host_ruleset(host)
        if ruleset:
            inside.nft(ruleset)
        self.start_services(inside, host)

    def start_services(self, inside: Namespace, host: Host) -> None:
        served = {"tcp": set(), "greeting": set(), "udp": set(), "late": set(),
                  "mute": set()}
        for row in host.ports:
            if BEHAVIOURS[row.behaviour].listens and not row.dnat_to:
                kind = row.proto if row.behaviour == "open" else row.behaviour
                served[kind].add(row.number)
        if any(served.values()):
            ports = json.dumps({key: sorted(numbers) for key, numbers in served.items()})
            self.start(inside.short_name, ["/usr/bin/python3", str(SERVICE)], ports)

    def start(self, where: str, command: Sequence[str], first_line: str = "") -> None:
        """A program that runs as long as the lab stands; see processes.py for its manners."""
        self.processes.append(Process(self.made[where], command, first_line))

    def take_down(self) -> None:
        for process in self.processes:
            process.stop()
        self.stop_relay()
        for namespace in self.made.values():
            namespace.remove()
        self.processes, self.made = [], {}

    def stop_relay(self) -> dict[str, dict[str, int]]:
        """What the relay counted, by direction ("out", "back"); the wire is cut."""
        if not self.relay:
            return {}
        said, self.relay = self.relay.stop(), None
        return json.loads(said)
