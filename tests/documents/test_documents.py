"""What the documents say, held against the program's own tables and against what is really in
the repository."""

import os
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

from lab.questions import read_library
from lab.servers import SERVERS

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("PORTVET_BUILD", ROOT / "build"))
PORTVET = BUILD / "scanner/portvet"
MAN_PAGE = BUILD / "docs/portvet.1"
MARKDOWN = sorted(page for pattern in ("*.md", "docs/*.md", "probes/**/*.md", "examples/**/*.md")
                  for page in ROOT.glob(pattern))


def output(*command: str) -> str:
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout


def help_section(title: str) -> str:
    """What `portvet --help` prints under TITLE; it comes from the program's tables."""
    return re.search(rf"^{title}:\n(.*?)(?:\n\n|\Z)", output(str(PORTVET), "--help"),
                     re.M | re.S).group(1)


def first_words(section: str) -> list[str]:
    return re.findall(r"^  (\S+)", section, re.M)


def known_options() -> set[str]:
    return set(re.findall(r"^ {2,6}(?:-\w, )?(--[\w-]+)", help_section("Options"), re.M)) | \
        set(re.findall(r"^  (-\w)", help_section("Options"), re.M)) | {"--version"}


def commands_in(text: str) -> list[str]:
    """Commands that a reader is meant to type: those of code, in blocks and in sentences."""
    lines = [line for block in re.findall(r"```\w*\n(.*?)```", text, re.S)
             for line in block.splitlines()]
    lines += re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.S))
    lines += re.findall(r"^ {4}(.+)$", text, re.M)
    names = "|".join(first_words(help_section("Commands")))
    pattern = rf"(?:^|[\s/])(portvet (?:{names})\b[^#|]*)"
    return [found.group(1) for line in lines if (found := re.search(pattern, line))]


def plain_man_page() -> str:
    return MAN_PAGE.read_text().replace(r"\-", "-").replace(r"\(aq", "'")


class ManPageTest(unittest.TestCase):
    def assert_all_headed(self, names: list[str]) -> None:
        self.assertTrue(names)
        for name in names:
            self.assertIn(f".TP\n\\fB{name}\\fR\n", plain_man_page())

    def test_every_command_is_in_it(self) -> None:
        self.assert_all_headed(first_words(help_section("Commands")))

    def test_every_report_format_is_in_it(self) -> None:
        self.assert_all_headed(first_words(help_section("Report formats")))

    def test_every_exit_code_is_in_it(self) -> None:
        self.assert_all_headed(first_words(help_section("Exit codes")))

    def test_options_are_those_of_the_program(self) -> None:
        listed = re.sub(r"\\f[BIR]", "", plain_man_page().partition(".SH EXPECTATIONS")[0]
                        .partition(".SH OPTIONS")[2])
        found = {option for line in re.findall(r"^\.TP\n(.*)$", listed, re.M)
                 for option in re.findall(r"(?:^|, )(--?[\w-]+)", line)}
        self.assertLessEqual(known_options() - {"--version"}, found)
        self.assertLessEqual({option for option in found if option.startswith("--")},
                             known_options())

    def test_version_is_that_of_the_program(self) -> None:
        self.assertIn(f'"{output(str(PORTVET), "--version").strip()}"', plain_man_page())

    def test_no_table_is_missing(self) -> None:
        self.assertNotRegex(plain_man_page(), r"@[A-Z_]+@")

    def test_a_formatter_has_nothing_to_complain_about(self) -> None:
        done = subprocess.run(["mandoc", "-T", "lint", str(MAN_PAGE)], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        complaints = [line for line in done.stdout.splitlines()
                      if "input text line longer than 80 bytes" not in line]
        self.assertEqual(complaints, [])


class MarkdownTest(unittest.TestCase):
    def test_links_lead_somewhere(self) -> None:
        for page in MARKDOWN:
            for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
                with self.subTest(page=page.name, link=link):
                    self.assertTrue((page.parent / link).exists())

    def test_options_in_commands_exist(self) -> None:
        for page in MARKDOWN:
            for command in commands_in(page.read_text()):
                for option in re.findall(r"\s(--?[a-z][\w-]*)", command):
                    with self.subTest(page=page.name, command=command):
                        self.assertIn(option, self.options)

    def test_examples_of_expectations_are_right(self) -> None:
        for block in re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.S):
            done = subprocess.run([str(PORTVET), "lint", "/dev/stdin"], input=block, text=True,
                                  stderr=subprocess.PIPE)
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_exit_codes_of_the_readme_are_those_of_the_program(self) -> None:
        rows = re.findall(r"^\| ([\d, ]+) \|", (ROOT / "README.md").read_text(), re.M)
        named = {code for row in rows for code in row.split(", ")}
        self.assertEqual(named | {"70"}, set(first_words(help_section("Exit codes"))))

    def test_the_library_says_of_each_probe_which_server_answered_it(self) -> None:
        page = (ROOT / "probes/library/README.md").read_text().split("## Tried against")[1]
        named = [name for row in re.findall(r"^\| ([\w, -]+) \|", page, re.M)
                 for name in row.split(", ") if name not in ("probe", "---")]
        probes = {name for name, probe in read_library().items() if not probe.never_answers}
        self.assertEqual(sorted(probes), sorted(named))
        tried = re.findall(r"^\| ([\w-]+) \|(?: [^|]+\|){3} \d+ \|$", page, re.M)
        served = {name for server in SERVERS for names in server.services.values()
                  for name in names.split()}
        self.assertEqual(served, set(tried))

    def setUp(self) -> None:
        self.options = known_options()


if __name__ == "__main__":
    if not shutil.which("mandoc"):
        print("SKIPPED: mandoc is not installed")
        sys.exit(77)
    unittest.main()
