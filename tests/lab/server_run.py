"""Runs the servers of servers.py inside a namespace, each in a folder and a /run of its own."""

import os
import subprocess
import textwrap
import time
from pathlib import Path
from string import Template

from lab.namespaces import Namespace
from lab.servers import Server

STOP_TIMEOUT_S = 2
LISTEN_TIMEOUT_S = 60  # a domain controller is made anew
POLL_S = 0.1
LAST_LINES = 5


class RunningServer:
    """Started; `listens` says when it is ready."""

    def __init__(self, inside: Namespace, addresses: tuple[str, str], server: Server,
                 folder: Path) -> None:
        self.server = server
        words = {"dir": folder, "ipv4": addresses[0], "ipv6": addresses[1]}
        folder.mkdir(mode=0o755)
        for name, text in server.files.items():
            (folder / name).write_text(Template(textwrap.dedent(text)).substitute(words))
        # Every program that `ip netns exec` starts has mounts of its own; no server can meet
        # the sockets and locks of one that the machine itself runs.
        options = Template(server.options).substitute(words)
        prepare = Template(server.prepare or ":").substitute(words)
        script = (f"set -f; mount -t tmpfs tmpfs /run; cd {folder}; {prepare}; "
                  f"exec {server.binary} {options}")
        self.log = folder / "said"
        # Some end with their input, so that stays open.
        with self.log.open("w") as said:
            self.process = subprocess.Popen(inside.command(["sh", "-euc", script]),
                                            stdin=subprocess.PIPE, stdout=said, stderr=said)

    def listens(self) -> bool:
        return set(self.server.services) <= bound_ports(self.process.pid)

    def last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-LAST_LINES:])

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.terminate()
        try:
            self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def bound_ports(pid: int) -> set[int]:
    """The UDP ports in use in the namespace of a process; none when it has ended."""
    found = set()
    for table in ("udp", "udp6"):
        try:
            lines = Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
        except OSError:
            continue
        found |= {int(line.split()[1].rpartition(":")[2], 16) for line in lines}
    return found


def installed(server: Server) -> bool:
    return os.access(server.binary, os.X_OK)


def wait_until_all_listen(running: list[RunningServer]) -> list[RunningServer]:
    """Returns those that do not, in the end."""
    ends = time.monotonic() + LISTEN_TIMEOUT_S
    waiting = list(running)
    while waiting and time.monotonic() < ends:
        waiting = [one for one in waiting if not one.listens()]
        if waiting:
            time.sleep(POLL_S)
    return waiting
