"""The stories of the systems in this folder: firewall scripts that run, and audits of all ports
after them. Run by examples/run, which builds portvet first. Exit code 0: each audit came out as
it should."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from e2e.portvet import BROKEN, MET, PORTVET  # noqa: E402
from e2e.system import System, Tool  # noqa: E402
from e2e.systems import AIVEN, CASSETTE, HEROCTL, UTMSTACK  # noqa: E402
from lab.firewall import ufw  # noqa: E402
from lab.namespaces import why_not  # noqa: E402
from lab.rows import Host, ports  # noqa: E402

EXIT_USAGE, EXIT_PRIVILEGE = 64, 77


@dataclass(frozen=True)
class Command:
    host: str
    line: str
    tool: Tool | None = None

    def play(self, system: System) -> bool:
        print(f"$ {self.line}    (on {self.host})", flush=True)
        system.run(self.host, self.line, self.tool)
        return True


@dataclass(frozen=True)
class Service:
    host: Host

    def play(self, system: System) -> bool:
        print(f"(the service of {self.host.name} starts)", flush=True)
        system.start_services(self.host)
        return True


@dataclass(frozen=True)
class Audit:
    vantage: str
    exit_code: int = MET

    def play(self, system: System) -> bool:
        shown = ["portvet", "check", str(system.expectations.relative_to(ROOT)),
                 "--from", self.vantage, "--max-rate", "0"]
        auditor = system.auditor_at(self.vantage)
        print(f"$ {' '.join(shown)}", flush=True)
        done = subprocess.run(auditor.command([str(PORTVET), *shown[1:]]), cwd=ROOT)
        print(f"(exit code {done.returncode})\n", flush=True)
        return done.returncode == self.exit_code


STORIES = {
    "heroctl": (HEROCTL, (
        Command("server", "./ufw.sh", ufw), Command("worker", "./ufw.sh worker", ufw),
        *map(Audit, HEROCTL.vantages),
        Command("server", "ufw allow 8080/tcp", ufw), Audit("internet", BROKEN))),
    "utmstack": (UTMSTACK, (
        Command("manager", "./basic.sh; ./nodes.sh", ufw), Audit("source", BROKEN),
        Command("manager", "./collectors.sh", ufw), *map(Audit, UTMSTACK.vantages))),
    "aiven": (AIVEN, (
        Command("node", "./firewall.sh"), *map(Audit, AIVEN.vantages),
        Command("node", "./drop.sh"), Audit("client", BROKEN))),
    "cassette": (CASSETTE, (
        Command("instance", "nft -f firewall.nft"), Audit("internet", BROKEN),
        Command("instance", "./toggle.sh on 3000"), Audit("internet", BROKEN),
        Service(Host("instance", ports("tcp", (3000,), "open"))), Audit("internet"))),
}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in STORIES:
        print(f"usage: examples/run {'|'.join(STORIES)}", file=sys.stderr)
        return EXIT_USAGE
    reason = why_not()
    if reason:
        print(f"the example cannot run here: {reason}", file=sys.stderr)
        return EXIT_PRIVILEGE
    description, steps = STORIES[arguments[0]]
    with System(description) as system:
        good = all([step.play(system) for step in steps])
    print("That is what it should show." if good else "That is not what it should have shown.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
