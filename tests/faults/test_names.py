"""Names, and a resolver that fails, lies or changes its mind: every address that it gives is
audited, and what it does not give is said to be missing."""

import json
import shutil
import unittest
from pathlib import Path

from e2e.portvet import BROKEN, INCONCLUSIVE, MET, Run, run_json
from lab.processes import Process
from lab.rows import Host, ports
from lab.testing import main
from lab.topology import Lab

ONE = Host("one", ports=ports("tcp", (22, 80), "open"))
TWO = Host("two", ports=ports("tcp", (22,), "open"))   # no 80
RESOLVER = Path(__file__).resolve().parents[1] / "lab/resolver.py"
ITS_ADDRESS = "127.0.0.53"
QUIETLY = "options timeout:1 attempts:1\n"


class NamesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = cls.enterClassContext(Lab([ONE, TWO]))
        cls.one, cls.two = (cls.lab.addresses[name] for name in ("one", "two"))
        # ip-netns puts what is there in the place of the machine's own.
        folder = Path("/etc/netns") / cls.lab.auditor.name
        folder.mkdir(parents=True)
        cls.addClassCleanup(shutil.rmtree, folder)
        (folder / "resolv.conf").write_text(f"nameserver {ITS_ADDRESS}\n{QUIETLY}")
        (folder / "nsswitch.conf").write_text("hosts: files dns\nservices: files\n")

    def check(self, names: dict, rules: str, *options: str) -> Run:
        """An audit of all NAMES, which the resolver answers as it is told here."""
        resolver = Process(self.lab.auditor, ["/usr/bin/python3", str(RESOLVER), ITS_ADDRESS],
                           json.dumps(names))
        try:
            return run_json(["check", "-e", rules, *names, *options], self.lab.auditor)
        finally:
            resolver.stop()

    def results(self, done: Run) -> dict[str, str]:
        """By address; "" for a name without one."""
        return {host.get("address") or "": entry["result"]
                for host in done.report["hosts"] for entry in host["ports"]}

    def test_every_address_of_a_name_is_audited(self) -> None:
        names = {"all.test": {"A": [self.one[0], self.two[0]],
                              "AAAA": [self.one[1], self.two[1]]}}
        done = self.check(names, "22 open")
        self.assertEqual(done.exit_code, MET, done.stdout)
        self.assertEqual(set(self.results(done)), {*self.one, *self.two})

    def test_one_bad_address_of_a_name_breaks_it(self) -> None:
        names = {"some.test": {"A": [self.one[0], self.two[0]]}}
        done = self.check(names, "80 open")
        self.assertEqual(done.exit_code, BROKEN, done.stdout)
        self.assertEqual(self.results(done), {self.one[0]: "met", self.two[0]: "broken"})

    def test_one_address_given_twice_is_audited_once(self) -> None:
        done = self.check({"twice.test": {"A": [self.one[0]] * 3},
                           "again.test": {"A": [self.one[0]]}}, "80 open")
        self.assertEqual(done.exit_code, MET, done.stdout)
        self.assertEqual(set(self.results(done)), {self.one[0]})

    def test_a_resolver_that_changes_its_mind_is_asked_once_for_each_name(self) -> None:
        names = {"turns.test": {"A": [[self.one[0]], [self.two[0]]]}}
        done = self.check(names, "22 open", "--until", "10s")
        self.assertEqual(done.exit_code, MET, done.stdout)
        self.assertEqual(len(self.results(done)), 1)

    def test_a_name_that_fails_is_inconclusive_and_the_others_are_audited(self) -> None:
        for failure in ("servfail", "refused", "silence", "garbage", "alias", []):
            with self.subTest(failure):
                names = {"good.test": {"A": [self.one[0]]},
                         "bad.test": {"A": failure, "AAAA": failure}}
                done = self.check(names, "80 open")
                self.assertEqual(done.exit_code, INCONCLUSIVE, done.stdout + done.stderr)
                self.assertEqual(self.results(done), {self.one[0]: "met", "": "inconclusive"})
                self.assertIn("bad.test", done.stdout)

    def test_half_an_answer_is_no_pass(self) -> None:
        """The addresses of the family that failed would go without an audit."""
        for failure in ("servfail", "refused", "silence", "garbage"):
            for good, bad in (("A", "AAAA"), ("AAAA", "A")):
                with self.subTest(failure, bad=bad):
                    address = self.one[good == "AAAA"]
                    done = self.check({"half.test": {good: [address], bad: failure}}, "80 open")
                    self.assertEqual(done.exit_code, INCONCLUSIVE, done.stdout + done.stderr)
                    self.assertEqual(self.results(done), {address: "met", "": "inconclusive"})

    def test_the_family_that_is_not_asked_for_may_fail(self) -> None:
        names = {"half.test": {"A": [self.one[0]], "AAAA": "servfail"}}
        self.assertEqual(self.check(names, "80 open", "-4").exit_code, MET)

    def test_a_name_without_addresses_of_one_family_is_whole(self) -> None:
        for given, address in (("A", self.one[0]), ("AAAA", self.one[1])):
            done = self.check({"plain.test": {given: [address]}}, "80 open")
            self.assertEqual(done.exit_code, MET, done.stdout + done.stderr)


if __name__ == "__main__":
    main()
