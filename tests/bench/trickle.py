"""Sends a small multicast datagram now and then, until standard input ends.

masscan 1.3.2 ends only when one more packet arrives after its time is up; on a link as
quiet as the lab's it would wait for ever."""

import select
import socket
import sys

EVERY_S = 0.2
ALL_NODES, DISCARD = "ff02::1", 9


def main() -> None:
    interface = socket.if_nametoindex(sys.argv[1])
    sender = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sys.stdin.readline()
    print("ready", flush=True)
    while not select.select([sys.stdin], [], [], EVERY_S)[0]:
        sender.sendto(b"", (ALL_NODES, DISCARD, 0, interface))


if __name__ == "__main__":
    main()
