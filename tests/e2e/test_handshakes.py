"""On machines that answer every SYN, a port is open where a full handshake goes further than
on random ports, and unknown where it does not: with raw sockets and without."""

import signal
import subprocess
import time
import unittest
from collections.abc import Sequence

from e2e.portvet import BROKEN, INCONCLUSIVE, INTERRUPTED, MET, PORTVET, run, run_json
from lab.machines import honeypot, syn_proxy, tarpit
from lab.rows import Host, ports, symmetric_wire
from lab.testing import main
from lab.topology import Lab

OPEN, GREETING, CLOSED, DROPPED, UNNAMED = 80, 25, 81, 82, 8888
SERVED = ports("tcp", (OPEN,), "open") + ports("tcp", (GREETING,), "greeting")
TARGET = Host("target", SERVED + ports("tcp", (DROPPED,), "drop"))
SHUT = Host("target", SERVED, default="drop")  # random ports are held for the whole time
NAMED = f"{OPEN},{GREETING},{CLOSED},{DROPPED}"
MEANINGLESS = ("unknown", "answers-everything")
FURTHER = ("open", "syn-ack")
MODES: dict[str, tuple[str, ...]] = {"raw": (), "connect": ("--connect",)}


class HandshakesTest(unittest.TestCase):
    def words(self, lab: Lab, *options: str, numbers: str = NAMED
              ) -> dict[str, dict[int, tuple[str, str]]]:
        """State and reason of each port, by address."""
        done = run_json(["scan", *lab.addresses["target"], "-p", numbers, *options],
                        lab.auditor)
        return {address: {number: (entry["state"], entry["reason"])
                          for (_, number), entry in done.ports(address).items()}
                for address in lab.addresses["target"]}

    def assert_open(self, lab: Lab, wanted: Sequence[int], numbers: str = NAMED) -> None:
        """These ports are open, of all others nothing is known, whichever way one asks."""
        for mode, options in MODES.items():
            for address, said in self.words(lab, *options, numbers=numbers).items():
                for number, words in said.items():
                    with self.subTest(mode=mode, address=address, port=number):
                        self.assertEqual(words, FURTHER if number in wanted else MEANINGLESS)

    def test_behind_a_syn_proxy_services_are_open(self) -> None:
        for name, interface, hook in (("router", "up0", "forward"), ("target", "eth0", "input")):
            for host in (TARGET, SHUT):
                with self.subTest(proxy=name, default=host.default), Lab([host]) as lab:
                    syn_proxy(lab.made[name], interface, hook)
                    self.assert_open(lab, (OPEN, GREETING))

    def test_in_a_tarpit_nothing_is_open(self) -> None:
        with Lab([TARGET]) as lab:
            tarpit(lab, "target")
            self.assert_open(lab, ())

    def test_beside_a_tarpit_services_are_open(self) -> None:
        with Lab([TARGET]) as lab:
            tarpit(lab, "target", (OPEN, GREETING))
            self.assert_open(lab, (OPEN, GREETING))

    def test_on_a_honeypot_that_is_mute_only_who_speaks_is_open(self) -> None:
        with Lab([TARGET]) as lab:
            honeypot(lab.namespace("target"), OPEN, (GREETING,))
            self.assert_open(lab, (GREETING,))

    def test_on_a_honeypot_that_speaks_nothing_is_open(self) -> None:
        with Lab([TARGET]) as lab:
            honeypot(lab.namespace("target"), GREETING)
            self.assert_open(lab, ())

    def test_an_honest_host_is_not_doubted(self) -> None:
        with Lab([TARGET]) as lab:
            for mode, options in MODES.items():
                for said in self.words(lab, *options).values():
                    self.assertEqual({number: words[0] for number, words in said.items()},
                                     {OPEN: "open", GREETING: "open", CLOSED: "closed",
                                      DROPPED: "dropped"}, mode)

    def test_of_many_ports_the_usual_ones_are_asked(self) -> None:
        with Lab([TARGET]) as lab:
            syn_proxy(lab.made["router"], "up0", "forward")
            address = lab.addresses["target"][0]
            done = run_json(["scan", address, "-p", "1-65535"], lab.auditor)
            said = done.ports(address)
            for number in (OPEN, GREETING):
                self.assertEqual(said["tcp", number]["state"], "open")
            for number in (CLOSED, DROPPED, UNNAMED, 65535):
                self.assertEqual(said["tcp", number]["reason"], "answers-everything")

    def test_expectations_are_judged_by_it(self) -> None:
        with Lab([TARGET]) as lab:
            syn_proxy(lab.made["router"], "up0", "forward")
            for rules, exit_code in ((f"{OPEN} open", MET), (f"{OPEN} not open", BROKEN),
                                     (f"{CLOSED} open", INCONCLUSIVE),
                                     (f"{CLOSED} not open", INCONCLUSIVE)):
                for mode, options in MODES.items():
                    done = run_json(["check", "-e", rules, *options,
                                     *lab.addresses["target"]], lab.auditor)
                    self.assertEqual(done.exit_code, exit_code, (rules, mode))

    def test_loss_hides_a_service_at_worst(self) -> None:
        with Lab([TARGET], symmetric_wire(loss=0.1, delay_ms=10)) as lab:
            syn_proxy(lab.made["router"], "up0", "forward")
            for said in self.words(lab).values():
                for number in (OPEN, GREETING):
                    self.assertIn(said[number], (FURTHER, MEANINGLESS))
                for number in (CLOSED, DROPPED):
                    self.assertEqual(said[number][0], "unknown")

    def test_without_time_nothing_is_said(self) -> None:
        with Lab([SHUT]) as lab:
            syn_proxy(lab.made["router"], "up0", "forward")
            began = time.monotonic()
            for said in self.words(lab, "--deadline", "1s").values():
                self.assertEqual(said[OPEN], MEANINGLESS)
            self.assertLess(time.monotonic() - began, 2)

    def test_before_random_ports_have_answered_nothing_is_said(self) -> None:
        with Lab([TARGET], symmetric_wire(delay_ms=100)) as lab:
            for proxy in (False, True):
                if proxy:
                    syn_proxy(lab.made["router"], "up0", "forward")
                for mode, options in MODES.items():
                    for said in self.words(lab, "--deadline", "300ms", *options).values():
                        self.assertEqual(said[OPEN], ("unknown", "deadline"), (mode, proxy))

    def test_once_they_have_an_honest_host_is_open(self) -> None:
        with Lab([TARGET], symmetric_wire(delay_ms=100)) as lab:
            for mode, options in MODES.items():
                for said in self.words(lab, "--deadline", "800ms", *options).values():
                    self.assertEqual(said[OPEN], FURTHER, mode)

    def test_a_syn_ack_without_time_is_inconclusive_and_told(self) -> None:
        with Lab([TARGET], symmetric_wire(delay_ms=100)) as lab:
            for rules in (f"{OPEN} open", f"{OPEN} not open"):
                for mode, options in MODES.items():
                    done = run(["check", "-e", rules, "--deadline", "300ms", *options,
                                *lab.addresses["target"]], lab.auditor)
                    self.assertEqual(done.exit_code, INCONCLUSIVE, (rules, mode))
                    self.assertIn("a SYN-ACK came", " ".join(done.stdout.split()))

    def test_nor_is_it_after_a_signal(self) -> None:
        with Lab([TARGET], symmetric_wire(delay_ms=500)) as lab:
            command = [str(PORTVET), "check", "-e", f"{OPEN} open", lab.addresses["target"][0]]
            process = subprocess.Popen(lab.auditor.command(command), text=True,
                                       stdout=subprocess.PIPE)
            time.sleep(1.6)  # the SYN-ACK is there, the answer of a random port is not
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=2)
            self.assertEqual(process.returncode, INTERRUPTED)
            self.assertIn("a SYN-ACK came", " ".join(said.split()))

    def test_a_signal_ends_it(self) -> None:
        with Lab([SHUT]) as lab:
            syn_proxy(lab.made["router"], "up0", "forward")
            command = [str(PORTVET), "check", "-e", f"{OPEN} open", lab.addresses["target"][0]]
            process = subprocess.Popen(lab.auditor.command(command), text=True,
                                       stdout=subprocess.PIPE)
            time.sleep(1)
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=2)
            self.assertEqual(process.returncode, INTERRUPTED)
            self.assertIn("every port answers", said)

    def test_from_a_port_of_the_users_choice_nothing_is_compared(self) -> None:
        with Lab([TARGET]) as lab:
            syn_proxy(lab.made["router"], "up0", "forward")
            for said in self.words(lab, "--source-port", "5353").values():
                self.assertEqual(said[OPEN], MEANINGLESS)


if __name__ == "__main__":
    main()
