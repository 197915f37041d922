"""Results as tables, for a terminal and for Markdown alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.cases import Case
from bench.measure import Measured
from bench.score import Score

OURS = "portvet"
SLACK = 1.5
COLUMNS = ("tool", "time", "ratio", "wrong", "no verdict", "open missed", "packets", "memory",
           "runs", "goal")


@dataclass(frozen=True)
class Result:
    """One tool on one case, all runs."""
    case: Case
    tool: str
    measured: Sequence[Measured]
    scores: Sequence[Score]

    @property
    def seconds(self) -> float:
        return median(run.seconds for run in self.measured)

    @property
    def packets(self) -> float:
        return median(run.packets for run in self.measured)

    @property
    def goal_s(self) -> float | None:
        if self.case.path_rate and self.ours:
            return SLACK * self.packets / self.case.path_rate
        return self.case.goals_s.get(self.tool)

    @property
    def ours(self) -> bool:
        return self.tool.startswith(OURS)

    @property
    def finished(self) -> bool:
        return all(run.finished for run in self.measured)

    @property
    def in_time(self) -> bool:
        return self.finished and (self.goal_s is None or self.seconds <= self.goal_s)

    @property
    def good(self) -> bool:
        """Nothing wrong and no open port missed in any run, and the goal met."""
        return self.in_time and all(score.wrong == score.open_missed == 0
                                    for score in self.scores)


def row(result: Result, fastest_of_ours: float) -> tuple[str, ...]:
    goal = "" if result.goal_s is None else f"≤ {result.goal_s:.3g} s"
    beyond = "" if result.finished else "> "
    return (result.tool, f"{beyond}{result.seconds:.2f} s",
            f"{beyond}{result.seconds / fastest_of_ours:.1f}",
            worst(score.wrong for score in result.scores),
            worst(score.missing for score in result.scores),
            worst(score.open_missed for score in result.scores),
            f"{result.packets:,.0f}",
            f"{max(run.peak_kib for run in result.measured) / 1024:.0f} MiB",
            str(len(result.measured)),
            goal and f"{goal}{'' if result.in_time else ' MISSED'}")


def worst(counts) -> str:
    return f"{max(counts):,}"


def case_table(results: Sequence[Result]) -> str:
    """RESULTS of one case, portvet's first."""
    rows = [row(result, results[0].seconds) for result in results]
    return f"{results[0].case.title}\n\n{markdown(COLUMNS, rows)}"


def growth_table(results: Sequence[Result]) -> str:
    """One line for each case of one tool: what does not change is left out."""
    columns = ("case", *COLUMNS[1:2], *COLUMNS[3:-1])
    rows = [(result.case.title, *cells[1:2], *cells[3:-1])
            for result, cells in ((result, row(result, 1)) for result in results)]
    return markdown(columns, rows)


def markdown(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = [columns, *rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |"
             for line in cells]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(lines) + "\n"
