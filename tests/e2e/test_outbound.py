"""Outbound audits: what may leave is proven against a responder outside, which answers those
who have its key, and nobody else."""

import struct
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

from e2e.outbound import OUTSIDE, OUTSIDE_IPV4, OUTSIDE_IPV6, Outbound, new_key
from e2e.portvet import BROKEN, BUILD, FILE, INCONCLUSIVE, MET, USAGE, Run, run
from lab.rows import KERNEL_LIMITS, symmetric_wire
from lab.testing import main

ALL_PORTS = 2 * 2 * 65535  # both protocols, both families
LONGEST_S = 60             # an idle machine takes a tenth of it
FLOOD = BUILD / "tests/lab/flood"
SIGNATURE_LIFE_S = 5

SMALL = """\
responders:
  198.51.100.7: {key: outside.key}
  "2001:db8:51::7": {key: outside.key}
groups:
  outside:
    hosts: [198.51.100.7, "2001:db8:51::7"]
    expect:
      app: tcp+udp 53,123 open; tcp+udp 1-20 filtered
"""

# Sends what it reads, in hexadecimal, one IPv4 packet a line.
INJECT = """\
import socket, sys
out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
for line in sys.stdin:
    out.sendto(bytes.fromhex(line), ("198.51.100.7", 0))
"""


def forward(*rules: str) -> str:
    """The router's rules for what goes out."""
    lines = "\n".join(f'iifname "up0" {rule}' for rule in rules)
    return f"""table inet egress {{
        chain forward {{
            type filter hook forward priority filter; policy accept;
            {lines}
        }}
    }}"""


def small(lab: Outbound) -> str:
    (lab.folder / "small.yml").write_text(SMALL)
    return "small.yml"


def entry(done: Run, address: str, proto: str, port: int) -> tuple[str, str, str]:
    said = done.ports(address)[proto, port]
    return said["state"], said["reason"], said.get("origin", "unknown")


def sent_probes(pcap: Path) -> list[bytes]:
    """The IPv4 packets in the evidence of a run that went to the responder."""
    data, packets, at = pcap.read_bytes(), [], 24
    link = struct.unpack("<I", data[20:24])[0]
    assert link == 101, f"raw IP is expected, not link type {link}"
    while at < len(data):
        length = struct.unpack("<I", data[at + 8:at + 12])[0]
        packets.append(data[at + 16:at + 16 + length])
        at += 16 + length
    target = bytes(map(int, OUTSIDE_IPV4.split(".")))
    return [packet for packet in packets if packet[0] >> 4 == 4 and packet[16:20] == target]


def inject(lab: Outbound, packets: list[bytes]) -> None:
    lines = "".join(packet.hex() + "\n" for packet in packets)
    lab.lab.auditor.run([sys.executable, "-c", INJECT], input=lines)
    time.sleep(0.5)


class ZeropsTest(unittest.TestCase):
    """The example, on all ports."""

    def assert_all_met(self, done: Run) -> None:
        self.assertEqual(done.exit_code, MET, done.stderr)
        self.assertEqual(done.report["summary"]["met"], ALL_PORTS)
        print(f"\n{ALL_PORTS} ports in {done.seconds:.1f} s", file=sys.stderr)
        self.assertLess(done.seconds, LONGEST_S)

    def test_the_table_is_met_behind_a_router(self) -> None:
        with Outbound(symmetric_wire(delay_ms=10)) as lab:
            lab.load(lab.rules("router.nft"), "router")
            done = lab.check("--max-rate", "0")
            self.assert_all_met(done)
            for address in OUTSIDE:
                self.assertEqual(entry(done, address, "udp", 8080)[:2], ("dropped", "no-response"))
                self.assertEqual(entry(done, address, "udp", 53), ("open", "responder", "host"))

    def test_the_table_is_met_under_loss(self) -> None:
        with Outbound(symmetric_wire(delay_ms=10, loss=0.05)) as lab:
            lab.load(lab.rules("router.nft"), "router")
            self.assert_all_met(lab.check("--max-rate", "0"))

    def test_the_table_is_met_by_a_firewall_on_the_machine_itself(self) -> None:
        with Outbound() as lab:
            lab.load(lab.rules("machine.nft"), "auditor")
            done = lab.check("--max-rate", "0")
            self.assert_all_met(done)
            for address in OUTSIDE:
                self.assertEqual(entry(done, address, "tcp", 25),
                                 ("dropped", "local-firewall", "local"))

    def test_each_broken_rule_is_found(self) -> None:
        mistakes = {
            "tcp 443 open": ("tcp dport { 22, 53, 80, 123, 443 }", "tcp dport { 22, 53, 80, 123 }"),
            "udp 123 open": ("udp dport { 22, 53, 80, 123, 443 }", "udp dport { 22, 53, 80, 443 }"),
            "tcp 25 filtered": ("tcp dport 1-1024 drop", "tcp dport { 1-24, 26-1024 } drop"),
            "tcp 8443 open": ("tcp dport 1-1024 drop", "tcp dport { 1-1024, 8443 } drop"),
            "udp 1900 filtered": ("meta l4proto udp drop", "udp dport != 1900 drop"),
        }
        with Outbound() as lab:
            for mistake, (right, wrong) in mistakes.items():
                with self.subTest(mistake):
                    lab.load(lab.rules("router.nft").replace(right, wrong), "router")
                    done = lab.check("--max-rate", "0", "-4")
                    self.assertEqual(done.exit_code, BROKEN)
                    broken = [f"{one['proto']} {one['ports']} {one['expected']}"
                              for one in done.report["hosts"][0]["ports"]
                              if one["result"] == "broken"]
                    self.assertEqual(broken, [mistake])


class VerdictTest(unittest.TestCase):
    def test_rejects_are_told_with_reason_and_origin(self) -> None:
        verdicts = {"reject with tcp reset": "reset", "reject": "port-unreachable",
                    "reject with icmpx admin-prohibited": "admin-prohibited"}
        with Outbound(symmetric_wire(delay_ms=2)) as lab:
            policy = small(lab)
            for verdict, reason in verdicts.items():
                with self.subTest(verdict):
                    rules = lab.rules("router.nft").replace("1-1024 drop", f"1-1024 {verdict}")
                    if "tcp" not in verdict:
                        rules = rules.replace("udp drop", f"udp {verdict}")
                    lab.load(rules, "router")
                    done = lab.check(policy=policy)
                    self.assertEqual(done.exit_code, MET)
                    for address in OUTSIDE:
                        self.assertEqual(entry(done, address, "tcp", 9),
                                         ("rejected", reason, "upstream"))
                        if "tcp" not in verdict:
                            self.assertEqual(entry(done, address, "udp", 9),
                                             ("rejected", reason, "upstream"))

    def test_rejects_under_the_kernel_s_limits_are_told_from_a_sample(self) -> None:
        """Over IPv6, where the sample takes a minute; over IPv4 it takes five."""
        kinds = {range(1, 101): ("reject", "port-unreachable"),
                 range(101, 201): ("reject with icmpx admin-prohibited", "admin-prohibited"),
                 range(201, 301): ("reject with icmpx host-unreachable", "host-unreachable"),
                 range(301, 401): ("reject with icmpx no-route", "net-unreachable")}
        rules = [f"udp dport {ports[0]}-{ports[-1]} {verdict}"
                 for ports, (verdict, _) in kinds.items()]
        with Outbound(symmetric_wire(delay_ms=2), router_limits=KERNEL_LIMITS) as lab:
            lab.load(forward("udp dport { 53, 123 } accept", *rules), "router")
            policy = SMALL.replace("tcp+udp 1-20 filtered", "udp others(1-400) rejected")
            (lab.folder / "limited.yml").write_text(policy)
            done = lab.check("-6", policy="limited.yml")
            self.assertEqual(done.exit_code, MET)
            seen = done.ports(OUTSIDE_IPV6)
            for ports, (_, reason) in kinds.items():
                said = {(one["reason"], one["origin"])
                        for port in ports if (one := seen["udp", port])["state"] != "open"}
                self.assertEqual(said, {(reason, "upstream"), ("rate-limited", "upstream")})

    def test_translated_addresses_and_ports_are_no_hindrance(self) -> None:
        nat = """table inet nat {
            chain out {
                type nat hook postrouting priority srcnat;
                oifname "host0" masquerade fully-random
            }
        }"""
        with Outbound(symmetric_wire(delay_ms=2)) as lab:
            lab.load(lab.rules("router.nft") + nat, "router")
            self.assertEqual(lab.check(policy=small(lab)).exit_code, MET)

    def test_without_any_rule_all_that_should_be_filtered_is_open(self) -> None:
        with Outbound() as lab:
            done = lab.check(policy=small(lab))
            self.assertEqual(done.exit_code, BROKEN)
            self.assertEqual(done.report["summary"]["broken"], 2 * 2 * 20)

    def test_a_key_that_others_may_read_is_refused_at_either_end(self) -> None:
        with Outbound() as lab:
            (lab.folder / "outside.key").chmod(0o644)
            with self.assertRaises(AssertionError) as refused:
                lab.check(policy=small(lab))
            self.assertIn(f"exit code {FILE}", str(refused.exception))
            self.assertIn("chmod 600", str(refused.exception))

    def test_explain_shows_each_packet_and_what_it_proves(self) -> None:
        reject = "udp dport 9 reject\nmeta l4proto udp drop"
        cases = {"53": ("tagged SYN to 198.51.100.7, port 53", "the responder signed this",
                        "port 53/tcp is open: responder; origin: host"),
                 "53/udp": ("tagged UDP to 198.51.100.7, port 53", "the responder signed this",
                            "port 53/udp is open: responder; origin: host"),
                 "17": ("tagged SYN to 198.51.100.7, port 17", "expected open: can answers come?",
                        "port 17/tcp is dropped: no-response"),
                 "9/udp": ("tagged UDP to 198.51.100.7, port 9", "without one by a firewall",
                           "port 9/udp is rejected: port-unreachable; origin: upstream")}
        with Outbound() as lab:
            policy = str(lab.folder / small(lab))
            lab.load(lab.rules("router.nft").replace("meta l4proto udp drop", reject), "router")
            for port, words in cases.items():
                with self.subTest(port):
                    explained = run(["explain", policy, OUTSIDE_IPV4, port, "--from", "app",
                                     "--probe"], lab.lab.auditor)
                    self.assertEqual(explained.exit_code, MET, explained.stderr)
                    for word in ("by the rule", *words, "from app: met"):
                        self.assertIn(word, explained.stdout)
                    self.assertEqual(explained.stdout.count("Likely causes"), 1)

    def test_explain_says_nothing_is_known_where_nothing_is_signed(self) -> None:
        with Outbound() as lab:
            lab.stop_responder()
            explained = run(["explain", str(lab.folder / small(lab)), OUTSIDE_IPV4, "53/udp",
                             "--from", "app", "--probe"], lab.lab.auditor)
            self.assertIn("port 53/udp is unknown: wrong-key", explained.stdout)
            self.assertIn("no responder runs there", explained.stdout)

    def test_waiting_for_a_rule_ends_when_it_is_there(self) -> None:
        with Outbound() as lab:
            policy = small(lab)
            late = threading.Timer(2, lab.load, (lab.rules("router.nft"), "router"))
            late.start()
            waited = lab.check("--until", "20s", policy=policy)
            late.join()
            self.assertEqual(waited.exit_code, MET)
            self.assertLess(waited.seconds, 15)

    def test_connect_is_refused_for_a_responder(self) -> None:
        with Outbound() as lab, self.assertRaises(AssertionError) as refused:
            lab.check("--connect", policy=small(lab))
        self.assertIn(f"exit code {USAGE}", str(refused.exception))
        self.assertIn("leave --connect out", str(refused.exception))


class UnsignedTest(unittest.TestCase):
    """Where no answer is signed, nothing is dropped, and the words say no more than is known."""

    def assert_all_unknown(self, lab: Outbound, reason: str, origin: str, words: str,
                           **options) -> None:
        done = lab.check("-o", f"text={lab.folder / 'report.txt'}", policy=small(lab), **options)
        self.assertEqual(done.exit_code, INCONCLUSIVE)
        self.assertEqual({(one["state"], one["reason"])
                          for host in done.report["hosts"] for one in host["ports"]},
                         {("unknown", reason)})
        self.assertEqual(entry(done, OUTSIDE_IPV4, "udp", 53), ("unknown", reason, origin))
        self.assertIn(words, " ".join((lab.folder / "report.txt").read_text().split()))

    def test_another_key(self) -> None:
        with Outbound() as lab:
            lab.stop_responder()
            lab.start_responder(new_key(lab.folder / "another.key"))
            self.assert_all_unknown(lab, "wrong-key", "host", "probes get there")
            counters = lab.stop_responder()
            self.assertEqual((counters["answered"], counters["stale"]), (0, 0))
            self.assertGreater(counters["not signed"], 0)

    def test_clocks_that_are_too_far_apart(self) -> None:
        with Outbound() as lab:
            self.assert_all_unknown(lab, "wrong-key", "host", "probes get there",
                                    before=("env", "FAKETIME_DONT_FAKE_MONOTONIC=1", "faketime",
                                            "-f", f"-{SIGNATURE_LIFE_S + 55}s"))
            counters = lab.stop_responder()
            self.assertEqual((counters["answered"], counters["not signed"]), (0, 0))
            self.assertGreater(counters["stale"], 0)

    def test_no_responder(self) -> None:
        with Outbound() as lab:
            lab.stop_responder()
            self.assert_all_unknown(lab, "wrong-key", "host", "probes get there")

    def test_nothing_but_pings_goes_out(self) -> None:
        with Outbound() as lab:
            lab.load(forward("meta l4proto { tcp, udp } drop"), "router")
            self.assert_all_unknown(lab, "wrong-key", "unknown", "or no probe gets there")

    def test_somebody_on_the_way_resets_in_its_name(self) -> None:
        with Outbound() as lab:
            lab.load(forward("meta l4proto tcp reject with tcp reset", "drop"), "router")
            self.assert_all_unknown(lab, "wrong-key", "unknown", "or no probe gets there")

    def test_nothing_goes_out(self) -> None:
        with Outbound() as lab:
            lab.load(forward("drop"), "router")
            self.assert_all_unknown(lab, "host-silent", "unknown", "answered nothing at all")

    def test_no_syn_goes_out(self) -> None:
        with Outbound() as lab:
            lab.load(forward("meta l4proto tcp drop"), "router")
            done = lab.check(policy=small(lab))
            for address in OUTSIDE:
                self.assertEqual(entry(done, address, "tcp", 53)[:2], ("unknown", "unsigned"))
                self.assertEqual(entry(done, address, "udp", 53)[:2], ("open", "responder"))


class ResponderTest(unittest.TestCase):
    def test_a_flood_is_not_answered_and_does_not_silence_it(self) -> None:
        with Outbound() as lab:
            policy = small(lab)
            lab.load(lab.rules("router.nft"), "router")
            floods = [subprocess.Popen(lab.lab.made["router"].command([str(FLOOD), address, "4"]),
                                       stdout=subprocess.PIPE, text=True) for address in OUTSIDE]
            time.sleep(1)
            done = lab.check(policy=policy)
            said = [flood.communicate()[0].split() for flood in floods]
            sent, rate = (sum(map(int, numbers)) for numbers in zip(*said))
            counters = lab.ask_counters()
            print(f"\n{sent} packets, {rate} a second; {counters}", file=sys.stderr)
            self.assertEqual(done.exit_code, MET)
            self.assertGreater(rate, 50_000)   # on an idle machine four times that
            self.assertGreater(counters["not signed"], sent / 4)
            self.assertLessEqual(counters["answered"], done.report["traffic"]["sent"])

    def test_recorded_and_altered_probes_get_nothing(self) -> None:
        with Outbound() as lab:
            evidence = lab.folder / "evidence.pcap"
            lab.check("-4", "--pcap", str(evidence), policy=small(lab))
            probes = sent_probes(evidence)
            self.assertGreaterEqual(len(probes), 44)
            answered = lab.ask_counters()["answered"]
            altered = [packet[:24] + bytes([packet[24] ^ 1]) + packet[25:]
                       for packet in probes if packet[9] == 6]
            altered += [packet[:-1] + bytes([packet[-1] ^ 1]) for packet in probes
                        if packet[9] == 17]
            inject(lab, altered)
            counters = lab.ask_counters()
            self.assertEqual(counters["answered"], answered)
            self.assertGreaterEqual(counters["not signed"], len(altered))
            time.sleep(SIGNATURE_LIFE_S + 1)
            inject(lab, probes)
            counters = lab.ask_counters()
            self.assertEqual(counters["answered"], answered)
            self.assertGreaterEqual(counters["stale"], 1)

    def test_its_rate_is_limited(self) -> None:
        with Outbound(options=["--max-rate", "100"]) as lab:
            done = lab.check("-4", "--deadline", "5s", policy=small(lab))
            self.assertGreater(lab.ask_counters()["over the limit"], 0)
            self.assertNotIn("dropped", {one["state"] for one in done.report["hosts"][0]["ports"]})


if __name__ == "__main__":
    main()
