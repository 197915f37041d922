"""Somebody off the path who sends answers in a host's name: SYN-ACKs, RSTs and every other
combination of flags, UDP, ICMP errors with quotes, as fast as it can.

    forger.py TARGET PROBER SECONDS [PROBER-PORT]

It knows both addresses, the target's ports, and the prober's port if that is given;
everything else is guessed. Prints how many packets a second it sent."""

import random
import socket
import struct
import sys
import time

PACKETS = 16384   # made once, sent again and again
PORTS = (22, 23, 53, 80, 100, 113, 443)
SEED = 5


def checksum(data: bytes) -> int:
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip_packet(source: bytes, target: bytes, protocol: int, body: bytes, tos: int) -> bytes:
    return struct.pack(">BBHHHBBH4s4s", 0x45, tos, 20 + len(body), random.getrandbits(16), 0x4000,
                       63, protocol, 0, source, target) + body


def segment(host: bytes, prober: bytes, port: int) -> bytes:
    flags = random.choice((0x12, 0x14, 0x04, random.getrandbits(8)))
    body = struct.pack(">HHIIBBHHH", random.choice(PORTS), port, random.getrandbits(32),
                       random.getrandbits(32), 0x50, flags, 64240, 0, 0)
    return ip_packet(host, prober, 6, body, random.choice((0, 0x0c)))


def datagram(host: bytes, prober: bytes, port: int) -> bytes:
    payload = random.randbytes(random.choice((0, 4, 12, 40)))
    body = struct.pack(">HHHH", random.choice(PORTS), port, 8 + len(payload), 0) + payload
    return ip_packet(host, prober, 17, body, 0)


def icmp_error(host: bytes, prober: bytes, port: int) -> bytes:
    protocol = random.choice((6, 17))
    arrived = random.choice((host, random.randbytes(4)))  # as if it had been sent on
    quoted = ip_packet(prober, arrived, protocol,
                       struct.pack(">HHI", port, random.choice(PORTS), random.getrandbits(32)),
                       0x0c)
    body = struct.pack(">BBHI", 3, random.randrange(16), 0, 0) + quoted
    body = body[:2] + struct.pack(">H", checksum(body)) + body[4:]
    return ip_packet(host, prober, 1, body, 0)


def main() -> None:
    host, prober = map(socket.inet_aton, sys.argv[1:3])
    seconds = float(sys.argv[3])
    known_port = int(sys.argv[4]) if len(sys.argv) > 4 else None
    random.seed(SEED)
    makers = (segment, segment, datagram, icmp_error)
    packets = [random.choice(makers)(host, prober, known_port or random.randrange(1024, 65536))
               for _ in range(PACKETS)]
    sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    sender.connect((sys.argv[2], 0))
    print("ready", flush=True)
    sent, started = 0, time.monotonic()
    while time.monotonic() - started < seconds:
        for packet in packets[sent % PACKETS:][:512]:
            try:
                sender.send(packet)
            except OSError:
                continue
            sent += 1
    print(round(sent / (time.monotonic() - started)), flush=True)


if __name__ == "__main__":
    main()
