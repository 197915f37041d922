"""What tshark reads in a file of packets."""

import subprocess
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

FIN, SYN, RST, ACK = 1, 2, 4, 16
FIELDS = ("frame.time_epoch", "ip.src", "ipv6.src", "ip.dst", "ipv6.dst", "tcp.srcport",
          "tcp.dstport", "udp.srcport", "udp.dstport", "tcp.flags", "tcp.seq_raw", "icmp.type",
          "icmpv6.type")
CHECKED = ("ip.check_checksum", "tcp.check_checksum", "udp.check_checksum")
# Linux itself writes 0xffff for 0 where no network card does it, of TCP too (CSUM_MANGLED_0).
WRONG = ("_ws.malformed || ip.checksum.status == Bad"
         " || (tcp.checksum.status == Bad && tcp.checksum != 0xffff)"
         " || udp.checksum.status == Bad || icmp.checksum.status == Bad"
         " || icmpv6.checksum.status == Bad")


@dataclass(frozen=True)
class Packet:
    """Of an ICMP error: its own addresses, and no ports."""
    time: float
    source: str
    target: str
    proto: str  # "tcp", "udp" or "icmp"
    source_port: int
    port: int
    flags: int
    sequence: int

    @property
    def ends(self) -> frozenset[tuple[str, int]]:
        return frozenset({(self.source, self.source_port), (self.target, self.port)})


def tshark(path: Path, *options: str) -> list[str]:
    done = subprocess.run(["tshark", "-r", path, *options], capture_output=True, text=True,
                          check=True)
    return done.stdout.splitlines()


def read(path: Path) -> list[Packet]:
    """All of them, in the file's order."""
    columns = [word for field in FIELDS for word in ("-e", field)]
    packets = []
    # An ICMP error quotes a packet, whose fields would come second.
    for line in tshark(path, "-T", "fields", "-E", "occurrence=f", *columns):
        at, ip4, ip6, to4, to6, *ports, flags, sequence, icmp, icmpv6 = line.split("\t")
        tcp, udp = ports[:2], ports[2:]
        proto = "icmp" if icmp or icmpv6 else "tcp" if tcp[0] else "udp"
        source, target = (0, 0) if proto == "icmp" else map(int, tcp if tcp[0] else udp)
        packets.append(Packet(float(at), ip4 or ip6, to4 or to6, proto, source, target,
                              *((int(flags, 16), int(sequence)) if proto == "tcp" else (0, 0))))
    return packets


def wrong(path: Path) -> list[str]:
    """Packets of which tshark has something to complain."""
    checks = [word for name in CHECKED for word in ("-o", f"{name}:TRUE")]
    return tshark(path, *checks, "-Y", WRONG)


def handshakes(packets: list[Packet]) -> dict[tuple[str, int], list[list[Packet]]]:
    """By address and port of the other end: the packets of each connection that we confirmed,
    which no probe of the engine is."""
    connections = defaultdict(list)
    for packet in packets:
        if packet.proto == "tcp":
            connections[packet.ends].append(packet)
    found = defaultdict(list)
    for connection in connections.values():
        first = connection[0]
        if any(each.flags & (SYN | ACK | RST) == ACK and each.source == first.source
               for each in connection):
            found[first.target, first.port].append(connection)
    return found
