"""Small mistakes made on purpose in the code that decides verdicts: does a test notice?

    mutants.py [--every N] [--build FOLDER] [--least PERCENT] [FILE...]

Each mutant changes one comparison, logical operator, negation, constant or named state.
It counts as killed when one of the tests beside its file in TESTS fails. Mutants that do
not compile are not counted. Exits with 1 when fewer than PERCENT (95) are killed."""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = {
    "expect/judge.c": ("unit/test_judge", "unit/test_plan", "unit/test_audit", "unit/test_policy"),
    "expect/words.c": ("unit/test_words", "unit/test_rules", "unit/test_judge", "unit/test_files", "unit/test_plan"),
    "probes/origin.c": ("unit/test_origin",),
    "probes/answer.c": ("unit/test_answer",),
    "scanner/connect/handshake.c": ("unit/test_handshake",),
}
TIMEOUT_S = 20
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=undefined")
SWAPS = {"==": "!=", "!=": "==", "<=": "<", ">=": ">", "<": "<=", ">": ">=", "&&": "||",
         "||": "&&", "true": "false", "false": "true"}
NAMED = {  # a word of the enumeration becomes its neighbour
    "PORT_": ("UNKNOWN", "OPEN", "CLOSED", "REJECTED", "DROPPED", "SILENT"),
    "ORIGIN_": ("UNKNOWN", "HOST", "FIREWALL", "UPSTREAM", "LOCAL"),
    "RESULT_": ("MET", "WAIVED", "INCONCLUSIVE", "BROKEN"),
    "TWIN_": ("UNTRIED", "SILENT", "ANSWERED"),
    "HANDSHAKE_": ("NONE", "REFUSED", "HELD", "ENDED", "CUT", "OPENED", "SPOKE"),
}
EQUIVALENT = {  # (file, part of the line, token): why nobody could notice
    ("expect/words.c", "static_assert", "<="): "the compiler alone reads it",
    ("expect/words.c", "static_assert", "64"): "the compiler alone reads it",
    ("expect/words.c", "icmp[i].tcp == PORT_REJECTED", "||"): "rows reject both or neither",
    ("expect/words.c", "icmp[i].tcp == PORT_REJECTED", "PORT_REJECTED"): "as above",
    ("expect/words.c", "i < count", "0"): "the first row's reason has another row",
    ("expect/words.c", "return reason >= 0", ">="): "reason 0 is none, and no rejection",
    ("expect/words.c", "return reason >= 0", "0"): "as above",
    ("expect/words.c", "size_t length = 0", "0"): "open_memstream() sets it",
    ("expect/words.c", "i < WORD_COUNT", "<"): "no set has a bit behind the last word",
    ("expect/words.c", "i < REASON_COUNT", "<"): "no reason is behind the last one",
    ("expect/words.c", "i < REASON_COUNT", "0"): "reason 0 is none, and no rejection",
    ("expect/judge.c", "waived.ports = (struct portset){0}", "0"): "overwritten by cut()",
    ("expect/judge.c", "left->count > 0", ">"): "one turn more, of nothing",
}
HIDDEN = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])\'|^[ \t]*#[^\n]*',
                    re.DOTALL | re.MULTILINE)
TOKEN = re.compile(r"==|!=|<=|>=|&&|\|\||->|<<|>>|[<>]|!(?=[\w(])|\b(?:true|false)\b"
                   r"|\b[A-Z]+_[A-Z_]+\b|\b\d+\b")


@dataclass(frozen=True)
class Mutant:
    path: str
    line: int
    old: str
    new: str
    text: str   # of the whole file

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: '{self.old}' -> '{self.new or 'nothing'}'"


def replacement(token: str) -> str | None:
    """What TOKEN becomes; None: it is left alone."""
    if token in SWAPS:
        return SWAPS[token]
    if token == "!":
        return ""
    if token.isdigit():
        return str(int(token) + 1)
    for prefix, words in NAMED.items():
        word = token.removeprefix(prefix)
        if token.startswith(prefix) and word in words:
            return prefix + words[(words.index(word) + 1) % len(words)]
    return None


def is_equivalent(path: str, line: str, token: str) -> bool:
    return any(path == known_path and part in line and token == known_token
               for known_path, part, known_token in EQUIVALENT)


def mutants_of(path: str) -> Iterator[Mutant]:
    """All of one file but those in EQUIVALENT."""
    text = (ROOT / path).read_text()
    lines = text.splitlines()
    visible = HIDDEN.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    for match in TOKEN.finditer(visible):
        new = replacement(match[0])
        number = text.count("\n", 0, match.start())
        if new is not None and not is_equivalent(path, lines[number], match[0]):
            yield Mutant(path, number + 1, match[0], new,
                         text[:match.start()] + new + text[match.end():])


class Bench:
    """Compiles a mutant and links it before the libraries, in place of the true object."""

    def __init__(self, build: Path, folder: Path) -> None:
        self.build, self.folder = build, folder
        libraries = [build / f"{name}/libportvet_{name}.a"
                     for name in ("reports", "scanner", "expect", "probes")]
        shared = ("pcap", "net", "yaml", "mnl", "sodium", "jansson", "xml2", "cap-ng", "seccomp",
                  "cmocka", "m")
        self.link_with = [*map(str, libraries), *(f"-l{name}" for name in shared)]

    def verdict(self, number_and_mutant: tuple[int, Mutant]) -> bool | None:
        """True: killed; False: it lives; None: it does not compile."""
        number, mutant = number_and_mutant
        source, item = self.folder / f"{number}.c", self.folder / f"{number}.o"
        source.write_text(mutant.text)
        compiled = subprocess.run(
            ["gcc", "-std=c17", "-O0", "-w", *SANITIZERS, "-D_GNU_SOURCE", f"-I{ROOT}",
             f"-I{ROOT / Path(mutant.path).parent}", "-c", str(source), "-o", str(item)],
            capture_output=True)
        if compiled.returncode != 0:
            return None
        try:
            return any(self.fails(test, number, item) for test in TESTS[mutant.path])
        finally:
            source.unlink()
            item.unlink()

    def fails(self, test: str, number: int, item: Path) -> bool:
        program = self.folder / f"{number}"
        name = Path(test).name
        subprocess.run(["gcc", *SANITIZERS, "-fno-lto", "-o", str(program),
                        str(self.build / f"tests/CMakeFiles/{name}.dir/{test}.c.o"), str(item),
                        *self.link_with], check=True, capture_output=True)
        try:
            done = subprocess.run([str(program)], capture_output=True, timeout=TIMEOUT_S)
            return done.returncode != 0
        except subprocess.TimeoutExpired:
            return True
        finally:
            program.unlink()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=1, help="only each Nth mutant")
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--least", type=float, default=95)
    parser.add_argument("files", nargs="*", default=list(TESTS))
    options = parser.parse_args()
    killed = total = 0
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        bench = Bench(options.build.resolve(), Path(folder))
        for path in options.files:
            chosen = list(mutants_of(path))[::options.every]
            verdicts = list(pool.map(bench.verdict, enumerate(chosen)))
            alive = [mutant for mutant, dead in zip(chosen, verdicts) if dead is False]
            print(*(f"  lives: {mutant}" for mutant in alive), sep="\n" if alive else "")
            dead, counted = verdicts.count(True), len(verdicts) - verdicts.count(None)
            print(f"{path}: {dead} of {counted} killed", flush=True)
            killed, total = killed + dead, total + counted
    share = 100 * killed / total
    print(f"{killed} of {total} mutants killed: {share:.1f} %")
    return 0 if share >= options.least else 1


if __name__ == "__main__":
    sys.exit(main())
