"""Real servers, as Debian packages them, are found open over IPv4 and IPv6; the same questions
find nothing open where nobody listens, where a firewall drops them, or rejects them."""

import contextlib
import json
import sys
import tempfile
import unittest
from collections.abc import Iterable, Iterator
from pathlib import Path

from e2e.portvet import run_json
from lab import questions
from lab.rows import Host, ports
from lab.server_run import RunningServer, bound_ports, installed, wait_until_all_listen
from lab.servers import SERVERS, Server
from lab.testing import main
from lab.topology import Lab

FEWEST_SERVERS = 34
LARGEST_ANSWER = 10  # times the question
ATTEMPTS = 5         # a server may listen before it is ready to answer
INSTALLED = [server for server in SERVERS if installed(server)]
SERVICES = sorted({number for server in INSTALLED for number in server.services})


def beside(numbers: list[int], used: Iterable[int]) -> list[int]:
    """For each of NUMBERS the next one that is not USED nor given to another."""
    used, found = set(used), []
    for number in numbers:
        while number in used:
            number += 1
        used.add(number)
        found.append(number)
    return found


# On the servers' own host the next port beside each is dropped, too.
DROPPED_BESIDE = beside(SERVICES, SERVICES)
TARGET = Host("target", ports("udp", DROPPED_BESIDE, "drop"))
# Here nobody listens, and all that differs is the firewall.
CLOSED = Host("closed")
DROPPED = Host("dropped", ports("udp", SERVICES, "drop"))
REJECTED = Host("rejected", ports("udp", SERVICES, "reject-port-unreachable"))
PROHIBITED = Host("prohibited", ports("udp", SERVICES, "reject-admin-prohibited"))
HOSTS = [TARGET, CLOSED, DROPPED, REJECTED, PROHIBITED]

OPEN = {("open", "udp-response")}
SILENT = {("silent", "no-response")}
TRUTH = {
    CLOSED.name: {("closed", "port-unreachable")},
    DROPPED.name: SILENT,
    REJECTED.name: {("closed", "port-unreachable"), ("rejected", "port-unreachable")},
    PROHIBITED.name: {("rejected", "admin-prohibited")},
}


@contextlib.contextmanager
def servers_in(lab: Lab, host: Host, servers: list[Server]) -> Iterator[list[RunningServer]]:
    running: list[RunningServer] = []
    with tempfile.TemporaryDirectory(prefix="portvet-servers-") as folder:
        Path(folder).chmod(0o755)
        try:
            for server in servers:
                running.append(RunningServer(lab.namespace(host.name), lab.addresses[host.name],
                                             server, Path(folder) / server.name))
            yield running
        finally:
            for one in running:
                one.stop()


def served(family: int) -> list[tuple[int, str]]:
    """Ports and names of the probes that a server answers over FAMILY."""
    return [(number, name) for server in INSTALLED if family in server.families
            for number, names in server.services.items() for name in names.split()]


class ServersTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        missing = [server.package for server in SERVERS if not installed(server)]
        print(f"{len(INSTALLED)} servers; {len(missing)} not installed: {' '.join(missing)}")
        cls.lab = cls.enterClassContext(Lab(HOSTS, routed=False))
        running = cls.enterClassContext(servers_in(cls.lab, TARGET, INSTALLED))
        late = wait_until_all_listen(running)
        said = "\n".join(f"{one.server.name}: {one.last_words()}" for one in late)
        assert not late, f"servers that do not listen\n{said}"
        cls.heard = {(name, address): heard
                     for family, address in cls.addresses(TARGET)
                     for (_, name), heard in cls.ask(address, served(family)).items()}
        cls.closed_beside = beside(SERVICES, {*SERVICES, *DROPPED_BESIDE,
                                              *bound_ports(running[0].process.pid)})

    @classmethod
    def addresses(cls, host: Host) -> list[tuple[int, str]]:
        return list(zip((4, 6), cls.lab.addresses[host.name]))

    @classmethod
    def ask(cls, address: str, services: list[tuple[int, str]]) -> dict[tuple, dict]:
        heard: dict[tuple, dict] = {}
        for _ in range(ATTEMPTS):
            left = [one for one in services if not heard.get(one, {}).get("datagrams")]
            if not left:
                break
            wanted = json.dumps([[address, number, name] for number, name in left])
            shown = cls.lab.auditor.run([sys.executable, questions.__file__], input=wanted)
            heard |= zip(left, json.loads(shown.stdout))
        return heard

    def scan(self, hosts: list[Host], numbers: Iterable[int]):
        wanted = ",".join(f"{number}/udp" for number in numbers)
        targets = [address for host in hosts for _, address in self.addresses(host)]
        return run_json(["scan", *targets, "-p", wanted], self.lab.auditor)

    def test_there_are_enough(self) -> None:
        self.assertGreaterEqual(len(INSTALLED), FEWEST_SERVERS)

    def test_servers_are_open_and_the_ports_beside_them_are_not(self) -> None:
        done = self.scan([TARGET], SERVICES + DROPPED_BESIDE + self.closed_beside)
        for family, address in self.addresses(TARGET):
            seen = {number: entry for (_, number), entry in done.ports(address).items()}
            truth = (dict.fromkeys((number for number, _ in served(family)), OPEN)
                     | dict.fromkeys(DROPPED_BESIDE, SILENT)
                     | dict.fromkeys(self.closed_beside, TRUTH[CLOSED.name]))
            self.assert_seen(address, truth, seen)
            for number, _ in served(family):
                self.assertEqual(address, seen[number]["by"])

    def test_the_same_questions_find_nothing_open_where_nobody_answers(self) -> None:
        hosts = [host for host in HOSTS if host is not TARGET]
        done = self.scan(hosts, SERVICES)
        for host in hosts:
            for _, address in self.addresses(host):
                seen = {number: entry for (_, number), entry in done.ports(address).items()}
                self.assert_seen(address, dict.fromkeys(SERVICES, TRUTH[host.name]), seen)

    def assert_seen(self, address: str, truth: dict[int, set], seen: dict[int, dict]) -> None:
        said = {number: (entry["state"], entry["reason"]) for number, entry in seen.items()}
        wrong = {number: said.get(number) for number in truth
                 if said.get(number) not in truth[number]}
        self.assertEqual({}, wrong, address)

    def test_answers_are_what_the_library_says_and_not_much_larger_than_questions(self) -> None:
        for (name, address), heard in self.heard.items():
            with self.subTest(f"{name} at {address}"):
                self.assertTrue(heard["fits"], heard["first"] or "no answer")
                self.assertLessEqual(heard["answered"], LARGEST_ANSWER * heard["asked"])


if __name__ == "__main__":
    main()
