"""`--pcap` has the packets of connections that the kernel makes: handshakes with what answers
everything, and all of --connect; whole, in order, and nobody else's."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from e2e import pcap
from e2e.pcap import ACK, RST, SYN
from e2e.portvet import MET, PRIVILEGE, Run, run, run_json
from lab.machines import honeypot, syn_proxy
from lab.rows import Host, ports
from lab.testing import main
from lab.topology import AUDITOR_IPV4, AUDITOR_IPV6, Lab

OPEN, GREETING, CLOSED, DROPPED, REJECTED, UDP_OPEN, UDP_CLOSED = 80, 25, 81, 82, 83, 53, 54
DOUBTED = (OPEN, GREETING, CLOSED, DROPPED)
RANDOM_PORTS = 8  # beside which handshakes with the doubted ones are looked at
TARGET = Host("target", ports("tcp", (OPEN,), "open") + ports("tcp", (GREETING,), "greeting")
              + ports("tcp", (DROPPED,), "drop")
              + ports("tcp", (REJECTED,), "reject-admin-prohibited")
              + ports("udp", (UDP_OPEN,), "open"))
MODES: dict[str, tuple[str, ...]] = {"raw": (), "connect": ("--connect",)}
OURS = (AUDITOR_IPV4, AUDITOR_IPV6)

THEIR_TTL = 99  # by which a stranger's packets are known

# Connects again and again, from whatever ports there are.
STRANGER = """
import resource, socket, sys, time
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
kept = []
for number in range(1500):
    kept.append(socket.socket())
    kept[-1].setblocking(False)
    kept[-1].setsockopt(socket.IPPROTO_IP, socket.IP_TTL, int(sys.argv[3]))
    kept[-1].connect_ex((sys.argv[1], int(sys.argv[2])))
    print(number, flush=True)
    time.sleep(0.001)
sys.stdin.read()
"""


class PcapTest(unittest.TestCase):
    def setUp(self) -> None:
        self.path = Path(self.enterContext(tempfile.TemporaryDirectory())) / "run.pcap"

    def scan(self, lab: Lab, *options: str, numbers: tuple[int, ...] = DOUBTED) -> Run:
        listed = ",".join(map(str, numbers))
        return run_json(["scan", *lab.addresses["target"], "-p", listed, "--pcap", self.path,
                         *options], lab.auditor)

    def assert_whole(self, connection: list[pcap.Packet]) -> None:
        flags = [each.flags & (SYN | ACK | RST) for each in connection]
        self.assertEqual(flags[:3], [SYN, SYN | ACK, ACK], connection)
        self.assertIn(connection[0].source, OURS)
        self.assertTrue(flags[-1] & RST, connection)
        times = [each.time for each in connection]
        self.assertEqual(times, sorted(times))

    def test_handshakes_behind_a_syn_proxy_are_whole_in_both_families(self) -> None:
        for mode, options in MODES.items():
            with self.subTest(mode), Lab([TARGET]) as lab:
                syn_proxy(lab.made["router"], "up0", "forward")
                self.scan(lab, *options)
                made = pcap.handshakes(pcap.read(self.path))
                for address in lab.addresses["target"]:
                    for number in DOUBTED:
                        self.assertTrue(made[address, number], (address, number))
                    others = [key for key in made if key[0] == address and key[1] not in DOUBTED]
                    self.assertGreaterEqual(len(others), RANDOM_PORTS)
                for connections in made.values():
                    for connection in connections:
                        self.assert_whole(connection)
                self.assertEqual(pcap.wrong(self.path), [])

    def test_what_a_service_says_and_how_it_ends_is_there(self) -> None:
        with Lab([TARGET]) as lab:
            honeypot(lab.namespace("target"), OPEN, (GREETING,))
            self.scan(lab)
            self.assertIn(b"220 lab", self.path.read_bytes())
            for address in lab.addresses["target"]:
                ends = [each for connection in
                        pcap.handshakes(pcap.read(self.path))[address, OPEN]
                        for each in connection if each.source == address and each.flags & pcap.FIN]
                self.assertTrue(ends, address)

    def test_explain_tells_each_packet_that_is_in_it(self) -> None:
        with Lab([TARGET]) as lab:
            syn_proxy(lab.made["router"], "up0", "forward")
            for address in lab.addresses["target"]:
                policy = self.path.with_name("edge.yml")
                policy.write_text(f'hosts:\n  "{address}": {OPEN} open\n', encoding="ascii")
                done = run(["explain", policy, address, str(OPEN), "--probe", "--pcap", self.path],
                           lab.auditor)
                self.assertEqual(done.exit_code, MET, done.stderr)
                told = [line for line in done.stdout.splitlines()
                        if " ms  sent  " in line or " ms  seen  " in line]
                self.assertEqual(len(told), len(pcap.tshark(self.path)))
                for words in ("Random ports answer too", f"from port {OPEN}: room for",
                              f"sent  RST to {address}, port {OPEN}"):
                    self.assertIn(words, done.stdout)

    def test_handshakes_come_after_the_probes_of_the_engine(self) -> None:
        with Lab([TARGET]) as lab:
            syn_proxy(lab.made["router"], "up0", "forward")
            sent = self.scan(lab).report["traffic"]["sent"]
            packets = pcap.read(self.path)
        made = {each for connections in pcap.handshakes(packets).values()
                for connection in connections for each in connection}
        first = next(number for number, each in enumerate(packets) if each in made)
        self.assertEqual(len([each for each in packets[:first] if each.source in OURS]), sent)
        times = [each.time for each in packets[first:]]
        self.assertEqual(times, sorted(times))

    def test_connections_of_others_to_the_same_port_are_not_in_it(self) -> None:
        """They come from ports all over, those that are captured included."""
        for mode, options in MODES.items():
            with self.subTest(mode), Lab([TARGET]) as lab:
                honeypot(lab.namespace("target"), OPEN)
                lab.auditor.write_sysctls({"net.ipv4.ip_local_port_range": "10000 65535"})
                address = lab.addresses["target"][0]
                with open(self.path.with_name("theirs"), "w+", encoding="ascii") as said:
                    stranger = subprocess.Popen(
                        lab.auditor.command([sys.executable, "-c", STRANGER, address, str(OPEN),
                                             str(THEIR_TTL)]),
                        stdin=subprocess.PIPE, stdout=said)
                    self.scan(lab, *options)
                    stranger.communicate()
                    said.seek(0)
                    self.assertGreater(len(said.readlines()), 500)
                self.assertEqual(pcap.tshark(self.path, "-Y", f"ip.ttl == {THEIR_TTL}"), [])
                begun = set()
                for packet in pcap.read(self.path):
                    if packet.proto == "tcp" and packet.flags == SYN:
                        begun.add(packet.ends)
                    elif packet.proto == "tcp":
                        self.assertIn(packet.ends, begun)
                self.assertTrue(begun)

    def test_all_that_connect_asks_and_hears_is_there(self) -> None:
        with Lab([TARGET]) as lab:
            for end, interface in (("auditor", "eth0"), ("router", "up0")):
                lab.made[end].run(["ethtool", "-K", interface, "tx", "on"])
            listed = f"{OPEN},{CLOSED},{REJECTED},{UDP_OPEN}/udp,{UDP_CLOSED}/udp"
            done = run_json(["scan", *lab.addresses["target"], "-p", listed, "--connect",
                             "--pcap", self.path], lab.auditor)
            packets = pcap.read(self.path)
            self.assertEqual(pcap.wrong(self.path), [])
            asked = [each for each in packets if each.source in OURS
                     and (each.proto == "udp" or each.flags == SYN)]
            self.assertGreater(done.report["traffic"]["sent"], 0)
            self.assertGreaterEqual(len(asked), done.report["traffic"]["sent"])
            self.assertEqual(done.report["traffic"]["capture_dropped"], 0)
            for address in lab.addresses["target"]:
                heard = {(each.proto, each.source_port, each.flags & (SYN | ACK | RST))
                         for each in packets if each.source == address}
                self.assertLessEqual({("tcp", OPEN, SYN | ACK), ("tcp", CLOSED, RST | ACK),
                                      ("icmp", 0, 0), ("udp", UDP_OPEN, 0)}, heard)

    def test_on_loopback_each_packet_is_there_once(self) -> None:
        with Lab([TARGET]) as lab:
            done = run(["scan", "127.0.0.1", "::1", "-p", "1-3", "--connect", "--pcap", self.path],
                       lab.auditor)
        self.assertEqual(done.exit_code, MET, done.stderr)
        self.assertEqual(pcap.wrong(self.path), [])
        flags = [each.flags for each in pcap.read(self.path)]
        starts = {(each.ends, each.sequence) for each in pcap.read(self.path) if each.flags == SYN}
        self.assertTrue(starts)
        self.assertEqual(flags.count(SYN), len(starts))
        self.assertEqual(flags.count(RST | ACK), len(starts))

    def test_across_a_bridge_each_packet_is_there_once(self) -> None:
        with Lab([TARGET]) as lab:
            lab.auditor.ip("link add bridge type bridge", "link set eth0 master bridge",
                           "addr flush dev eth0", f"addr add {AUDITOR_IPV4}/24 dev bridge",
                           "link set bridge up", "route add default via 10.99.0.254")
            self.path.unlink(missing_ok=True)
            done = run(["scan", lab.addresses["target"][0], "-p", f"{OPEN},{CLOSED}", "--connect",
                        "--pcap", self.path], lab.auditor)
        self.assertEqual(done.exit_code, MET, done.stderr)
        starts = [(each.ends, each.sequence) for each in pcap.read(self.path) if each.flags == SYN]
        self.assertTrue(starts)
        self.assertEqual(len(starts), len(set(starts)))

    def test_without_the_privilege_it_is_refused(self) -> None:
        done = run(["scan", "127.0.0.1", "-p", "1", "--connect", "--pcap", self.path],
                   before=("setpriv", "--bounding-set=-all", "--inh-caps=-all"))
        self.assertEqual(done.exit_code, PRIVILEGE, done.stderr)
        self.assertIn("leave --pcap out", done.stderr)


if __name__ == "__main__":
    main()
