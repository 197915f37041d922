"""nmap as a second opinion: its XML and ours of the same host name the same open ports."""

import unittest
import xml.etree.ElementTree as ElementTree

from e2e.portvet import MET, run
from lab.nmap import Opinion, nmap_scan, read_opinions
from lab.rows import Host, ports
from lab.testing import main
from lab.topology import Lab

OPEN_TCP, OPEN_UDP = (22, 80, 443, 8080), (53, 123)
TCP, UDP = (*range(1, 1001), 8080), (53, 67, 123, 161)
SERVICES = ports("tcp", OPEN_TCP, "open") + ports("udp", OPEN_UDP, "open")


def open_ports(opinions: dict[tuple[str, int], Opinion]) -> set[tuple[str, int]]:
    return {port for port, opinion in opinions.items() if opinion.state == "open"}


class NmapTest(unittest.TestCase):
    def assert_same(self, host: Host) -> None:
        truth = {("tcp", number) for number in OPEN_TCP}
        truth |= {("udp", number) for number in OPEN_UDP}
        with Lab([host]) as lab:
            for address in lab.addresses[host.name]:
                with self.subTest(address=address):
                    done = run(["scan", address, "-o", "nmap",
                                "-p", "1-1000,8080,53/udp,67/udp,123/udp,161/udp"], lab.auditor)
                    self.assertEqual(done.exit_code, MET, done.stderr)
                    ours = read_opinions(ElementTree.fromstring(done.stdout))
                    theirs = nmap_scan(lab.auditor, address, TCP, UDP)
                    self.assertEqual(set(ours), set(theirs))
                    self.assertEqual(open_ports(ours), open_ports(theirs))
                    self.assertEqual(open_ports(ours), truth)

    def test_a_host_that_refuses_the_rest(self) -> None:
        self.assert_same(Host("target", SERVICES))

    def test_a_host_that_drops_the_rest(self) -> None:
        self.assert_same(Host("target", SERVICES, default="drop"))


if __name__ == "__main__":
    main()
