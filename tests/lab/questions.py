"""A second reader of the UDP probe library, and a client that asks its questions with ordinary
sockets: what a server says to each can be counted and compared.

As a program, inside a namespace: standard input is a JSON list of [address, port, probe],
standard output the list of what came of each."""

import json
import os
import re
import selectors
import socket
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

LIBRARY = Path(__file__).resolve().parents[2] / "probes/library"
WAIT_S = 2.5          # SSDP's longest delay, and RADIUS' before it rejects
TEXT_DIGITS = b"0123456789abcdef"


@dataclass
class Heard:
    """What came of one question; sizes are those of UDP payloads."""
    asked: int = 0
    answered: int = 0    # all that came
    datagrams: int = 0
    fits: bool = False   # the first one is what the library says the service would say
    first: str = ""


@dataclass(frozen=True)
class Probe:
    name: str
    ports: frozenset[int]
    file: dict

    @property
    def never_answers(self) -> bool:
        return self.file.get("never-answers") == "true"

    def question(self) -> tuple[bytes, bytes]:
        """The payload, and the transaction in it."""
        said, transaction = b"", b""
        for part in self.file.get("payload", []):
            (kind, value), = part.items()
            piece = PARTS[kind](value)
            said += piece
            if kind.startswith("transaction"):
                transaction = piece
        return said, transaction

    def fits(self, answer: bytes, transaction: bytes) -> bool:
        expected = self.file.get("answer", {})
        return (all(matches(one, answer) for one in expected.get("match", []))
                and repeats(expected.get("transaction-at"), answer, transaction))


PARTS = {
    "hex": bytes.fromhex,
    "text": str.encode,
    "zeros": lambda count: bytes(int(count)),
    "transaction": lambda count: os.urandom(int(count)),
    "transaction-text": lambda count: bytes(TEXT_DIGITS[byte % 16]
                                            for byte in os.urandom(int(count))),
}


def matches(matcher: dict[str, str], answer: bytes) -> bool:
    wanted = bytes.fromhex(matcher["hex"]) if "hex" in matcher else matcher["text"].encode()
    mask = bytes.fromhex(matcher.get("mask", "ff" * len(wanted)))
    place = int(matcher["at"])
    found = answer[place:place + len(wanted)]
    return len(found) == len(wanted) and all(
        (a ^ b) & m == 0 for a, b, m in zip(wanted, found, mask))


def repeats(place: str | None, answer: bytes, transaction: bytes) -> bool:
    if place is None:
        return True
    if place == "anywhere":
        return transaction in answer
    return answer[int(place):int(place) + len(transaction)] == transaction


def read_ports(text: str) -> frozenset[int]:
    found = set()
    for item in re.split(r"\s*,\s*", text):
        first, _, last = item.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)


def read_library() -> dict[str, Probe]:
    """By name. Every scalar is a string: YAML would read 0001 as a number."""
    files = [yaml.load(path.read_text(), yaml.BaseLoader) for path in LIBRARY.glob("*.yml")]
    return {file["name"]: Probe(file["name"], read_ports(file["ports"]), file)
            for file in files}


class Question:
    """Asked when it is made; not connected, for some answer from another port."""

    def __init__(self, address: str, port: int, probe: Probe) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.probe, self.heard = probe, Heard()
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        said, self.transaction = probe.question()
        self.heard.asked = len(said)
        self.socket.sendto(said, (address, port))

    def listen(self) -> None:
        answer = self.socket.recv(65536)
        if not self.heard.datagrams:
            self.heard.fits = self.probe.fits(answer, self.transaction)
            self.heard.first = answer.hex()
        self.heard.datagrams += 1
        self.heard.answered += len(answer)


def ask_all(wanted: list[list]) -> list[Heard]:
    library, selector = read_library(), selectors.DefaultSelector()
    questions = [Question(address, port, library[name]) for address, port, name in wanted]
    for question in questions:
        selector.register(question.socket, selectors.EVENT_READ, question)
    ends = time.monotonic() + WAIT_S
    while (left := ends - time.monotonic()) > 0:
        for key, _ in selector.select(left):
            key.data.listen()
    return [question.heard for question in questions]


if __name__ == "__main__":
    print(json.dumps([asdict(heard) for heard in ask_all(json.load(sys.stdin))]))
