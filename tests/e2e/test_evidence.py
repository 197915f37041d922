"""What a person is shown as proof: packets in a file, the explanation of one port, and UDP
probes of one's own."""

import subprocess
import tempfile
import unittest
from pathlib import Path

from e2e.portvet import FILE, MET, REPORT, USAGE, run, run_json
from lab.firewall import chain
from lab.rows import ROUTER, Host, Port, ports
from lab.testing import main
from lab.topology import ROUTER_IPV4, Lab

CLOSED, DROPPED, REJECTED, BEFORE, OPEN = 3001, 3002, 3003, 3004, 22
TARGET = Host("target", ports("tcp", (OPEN,), "open") + ports("tcp", (DROPPED,), "drop")
              + ports("tcp", (REJECTED,), "reject-reset")
              + ports("tcp", (BEFORE,), "reject-reset", ROUTER)
              + ports("udp", (5000,), "open"))

# What explain must say of each port, among other things.
WORDS = {
    OPEN: ("sent  SYN to 198.18.0.10, port 22", "seen  SYN-ACK from", "something accepts connections",
           "is open: syn-ack; origin: host", "a service listens", "\nJudged:\n  met, by"),
    CLOSED: ("seen  RST from", "the host's own stack refuses", "is closed: reset; origin: host",
             "the firewall lets it through, but nothing listens", "\nJudged:\n  broken, by"),
    DROPPED: ("is dropped: no-response", "chance of a missed answer", "the firewall drops it"),
    REJECTED: ("SYN with a wrong data offset", "a firewall: no stack answers such a SYN",
               "is rejected: reset; origin: firewall", "the host's own firewall refuses it"),
    BEFORE: ("is rejected: reset; origin: upstream", "one hop before the host",
             "a device before the host refuses it"),
}

PROBE = """name: knock
description: "a protocol of our own"
ports: "5000"
source: a test
payload:
  - text: who is there
"""


class EvidenceTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="portvet-evidence-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def test_pcap_holds_what_was_sent_and_what_counted(self) -> None:
        path = self.folder / "run.pcap"
        with Lab([TARGET]) as lab:
            done = run_json(["scan", *lab.addresses["target"], "-p", f"{OPEN},3001-3004,5000/udp",
                             "--pcap", path], lab.auditor)
        traffic = done.report["traffic"]
        for mine, expected in (("==", traffic["sent"]), ("!=", traffic["received"])):
            chosen = f"ip.src {mine} 10.99.0.1 && !ipv6 || ipv6.src {mine} fd00:99::1"
            shown = subprocess.run(["tshark", "-r", path, "-Y", chosen, "-T", "fields", "-e",
                                    "frame.number"], capture_output=True, text=True, check=True)
            self.assertEqual(len(shown.stdout.splitlines()), expected)

    def test_pcap_that_cannot_be_written_is_an_error_before_anything_is_sent(self) -> None:
        done = run(["scan", "127.0.0.1", "-p", "1", "--pcap", self.folder / "none/run.pcap"])
        self.assertEqual(done.exit_code, REPORT)
        self.assertIn("none/run.pcap", done.stderr)

    def test_explain_shows_rule_packets_proof_and_causes(self) -> None:
        with Lab([TARGET]) as lab:
            address = lab.addresses["target"][0]
            rules = f"{OPEN} open; 3001-3004 filtered; others not open"
            path = self.write("edge.yml", f"hosts:\n  {address}: {rules}\n")
            for port, words in WORDS.items():
                done = run(["explain", path, address, str(port), "--probe"], lab.auditor)
                with self.subTest(port=port):
                    self.assertEqual(done.exit_code, MET, done.stderr)
                    for each in ("edge.yml:2", *words):
                        self.assertIn(each, done.stdout)

    def test_explain_says_that_a_port_is_forwarded(self) -> None:
        with Lab([TARGET]) as lab:
            inside = lab.addresses["target"][0]
            rule = f"ip daddr {ROUTER_IPV4} tcp dport 8080 dnat ip to {inside}:{OPEN}"
            lab.made["router"].nft(chain("forwarded", "prerouting", -100, [rule], "nat"))
            path = self.write("edge.yml", f"hosts:\n  {ROUTER_IPV4}: 8080 open\n")
            done = run(["explain", path, ROUTER_IPV4, "8080", "--probe"], lab.auditor)
        self.assertIn("answered by 10.99.0.254, one hop behind the host", done.stdout)
        self.assertIn("the port is forwarded to a machine one hop behind the host", done.stdout)

    def test_explain_judges_what_was_seen_from_each_vantage(self) -> None:
        with Lab([TARGET]) as lab:
            address = lab.addresses["target"][0]
            path = self.write("edge.yml", "\n".join([
                "vantages: {office: here, internet: there}",
                "hosts:", f"  {address}:", "    office: 22 open", "    internet: 22 filtered",
                "  198.18.9.9: 22 open",
                "waivers:", f"  - {{hosts: {address}, ports: 22, from: internet,",
                "     until: 2999-12-31, reason: moving}", ""]))
            both = run(["explain", path, address, "22", "--probe"], lab.auditor)
            one = run(["explain", path, address, "22", "--probe", "--from", "office"],
                      lab.auditor)
            none = run(["explain", path, address, "23", "--probe"], lab.auditor)
            dead = run(["explain", path, "198.18.9.9", "22", "--probe", "--from", "office"],
                       lab.auditor)
        for done, judged in (
                (both, [f"  from office: met, by {path}:4:13: 22 open",
                        f"  from internet: broken but waived, by {path}:5:15: 22 filtered"]),
                (one, [f"  from office: met, by {path}:4:13: 22 open"]),
                (none, ["  from office: nothing is expected",
                        "  from internet: nothing is expected"]),
                (dead, [f"  from office: inconclusive, by {path}:6:15: 22 open"])):
            with self.subTest(judged=judged):
                self.assertEqual(done.exit_code, MET, done.stderr)
                self.assertEqual(done.stdout.splitlines()[-len(judged) - 1:], ["Judged:", *judged])

    def test_explain_without_probe_sends_nothing(self) -> None:
        path = self.write("edge.yml", "hosts:\n  192.0.2.1: 80 open; others not open\n")
        done = run(["explain", path, "192.0.2.1", "8080"])
        self.assertEqual(done.exit_code, MET)
        self.assertIn("others not open", done.stdout)
        self.assertNotIn("sent", done.stdout)

    def test_explain_of_an_unknown_host_or_file_is_an_error(self) -> None:
        path = self.write("edge.yml", "hosts:\n  192.0.2.1: 80 open\n")
        self.assertEqual(run(["explain", path, "192.0.2.9", "80"]).exit_code, USAGE)
        self.assertEqual(run(["explain", path, "192.0.2.1"]).exit_code, USAGE)
        self.assertEqual(run(["explain", self.folder / "none.yml", "h", "80"]).exit_code, FILE)

    def test_probes_of_a_folder_are_added_to_the_library(self) -> None:
        self.write("knock.yml", PROBE)
        self.assertNotIn("knock", run(["probes", "5000"]).stdout)
        shown = run(["probes", "5000", "--probes", self.folder])
        self.assertIn("knock", shown.stdout)
        self.assertIn("77 68 6f", shown.stdout)
        with Lab([TARGET]) as lab:
            address = lab.addresses["target"][0]
            path = self.folder / "knock.pcap"
            run(["scan", address, "-p", "5000/udp", "--probes", self.folder, "--pcap", path],
                lab.auditor)
            self.assertIn(b"who is there", path.read_bytes())

    def test_wrong_probe_file_is_an_error_with_its_place(self) -> None:
        self.write("wrong.yml", PROBE.replace("text", "words"))
        done = run(["scan", "127.0.0.1", "-p", "1", "--probes", self.folder])
        self.assertEqual(done.exit_code, FILE)
        self.assertIn("wrong.yml:6:", done.stderr)
        self.assertEqual(run(["probes", "--probes", self.folder / "none"]).exit_code, FILE)

    def test_probes_lists_the_library(self) -> None:
        shown = run(["probes"]).stdout
        for words in ("dns", "DNS:", "syslog", "never answers a stranger"):
            self.assertIn(words, shown)
        self.assertIn("an empty datagram", run(["probes", "9"]).stdout + run(["probes", "2"]).stdout)


if __name__ == "__main__":
    main()
