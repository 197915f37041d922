"""The systems under examples/ as they stand in the lab: machines and their addresses, the
services that run there, and where the auditor stands for each vantage of the file."""

from dataclasses import dataclass

from lab.rows import Host, ports

Addresses = tuple[str, str]  # IPv4 and IPv6


@dataclass(frozen=True)
class Description:
    name: str  # of the folder under examples/, and of the file of expectations in it
    hosts: tuple[Host, ...]
    vantages: dict[str, Addresses]


def machine(name: str, addresses: Addresses, tcp: tuple[int, ...],
            mute: tuple[int, ...] = ()) -> Host:
    """Services run on all of these ports, on UDP those that never answer: what cannot be
    reached is the firewall's doing."""
    ipv4, ipv6 = addresses
    return Host(name, ports("tcp", tcp, "open") + ports("udp", mute, "mute"),
                blocks=(f"{ipv4}/32", f"{ipv6}/128"))


INTERNET = "203.0.113.77", "2001:db8:77::77"
UNMENTIONED = 5432  # a service that no firewall of the documents knows

HEROCTL_SERVER = "198.51.100.11", "2001:db8:51::11"
HEROCTL_WORKER = "198.51.100.12", "2001:db8:51::12"
HEROCTL_SERVICES = 22, 80, 443, 4646, 4647, 4648, UNMENTIONED, 8080, 8443
HEROCTL = Description(
    "heroctl",
    (machine("server", HEROCTL_SERVER, HEROCTL_SERVICES, mute=(4648,)),
     machine("worker", HEROCTL_WORKER, HEROCTL_SERVICES, mute=(4648,))),
    {"internet": INTERNET,
     "operator": ("203.0.113.10", "2001:db8:77::10"),
     "node": ("10.0.0.2", "2001:db8:51::2")})

UTMSTACK_MANAGER = "10.10.10.11", "2001:db8:11::11"
UTMSTACK = Description(
    "utmstack",
    (machine("manager", UTMSTACK_MANAGER,
             (22, 80, 443, 514, 2377, UNMENTIONED, 6514, 7946, 9000, 9001, 9090, 9200, 9300, 50051),
             mute=(514, 2055, 4739, 4789, 7946)),),
    {"elsewhere": INTERNET,
     "admin": ("192.168.1.100", "2001:db8:1::100"),
     "soc": ("192.168.1.20", "2001:db8:1::20"),
     "source": ("10.1.2.3", "2001:db8:10::3"),
     "node": ("10.10.10.12", "2001:db8:11::12")})

AIVEN_NODE = "203.0.113.21", "2001:db8:21::21"
AIVEN = Description(
    "aiven",
    (machine("node", AIVEN_NODE, (22, 80, 443, UNMENTIONED, 12691, 30287), mute=(500, 4500)),),
    {"internet": INTERNET,
     "client": ("198.51.100.5", "2001:db8:51::5"),
     "management": ("192.0.2.10", "2001:db8:2::10"),
     "node": ("192.0.2.22", "2001:db8:2::22")})

CASSETTE_INSTANCE = "203.0.113.31", "2001:db8:31::31"
CASSETTE = Description(
    "cassette",
    (machine("instance", CASSETTE_INSTANCE, (22, 80, 443, UNMENTIONED)),),
    {"internet": INTERNET})
