"""What each word of an expectation accepts, on real packets; and expectation files at work:
vantages, waivers, includes."""

import tempfile
import unittest
from datetime import date, timedelta
from pathlib import Path

from e2e.portvet import BROKEN, FILE, MET, Run, run, run_json
from lab.rows import Host, Port
from lab.testing import main
from lab.topology import Lab

# One port for each state that a protocol can be in.
TCP_PORTS = {"open": 1, "closed": 2, "rejected": 3, "dropped": 4}
UDP_PORTS = {"open": 1, "closed": 2, "rejected": 3, "silent": 4}
TARGET = Host("target", (
    Port("tcp", 1, "open"), Port("tcp", 2, "closed"), Port("tcp", 3, "reject-admin-prohibited"),
    Port("tcp", 4, "drop"),
    Port("udp", 1, "open"), Port("udp", 2, "closed"), Port("udp", 3, "reject-admin-prohibited"),
    Port("udp", 4, "mute"),
))

# The states that each word accepts (dropped on UDP reads silent).
ACCEPTED = {
    "open": {"open"},
    "closed": {"closed"},
    "rejected": {"rejected"},
    "dropped": {"dropped", "silent"},
    "silent": {"silent"},
    "filtered": {"rejected", "dropped", "silent"},
    "refused": {"closed", "rejected"},
    "not open": {"closed", "rejected", "dropped", "silent"},
    "open or closed": {"open", "closed"},
    "open|dropped": {"open", "dropped", "silent"},
    "rejected(admin-prohibited)": {"rejected"},
    "rejected(reset)": set(),
}


def expected_result(state: str, words: str) -> str:
    if state in ACCEPTED[words]:
        return "met"
    return "inconclusive" if state == "silent" and "open" in ACCEPTED[words] else "broken"


class ExpectationsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = cls.enterClassContext(Lab([TARGET]))
        cls.ipv4, cls.ipv6 = cls.lab.addresses["target"]

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_each_word_accepts_its_states_and_no_other(self) -> None:
        for words in ACCEPTED:
            for proto, states in (("tcp", TCP_PORTS), ("udp", UDP_PORTS)):
                if proto == "tcp" and words == "silent":
                    continue  # a word of UDP alone
                done = run_json(["check", "-e", f"{proto} 1-4 {words}", self.ipv4, self.ipv6],
                                self.lab.auditor)
                for address in (self.ipv4, self.ipv6):
                    for state, number in states.items():
                        with self.subTest(words=words, proto=proto, state=state):
                            self.assertEqual(done.ports(address)[proto, number]["result"],
                                             expected_result(state, words))

    def check_file(self, text: str, *options: str) -> Run:
        path = self.folder / "audit.yml"
        path.write_text(text)
        return run_json(["check", path, *options], self.lab.auditor)

    def test_a_file_says_which_rule_is_in_force(self) -> None:
        done = self.check_file(f"name: small\nhosts:\n  {self.ipv4}:\n"
                               f"    - 1 open\n    - 4 open\n")
        self.assertEqual((done.exit_code, done.report["name"]), (BROKEN, "small"))
        self.assertTrue(done.ports(self.ipv4)["tcp", 4]["rule"].endswith("audit.yml:5"))
        self.assertEqual(len(done.report["files"][0]["sha256"]), 64)

    def test_each_vantage_has_its_own_expectations(self) -> None:
        text = (f"vantages: {{inside: the office, outside: the world}}\nhosts:\n"
                f"  {self.ipv4}: {{inside: 1 open, outside: 1 dropped}}\n")
        self.assertEqual(self.check_file(text, "--from", "inside").exit_code, MET)
        self.assertEqual(self.check_file(text, "--from", "outside").exit_code, BROKEN)

    def test_a_waiver_holds_until_its_day_and_no_longer(self) -> None:
        def waived_until(day: date) -> Run:
            return self.check_file(
                f"hosts:\n  {self.ipv4}: 1 open; 2 open\n"
                f"waivers:\n  - hosts: {self.ipv4}\n    ports: 2\n    until: {day}\n"
                f"    reason: the service moves next week\n")
        today = date.today()
        done = waived_until(today + timedelta(days=60))
        self.assertEqual(done.exit_code, MET)
        self.assertEqual(done.ports(self.ipv4)["tcp", 2]["result"], "waived")
        self.assertEqual(waived_until(today - timedelta(days=2)).exit_code, BROKEN)

    def test_what_is_included_counts_and_is_named_when_it_is_wrong(self) -> None:
        part = self.folder / "part.yml"
        part.write_text(f"hosts:\n  {self.ipv6}: 1 open\n")
        done = self.check_file(f"include: [part.yml]\nhosts:\n  {self.ipv4}: 1 open\n")
        self.assertEqual(done.exit_code, MET)
        self.assertEqual(done.report["summary"]["hosts"], 2)
        part.write_text(f"hosts:\n  {self.ipv6}: 1 opne\n")
        failed = run(["check", self.folder / "audit.yml"], self.lab.auditor)
        self.assertEqual(failed.exit_code, FILE)
        self.assertIn("part.yml:2:", failed.stderr)

    def test_one_family_or_one_host_can_be_picked(self) -> None:
        text = f'hosts:\n  {self.ipv4}: 1 open\n  "{self.ipv6}": 1 open\n'
        for options, address in ((["-4"], self.ipv4), (["-6"], self.ipv6),
                                 (["--host", "fd00:*"], self.ipv6)):
            done = self.check_file(text, *options)
            self.assertEqual([host["address"] for host in done.report["hosts"]], [address])


if __name__ == "__main__":
    main()
