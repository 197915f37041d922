"""The services of one host of the lab, in one process: any number of TCP listeners and UDP
services.

Started inside the host's namespace with a JSON object on the first line of standard input:
lists of ports under "tcp" (accept, then close), "greeting" (say something first), "udp"
(answer each datagram), "late" (answer each a while later) and "mute" (receive, never answer). It
writes "ready" when all are open and ends when its input does, so it never outlives the one who
started it."""

import errno
import json
import resource
import selectors
import socket
import sys
import time
from collections import deque

BACKLOG = 1024
GREETING = b"220 lab\r\n"
LATE_S = 0.6        # longer than any path of the lab takes
ANSWER_FLAG = 0x80  # set in the third byte: what makes a DNS query read as a response


def open_socket(kind: socket.SocketKind, port: int) -> socket.socket:
    """Bound on both families."""
    opened = socket.socket(socket.AF_INET6, kind)
    opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.setblocking(False)
    opened.bind(("::", port))
    return opened


def accept_and_close(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    connection.close()


def greet_and_close(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    connection.send(GREETING)
    connection.close()


def answer(service: socket.socket) -> None:
    service.sendmsg(*answer_to(service))


def answer_to(service: socket.socket) -> tuple:
    """What sendmsg() answers the next datagram with."""
    data, client, source = receive_with_destination(service)
    reply = bytearray(data.ljust(3, b"\0"))
    reply[2] |= ANSWER_FLAG
    return [reply], source, 0, client


class LateAnswers:
    """Answers that wait for their time."""

    def __init__(self) -> None:
        self.waiting = deque()   # when, by which service, what

    def add(self, service: socket.socket) -> None:
        self.waiting.append((time.monotonic() + LATE_S, service, answer_to(service)))

    def wait(self) -> float | None:
        """Seconds until the next is due; None: there is none."""
        return max(self.waiting[0][0] - time.monotonic(), 0) if self.waiting else None

    def send_due(self) -> None:
        while self.waiting and self.waiting[0][0] <= time.monotonic():
            _, service, reply = self.waiting.popleft()
            service.sendmsg(*reply)


def receive_with_destination(service: socket.socket):
    """The datagram, who sent it, and control data that answers from the address it came
    to: a host of the lab may have many."""
    data, control, _, client = service.recvmsg(65536, 64)
    source = [item for item in control
              if item[:2] == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO)]
    return data, client, source


def receive_only(service: socket.socket) -> None:
    service.recv(65536)


def main() -> None:
    ports = json.loads(sys.stdin.readline())
    wanted = sum(len(numbers) for numbers in ports.values()) + 64
    _, ceiling = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(wanted, 1024), max(wanted, ceiling)))
    selector = selectors.DefaultSelector()
    for number, react in ([(n, accept_and_close) for n in ports["tcp"]]
                          + [(n, greet_and_close) for n in ports.get("greeting", ())]):
        listener = open_socket(socket.SOCK_STREAM, number)
        listener.listen(BACKLOG)
        selector.register(listener, selectors.EVENT_READ, react)
    late = LateAnswers()
    for number, react in ([(n, answer) for n in ports["udp"]]
                          + [(n, late.add) for n in ports.get("late", ())]
                          + [(n, receive_only) for n in ports["mute"]]):
        service = open_socket(socket.SOCK_DGRAM, number)
        service.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        selector.register(service, selectors.EVENT_READ, react)
    selector.register(sys.stdin, selectors.EVENT_READ, None)
    print("ready", flush=True)
    serve(selector, late)


def serve(selector: selectors.BaseSelector, late: LateAnswers) -> None:
    while True:
        late.send_due()
        for key, _ in selector.select(late.wait()):
            if key.data is None:
                return
            try:
                key.data(key.fileobj)
            except OSError as error:  # a client that has gone again is its own affair
                if error.errno == errno.EBADF:
                    raise


if __name__ == "__main__":
    main()
