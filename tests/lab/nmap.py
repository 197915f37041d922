"""nmap as a second opinion."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from lab.namespaces import Namespace


@dataclass(frozen=True)
class Opinion:
    state: str
    reason: str


def nmap_scan(auditor: Namespace, address: str, tcp: Collection[int],
              udp: Collection[int] = ()) -> dict[tuple[str, int], Opinion]:
    """nmap's states of the given ports, by protocol and number."""
    kinds = "-s" + ("S" if tcp else "") + ("U" if udp else "")
    lists = [f"{letter}:{','.join(map(str, sorted(numbers)))}"
             for letter, numbers in (("T", tcp), ("U", udp)) if numbers]
    family = ["-6"] if ":" in address else []
    shown = auditor.run(["nmap", "-n", "-Pn", kinds, *family, "-oX", "-",
                         "-p", ",".join(lists), address])
    return read_opinions(ElementTree.fromstring(shown.stdout))


def read_opinions(root: ElementTree.Element) -> dict[tuple[str, int], Opinion]:
    """What nmap says of the one host below ROOT."""
    opinions = {}
    for port in root.iter("port"):
        state = port.find("state")
        opinions[port.get("protocol"), int(port.get("portid"))] = Opinion(
            state.get("state"), state.get("reason"))
    for group in root.iter("extraports"):  # what nmap sums up instead of listing
        for reason in group.iter("extrareasons"):
            for number in numbers_of(reason.get("ports")):
                opinions[reason.get("proto"), number] = Opinion(
                    group.get("state"), reason.get("reason"))
    return opinions


def numbers_of(port_list: str) -> Iterator[int]:
    """The ports of a list like "1-3,7"."""
    for item in port_list.split(","):
        first, _, last = item.partition("-")
        yield from range(int(first), int(last or first) + 1)
