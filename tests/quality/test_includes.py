"""Each library that portvet stands on is included in one file, or one small folder."""

import re
import subprocess
import sys
import unittest
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("probes", "scanner", "expect", "reports")
HOMES = {  # header: where it may be included
    "pcap": {"scanner/network/capture.c"},
    "libnet.h": {"probes/template.c"},
    "yaml.h": {"expect/yaml.c"},
    "libmnl": {"scanner/network/rtnetlink.c"},
    "sodium": {"probes"},
    "jansson.h": {"reports/json"},
    "libxml": {"reports/xml.c"},
    "cap-ng.h": {"scanner/privileges/privileges.c"},
    "seccomp.h": {"scanner/privileges/sandbox.c"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)


def included() -> dict[str, set[str]]:
    """Files of the product by what they include."""
    found = defaultdict(set)
    for folder in PRODUCT:
        for path in (ROOT / folder).rglob("*.[ch]"):
            for header in INCLUDE.findall(path.read_text()):
                found[header].add(str(path.relative_to(ROOT)))
    return found


class IncludesTest(unittest.TestCase):
    def test_each_library_has_one_home(self) -> None:
        by_header = included()
        for library, homes in HOMES.items():
            users = {user for header, files in by_header.items() for user in files
                     if re.match(rf"{re.escape(library)}(/|\.h$|$)", header)}
            self.assertTrue(users, f"nothing includes {library}: is the table old?")
            strangers = {user for user in users
                         if not any(user == home or user.startswith(home + "/")
                                    for home in homes)}
            self.assertEqual(strangers, set(), f"{library} is included outside {homes}")

    def test_nothing_knows_what_lies_behind_it(self) -> None:
        """One way, no way back: probes, then expect and scanner, then reports."""
        forbidden = {"probes": ("scanner/", "expect/", "reports/"),
                     "expect": ("scanner/", "reports/"),
                     "reports": ("scanner/",)}
        for header, files in included().items():
            for user in files:
                folder = user.split("/")[0]
                self.assertFalse(header.startswith(forbidden.get(folder, ("\0",))),
                                 f"{user} includes {header}")

    def test_the_scanner_itself_knows_no_expectations(self) -> None:
        for header, files in included().items():
            for user in files:
                if user.startswith("scanner/") and not user.startswith("scanner/commands/"):
                    if user != "scanner/main.c":
                        self.assertFalse(header.startswith(("expect/", "reports/")),
                                         f"{user} includes {header}")

    def test_the_engine_and_the_network_meet_only_at_the_seam(self) -> None:
        """The rooms of scanner/: what each may include from the others."""
        allowed = {"engine": (), "network": (), "privileges": (),
                   "connect": ("engine",), "responder": ("network",)}
        for header, files in included().items():
            room = re.match(r"scanner/(\w+)/", header)
            for user in files:
                own = re.match(r"scanner/(\w+)/", user)
                if room and own and own[1] in allowed and own[1] != room[1]:
                    self.assertIn(room[1], allowed[own[1]], f"{user} includes {header}")


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
