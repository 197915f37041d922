"""The cases of the benchmark, as rows: a lab, what is asked of it, who is asked, and the
time that portvet has set itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lab.rows import KERNEL_LIMITS, Host, Wire, ports, symmetric_wire

ALL_PORTS = "1-65535"
FAST, USUAL = "portvet --max-rate 0", "portvet"
FAST_9S = "portvet --max-rate 0 --deadline 9s"
NMAP, NMAP_RATE = "nmap -T4", "nmap -T4 --min-rate 10000"
MASSCAN, MASSCAN_4 = "masscan 100 kpps", "masscan 100 kpps, 4 tries"
ZMAP, ZMAP_4 = "zmap", "zmap 4"
PEERS_OF_ONE_HOST = (NMAP, NMAP_RATE, MASSCAN, MASSCAN_4)


@dataclass(frozen=True)
class Case:
    name: str
    title: str
    host: Host
    tools: tuple[str, ...]
    asked: str = ALL_PORTS
    proto: str = "tcp"
    block: str | None = None          # asked instead of the host's own address
    wire: Wire | None = None
    routed: bool = True               # False: the host is the auditor's neighbour
    goals_s: Mapping[str, float] = field(default_factory=dict)   # by tool
    path_rate: float = 0              # packets per second that the path carries: then the
                                      # goal is 1.5 times what the packets sent take at it
    once: frozenset[str] = frozenset()  # tools that take minutes: measured once


THREE_OPEN = Host("target", ports("tcp", (22, 443, 50000), "open"), default="drop")
MANY_OPEN = Host("target", ports("tcp", range(1000, 61000, 200), "open"), default="drop")
TEN_PORTS = Host("target", ports("tcp", (22, 80, 443), "open"), default="drop")
FLEET = Host("fleet", crowd="10.64.0.0/16")
REJECTS_ALL = Host("target", default="reject-port-unreachable", icmp_limits=KERNEL_LIMITS)
UDP_SERVICES = Host("target", ports("udp", (53, 123, 161, 1900, 5353, 27015), "open"),
                    icmp_limits=KERNEL_LIMITS)

CASES = (
    Case("quiet", "65,535 TCP ports, default drop, 3 open, RTT 20 ms", THREE_OPEN,
         (FAST, USUAL, *PEERS_OF_ONE_HOST), wire=symmetric_wire(delay_ms=10),
         goals_s={FAST: 2, USUAL: 12}, once=frozenset({NMAP})),
    Case("loss5", "65,535 TCP ports, 300 open, 5 % loss each way, RTT 30 ms", MANY_OPEN,
         (FAST, *PEERS_OF_ONE_HOST), wire=symmetric_wire(delay_ms=15, loss=0.05),
         goals_s={FAST: 5}, once=frozenset({NMAP})),
    Case("loss20", "65,535 TCP ports, 300 open, 20 % loss each way, RTT 30 ms", MANY_OPEN,
         (FAST, *PEERS_OF_ONE_HOST), wire=symmetric_wire(delay_ms=15, loss=0.20),
         goals_s={FAST: 12}, once=frozenset({NMAP})),
    Case("ten", "10 TCP ports of one host, 7 dropped, RTT 20 ms", TEN_PORTS,
         (USUAL, NMAP), asked="22,25,80,110,143,443,3306,5432,8080,8443",
         wire=symmetric_wire(delay_ms=10), goals_s={USUAL: 0.4}),
    Case("fleet", "65,536 hosts × 20 TCP ports, every one answers RST", FLEET,
         (FAST, MASSCAN, ZMAP, ZMAP_4), asked="1000-1019", block="10.64.0.0/16", routed=False),
    Case("narrow", "2,000 TCP ports over a path of 2,000 packets/s, queue 50",
         Host("target", ports("tcp", range(1000, 3000, 50), "open"), default="drop"),
         (FAST, MASSCAN), asked="1000-2999",
         wire=symmetric_wire(delay_ms=10, rate=2000, queue=50), path_rate=2000),
    Case("rejects", "1,000 TCP ports, all rejected by ICMP under the kernel's limits",
         REJECTS_ALL, (FAST, NMAP), asked="1-1000", once=frozenset({FAST, NMAP})),
    Case("udp", "65,535 UDP ports of a default Linux host, 6 services", UDP_SERVICES,
         (FAST_9S,), proto="udp", goals_s={FAST_9S: 10}),
)
