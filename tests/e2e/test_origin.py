"""Who said no: over paths that clear DSCP, behind the rules that people's tools make, and on
hosts that answer everything, every origin is right or unknown, and none is wrong."""

import tempfile
import unittest
from collections.abc import Callable, Sequence
from pathlib import Path

from e2e.portvet import INCONCLUSIVE, run_json
from lab import firewall
from lab.firewall import chain
from lab.namespaces import Namespace
from lab.rows import ROUTER, Host, Port, ports
from lab.testing import main
from lab.topology import ROUTER_IPV4, ROUTER_IPV6, Lab

# What the target's own rules do, whichever tool makes them.
OPEN, REJECTED_RESET, REJECTED_UDP, CLOSED = 22, 1001, 1002, 3001
# And the router before it.
ROUTER_RESET, ROUTER_ICMP = 2001, 2002

HOST = Host("target", ports("tcp", (OPEN,), "open")
            + ports("tcp", (ROUTER_RESET,), "reject-reset", ROUTER)
            + ports("tcp", (ROUTER_ICMP,), "reject-admin-prohibited", ROUTER))

# State and origin that may be said of each port; the first is what should be.
ALLOWED = {
    ("tcp", OPEN): (("open", "host"),),
    ("tcp", REJECTED_RESET): (("rejected", "firewall"), ("rejected", "unknown"),
                              ("closed", "unknown")),
    ("udp", REJECTED_UDP): (("rejected", "firewall"), ("rejected", "unknown"),
                            ("closed", "unknown")),
    ("tcp", CLOSED): (("closed", "host"), ("closed", "unknown")),
    ("udp", CLOSED): (("closed", "host"), ("closed", "unknown")),
    ("tcp", ROUTER_RESET): (("rejected", "upstream"), ("rejected", "unknown"),
                            ("closed", "unknown")),
    ("tcp", ROUTER_ICMP): (("rejected", "upstream"),),
}
TCP = [key for key in ALLOWED if key[0] == "tcp"]
REFUSED_BY_FILTERS = [key for key in ALLOWED if key[1] != CLOSED]

Prepare = Callable[[Namespace], None]
Truth = dict[tuple[str, int], tuple]


def nftables(first: str = "") -> Prepare:
    """Rules for nft, after the rule FIRST."""
    rules = [first, f"tcp dport {REJECTED_RESET} reject with tcp reset",
             f"udp dport {REJECTED_UDP} reject"]
    return lambda inside: inside.nft(chain("origin", "input", 0, rules))


def iptables(variant: str, drop_invalid: bool) -> Prepare:
    rules = [["-m", "conntrack", "--ctstate", "INVALID", "-j", "DROP"]] if drop_invalid else []
    rules += [["-p", "tcp", "--dport", str(REJECTED_RESET), "-j", "REJECT",
               "--reject-with", "tcp-reset"],
              ["-p", "udp", "--dport", str(REJECTED_UDP), "-j", "REJECT"]]

    def prepare(inside: Namespace) -> None:
        for family in ("iptables", "ip6tables"):
            for rule in rules:
                inside.run([f"{family}-{variant}", "-A", "INPUT", *rule])
    return prepare


def ufw(inside: Namespace) -> None:
    rules = (f"allow {OPEN}/tcp", f"allow {CLOSED}",
             f"allow {ROUTER_RESET}", f"allow {ROUTER_ICMP}",
             f"reject {REJECTED_RESET}/tcp", f"reject {REJECTED_UDP}/udp")
    script = "\n".join(["ufw --force enable", *(f"ufw {rule}" for rule in rules)])
    with tempfile.TemporaryDirectory() as state:
        inside.run([*firewall.ufw(Path(state)), "sh", "-euc", script])


def firewalld(inside: Namespace) -> None:
    options = [f"--add-port={OPEN}/tcp", f"--add-port={CLOSED}/tcp", f"--add-port={CLOSED}/udp"]
    for family in ("ipv4", "ipv6"):
        rule = f"--add-rich-rule=rule family={family} port"
        options += [f"{rule} port={REJECTED_RESET} protocol=tcp reject type=tcp-reset",
                    f"{rule} port={REJECTED_UDP} protocol=udp reject"]
    each = 'for option; do firewall-cmd "$option"; done'
    with tempfile.TemporaryDirectory() as state:
        inside.run([*firewall.firewalld(Path(state)), "sh", "-euc", each, "sh", *options])


def clear_dscp(lab: Lab, *interfaces: str) -> None:
    """On packets that come in on these interfaces of the router."""
    rules = [f"iifname {interface} {family} dscp set 0"
             for interface in interfaces for family in ("ip", "ip6")]
    lab.made["router"].nft(chain("cleared", "forward", -200, rules))


OUT, BACK = ("up0",), ("host0",)
PATHS = {"DSCP kept": (), "cleared out": OUT, "cleared back": BACK, "cleared": OUT + BACK}


# What a network may mark all packets with.
CLASSES = ("cs1", "cs2", "cs6", "af11", "af21", "af31", "af41", "ef")


def mark(lab: Lab, dscp: str) -> None:
    """All packets of the host, from now on."""
    rules = [f"iifname host0 {family} dscp set {dscp}" for family in ("ip", "ip6")]
    lab.made["router"].nft("table inet lab_marked {}\ndelete table inet lab_marked\n"
                           + chain("marked", "forward", -200, rules))


class OriginTest(unittest.TestCase):
    def judge(self, lab: Lab, strict: Sequence[tuple[str, int]], truth: Truth) -> None:
        """Nothing wrong is said of any port, and no less than can be known of STRICT ones."""
        numbers = ",".join(f"{number}/{proto}" for proto, number in truth)
        done = run_json(["scan", *lab.addresses["target"], "-p", numbers], lab.auditor)
        for address in lab.addresses["target"]:
            said = done.ports(address)
            for key, allowed in truth.items():
                entry = said[key]
                words = entry["state"], entry.get("origin", "unknown")
                with self.subTest(address=address, port=key):
                    self.assertIn(words, allowed[:1] if key in strict else allowed)

    def judge_paths(self, prepare: Prepare, strict: dict[str, Sequence],
                    truth: Truth = ALLOWED) -> None:
        for path, interfaces in PATHS.items():
            with self.subTest(path=path), Lab([HOST]) as lab:
                prepare(lab.namespace("target"))
                if interfaces:
                    clear_dscp(lab, *interfaces)
                self.judge(lab, strict.get(path, ()), truth)

    def test_nftables(self) -> None:
        strict = {path: REFUSED_BY_FILTERS for path in PATHS}
        self.judge_paths(nftables(), strict | {"DSCP kept": TCP + REFUSED_BY_FILTERS})

    def test_nftables_where_invalid_packets_are_dropped(self) -> None:
        # The router, which drops nothing, is found in any case.
        found = [("tcp", ROUTER_RESET), ("tcp", ROUTER_ICMP)]
        strict = {path: found for path in PATHS} | {"DSCP kept": TCP}
        self.judge_paths(nftables("ct state invalid drop"), strict)

    def test_iptables(self) -> None:
        for variant in ("nft", "legacy"):
            for drop_invalid in (False, True):
                with self.subTest(variant=variant, drop_invalid=drop_invalid):
                    self.judge_paths(iptables(variant, drop_invalid), {"DSCP kept": TCP})

    def test_ufw(self) -> None:
        self.judge_paths(ufw, {"DSCP kept": TCP})

    def test_firewalld(self) -> None:
        self.judge_paths(firewalld, {"DSCP kept": [("tcp", REJECTED_RESET), ("tcp", CLOSED)]})

    def test_a_path_that_marks_all_packets_looks_like_no_stack(self) -> None:
        with Lab([HOST]) as lab:
            nftables()(lab.namespace("target"))
            for dscp in CLASSES:
                mark(lab, dscp)
                with self.subTest(dscp=dscp):
                    rejected = [("tcp", REJECTED_RESET), ("tcp", ROUTER_RESET)]
                    self.judge(lab, rejected, {key: ALLOWED[key] for key in TCP})

    def test_a_router_that_rewrites_ttls_is_not_taken_for_the_host(self) -> None:
        """As on ways back that differ, a hop before the host is as far away as the host."""
        with Lab([HOST]) as lab:
            nftables()(lab.namespace("target"))
            lab.made["router"].run(["iptables-legacy", "-t", "mangle", "-A", "POSTROUTING",
                                    "-o", "up0", "-j", "TTL", "--ttl-set", "64"])
            self.judge(lab, (), ALLOWED)

    def test_rejects_behind_a_rule_that_drops_invalid_ones_of_other_ports(self) -> None:
        """Some twins are answered, so that silence to others looks like the stack's."""
        rules = [f"{proto} dport {number} reject with {kind}"
                 for proto, number, kind in (("tcp", CLOSED, "tcp reset"),
                                             ("udp", CLOSED, "icmpx port-unreachable"))]
        rejected = {(proto, CLOSED): ALLOWED[proto, number]
                    for proto, number in (("tcp", REJECTED_RESET), ("udp", REJECTED_UDP))}
        prepare = nftables("\n".join([*rules, "ct state invalid drop"]))
        self.judge_paths(prepare, {}, ALLOWED | rejected)

    def test_ports_that_are_forwarded_are_no_firewall_s(self) -> None:
        front = Host("target", (Port("tcp", OPEN, "open", ROUTER, dnat_to=("back", 8080)),
                                Port("tcp", CLOSED, "closed", ROUTER, dnat_to=("back", 8081))))
        for path, interfaces in PATHS.items():
            with self.subTest(path=path), Lab([front, Host("back", ports("tcp", (8080,), "open"))]
                                              ) as lab:
                if interfaces:
                    clear_dscp(lab, *interfaces)
                done = run_json(["scan", lab.addresses["target"][0], "-p", f"{OPEN},{CLOSED},9"],
                                lab.auditor)
                said = done.ports(lab.addresses["target"][0])
                self.assertEqual(said["tcp", OPEN]["state"], "open")
                for number in (CLOSED, 9):
                    self.assertEqual(said["tcp", number]["state"], "closed")
                    self.assertIn(said["tcp", number].get("origin", "unknown"),
                                  ("host", "unknown"))

    def test_forwarded_ports_are_told_by_their_distance(self) -> None:
        """The router is asked; some of its ports lead to a machine one hop behind it."""
        leads = {8080: OPEN, 8081: CLOSED, 8082: REJECTED_RESET, 8085: 1003, 8086: ROUTER_ICMP}
        # The firewall behind passes for a stack: what is malformed is not translated to it.
        truth = {8080: ("open", "host"), 8081: ("closed", "upstream"),
                 8082: ("closed", "upstream"), 8083: ("closed", "host"),
                 8084: ("rejected", "firewall"), 8085: ("rejected", "upstream"),
                 8086: ("rejected", "firewall")}
        with Lab([HOST]) as lab:
            nftables("tcp dport 1003 reject")(lab.namespace("target"))
            own = ROUTER_IPV4, ROUTER_IPV6
            rules = [f"{family} daddr {here} tcp dport {port} dnat {family} to {there}:{number}"
                     for family, here, there in zip(
                         ("ip", "ip6"), own, (lab.addresses["target"][0],
                                              f"[{lab.addresses['target'][1]}]"))
                     for port, number in leads.items()]
            lab.made["router"].nft(chain("leads", "prerouting", -100, rules, "nat"))
            lab.made["router"].nft(chain("own", "input", 0,
                                         ["tcp dport 8084 reject with tcp reset"]))
            for address in own:
                done = run_json(["scan", address, "-p", "8080-8086"], lab.auditor)
                said = {number: (entry["state"], entry["origin"])
                        for (_, number), entry in done.ports(address).items()}
                with self.subTest(address=address):
                    self.assertEqual(said, truth)


class EverythingTest(unittest.TestCase):
    def test_open_means_nothing_on_a_host_that_answers_everything(self) -> None:
        redirect = chain("everything", "prerouting", -100, ["tcp dport 1-65535 redirect to :80"], "nat")
        for number in ("443", "1-65535"):
            with self.subTest(ports=number), Lab([Host("target", ports("tcp", (80,), "open"))]
                                                 ) as lab:
                lab.namespace("target").nft(redirect)
                address = lab.addresses["target"][0]
                done = run_json(["check", "-e", f"{number} open", address], lab.auditor)
                self.assertEqual(done.exit_code, INCONCLUSIVE)
                words = {(entry["state"], entry["reason"])
                         for entry in done.report["hosts"][0]["ports"]}
                self.assertEqual(words, {("unknown", "answers-everything")})

    def test_many_open_ports_are_open(self) -> None:
        several = ports("tcp", range(30000, 30100), "open")
        with Lab([Host("target", several)]) as lab:
            done = run_json(["check", "-e", "30000-30099 open",
                             *lab.addresses["target"]], lab.auditor)
            self.assertEqual(done.exit_code, 0)


if __name__ == "__main__":
    main()
