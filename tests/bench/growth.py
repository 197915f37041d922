"""How portvet's time and memory grow: one row of cases for each of ports, hosts and loss,
all else held still."""

from bench.cases import FAST, Case
from lab.rows import Host, ports, symmetric_wire

RTT_MS = 20
ONE_HOST = Host("target", ports("tcp", (1, 443, 50000), "open"), default="drop")
PORT_COUNTS = (10, 100, 1000, 10_000, 65_535)
PREFIXES = (28, 24, 20, 16)
LOSSES = (0, 0.01, 0.05, 0.10, 0.20)


def more_ports(count: int) -> Case:
    return Case(f"ports-{count}", f"{count:,} ports of a host that drops, RTT {RTT_MS} ms",
                ONE_HOST, (FAST,), asked=f"1-{count}", wire=symmetric_wire(delay_ms=RTT_MS / 2))


def more_hosts(prefix: int) -> Case:
    block = f"10.64.0.0/{prefix}"
    hosts = 2 ** (32 - prefix)
    return Case(f"hosts-{hosts}", f"{hosts:,} hosts × 20 ports, every one answers RST",
                Host("fleet", crowd=block), (FAST,), asked="1000-1019", block=block,
                routed=False)


def more_loss(loss: float) -> Case:
    return Case(f"loss-{loss:.2f}", f"65,535 ports of that host, {loss:.0%} loss each way",
                ONE_HOST, (FAST,), wire=symmetric_wire(delay_ms=RTT_MS / 2, loss=loss))


GROWTH = (*map(more_ports, PORT_COUNTS), *map(more_hosts, PREFIXES), *map(more_loss, LOSSES))
