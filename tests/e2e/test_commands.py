"""The commands around a check: settings of files, learn, diff, merge, and what monitoring
reads of an exit code."""

import json
import tempfile
import unittest
from pathlib import Path

from e2e.portvet import BROKEN, FILE, INCONCLUSIVE, MET, REPORT, USAGE, Run, run, run_json
from lab.rows import Host, ports
from lab.testing import main
from lab.topology import Lab

WEB = Host("web", default="drop",
           ports=ports("tcp", (22, 80, 443), "open") + ports("tcp", (113,), "reject-reset")
           + ports("udp", (53,), "open") + ports("udp", (514,), "mute"))
BASE = Host("base", ports=ports("tcp", (22, 5432), "open")
            + ports("tcp", (8080,), "drop") + ports("udp", (123,), "closed"))
PORTS = "1-200,443,5432,8080,53/udp,123/udp,514/udp"
# A rule that stands before all others, and that a test takes away again.
CLOSE = ("table inet later { chain input { type filter hook input priority -10; "
         "tcp dport %d drop; }; }")
OPEN_AGAIN = "delete table inet later"


class CommandsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.lab = cls.enterClassContext(Lab([WEB, BASE]))
        cls.web, cls.web_ipv6 = cls.lab.addresses["web"]
        cls.base = cls.lab.addresses["base"][0]

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def portvet(self, *arguments) -> Run:
        return run(arguments, self.lab.auditor)

    def save_run(self, name: str, *arguments) -> Path:
        """Runs portvet with -o json and keeps the report."""
        path = self.folder / f"{name}.json"
        self.portvet(*arguments, "-o", f"json={path}")
        return path

    def drop_later(self, port: int) -> None:
        """Until the test's end, a firewall of the web host drops PORT."""
        host = self.lab.namespace("web")
        host.nft(CLOSE % port)
        self.addCleanup(host.nft, OPEN_AGAIN)

    def test_a_setting_of_the_file_holds_until_the_command_line_says_otherwise(self) -> None:
        path = self.folder / "slow.yml"
        path.write_text(f"hosts:\n  {self.web}: 22 open; 1000-5000 dropped\n"
                        f"settings:\n  deadline: 300ms\n  max-rate: 50\n")
        done = self.portvet("check", path)
        self.assertEqual(done.exit_code, INCONCLUSIVE, done.stdout)
        done = self.portvet("check", path, "--deadline", "1m", "--max-rate", "20000")
        self.assertEqual(done.exit_code, MET, done.stdout)

    def test_nagios_reads_its_own_exit_codes(self) -> None:
        waived = self.folder / "waived.yml"
        waived.write_text(f"hosts:\n  {self.web}: 22 open; 80 dropped\nwaivers:\n"
                          f"  - {{hosts: {self.web}, ports: 80, until: 2020-01-01, reason: old}}\n"
                          f"  - {{hosts: {self.web}, ports: 22, until: 2099-01-01, reason: new}}\n")
        soon = self.folder / "soon.yml"
        soon.write_text(waived.read_text().replace("80 dropped", "80 open"))
        for code, state, arguments in (
                (0, "OK", ("check", "-e", "22 open", self.web)),
                (1, "WARNING", ("check", soon)),
                (2, "CRITICAL", ("check", "-e", "22 dropped", self.web)),
                (2, "CRITICAL", ("check", waived)),
                (3, "UNKNOWN", ("check", "-e", "udp 514 open", self.web)),
                (3, "UNKNOWN", ("check", self.folder / "nosuch.yml")),
                (3, "UNKNOWN", ("check", "-e", "22 open", self.web, "--interface", "nosuch0"))):
            with self.subTest(state, arguments=arguments):
                done = self.portvet(*arguments, "-o", "nagios")
                self.assertEqual(done.exit_code, code, done.stdout + done.stderr)
                self.assertTrue(done.stdout.startswith(f"PORTVET {state}: "), done.stdout)
                self.assertLess(len(done.stdout.splitlines()[0]), 80)

    def test_nagios_in_a_file_leaves_the_usual_exit_codes(self) -> None:
        done = self.portvet("check", "-e", "22 dropped", self.web, "-o",
                            f"nagios={self.folder}/state.txt")
        self.assertEqual(done.exit_code, BROKEN)

    def test_what_was_learnt_is_met_at_once(self) -> None:
        learnt = self.portvet("learn", self.web, self.web_ipv6, self.base, "-p", PORTS)
        self.assertEqual(learnt.exit_code, MET, learnt.stderr)
        self.assertIn("# ssh, http, https\n", learnt.stdout)
        path = self.folder / "learnt.yml"
        path.write_text(learnt.stdout)
        self.assertEqual(self.portvet("lint", path).exit_code, MET)
        done = self.portvet("check", path)
        self.assertEqual(done.exit_code, MET, f"{learnt.stdout}\n{done.stdout}{done.stderr}")

    def test_all_ports_are_learnt_as_what_most_of_them_are(self) -> None:
        learnt = self.portvet("learn", self.base, "--max-rate", "0")
        self.assertEqual(learnt.exit_code, MET, learnt.stderr)
        self.assertIn("others", learnt.stdout)
        path = self.folder / "learnt.yml"
        path.write_text(learnt.stdout)
        done = self.portvet("check", path, "--max-rate", "0")
        self.assertEqual(done.exit_code, MET, f"{learnt.stdout}\n{done.stdout}{done.stderr}")

    def test_what_was_learnt_is_broken_by_a_change(self) -> None:
        path = self.folder / "learnt.yml"
        path.write_text(self.portvet("learn", self.web, "-p", "22,80,443").stdout)
        self.drop_later(443)
        self.assertEqual(self.portvet("check", path).exit_code, BROKEN)

    def test_two_runs_of_the_same_are_the_same(self) -> None:
        old, new = (self.save_run(name, "scan", self.web, "-p", PORTS) for name in ("a", "b"))
        done = self.portvet("diff", old, new)
        self.assertEqual((done.exit_code, done.stdout), (MET, ""))

    def test_a_firewall_change_between_two_runs_is_shown(self) -> None:
        old = self.save_run("old", "check", "-e", "22,443 open", self.web)
        self.drop_later(443)
        new = self.save_run("new", "check", "-e", "22,443 open", self.web)
        done = self.portvet("diff", old, new)
        self.assertEqual(done.exit_code, BROKEN, done.stderr)
        self.assertIn("tcp 443: open (syn-ack) met -> dropped (no-response) broken",
                      done.stdout)
        self.assertNotIn("22", done.stdout.replace(self.web, ""))
        self.assertEqual(self.portvet("diff", new, new).exit_code, MET)

    def test_shards_merge_into_the_whole(self) -> None:
        path = self.folder / "fleet.yml"
        path.write_text(f"hosts:\n  {self.web}: 22,80 open; 23 dropped\n"
                        f"  {self.base}: 22 open; 80 open\n")
        shards = [self.save_run(f"shard{k}", "check", path, "--shard", f"{k}/2")
                  for k in (1, 2)]
        for shard in shards:
            self.assertEqual(json.loads(shard.read_text())["summary"]["hosts"], 1)
        merged = run_json(["merge", *map(str, shards)], self.lab.auditor)
        whole = run_json(["check", str(path)], self.lab.auditor)
        self.assertEqual((merged.exit_code, whole.exit_code), (BROKEN, BROKEN))
        self.assertEqual(merged.report["summary"], whole.report["summary"])
        for address in (self.web, self.base):
            self.assertEqual({key: entry["result"] for key, entry in merged.ports(address).items()},
                             {key: entry["result"] for key, entry in whole.ports(address).items()})
        self.assertIn(self.base, self.portvet("merge", *shards).stdout)
        self.assertEqual(self.portvet("merge", *shards, "-o", "nagios").exit_code, 2)

    def test_one_host_twice_is_not_merged(self) -> None:
        path = self.save_run("one", "check", "-e", "22 open", self.web)
        done = self.portvet("merge", path, path)
        self.assertEqual(done.exit_code, FILE)
        self.assertIn(self.web, done.stderr)

    def test_what_is_no_run_is_refused(self) -> None:
        path = self.folder / "other.json"
        path.write_text("[1, 2]")
        for arguments in (("diff", path, path), ("merge", path), ("merge", "nosuch.json")):
            done = self.portvet(*arguments)
            self.assertEqual(done.exit_code, FILE, done.stderr)
            self.assertIn(str(arguments[1]), done.stderr)
        for arguments in (("diff", path), ("merge",), ("learn",)):
            self.assertEqual(self.portvet(*arguments).exit_code, USAGE)

    def test_a_full_standard_output_is_exit_code_73(self) -> None:
        old = self.save_run("old", "scan", self.web, "-p", "22")
        new = self.save_run("new", "scan", self.web, "-p", "22,80")
        for arguments in (("diff", old, new), ("merge", new), ("learn", self.web, "-p", "22")):
            shell = ["sh", "-c", 'exec "$@" >/dev/full', "sh"]
            done = run(arguments, self.lab.auditor, before=shell)
            self.assertEqual(done.exit_code, REPORT, f"{arguments}: {done.stderr}")

    def test_help_knows_every_command_and_a_slip_draws_it(self) -> None:
        shown = self.portvet("--help").stdout
        for name in ("check", "scan", "learn", "lint", "explain", "diff", "merge", "probes",
                     "respond"):
            self.assertIn(f"  portvet {name} ", shown)
            done = self.portvet(name, "--help")
            self.assertEqual(done.exit_code, MET)
            self.assertTrue(done.stdout.startswith(f"portvet {name}: "))
        done = self.portvet("mrege")
        self.assertEqual(done.exit_code, USAGE)
        self.assertIn("did you mean 'merge'?", done.stderr)
        self.assertRegex(self.portvet("--version").stdout, r"^portvet \d+\.\d+\.\d+\n$")


if __name__ == "__main__":
    main()
