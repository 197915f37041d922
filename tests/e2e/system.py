"""One of the systems under examples/, standing in the lab: its firewall scripts at work, and an
auditor that goes from vantage to vantage."""

import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from e2e.portvet import Run, run_json
from e2e.systems import Description
from lab.namespaces import Namespace
from lab.rows import Host
from lab.topology import Lab

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
# The files say `others`, all 65,535 ports, which takes ten seconds where all is dropped.
OTHERS, FEWER_OTHERS = re.compile(r"\bothers\b(?!\()"), "others(1-9999)"

Mistake = tuple[str, str, str]  # address, ports, state
Tool = Callable[[Path], list[str]]


class System:
    """A context manager; ONLY: the machines that take part, all if there are none."""

    def __init__(self, description: Description, *only: str) -> None:
        self.examples = EXAMPLES / description.name
        self.expectations = self.examples / f"{description.name}.yml"
        self.vantages = description.vantages
        self.lab = Lab([host for host in description.hosts if not only or host.name in only])

    def __enter__(self) -> "System":
        self.folder = tempfile.TemporaryDirectory(prefix="portvet-example-")
        self.fewer = Path(self.folder.name) / self.expectations.name
        self.fewer.write_text(OTHERS.sub(FEWER_OTHERS, self.expectations.read_text()))
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

    def start_services(self, host: Host) -> None:
        """Those of HOST, on the machine of that name, beside what runs there."""
        self.lab.start_services(self.lab.namespace(host.name), host)

    def auditor_at(self, vantage: str) -> Namespace:
        self.lab.move_auditor(*self.vantages[vantage])
        return self.lab.auditor

    def check(self, vantage: str, *options: str) -> Run:
        return run_json(["check", self.fewer, "--from", vantage, "--max-rate", "0", *options],
                        self.auditor_at(vantage))


def unmet(done: Run) -> list[Mistake]:
    """What is not as the file says."""
    return sorted((host["address"], f"{entry['ports']}/{entry['proto']}", entry["state"])
                  for host in done.report["hosts"] for entry in host["ports"]
                  if entry["result"] != "met")
