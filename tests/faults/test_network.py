"""The network of the auditing machine fails in mid-run: no verdict is ever wrong, and what
was not probed is said to be unknown, with the cause."""

import os
import signal
import time
import unittest

from e2e.portvet import INCONCLUSIVE, MET, NETWORK, Run, run_json
from faults.disturbed import Disturb, disturbed_scan
from faults.truthful import counts, wrong_verdicts
from lab.rows import Host, ports
from lab.testing import main
from lab.topology import AUDITOR_IPV4, AUDITOR_IPV6, ROUTER_IPV4, ROUTER_IPV6, Lab

TARGET = Host("target", default="drop",
              ports=ports("tcp", (22, 80, 443, 600, 800), "open")
              + ports("tcp", (113,), "reject-reset") + ports("tcp", (200, 700), "closed")
              + ports("udp", (53,), "open"))
GONE = Host("gone", alive=False)
RANGE = "1-800"
RATE = ("--max-rate", "1600")  # slow enough to be disturbed, quick enough to be waited for
# Which calls fail, and when: "3+2" is the third and every second one from there on.
REFUSALS = (("sendmmsg", "ENOBUFS", "3+4"), ("sendmmsg", "EPERM", "3+3"),
            ("sendmmsg", "EIO", "5+7"), ("sendmmsg", "ENETDOWN", "4+"), ("sendto", "EPERM", "2+2"),
            ("ppoll", "EINTR", "1+2"), ("recvfrom", "EINTR", "2+3"), ("recvfrom", "ENETDOWN", "2+4"),
            ("recvmsg", "ENOBUFS", "2"))
STOPPED_S = float(os.environ.get("PORTVET_STOPPED_SECONDS", "3"))


class NetworkTest(unittest.TestCase):
    def setUp(self) -> None:
        self.lab = self.enterContext(Lab([TARGET, GONE]))
        self.addresses = self.lab.addresses["target"]

    def disturbed(self, disturb: Disturb, *options: str, ports_: str = RANGE) -> Run:
        done = disturbed_scan(self.lab, disturb,
                              [*self.addresses, "-p", ports_, *RATE, *options])
        self.assertEqual(wrong_verdicts(self.lab, TARGET, done), [])
        return done

    def auditor_ip(self, *lines: str) -> None:
        self.lab.auditor.ip(*lines)

    def come_back(self) -> None:
        """Addresses and routes, where the kernel forgot them with the interface."""
        for line in (f"addr replace {AUDITOR_IPV6}/64 dev eth0 nodad",
                     f"addr replace {AUDITOR_IPV4}/24 dev eth0",
                     f"route replace default via {ROUTER_IPV4}",
                     f"route replace ::/0 via {ROUTER_IPV6}"):
            self.lab.auditor.ip(line)

    def test_an_interface_that_goes_down_and_up_costs_time_only(self) -> None:
        def disturb(_: int) -> None:
            self.auditor_ip("link set eth0 down")
            time.sleep(1)
            self.auditor_ip("link set eth0 up")
            self.come_back()
        done = self.disturbed(disturb)
        self.assertEqual(done.exit_code, MET, done.stderr)
        self.assertEqual(done.ports(self.addresses[0])["tcp", 800]["state"], "open")

    def assert_ended_by(self, line: str) -> None:
        done = self.disturbed(lambda _: self.auditor_ip(line))
        self.assertEqual(done.exit_code, NETWORK, done.stderr)
        unknown = {reason for state, reason in counts(done) if state == "unknown"}
        self.assertEqual(unknown, {"link-down"})
        self.assertNotIn("dropped", {state for state, _ in counts(done)})

    def test_an_interface_that_stays_down_ends_the_run(self) -> None:
        self.assert_ended_by("link set eth0 down")

    def test_an_interface_that_is_deleted_ends_the_run(self) -> None:
        self.assert_ended_by("link del eth0")

    def test_an_address_that_is_removed_proves_no_silence(self) -> None:
        self.disturbed(lambda _: self.auditor_ip(f"addr del {AUDITOR_IPV4}/24 dev eth0"),
                       "--deadline", "4s")

    def test_the_machines_own_firewall_makes_no_verdict(self) -> None:
        self.lab.auditor.nft("table inet own { chain output { type filter hook output "
                             "priority 0; tcp dport 500-600 drop; }\n}\n")
        self.disturbed(lambda _: None)

    def test_a_firewall_that_is_loaded_in_mid_run_is_no_silence(self) -> None:
        self.disturbed(lambda _: self.lab.auditor.nft(
            "table inet own { chain output { type filter hook output priority 0; drop; }\n}\n"),
            "--deadline", "4s")

    def test_a_slow_queue_loses_nothing_for_good(self) -> None:
        self.lab.auditor.run(["tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", "1mbit",
                              "burst", "2kb", "limit", "4kb"])
        done = self.disturbed(lambda _: None, ports_="1-600")
        self.assertEqual(done.ports(self.addresses[0])["tcp", 443]["state"], "open")

    def test_a_process_that_stood_still_is_not_misled(self) -> None:
        def disturb(pid: int) -> None:
            os.kill(pid, signal.SIGSTOP)
            time.sleep(STOPPED_S)
            os.kill(pid, signal.SIGCONT)
        done = self.disturbed(disturb)
        self.assertEqual(done.exit_code, MET, done.stderr)

    def test_a_path_that_dies_in_mid_run_is_no_firewall(self) -> None:
        done = self.disturbed(lambda _: self.lab.made["router"].nft(
            "table inet lost { chain forward { type filter hook forward priority -10; drop; }"
            "\n}\n"), "--deadline", "4s")
        self.assertGreater(sum(number for (state, _), number in counts(done).items()
                               if state == "unknown"), 0)

    def test_what_the_kernel_refuses_is_no_verdict(self) -> None:
        for call, error, when in REFUSALS:
            with self.subTest(f"{call} {error} {when}"):
                done = run_json(["scan", *self.addresses, "-p", "1-120,53/udp", "--deadline", "4s"],
                                self.lab.auditor, before=(
                                    "strace", "-f", "-qq", "-o", "/dev/null", "-e",
                                    f"trace={call}", "-e",
                                    f"inject={call}:error={error}:when={when}"))
                self.assertEqual(wrong_verdicts(self.lab, TARGET, done), [])

    def test_an_address_that_nobody_has_is_unknown(self) -> None:
        done = run_json(["check", "-e", "1-100 filtered", *self.lab.addresses["gone"]],
                        self.lab.auditor)
        self.assertEqual(done.exit_code, INCONCLUSIVE)
        self.assertEqual({state for state, _ in counts(done)}, {"unknown"})


if __name__ == "__main__":
    main()
