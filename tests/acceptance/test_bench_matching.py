"""The benchmark in small: it ends on one line of figures, and they are what the engine promises."""

import json
from pathlib import Path

import pytest

from benchmarks.goals import certificate, communities, processes
from benchmarks.known import community, known
from benchmarks.matching import crowd, main
from benchmarks.seasons import finished, limit
from benchmarks.world import strict


def test_the_benchmark_ends_with_one_line_of_figures_and_draws_its_plot(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--short", "--plot", str(tmp_path / "rounds.svg")])

    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert all(row["voisin"] == row["limit"] for row in figures["rounds"].values())
    assert figures["groups"]["9/3"]["voisin"] == 4
    assert figures["pairs_seconds"]["50"]["repeats"] == 0
    assert figures["strict_seconds"]["50"]["repeats"] == 0
    assert figures["strict_seconds"]["50"]["forbidden"] == 0
    assert figures["pairs_seconds"]["50"]["forbidden"] == 0
    assert figures["churn"]["10"]["voisin"] < figures["churn"]["10"]["shuffle"]
    assert figures["churn"]["10, odd one left out"]["avoidable"] == 0
    assert max(figures["third_places"].values()) <= 2
    assert figures["cycles"]["6, 10 cycles"] == {"rounds": 50, "spread": 0, "gap": 5, "asked gap": 2}
    assert figures["left_out"]["5 and 4"] == {"fewest": 8, "most": 8, "twice in vain": 0}
    assert figures["cost"]["50"]["ratio"] == 1
    assert figures["laws"] == {"rounds": 50, "broken": 0}
    assert (tmp_path / "rounds.svg").read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize(
    "members, size, rounds",
    [(10, 2, 9), (5, 2, 1), (7, 2, 3), (51, 2, 47), (15, 3, 7), (48, 4, 15), (50, 3, 25)],
)
def test_the_most_rounds_are_counted_in_pairs(members: int, size: int, rounds: int) -> None:
    assert limit(members, size) == rounds


def test_many_communities_repeat_nobody_in_vain_and_new_processes_agree() -> None:
    assert communities(12)["12 communities"]["avoidable"] == 0
    assert processes(2) == {"processes": 2, "answers": 1}


def test_planning_is_told_apart_from_the_rounds() -> None:
    row = certificate(10)

    assert row["plans"] == 6
    assert (row["plan mean ms"] or 0) > 0


def test_a_community_that_exists_is_held_against_random_pairs(tmp_path: Path) -> None:
    roster, ties = tmp_path / "roster.csv", tmp_path / "ties.csv"
    roster.write_text("member,name,team\n" + "".join(f"{a},N{a},T{a % 2}\n" for a in range(40)))
    ties.write_text("from,to,kind,at,people\n" + "".join(f"{a},{a + 1},reply,,2\n" for a in range(39)))

    row = known(community(roster, ties))

    assert (row["members"], row["pairs"], row["repeats"], row["acquainted"]) == (40, 240, 0, 0)
    assert (row["random acquainted"] or 0) > 0
    assert (row["ties"], row["fewest"], row["strength"], row["exact"]) == (0, 0, 0, 0)
    assert known(community(roster, ties, most=4))["members"] == 4


def test_the_end_of_a_season_that_a_template_began_holds_no_repeat() -> None:
    assert finished(40, 12, 1) == 12


def test_a_round_in_groups_of_eight_is_measured_beside_its_peers() -> None:
    row = crowd(60, 8, strict)

    assert (row["alone"], row["forbidden"]) == (0, 0)
    assert row["shuffle"] is not None
    assert row["rustworkx"] is None
