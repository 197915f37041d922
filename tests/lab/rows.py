"""How a lab is described: hosts as rows of ports. Plain data, nothing happens here."""

from dataclasses import dataclass, field

from lab.behaviours import BEHAVIOURS

HOST = "host"      # the firewall runs on the host itself
ROUTER = "router"  # on the router before it


@dataclass(frozen=True)
class Port:
    proto: str
    number: int
    behaviour: str
    where: str = HOST
    dnat_to: tuple[str, int] | None = None  # (host, port) that the router sends it to,
                                            # and where BEHAVIOUR is what happens

    def __post_init__(self) -> None:
        assert self.proto in BEHAVIOURS[self.behaviour].protocols, self
        assert self.where == ROUTER or not self.dnat_to, self


@dataclass(frozen=True)
class IcmpLimits:
    """Linux's limits on ICMP errors, as its sysctls say them; None: the kernel's default."""
    ipv4_interval_ms: int | None = None   # net.ipv4.icmp_ratelimit
    ipv4_per_second: int | None = None    # net.ipv4.icmp_msgs_per_sec
    ipv6_interval_ms: int | None = None   # net.ipv6.icmp.ratelimit
    off: bool = False


NO_LIMITS = IcmpLimits(off=True)
KERNEL_LIMITS = IcmpLimits()


@dataclass(frozen=True)
class Host:
    name: str
    ports: tuple[Port, ...] = ()
    default: str = "closed"          # what all other ports do: closed, drop or a reject
    drop_invalid: bool = False       # `ct state invalid drop` comes first
    alive: bool = True               # False: nobody has the addresses
    answers_ping: bool = True
    icmp_limits: IcmpLimits = NO_LIMITS
    blocks: tuple[str, ...] = ()     # whole networks that the host answers for too
    crowd: str = ""                  # an IPv4 network for which a process of its own answers,
                                     # with a RST to every SYN; see crowd.c


@dataclass(frozen=True)
class Direction:
    """One way through the lossy wire; see relay.c for the exact meaning of each."""
    delay_ms: float = 0
    jitter_ms: float = 0
    loss: float = 0
    burst_every_ms: float = 0        # mean length of the good time between bursts of loss
    burst_ms: float = 0              # mean length of a burst, in which everything is lost
    duplicate: float = 0
    reorder: float = 0               # share of packets that come REORDER_MS later
    reorder_ms: float = 0
    rate: float = 0                  # packets per second; 0: no bottleneck
    queue: int = 1000                # packets that wait before the bottleneck


@dataclass(frozen=True)
class Wire:
    out: Direction = field(default_factory=Direction)   # away from the auditor
    back: Direction = field(default_factory=Direction)
    seed: int = 1


def symmetric_wire(seed: int = 1, **direction) -> Wire:
    return Wire(Direction(**direction), Direction(**direction), seed)


def ports(proto: str, numbers, behaviour: str, where: str = HOST) -> tuple[Port, ...]:
    """The same row for many ports."""
    return tuple(Port(proto, number, behaviour, where) for number in numbers)
