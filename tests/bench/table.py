"""Results as tables, for a terminal and for Markdown alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.cases import Case
from bench.measure import Measured
from bench.score import Score

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
    def goal_s(self) -> float | None:
        return self.case.goals_s.get(self.tool)

    @property
    def finished(self) -> bool:
        return all(run.finished for run in self.measured)

    @property
    def in_time(self) -> bool:
        return self.finished and (self.goal_s is None or self.seconds <= self.goal_s)

    @property
    def good(self) -> bool:
        """No wrong verdict in any run, and the goal met."""
        return self.in_time and all(score.wrong == 0 for score in self.scores)


def row(result: Result, fastest_of_ours: float) -> tuple[str, ...]:
    goal = "" if result.goal_s is None else f"≤ {result.goal_s:g} s"
    beyond = "" if result.finished else "> "
    return (result.tool, f"{beyond}{result.seconds:.2f} s",
            f"{beyond}{result.seconds / fastest_of_ours:.1f}",
            worst(score.wrong for score in result.scores),
            worst(score.missing for score in result.scores),
            worst(score.open_missed for score in result.scores),
            f"{median(run.packets for run in result.measured):,.0f}",
            f"{max(run.peak_kib for run in result.measured) / 1024:.0f} MiB",
            str(len(result.measured)),
            goal and f"{goal}{'' if result.in_time else ' MISSED'}")


def worst(counts) -> str:
    return f"{max(counts):,}"


def case_table(results: Sequence[Result]) -> str:
    """RESULTS of one case, portvet's first."""
    rows = [COLUMNS] + [row(result, results[0].seconds) for result in results]
    widths = [max(len(cells[i]) for cells in rows) for i in range(len(COLUMNS))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths)) + " |"
             for cells in rows]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return f"{results[0].case.title}\n\n" + "\n".join(lines) + "\n"
