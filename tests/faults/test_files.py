"""What somebody else's expectations may cost: each bad file is refused with its place, soon and
in little memory, by the program as it runs in a pipeline."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from e2e.portvet import FILE, PORTVET

BAD_FILES = sorted((Path(__file__).resolve().parents[1] / "files/bad").glob("*.yml"))
FEWEST_FILES = 150
MIB = 1 << 20
LARGE = {   # what is repeated up to the size that is still read
    "nested lists": ("hosts: ", "["), "nested maps": ("hosts: ", "{a: "), "items": ("", "- "),
    "values": ("hosts: [", "a,"), "variables": ("hosts:\n  h: ", "${a}"),
    "rules": ("hosts:\n  h: ", "1 open;"), "one scalar": ("hosts:\n  h: ", "a"),
    "blocks": ("hosts:\n", "  10.0.0.0/8: 80 open\n"), "an anchor": ("hosts: &", "a"),
    "an escape": ('hosts: "', "\\x41"), "bad UTF-8": ("", "\xff"), "tabs": ("", "\t"),
    "ports": ("hosts:\n  h: ", "1-65535,"), "comments": ("hosts:\n", "  # padding\n"),
}
MOST_SECONDS, MOST_KIB = 0.1, 64 * 1024


class FilesTest(unittest.TestCase):
    def assert_cheap(self, path: Path) -> None:
        process = subprocess.Popen([PORTVET, "lint", path.name], cwd=path.parent,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        said = process.stderr.read().decode(errors="replace")
        process.stderr.close()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, FILE, said[:500])
        self.assertRegex(said, r"\.ya?ml:")
        self.assertLess(used.ru_utime + used.ru_stime, MOST_SECONDS)
        self.assertLess(used.ru_maxrss, MOST_KIB)

    def test_every_bad_file_is_refused_soon_and_in_little_memory(self) -> None:
        self.assertGreaterEqual(len(BAD_FILES), FEWEST_FILES)
        for path in BAD_FILES:
            with self.subTest(path.name):
                self.assert_cheap(path)

    def test_large_ones_too(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "large.yml"
            for name, (head, body) in LARGE.items():
                text = head + body * ((MIB - len(head)) // len(body.encode("latin-1")))
                path.write_bytes(text.encode("latin-1"))
                with self.subTest(name):
                    self.assert_cheap(path)


if __name__ == "__main__":
    unittest.main(verbosity=2)
