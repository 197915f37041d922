"""Every state and reason, TCP and UDP, IPv4 and IPv6, port by port against the truth of the
lab."""

import unittest

from e2e.portvet import differences, scan
from lab.behaviours import BEHAVIOURS, PROTOCOLS
from lab.rows import HOST, ROUTER, Host, Port, ports, symmetric_wire
from lab.testing import main
from lab.topology import Lab

OTHERS = (40000, 50000, 60000)  # ports that no row declares


def all_behaviours(places: tuple[str, ...]) -> tuple[Port, ...]:
    """Every behaviour, in each of PLACES where a firewall can make it."""
    rows, number = [], 1000
    for behaviour in BEHAVIOURS.values():
        for where in places if behaviour.verdicts else (HOST,):
            number += 1
            rows += [Port(proto, number, behaviour.name, where)
                     for proto in PROTOCOLS if proto in behaviour.protocols]
    return tuple(rows)


class StatesTest(unittest.TestCase):
    def assert_truth(self, host: Host, routed: bool = True) -> None:
        with Lab([host], None, routed) as lab:
            found = differences(lab, host, scan(lab, host, OTHERS), OTHERS)
        self.assertEqual(found, [], "\n" + "\n".join(found))

    def test_every_behaviour_of_host_and_router(self) -> None:
        self.assert_truth(Host("target", all_behaviours((HOST, ROUTER))))

    def test_every_behaviour_of_a_neighbour_on_the_link(self) -> None:
        self.assert_truth(Host("target", all_behaviours((HOST,))), routed=False)

    def test_every_behaviour_behind_a_rule_that_drops_invalid_packets(self) -> None:
        self.assert_truth(Host("target", all_behaviours((HOST, ROUTER)), drop_invalid=True))

    def test_every_behaviour_of_a_host_that_does_not_answer_ping(self) -> None:
        self.assert_truth(Host("target", all_behaviours((HOST, ROUTER)), answers_ping=False))

    def test_every_behaviour_over_a_wire_that_loses_delays_and_reorders(self) -> None:
        """A scan gives a host that may limit its ICMP errors 20 s: what loss keeps from being
        certain by then is unknown, and nothing is wrong."""
        host = Host("target", all_behaviours((HOST, ROUTER)))
        wire = symmetric_wire(delay_ms=10, jitter_ms=3, loss=0.05, duplicate=0.02,
                              reorder=0.05, reorder_ms=5)
        with Lab([host], wire) as lab:
            found = differences(lab, host, scan(lab, host, OTHERS), OTHERS)
        wrong = [line for line in found if ": unknown rate-limited " not in line]
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))
        self.assertLess(len(found), 20, "\n" + "\n".join(found))

    def test_a_default_that_drops(self) -> None:
        declared = (ports("tcp", (22, 80, 443), "open") + ports("tcp", (113,), "reject-reset")
                    + ports("udp", (53,), "open"))
        self.assert_truth(Host("target", declared, default="drop"))

    def test_a_default_that_rejects(self) -> None:
        declared = ports("tcp", (22, 80), "open")
        for default in ("reject-reset", "reject-port-unreachable", "reject-admin-prohibited"):
            with self.subTest(default=default):
                self.assert_truth(Host("target", declared, default=default))

    def test_a_port_that_the_router_sends_elsewhere(self) -> None:
        front = Host("front", (Port("tcp", 80, "open", ROUTER, dnat_to=("back", 8080)),
                               Port("tcp", 81, "closed", ROUTER, dnat_to=("back", 8081))))
        back = Host("back", ports("tcp", (8080,), "open"))
        with Lab([front, back]) as lab:
            found = differences(lab, front, scan(lab, front, OTHERS), OTHERS)
        self.assertEqual(found, [], "\n" + "\n".join(found))


if __name__ == "__main__":
    main()
