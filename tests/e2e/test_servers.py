"""Real servers, as Debian packages them, are found open; a closed and a dropped port beside
each of their ports are not."""

import contextlib
import tempfile
import unittest
from collections.abc import Iterable, Iterator
from pathlib import Path

from e2e.portvet import run_json
from lab.rows import Host, ports
from lab.server_run import RunningServer, bound_ports, installed, wait_until_all_listen
from lab.servers import SERVERS, Server
from lab.testing import main
from lab.topology import Lab

FEWEST_SERVERS = 25


def beside(numbers: list[int], used: Iterable[int]) -> list[int]:
    """For each of NUMBERS the next one that is not USED nor given to another."""
    used, found = set(used), []
    for number in numbers:
        while number in used:
            number += 1
        used.add(number)
        found.append(number)
    return found


@contextlib.contextmanager
def servers_in(lab: Lab, host: Host, servers: list[Server]) -> Iterator[list[RunningServer]]:
    address, _ = lab.addresses[host.name]
    running: list[RunningServer] = []
    with tempfile.TemporaryDirectory(prefix="portvet-servers-") as folder:
        Path(folder).chmod(0o755)
        try:
            for server in servers:
                running.append(RunningServer(lab.namespace(host.name), address, server,
                                             Path(folder) / server.name))
            yield running
        finally:
            for one in running:
                one.stop()


class ServersTest(unittest.TestCase):
    def test_real_servers_are_open_and_the_ports_beside_them_are_not(self) -> None:
        servers = [server for server in SERVERS if installed(server)]
        missing = [server.package for server in SERVERS if not installed(server)]
        print(f"{len(servers)} servers; {len(missing)} not installed: {' '.join(missing)}")
        self.assertGreaterEqual(len(servers), FEWEST_SERVERS)

        services = [number for server in servers for number in server.services]
        dropped = beside(services, services)
        host = Host("target", ports("udp", dropped, "drop"))
        with Lab([host], routed=False) as lab, servers_in(lab, host, servers) as running:
            late = wait_until_all_listen(running)
            said = "\n".join(f"{one.server.name}: {one.last_words()}" for one in late)
            self.assertFalse(late, f"servers that do not listen\n{said}")
            closed = beside(services, {*services, *dropped, *bound_ports(running[0].process.pid)})
            wanted = ",".join(f"{number}/udp" for number in services + dropped + closed)
            address, _ = lab.addresses[host.name]
            seen = run_json(["scan", address, "-p", wanted], lab.auditor).ports(address)

        states = {number: entry["state"] for (_, number), entry in seen.items()}
        truth = (dict.fromkeys(services, "open") | dict.fromkeys(dropped, "silent")
                 | dict.fromkeys(closed, "closed"))
        wrong = {number: f"{states.get(number)} instead of {truth[number]}"
                 for number in truth if states.get(number) != truth[number]}
        self.assertEqual({}, wrong)


if __name__ == "__main__":
    main()
