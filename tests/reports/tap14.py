"""A strict reader of TAP 14 (testanything.org), for flat output: what is not in the
grammar is an error."""

import re

VERSION = "TAP version 14"
PLAN = re.compile(r"1\.\.(\d+)")
POINT = re.compile(r"(not )?ok (\d+) - ((?:[^\\#]|\\.)*?)(?: # (SKIP|TODO)(?: (.*))?)?")


class TapError(Exception):
    pass


class Point:
    def __init__(self, match: re.Match[str]) -> None:
        self.ok = not match[1]
        self.number = int(match[2])
        self.name = re.sub(r"\\(.)", r"\1", match[3])
        self.directive, self.reason = match[4], match[5]
        self.diagnostics: list[str] = []


def read(text: str) -> list[Point]:
    """The test points of TEXT, each with the lines of its YAML diagnostics."""
    lines = text.split("\n")
    if lines[-1] != "" or lines[0] != VERSION:
        raise TapError("no version line, or no newline at the end")
    plan = PLAN.fullmatch(lines[1])
    if not plan:
        raise TapError(f"no plan: {lines[1]!r}")
    points: list[Point] = []
    inside = False
    for line in lines[2:-1]:
        if inside:
            if not line.startswith("  "):
                raise TapError(f"diagnostics are not indented: {line!r}")
            inside = line != "  ..."
            if inside:
                points[-1].diagnostics.append(line[2:])
        elif line == "  ---":
            inside = True
        else:
            match = POINT.fullmatch(line)
            if not match or int(match[2]) != len(points) + 1:
                raise TapError(f"no test point in order: {line!r}")
            points.append(Point(match))
    if inside or len(points) != int(plan[1]):
        raise TapError(f"{len(points)} points, {plan[1]} planned")
    return points
