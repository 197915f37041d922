"""Machines that answer every SYN, before or on a host of the lab that stands already."""

import json
from collections.abc import Iterable
from pathlib import Path

from lab.firewall import chain
from lab.namespaces import Namespace
from lab.topology import Lab

TARPIT = Path(__file__).with_name("tarpit.py")
SYN_PROXY = "synproxy mss 1460 wscale 7 timestamp sack-perm"


def syn_proxy(inside: Namespace, interface: str, hook: str) -> None:
    """Linux's SYN proxy for what comes in by INTERFACE: as nft has it for IPv4. For IPv6, nft's
    checks the checksum as if it were IPv4 (6.18), and drops all that the network card has not
    checked before; ip6tables' does not."""
    untracked = f"iifname {interface} meta nfproto ipv4 ct state invalid,untracked"
    inside.write_sysctls({"net.netfilter.nf_conntrack_tcp_loose": 0})
    inside.nft(chain("untracked", "prerouting", -300, [
                   f"iifname {interface} tcp flags & (syn|ack) == syn notrack"])
               + chain("proxied", hook, 0, [f"{untracked} meta l4proto tcp {SYN_PROXY}",
                                            "meta nfproto ipv4 ct state invalid drop"]))
    append = ["ip6tables", "-A", hook.upper(), "-i", interface, "-p", "tcp", "-m", "conntrack"]
    inside.run([*append, "--ctstate", "INVALID,UNTRACKED", "-j", "SYNPROXY", "--sack-perm",
                "--timestamp", "--wscale", "7", "--mss", "1460"])
    inside.run([*append, "--ctstate", "INVALID", "-j", "DROP"])


def tarpit(lab: Lab, host: str, spared: Iterable[int] = ()) -> None:
    """On all TCP ports of HOST but the SPARED ones."""
    spared = sorted(spared)
    match = f"tcp dport != {{ {', '.join(map(str, spared))} }}" if spared else "meta l4proto tcp"
    lab.namespace(host).nft(chain("tarpit", "input", -10, [f"{match} drop"]))
    lab.start(host, ["/usr/bin/python3", str(TARPIT)],
              json.dumps({"interface": "eth0", "spared": spared}))


def honeypot(inside: Namespace, port: int, spared: Iterable[int] = ()) -> None:
    """What listens on PORT is found on all TCP ports but the SPARED ones."""
    spared = ", ".join(map(str, [port, *spared]))
    inside.nft(chain("honeypot", "prerouting", -100,
                     [f"tcp dport != {{ {spared} }} redirect to :{port}"], kind="nat"))
