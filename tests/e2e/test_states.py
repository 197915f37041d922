"""Every state and reason, TCP and UDP, IPv4 and IPv6, port by port against the truth of the
lab."""

import unittest

from e2e.portvet import LONGEST_RUN_S, differences, scan
from lab.behaviours import BEHAVIOURS, PROTOCOLS
from lab.rows import HOST, KERNEL_LIMITS, ROUTER, Host, Port, Wire, ports, symmetric_wire
from lab.testing import main
from lab.topology import Lab

OTHERS = (40000, 50000, 60000)  # ports that no row declares
ROUGH = symmetric_wire(delay_ms=10, jitter_ms=3, loss=0.05, duplicate=0.02, reorder=0.05,
                       reorder_ms=5)


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
    def assert_truth(self, host: Host, routed: bool = True, wire: Wire | None = None,
                     seconds: float = LONGEST_RUN_S) -> None:
        with Lab([host], wire, routed) as lab:
            run = scan(lab, host, OTHERS)
            found = differences(lab, host, run, OTHERS)
        self.assertEqual(found, [], "\n" + "\n".join(found))
        self.assertLess(run.seconds, seconds)

    def test_every_behaviour_of_host_and_router(self) -> None:
        self.assert_truth(Host("target", all_behaviours((HOST, ROUTER))))

    def test_every_behaviour_of_a_neighbour_on_the_link(self) -> None:
        self.assert_truth(Host("target", all_behaviours((HOST,))), routed=False)

    def test_every_behaviour_behind_a_rule_that_drops_invalid_packets(self) -> None:
        self.assert_truth(Host("target", all_behaviours((HOST, ROUTER)), drop_invalid=True))

    def test_every_behaviour_of_a_host_that_does_not_answer_ping(self) -> None:
        self.assert_truth(Host("target", all_behaviours((HOST, ROUTER)), answers_ping=False))

    def test_every_behaviour_over_a_wire_that_loses_delays_and_reorders(self) -> None:
        host = Host("target", all_behaviours((HOST, ROUTER)))
        self.assert_truth(host, wire=ROUGH, seconds=15)

    def test_rejects_under_the_kernels_limits_over_such_a_wire(self) -> None:
        """A token a second from each of host and router, of which a twentieth is lost."""
        declared = ports("tcp", (22, 80), "open") + ports("udp", (53,), "open")
        declared += ports("tcp", (113, 135), "reject-port-unreachable")
        for proto in PROTOCOLS:
            declared += ports(proto, (137, 139), "reject-admin-prohibited")
            declared += (Port(proto, 445, "reject-admin-prohibited", ROUTER),)
        host = Host("target", declared, default="drop", icmp_limits=KERNEL_LIMITS)
        self.assert_truth(host, wire=ROUGH, seconds=60)

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
