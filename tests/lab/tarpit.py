"""A tarpit, in the manner of LaBrea and xt_TARPIT: it answers every SYN, keeps the connection,
and never lets anything be said on it.

Started inside a namespace with a JSON object on the first line of standard input: the
"interface" to answer on, and "spared", the ports that are left to the host itself. For all
others the host's own stack must be kept silent (see machines.py). It writes "ready" and ends
when its input does."""

import json
import select
import socket
import struct
import sys

ETH_P_ALL, ETH_P_IP, ETH_P_IPV6 = 3, 0x0800, 0x86DD
FIN, SYN, RST, ACK = 1, 2, 4, 16
FIRST_WINDOW, LATER_WINDOW = 5, 0
SEQUENCE = 0x7A4B1700
TTL = 64


def checksum(data: bytes) -> int:
    padded = data + b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def with_ip_header(source: bytes, target: bytes, segment: bytes) -> bytes:
    """SEGMENT with its checksum, behind a header of the addresses' family."""
    pseudo = source + target + struct.pack("!II", len(segment), socket.IPPROTO_TCP)
    segment = segment[:16] + struct.pack("!H", checksum(pseudo + segment)) + segment[18:]
    if len(source) == 16:
        return struct.pack("!IHBB", 6 << 28, len(segment), socket.IPPROTO_TCP, TTL) + \
            source + target + segment
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0, TTL,
                         socket.IPPROTO_TCP, 0) + source + target
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + segment


def split(packet: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Source, target and segment of a TCP packet without extension headers."""
    version = packet[0] >> 4
    if version == 4 and packet[9] == socket.IPPROTO_TCP:
        end = struct.unpack_from("!H", packet, 2)[0]
        return packet[12:16], packet[16:20], packet[(packet[0] & 15) * 4:end]
    if version == 6 and packet[6] == socket.IPPROTO_TCP:
        return packet[8:24], packet[24:40], packet[40:]
    return None


def answer(packet: bytes, spared: set[int]) -> bytes | None:
    parts = split(packet)
    if not parts:
        return None
    client, own, segment = parts
    client_port, port, sequence, _, offset, flags = struct.unpack_from("!HHIIBB", segment)
    length = len(segment) - (offset >> 4) * 4 + bool(flags & (SYN | FIN))
    if port in spared or flags & RST or length == 0:
        return None
    first = bool(flags & SYN)
    reply = struct.pack("!HHIIBBHHH", port, client_port, SEQUENCE if first else SEQUENCE + 1,
                        (sequence + length * first) & 0xFFFFFFFF, 5 << 4,
                        SYN | ACK if first else ACK,
                        FIRST_WINDOW if first else LATER_WINDOW, 0, 0)
    return with_ip_header(own, client, reply)


def main() -> None:
    wanted = json.loads(sys.stdin.readline())
    spared = set(wanted["spared"])
    link = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
    link.bind((wanted["interface"], ETH_P_ALL))
    print("ready", flush=True)
    while sys.stdin not in select.select([link, sys.stdin], [], [])[0]:
        packet, sender = link.recvfrom(65536)
        if sender[2] == socket.PACKET_OUTGOING or sender[1] not in (ETH_P_IP, ETH_P_IPV6):
            continue
        reply = answer(packet, spared)
        if reply:
            link.sendto(reply, (wanted["interface"], sender[1], 0, 0, sender[4]))


if __name__ == "__main__":
    main()
