"""An outbound audit in the namespace lab: the machine that is audited from inside, a router,
and a machine outside that runs the responder."""

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from e2e.portvet import PORTVET, Run, run_json
from lab.rows import NO_LIMITS, Host, IcmpLimits, Wire
from lab.topology import Lab

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/zerops"
OUTSIDE_IPV4, OUTSIDE_IPV6 = "198.51.100.7", "2001:db8:51::7"
OUTSIDE = (OUTSIDE_IPV4, OUTSIDE_IPV6)
RESPONDER = Host("outside", blocks=(f"{OUTSIDE_IPV4}/32", f"{OUTSIDE_IPV6}/128"))


def new_key(path: Path) -> Path:
    subprocess.run([PORTVET, "respond", "--new-key", path], check=True)
    return path


class Outbound:
    """A context manager: the lab with the responder running, and a folder with the example's
    files and a key that both ends share."""

    def __init__(self, wire: Wire | None = None, options: Sequence[str] = (),
                 router_limits: IcmpLimits = NO_LIMITS) -> None:
        self.lab = Lab([RESPONDER], wire, router_limits=router_limits)
        self.options = options
        self.responder: subprocess.Popen | None = None

    def __enter__(self) -> "Outbound":
        self.folder = Path(tempfile.mkdtemp(prefix="portvet-outbound-"))
        for name in ("zerops.yml", "router.nft", "machine.nft"):
            shutil.copy(EXAMPLE / name, self.folder)
        self.lab.__enter__()
        self.start_responder(new_key(self.folder / "outside.key"))
        return self

    def __exit__(self, *what) -> None:
        try:
            self.stop_responder()
        finally:
            self.lab.__exit__(*what)
            shutil.rmtree(self.folder)

    def start_responder(self, key: Path) -> None:
        command = [str(PORTVET), "respond", "--key", str(key), *self.options]
        self.responder = subprocess.Popen(self.lab.namespace("outside").command(command),
                                          stderr=subprocess.PIPE, text=True)
        said = self.responder.stderr.readline()
        if "ready" not in said:
            raise RuntimeError(f"the responder did not start: {said}")

    def stop_responder(self) -> dict[str, int]:
        """Its counters, as it shows them at the end."""
        if not self.responder:
            return {}
        self.responder.send_signal(signal.SIGTERM)
        _, said = self.responder.communicate(timeout=10)
        self.responder = None
        return read_counters(said.splitlines()[-1])

    def ask_counters(self) -> dict[str, int]:
        """Its counters while it runs."""
        self.responder.send_signal(signal.SIGUSR1)
        return read_counters(self.responder.stderr.readline())

    def load(self, ruleset: str, where: str) -> None:
        """nftables rules, in place of those that were there, on "router" or "auditor"."""
        self.lab.made[where].nft(f"flush ruleset\n{ruleset}")

    def rules(self, name: str) -> str:
        return (self.folder / name).read_text()

    def check(self, *arguments: str, policy: str = "zerops.yml", **options) -> Run:
        return run_json(["check", str(self.folder / policy), "--from", "app", *arguments],
                        self.lab.auditor, **options)


def read_counters(line: str) -> dict[str, int]:
    """From "portvet respond: answered 3, not signed 0"."""
    pairs = line.partition(": ")[2].split(", ")
    return {name: int(number) for name, _, number in (pair.rpartition(" ") for pair in pairs)}
