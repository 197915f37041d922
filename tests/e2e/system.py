"""One of the systems under examples/, standing in the lab: its machines with all services
running, its firewall scripts, and an auditor that goes from vantage to vantage."""

import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from e2e.portvet import Run, run_json
from lab.rows import Host
from lab.topology import Lab

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
# The files say `others`, all 65,535 ports, which takes ten seconds where all is dropped.
OTHERS, FEWER_OTHERS = re.compile(r"\bothers\b(?!\()"), "others(1-9999)"

Addresses = tuple[str, str]  # IPv4 and IPv6
Mistake = tuple[str, str, str]  # address, ports, state
Tool = Callable[[Path], list[str]]


class System:
    """A context manager. VANTAGES: where the auditor stands for each vantage of the file."""

    def __init__(self, name: str, hosts: Sequence[Host], vantages: dict[str, Addresses]) -> None:
        self.examples = EXAMPLES / name
        self.name = name
        self.vantages = vantages
        self.lab = Lab(hosts)

    def __enter__(self) -> "System":
        self.folder = tempfile.TemporaryDirectory(prefix="portvet-example-")
        self.fewer = Path(self.folder.name) / "fewer.yml"
        text = (self.examples / f"{self.name}.yml").read_text()
        self.fewer.write_text(OTHERS.sub(FEWER_OTHERS, text))
        self.lab.__enter__()
        return self

    def __exit__(self, *what) -> None:
        self.lab.__exit__(*what)
        self.folder.cleanup()

    def run(self, host: str, command: str, tool: Tool | None = None) -> None:
        """Runs a line of shell on a host, in the folder of the example; TOOL is ufw or
        firewalld of lab.firewall, where the line uses that."""
        before = tool(Path(self.folder.name) / host) if tool else []
        self.lab.namespace(host).run([*before, "sh", "-euc", command], cwd=self.examples)

    def check(self, vantage: str, *options: str) -> Run:
        self.lab.move_auditor(*self.vantages[vantage])
        return run_json(["check", self.fewer, "--from", vantage, "--max-rate", "0", *options],
                        self.lab.auditor)


def unmet(done: Run) -> list[Mistake]:
    """What is not as the file says."""
    return sorted((host["address"], f"{entry['ports']}/{entry['proto']}", entry["state"])
                  for host in done.report["hosts"] for entry in host["ports"]
                  if entry["result"] != "met")
