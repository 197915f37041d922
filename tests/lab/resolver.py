"""A DNS server that says what it is told to, true or not.

    resolver.py ADDRESS

Started like service.py, with a JSON object on the first line of standard input: by name, by
type ("A", "AAAA"), what is answered: a list of addresses, or "servfail", "refused", "silence",
"garbage" (bytes that are no DNS), "alias" (an alias of itself). A list of lists: one after the
other, query by query. Names that are not in it do not exist."""

import json
import select
import socket
import struct
import sys

TYPES = {1: "A", 28: "AAAA"}
CODES = {"servfail": 2, "refused": 5}
NO_SUCH_NAME = 3
ANSWER, TTL_S = 0x8580, 0  # authoritative, recursion available
POINTER = b"\xc0\x0c"      # to the question's name
ALIAS = 5


def question(query: bytes) -> tuple[str, int, int]:
    """The name, its type, and where the question ends."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    return ".".join(labels).lower(), struct.unpack(">H", query[at + 1:at + 3])[0], at + 5


def record(kind: int, data: bytes) -> bytes:
    return POINTER + struct.pack(">HHIH", kind, 1, TTL_S, len(data)) + data


def records(said: list[str] | str, kind: int) -> list[bytes]:
    if said == "alias":
        return [record(ALIAS, POINTER)]
    if isinstance(said, str):
        return []
    family = socket.AF_INET if TYPES[kind] == "A" else socket.AF_INET6
    return [record(kind, socket.inet_pton(family, address)) for address in said]


def answer(names: dict, query: bytes) -> bytes:
    """Empty: nothing is said."""
    name, kind, end = question(query)
    said = names.get(name, {}).get(TYPES.get(kind), [])
    if said and isinstance(said[0], list):
        said.append(said.pop(0))
        said = said[-1]
    if said == "silence":
        return b""
    if said == "garbage":
        return query[:2] + b"\xff" * 40
    code = CODES.get(said, 0) if isinstance(said, str) else 0
    if name not in names:
        code = NO_SUCH_NAME
    found = records(said, kind)
    return (query[:2] + struct.pack(">HHHHH", ANSWER | code, 1, len(found), 0, 0)
            + query[12:end] + b"".join(found))


def main() -> None:
    names = json.loads(sys.stdin.readline())
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((sys.argv[1], 53))
    print("ready", flush=True)
    while True:
        for readable in select.select([server, sys.stdin], [], [])[0]:
            if readable is sys.stdin:
                return
            query, client = server.recvfrom(4096)
            said = answer(names, query)
            if said:
                server.sendto(said, client)


if __name__ == "__main__":
    main()
