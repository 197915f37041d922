"""Network namespaces that are always removed again.

Names carry the process id of their owner, so that the next start can remove what a killed
owner left behind. Nothing here touches the namespace that the tests run in."""

import json
import os
import re
import subprocess
from collections.abc import Sequence

PREFIX = "pvlab"
NAME_PATTERN = re.compile(rf"{PREFIX}-(\d+)-")

# Written before any interface exists, so that every later interface inherits them.
SYSCTLS = {
    "net.ipv6.conf.all.accept_dad": 0,
    "net.ipv6.conf.default.accept_dad": 0,
    "net.ipv6.conf.all.accept_ra": 0,
    "net.ipv6.conf.default.accept_ra": 0,
    "net.ipv4.conf.all.rp_filter": 0,
    "net.ipv4.conf.default.rp_filter": 0,
}

# Frames must look as they do on a real wire: no checksums left to the hardware, no
# packets glued together.
OFFLOADS_OFF = ("tx", "off", "rx", "off", "gso", "off", "gro", "off", "tso", "off")


def run(command: Sequence[str], **options) -> subprocess.CompletedProcess:
    """Runs COMMAND to its end; a failure raises, with what it said."""
    result = subprocess.run(command, capture_output=True, text=True, **options)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {result.stderr.strip()}")
    return result


class Namespace:
    """One network namespace, with its loopback up."""

    def __init__(self, name: str) -> None:
        self.short_name = name
        self.name = f"{PREFIX}-{os.getpid()}-{name}"
        run(["ip", "netns", "add", self.name])
        self.write_sysctls(SYSCTLS)
        self.ip("link set lo up")

    def command(self, command: Sequence[str]) -> list[str]:
        """COMMAND as it must be started to run inside."""
        return ["ip", "netns", "exec", self.name, *command]

    def run(self, command: Sequence[str], **options) -> subprocess.CompletedProcess:
        return run(self.command(command), **options)

    def ip(self, *lines: str) -> None:
        """ip(8) commands, without the leading "ip"."""
        run(["ip", "-netns", self.name, "-batch", "-"], input="\n".join(lines) + "\n")

    def nft(self, ruleset: str) -> None:
        self.run(["nft", "-f", "-"], input=ruleset)

    def write_sysctls(self, values: dict[str, int]) -> None:
        settings = [f"{key}={value}" for key, value in values.items()]
        self.run(["sysctl", "-q", "-w", *settings])

    def interface_counters(self, interface: str) -> dict[str, int]:
        """Packets that the interface received ("rx") and sent ("tx")."""
        shown = run(["ip", "-netns", self.name, "-json", "-stats", "link", "show", interface])
        stats = json.loads(shown.stdout)[0]["stats64"]
        return {way: stats[way]["packets"] for way in ("rx", "tx")}

    def mac_address(self, interface: str) -> str:
        shown = run(["ip", "-netns", self.name, "-json", "link", "show", interface])
        return json.loads(shown.stdout)[0]["address"]

    def remove(self) -> None:
        remove_namespace(self.name)


def connect(left: Namespace, left_interface: str,
            right: Namespace, right_interface: str) -> None:
    """A veth pair between two namespaces, up at both ends."""
    left.ip(f"link add {left_interface} type veth peer name {right_interface} "
            f"netns {right.name}")
    for namespace, interface in ((left, left_interface), (right, right_interface)):
        namespace.run(["ethtool", "-K", interface, *OFFLOADS_OFF])
        namespace.ip(f"link set {interface} up")


def remove_namespace(name: str) -> None:
    """Ends what still runs inside, then removes the namespace with its interfaces."""
    inside = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True)
    for pid in inside.stdout.split():
        subprocess.run(["kill", "-KILL", pid], capture_output=True)
    subprocess.run(["ip", "netns", "del", name], capture_output=True)


def remove_leftovers() -> None:
    """Removes the namespaces of owners that are no longer alive."""
    listed = run(["ip", "-json", "netns", "list"]).stdout
    for entry in json.loads(listed or "[]"):
        owner = NAME_PATTERN.match(entry["name"])
        if owner and not os.path.exists(f"/proc/{owner[1]}"):
            remove_namespace(entry["name"])


def why_not() -> str | None:
    """Why namespaces cannot be made here; None when they can."""
    if os.geteuid() != 0:
        return "not root"
    probe = f"{PREFIX}-{os.getpid()}-probe"
    try:
        run(["ip", "netns", "add", probe])
        run(["ip", "netns", "del", probe])
    except (OSError, RuntimeError) as error:
        return f"no network namespaces here: {error}"
    return None
