"""The outbound firewall of Zerops, audited from inside against a responder outside.

Run by examples/zerops/run, which builds portvet first. Exit code 0: the rules were met on all
ports where they are right, and the one that was broken was found."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from e2e.outbound import Outbound  # noqa: E402
from e2e.portvet import BROKEN, MET, PORTVET  # noqa: E402
from lab.namespaces import why_not  # noqa: E402
from lab.rows import symmetric_wire  # noqa: E402

EXIT_PRIVILEGE = 77
PICTURE = """\
A small network stands now, in namespaces of this machine:

  app 10.99.0.1 ─── 20 ms ─── router ─── outside 198.51.100.7, 2001:db8:51::7
  portvet check                          portvet respond
"""


def audit(lab: Outbound) -> int:
    """Runs portvet as a person would; its exit code."""
    shown = ["portvet", "check", "zerops.yml", "--from", "app", "--max-rate", "0"]
    print(f"$ {' '.join(shown)}    (in app)", flush=True)
    command = [str(PORTVET), *shown[1:]]
    done = subprocess.run(lab.lab.auditor.command(command), cwd=lab.folder)
    print(f"\n(exit code {done.returncode})\n", flush=True)
    return done.returncode


def demonstrate(lab: Outbound) -> bool:
    print(PICTURE)
    print("The rules stand on the router:\n\n$ nft -f router.nft    (on router)")
    lab.load(lab.rules("router.nft"), "router")
    good = audit(lab) == MET
    print("Somebody lets mail out:\n")
    lab.load(lab.rules("router.nft").replace("tcp dport 1-1024", "tcp dport != 25 tcp dport 1-1024"),
             "router")
    good = audit(lab) == BROKEN and good
    print("The same rules on the machine itself:\n\n$ nft -f machine.nft    (in app)")
    lab.load("", "router")
    lab.load(lab.rules("machine.nft"), "auditor")
    return audit(lab) == MET and good


def main() -> int:
    reason = why_not()
    if reason:
        print(f"the example cannot run here: {reason}", file=sys.stderr)
        return EXIT_PRIVILEGE
    with Outbound(symmetric_wire(delay_ms=10)) as lab:
        good = demonstrate(lab)
    print("That is what it should show." if good else "That is not what it should have shown.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
