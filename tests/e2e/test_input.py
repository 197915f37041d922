"""Bad input: each gets a message that says what is wrong, where, and what to do, and its
exit code. Nothing here sends a packet or needs a privilege."""

import os
import tempfile
import unittest
from dataclasses import dataclass
from pathlib import Path

from e2e.portvet import FILE, MET, USAGE, run


@dataclass(frozen=True)
class Mistake:
    name: str
    text: str
    place: str               # where the message must point to, after the file's name
    words: tuple[str, ...]   # what it must say


MISTAKES = (
    Mistake("a misspelt state", "hosts:\n  198.18.0.10: 80 opne\n", ":2:19:", ("opne", "open")),
    Mistake("port 70000", "hosts:\n  198.18.0.10: 70000 open\n", ":2:16:", ("70000", "65535")),
    Mistake("an unknown key", "host:\n  198.18.0.10: 80 open\n", ":1:1:", ("host", "hosts")),
    Mistake("a duplicate key", "hosts:\n  198.18.0.10: 80 open\n  198.18.0.10: 81 open\n",
            ":3:3:", ("198.18.0.10",)),
    Mistake("tab indentation", "hosts:\n\t198.18.0.10: 80 open\n", ":2:1:", ("tab",)),
    Mistake("an empty file", "", "", ("empty",)),
    Mistake("an undefined variable", "hosts:\n  198.18.0.10: ${web} open\n", ":2:",
            ("web",)),
    Mistake("two states for one port", "hosts:\n  198.18.0.10: 80 open; 80 closed\n", ":2:",
            ("80",)),
    Mistake("an anchor", "hosts:\n  198.18.0.10: &a 80 open\n", ":2:", ("anchor",)),
    Mistake("a waiver without a reason",
            "hosts:\n  198.18.0.10: 80 open\n"
            "waivers:\n  - {hosts: 198.18.0.10, ports: 80, until: 2030-01-01}\n",
            ":4:", ("reason",)),
)

PROBE = "name: own\ndescription: d\nports: 9\nsource: s\n"
PROBE_MISTAKES = (
    Mistake("a payload that is too large",
            PROBE + "payload:\n  - zeros: 1000\n  - {text: '" + 201 * "a" + "'}\n", ":7:12:",
            ("200 bytes",)),
    Mistake("zeros without end", PROBE + "payload:\n  - zeros: 99999\n", ":6:12:", ("1200",)),
    Mistake("no hexadecimal digit", PROBE + "payload:\n  - hex: 00 xy\n", ":6:13:",
            ("hexadecimal",)),
    Mistake("a place that no capture shows",
            PROBE + "answer:\n  match:\n    - {at: 400, hex: 00}\n", ":7:12:", ("128",)),
    Mistake("a transaction that nobody sent", PROBE + "answer: {transaction-at: 0}\n",
            ":5:26:", ("transaction",)),
    Mistake("ports that are none", PROBE.replace("ports: 9", "ports: 1-70000"), ":3:8:",
            ("1-70000",)),
    Mistake("a name that is none", PROBE.replace("own", "../own"), ":1:7:", ("lower-case",)),
    Mistake("no source", PROBE.replace("source: s\n", ""), ":1:1:", ("source",)),
    Mistake("a misspelt key", PROBE + "paylod: []\n", ":5:1:", ("payload",)),
    Mistake("a key that is there twice", PROBE + "ports: 10\n", ":5:1:", ("twice",)),
    Mistake("tab indentation", PROBE + "payload:\n\t- hex: 00\n", ":6:1:", ("tab",)),
    Mistake("lists in lists", 40 * "- " + "x\n", ":1:65:", ("32",)),
    Mistake("an anchor", "name: &a own\n", ":1:7:", ("anchor",)),
    Mistake("an empty file", "", ":1:1:", ("empty",)),
    Mistake("a megabyte and more", 1_100_000 * "#", "", ("1 MiB",)),
)

USAGE_MISTAKES = (
    ("no command", []),
    ("an unknown command", ["audit"]),
    ("an unknown option", ["check", "--nosuch", "-e", "80 open", "198.18.0.10"]),
    ("no target", ["check", "-e", "80 open"]),
    ("an unknown format", ["check", "-o", "jsn", "-e", "80 open", "198.18.0.10"]),
    ("a number that is none", ["check", "--max-rate", "fast", "-e", "80 open", "198.18.0.10"]),
    ("a chance above one", ["check", "--miss", "2", "-e", "80 open", "198.18.0.10"]),
    ("a time without a unit that is known", ["check", "--deadline", "5parsec", "-e", "80 open",
                                             "198.18.0.10"]),
    ("more hosts than are allowed", ["scan", "127.0.0.0/8"]),
    ("a host that is no target", ["check", "-e", "80 open", "127.0.0.1", "--host", "web*"]),
    ("two reports on standard output", ["check", "-o", "json", "-o", "junit", "-e", "80 open",
                                        "198.18.0.10"]),
)


class InputTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name) / "audit.yml"

    def assert_shown(self, mistake: Mistake, arguments: list) -> None:
        """Writes the file with the mistake, and runs portvet."""
        self.file.write_text(mistake.text)
        done = run(arguments)
        self.assertEqual(done.exit_code, FILE, done.stderr)
        self.assertIn(f"audit.yml{mistake.place}", done.stderr)
        for word in mistake.words:
            self.assertIn(word, done.stderr)
        if mistake.place:
            self.assertIn("^", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_a_wrong_file_is_shown_where_it_is_wrong(self) -> None:
        for mistake in MISTAKES:
            for command in ("lint", "check"):
                with self.subTest(mistake=mistake.name, command=command):
                    self.assert_shown(mistake, [command, self.file])

    def test_a_wrong_file_of_probes_is_shown_where_it_is_wrong(self) -> None:
        for mistake in PROBE_MISTAKES:
            with self.subTest(mistake=mistake.name):
                self.assert_shown(mistake, ["probes", "--probes", self.file.parent])

    def test_what_is_no_file_of_probes_is_named_and_not_waited_for(self) -> None:
        for make in (os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path),
                     lambda path: os.symlink("/nonexistent", path)):
            with tempfile.TemporaryDirectory() as folder:
                make(f"{folder}/odd.yml")
                done = run(["probes", "--probes", folder])
                self.assertEqual(done.exit_code, FILE)
                self.assertIn("odd.yml", done.stderr)

    def test_own_probes_are_asked_first(self) -> None:
        self.file.write_text(PROBE)
        done = run(["probes", "9", "--probes", self.file.parent])
        self.assertEqual((done.exit_code, done.stderr), (MET, ""))
        self.assertEqual(["own", "discard"],
                         [line for line in done.stdout.splitlines() if line[0] != " "])

    def test_all_mistakes_of_a_file_are_shown_at_once(self) -> None:
        self.file.write_text("hosts:\n  198.18.0.10: 80 opne\n  198.18.0.11: 70000 open\n"
                             "setings: {}\n")
        done = run(["lint", self.file])
        self.assertEqual(done.exit_code, FILE)
        for place in (":2:", ":3:", ":4:"):
            self.assertIn(f"audit.yml{place}", done.stderr)

    def test_a_missing_file_is_named(self) -> None:
        done = run(["check", self.file])
        self.assertEqual(done.exit_code, FILE)
        self.assertIn("audit.yml", done.stderr)
        self.assertIn("No such file", done.stderr)

    def test_a_right_file_passes_lint_without_a_word_of_complaint(self) -> None:
        self.file.write_text("hosts:\n  198.18.0.10: 80 open; others filtered\n")
        done = run(["lint", self.file])
        self.assertEqual((done.exit_code, done.stderr), (MET, ""))

    def test_a_file_with_vantages_needs_one(self) -> None:
        self.file.write_text("vantages: {inside: a desk, outside: the world}\n"
                             "hosts:\n  198.18.0.10: {inside: 80 open, outside: 80 dropped}\n")
        for arguments in ([], ["--from", "outsid"]):
            done = run(["check", self.file, *arguments])
            self.assertIn(done.exit_code, (USAGE, FILE))
            self.assertIn("outside", done.stderr)

    def test_wrong_usage_is_explained(self) -> None:
        for name, arguments in USAGE_MISTAKES:
            with self.subTest(name):
                done = run(arguments)
                self.assertEqual(done.exit_code, USAGE, done.stderr)
                self.assertNotEqual(done.stderr, "")
                self.assertEqual(done.stdout, "")

    def test_a_wrong_rule_on_the_command_line_is_shown_with_a_caret(self) -> None:
        done = run(["check", "-e", "80 open; 443 opne", "198.18.0.10"])
        self.assertEqual(done.exit_code, USAGE)
        self.assertIn("opne", done.stderr)
        self.assertIn("^", done.stderr)

    def test_help_and_version_are_no_errors(self) -> None:
        for arguments in (["--help"], ["--version"], ["check", "--help"]):
            done = run(arguments)
            self.assertEqual((done.exit_code, done.stderr), (MET, ""))
            self.assertNotEqual(done.stdout, "")


if __name__ == "__main__":
    unittest.main(verbosity=2)
