"""Two servers, a firewall, and one mistake in it: what portvet makes of them.

Run by examples/demo/run, which builds portvet first. Exit code 0: portvet found the
mistake, nothing else, and was content once it was mended."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from lab.namespaces import why_not  # noqa: E402
from lab.rows import Host, Port, ports  # noqa: E402
from lab.topology import Lab  # noqa: E402

PORTVET = ROOT / "build/scanner/portvet"
EXPECTATIONS = HERE / "demo.yml"
EXIT_MET, EXIT_BROKEN, EXIT_PRIVILEGE = 0, 1, 77

SHOP = Host("shop", default="drop", ports=(
    *ports("tcp", (80, 443), "open"),
    Port("tcp", 8080, "open"),  # the mistake: it should be filtered
    Port("tcp", 5432, "reject-admin-prohibited"),
    Port("udp", 53, "open"),
))
MAIL = Host("mail", ports=(
    *ports("tcp", (25, 587), "open"),
    Port("tcp", 113, "reject-reset"),
    Port("udp", 514, "mute"),
))

PICTURE = """\
A small network stands now, in namespaces of this machine:

                         ┌── shop  198.18.0.10  fd00:18::10     drops what is not for it
  portvet ─── router ────┤
                         └── mail  198.18.1.10  fd00:18:1::10   answers "closed", rejects ident

examples/demo/demo.yml says what may be seen of it from outside. One thing is broken on
purpose: the shop's admin port 8080 should be filtered, but somebody left it open.
"""

REPAIR = "insert rule inet lab_input input tcp dport 8080 drop"


def audit(lab: Lab) -> tuple[int, dict]:
    """Runs portvet as a person would; its exit code and its JSON report."""
    shown = ["portvet", "check", str(EXPECTATIONS.relative_to(ROOT))]
    print(f"$ {' '.join(shown)}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [str(PORTVET), *shown[1:], "-o", "text", "-o", f"json={report}"]
        done = subprocess.run(lab.auditor.command(command), cwd=ROOT)
        print(f"\n(exit code {done.returncode})\n", flush=True)
        return done.returncode, json.loads(report.read_text()) if report.exists() else {}


def broken_ports(report: dict) -> list[tuple[str, str]]:
    return sorted((host["address"], f"{entry['ports']}/{entry['proto']}")
                  for host in report.get("hosts", ()) for entry in host["ports"]
                  if entry["result"] != "met")


def demonstrate(lab: Lab) -> bool:
    print(PICTURE)
    status, report = audit(lab)
    mistake = sorted((address, "8080/tcp") for address in lab.addresses["shop"])
    found = status == EXIT_BROKEN and broken_ports(report) == mistake
    print("portvet found the open admin port, on both addresses of the shop. Closing it:\n"
          if found else "That is not what the demo should have shown.\n")
    print(f"$ nft {REPAIR}    (on shop)\n", flush=True)
    lab.namespace("shop").nft(REPAIR)
    status, report = audit(lab)
    mended = status == EXIT_MET and not broken_ports(report)
    print("Now the network is what the file says. "
          if mended else "That is not what the demo should have shown. ", end="")
    return found and mended


def main() -> int:
    reason = why_not()
    if reason:
        print(f"the demo cannot run here: {reason}", file=sys.stderr)
        return EXIT_PRIVILEGE
    with Lab([SHOP, MAIL]) as lab:
        good = demonstrate(lab)
    print("Everything that the demo made is removed again.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
