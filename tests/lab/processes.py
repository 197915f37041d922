"""Long-running programs inside a namespace, which end when their owner does: each reads
its standard input and stops at its end."""

import subprocess
from collections.abc import Sequence

from lab.namespaces import Namespace

STOP_TIMEOUT_S = 5


class Process:
    """Started, and ready when this exists."""

    def __init__(self, namespace: Namespace, command: Sequence[str],
                 first_line: str = "") -> None:
        self.process = subprocess.Popen(namespace.command(command), text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdin.write(first_line + "\n")
        self.process.stdin.flush()
        said = self.process.stdout.readline().strip()
        if said != "ready":
            self.process.kill()
            raise RuntimeError(f"{' '.join(command)}: said {said!r} instead of ready")

    def stop(self) -> str:
        """Ends it; returns what it still had to say."""
        try:
            said, _ = self.process.communicate(timeout=STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            said, _ = self.process.communicate()
        return said
