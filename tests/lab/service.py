"""The services of one host of the lab, in one process: any number of TCP listeners and UDP
services.

Started inside the host's namespace with a JSON object on the first line of standard input:
lists of ports under "tcp" (accept, then close), "greeting" (say something first), "udp"
(answer each datagram) and "mute" (receive, never answer). It writes "ready" when all are open and ends when its input does,
so it never outlives the one who started it."""

import errno
import json
import resource
import selectors
import socket
import sys

BACKLOG = 1024
GREETING = b"220 lab\r\n"
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
    data, client, source = receive_with_destination(service)
    reply = bytearray(data.ljust(3, b"\0"))
    reply[2] |= ANSWER_FLAG
    service.sendmsg([reply], source, 0, client)


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
    for number, react in ([(n, answer) for n in ports["udp"]]
                          + [(n, receive_only) for n in ports["mute"]]):
        service = open_socket(socket.SOCK_DGRAM, number)
        service.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        selector.register(service, selectors.EVENT_READ, react)
    selector.register(sys.stdin, selectors.EVENT_READ, None)
    print("ready", flush=True)
    serve(selector)


def serve(selector: selectors.BaseSelector) -> None:
    while True:
        for key, _ in selector.select():
            if key.data is None:
                return
            try:
                key.data(key.fileobj)
            except OSError as error:  # a client that has gone again is its own affair
                if error.errno == errno.EBADF:
                    raise


if __name__ == "__main__":
    main()
