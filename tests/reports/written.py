"""Reports of the audits that the unit tests make (tests/unit/audit_fixture.h), written by
the writers themselves, and the tools that read them."""

import os
import shutil
import subprocess
import sys
import unittest
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent.parent
BUILD = Path(os.environ["PORTVET_BUILD"])
EXIT_SKIPPED = 77

AUDITS = ("met", "broken", "scan", "interrupted", "merged", "empty", "fleet")

# What must stay text whatever the format: markup, quotes, marks of the formats, control
# characters, bytes that are not UTF-8, characters that XML forbids, and a lot of it.
HOSTILE = (
    b"<script>alert(1)</script><img src=x onerror=alert(2)>",
    b"]]>--><!--<![CDATA[&amp;&lt;&#0;",
    b"\"'`\\${x}%0A%n%s",
    b"a,b;c\td\ne\r\nf|g#h # SKIP \\# ok 7 - x",
    b"::error::x\n::set-env name=A::b\nnot ok 1\n  ...\n1..0",
    b"=cmd|'/C calc'!A0",
    b"@everyone [x](javascript:alert(1)) **b** `c` ~~d~~ #1",
    b"\x01\x07\x1b[31mred\x1b]0;title\x07\x7f\xc2\x9b",
    b"\xff\xfe\xc0\x80\xed\xa0\x80\xef\xbf\xbe\xf4\x90\x80\x80",
    "\u202eevil\u2066 \u65e5\u672c \U0001f512 \ufeff".encode(),
    b"-e:x\n\"}]}],\"a\":[{\"b\":\"",
    b"y" * 10_000,
    b"<\"'&>" * 2_000,
)


def write(form: str, audit: str, text: bytes = b"") -> bytes:
    """The report of AUDIT in the format FORM; TEXT is for the hostile one."""
    command = [BUILD / "tests/reports/write_report", form, audit, text]
    return subprocess.run(command, check=True, capture_output=True).stdout


@cache
def every_report(form: str) -> list[tuple[str, bytes]]:
    """What it is of, and the report, for all audits and all hostile texts."""
    reports = [(audit, write(form, audit)) for audit in AUDITS]
    return reports + [(repr(text[:40]), write(form, "hostile", text)) for text in HOSTILE]


def run_tool(command: list[str | Path], report: bytes = b"") -> subprocess.CompletedProcess[str]:
    """Runs a tool that must be content; its output is in the exception when it is not."""
    result = subprocess.run(command, input=report, capture_output=True)
    if result.returncode != 0:
        raise AssertionError(f"{command}: {result.stderr.decode()}{result.stdout.decode()}")
    return subprocess.CompletedProcess(command, 0, result.stdout.decode(),
                                       result.stderr.decode())


def main(tools: tuple[str, ...]) -> None:
    """Runs the tests of the calling program, or says which of TOOLS is not there."""
    missing = [tool for tool in tools if not shutil.which(tool)]
    if missing:
        print(f"SKIPPED: not installed: {', '.join(missing)}"
              " (packaging/install-packages build test)")
        sys.exit(EXIT_SKIPPED)
    unittest.main(verbosity=2)
