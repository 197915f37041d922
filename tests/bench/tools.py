"""The scanners that are compared: how each is called, and how its answers are read.

Answers map an address and a port to a word: open, closed, rejected, dropped, or filtered
for tools that do not tell the last two apart."""

import csv
import json
import os
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass

from e2e.portvet import PORTVET
from lab.nmap import numbers_of, read_opinions

ZMAP_4_FOLDER = "PORTVET_BENCH_ZMAP4"   # in the environment

Answers = dict[tuple[str, int], str]


@dataclass(frozen=True)
class Task:
    """What to ask for, in the words of no tool in particular."""
    target: str        # an address, or a network as a CIDR block
    proto: str
    ports: str         # "80,443" or "1-65535"
    gateway_mac: str   # zmap 2.1 cannot find it out on today's kernels


@dataclass(frozen=True)
class Tool:
    name: str
    commands: Callable[[Task], list[list[str]]]  # one after the other
    read: Callable[[str], Answers]               # the output of one command
    judges_silence: bool   # says something of every port, not only of those that answer


def portvet(*options: str) -> Callable[[Task], list[list[str]]]:
    return lambda task: [[str(PORTVET), "scan", task.target, "-p",
                          f"{task.proto} {task.ports}", "-o", "json", *options]]


def read_portvet(output: str) -> Answers:
    return {(host["address"], number): entry["state"]
            for host in json.loads(output)["hosts"] for entry in host["ports"]
            for number in numbers_of(entry["ports"])}


def nmap(*options: str) -> Callable[[Task], list[list[str]]]:
    kinds = {"tcp": "-sS", "udp": "-sU"}
    return lambda task: [["nmap", "-n", "-Pn", kinds[task.proto], "-p", task.ports,
                          "-oX", "-", *options, task.target]]


def read_nmap(output: str) -> Answers:
    return {(host.find("address").get("addr"), number): opinion.state
            for host in ElementTree.fromstring(output).iter("host")
            for (_, number), opinion in read_opinions(host).items()}


def masscan(*options: str) -> Callable[[Task], list[list[str]]]:
    return lambda task: [["masscan", "-e", "eth0", task.target, "-p", task.ports,
                          "--show", "open,closed", "--wait", "2", "-oL", "-", *options]]


def read_masscan(output: str) -> Answers:
    rows = (line.split() for line in output.splitlines() if line and not line.startswith("#"))
    return {(address, int(number)): state for state, _, number, address, _ in rows}


def zmap(*options: str) -> Callable[[Task], list[list[str]]]:
    """One port at a time is all that it can do."""
    return lambda task: [["zmap", "-i", "eth0", "-G", task.gateway_mac, "-p", str(number), "-q",
                          "-v", "0", "-c", "1", "-b", "/dev/null", "-O", "csv",
                          "-f", "saddr,sport,classification",
                          "--output-filter=repeat = 0", *options, task.target]
                         for number in numbers_of(task.ports)]


def zmap_4(task: Task) -> list[list[str]]:
    """All ports in one run, as fast as it can. It lives in a folder of its own, a newer
    Debian, because Debian 12 has 2.1."""
    return [["chroot", os.environ[ZMAP_4_FOLDER], "zmap", "-i", "eth0", "-G", task.gateway_mac,
             "-p", task.ports, "-q", "-v", "0", "-c", "1", "-r", "0", "-b", "/dev/null",
             "-O", "csv", "-f", "saddr,sport,classification", "--output-filter=repeat = 0",
             task.target]]


def read_zmap(output: str) -> Answers:
    words = {"synack": "open", "rst": "closed"}
    return {(row[0], int(row[1])): words[row[2]]
            for row in csv.reader(output.splitlines()) if row[2] in words}


TOOLS = {tool.name: tool for tool in (
    Tool("portvet --max-rate 0", portvet("--max-rate", "0"), read_portvet, True),
    Tool("portvet --max-rate 0 --deadline 9s", portvet("--max-rate", "0", "--deadline", "9s"),
         read_portvet, True),
    Tool("portvet", portvet(), read_portvet, True),
    Tool("nmap -T4", nmap("-T4"), read_nmap, True),
    Tool("nmap -T4 --min-rate 10000", nmap("-T4", "--min-rate", "10000"), read_nmap, True),
    Tool("masscan 100 kpps", masscan("--rate", "100000"), read_masscan, False),
    Tool("masscan 100 kpps, 4 tries", masscan("--rate", "100000", "--retries", "3"),
         read_masscan, False),
    Tool("zmap", zmap(), read_zmap, False),
    Tool("zmap 4", zmap_4, read_zmap, False),
)}


def is_there(name: str) -> bool:
    return name != "zmap 4" or ZMAP_4_FOLDER in os.environ
