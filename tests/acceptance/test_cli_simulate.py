"""`voisin simulate`: real actions and storage over a community, told in the figures that were agreed on."""

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bot.actions.bring_in import TieLine
from bot.cli.simulation import starts
from bot.domain.ids import ExternalId
from bot.domain.member import TieKind
from tests.acceptance.typed import typed, typed_apart
from tests.required import shared

FIGURES = {
    "introduced", "unmatched", "groups", "trios", "repeats", "avoidable_repeats", "stranger_share",
    "random_stranger_share", "tie_mean", "random_tie_mean", "department_crossings", "seconds", "seconds_all",
}  # fmt: skip

Capsys = pytest.CaptureFixture[str]
Json = Mapping[str, Any]


def _simulated(capsys: Capsys, *words: str | Path | float) -> Json:
    said = typed(capsys, "simulate", *words, "--json")
    assert said.status == 0, said.err
    read: Json = json.loads(said.out)
    return read


def _without_seconds(told: Json) -> object:
    return [{name: value for name, value in one.items() if "seconds" not in name} for one in told["rounds"]]


@pytest.fixture
def village(tmp_path: Path) -> Sequence[str | Path]:
    """Forty people in four teams: everyone knows their team, and some a few others."""
    chance = Random(7)
    roster, ties = tmp_path / "roster.csv", tmp_path / "ties.csv"
    with roster.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["member", "name", "team"])
        rows.writerows([f"U{number}", f"Member {number}", f"team-{number % 4}"] for number in range(40))
    with ties.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["from", "to", "kind", "at", "people"])
        for one in range(40):
            rows.writerows(
                [f"U{one}", f"U{other}", "reply", "2026-03-04T10:00Z", 2] for other in range(one % 4, one, 4)
            )
            rows.writerow([f"U{one}", f"U{chance.randrange(40)}", "topic", "", 3])
    return "--roster", roster, "--ties", ties


def test_far_is_told_beside_random_pairing_where_it_is_asked_for(
    village: Sequence[str | Path], capsys: Capsys
) -> None:
    plain = _simulated(capsys, *village, "--rounds", 3)
    told = _simulated(capsys, *village, "--rounds", 3, "--far")
    table = typed(capsys, "simulate", *village, "--rounds", 3, "--far")

    assert set(plain["rounds"][0]) == FIGURES
    assert set(told["rounds"][0]) == FIGURES | {"far_share", "random_far_share"}
    assert told["total"]["far_share"] > told["total"]["random_far_share"]
    assert told["total"]["stranger_share"] == 1
    assert "Far %" in table.out
    assert max(map(len, table.out.splitlines())) <= 80
    alone = typed(capsys, "simulate", "--members", 20, "--far")
    assert alone.status == 1
    assert "--ties" in alone.err


def test_it_tells_the_agreed_figures_and_nothing_else_on_standard_output(
    village: Sequence[str | Path], tmp_path: Path
) -> None:
    said = typed_apart("simulate", *map(str, village), "--rounds", "2", "--json", folder=tmp_path)

    told = json.loads(said.out)
    assert said.status == 0
    assert set(told) == {"rounds", "total"}
    assert [set(one) for one in told["rounds"]] == [FIGURES, FIGURES]
    assert set(told["total"]) == FIGURES | {"members"}


def test_everyone_is_introduced_to_strangers_each_round_where_chance_meets_acquaintances(
    village: Sequence[str | Path], capsys: Capsys
) -> None:
    told = _simulated(capsys, *village, "--rounds", 12)

    assert [(one["introduced"], one["unmatched"], one["groups"], one["trios"]) for one in told["rounds"]] == [
        (40, 0, 20, 0)
    ] * 12
    assert told["total"]["introduced"] == 480
    assert (told["total"]["repeats"], told["total"]["avoidable_repeats"]) == (0, 0)
    assert told["total"]["stranger_share"] == 1.0
    assert told["total"]["department_crossings"] == 1.0
    assert told["total"]["tie_mean"] == 0.0
    assert 0.5 < told["total"]["random_stranger_share"] < 0.9
    assert told["total"]["random_tie_mean"] > 0.01
    assert told["total"]["members"] == 40


def test_the_same_seed_plays_the_same_rounds_and_another_one_others(
    village: Sequence[str | Path], capsys: Capsys
) -> None:
    words = (*village, "--rounds", 3, "--churn", 0.1, "--skip", 0.2)

    once, again = (_simulated(capsys, *words, "--seed", 5) for _ in range(2))
    other = _simulated(capsys, *words, "--seed", 6)

    assert _without_seconds(once) == _without_seconds(again)
    assert _without_seconds(once) != _without_seconds(other)


def test_members_alike_meet_everyone_before_anyone_comes_again(capsys: Capsys) -> None:
    told = _simulated(capsys, "--members", 8, "--rounds", 7)

    assert told["total"]["introduced"] == 56
    assert told["total"]["avoidable_repeats"] == 0
    assert told["rounds"][0]["random_stranger_share"] == 1.0
    assert told["total"]["random_stranger_share"] < 0.9
    assert told["total"]["department_crossings"] is None


def test_an_odd_number_makes_one_trio_and_groups_of_four_some_of_three(capsys: Capsys) -> None:
    pairs = _simulated(capsys, "--members", 9, "--rounds", 1)["total"]
    fours = _simulated(capsys, "--members", 10, "--rounds", 1, "--group-size", 4)["total"]

    assert (pairs["introduced"], pairs["groups"], pairs["trios"]) == (9, 4, 1)
    assert (fours["introduced"], fours["groups"], fours["trios"]) == (10, 3, 2)


def test_someone_alone_is_unmatched(capsys: Capsys) -> None:
    told = _simulated(capsys, "--members", 1, "--rounds", 2)

    assert [(one["introduced"], one["unmatched"], one["stranger_share"]) for one in told["rounds"]] == [
        (0, 1, None),
        (0, 1, None),
    ]


def test_those_who_skip_are_neither_introduced_nor_unmatched_and_those_who_leave_are_replaced(
    capsys: Capsys,
) -> None:
    skipped = _simulated(capsys, "--members", 20, "--rounds", 4, "--skip", 0.25)
    churned = _simulated(capsys, "--members", 20, "--rounds", 30, "--churn", 0.5)

    assert [one["introduced"] + one["unmatched"] for one in skipped["rounds"]] == [15] * 4
    assert [one["introduced"] for one in churned["rounds"]] == [20] * 30
    assert churned["total"]["repeats"] == 0


def test_introductions_that_a_community_brings_along_are_not_repeated(tmp_path: Path, capsys: Capsys) -> None:
    roster, ties = tmp_path / "roster.csv", tmp_path / "ties.csv"
    roster.write_text("member,name\na,A\nb,B\nc,C\nd,D\n")
    ties.write_text(
        "from,to,kind,at\na,b,introduced,2026-01-01\nc,d,introduced,\na,c,introduced,2026-01-02\nd,b,introduced,\n"
    )

    told = _simulated(capsys, "--roster", roster, "--ties", ties, "--rounds", 2)

    assert [(one["repeats"], one["avoidable_repeats"]) for one in told["rounds"]] == [(0, 0), (2, 0)]
    assert [one["stranger_share"] for one in told["rounds"]] == [1.0, 0.0]


@pytest.mark.parametrize(
    "at, monday",
    [
        (None, "2026-01-05"),
        ("2026-03-04", "2026-03-09"),
        ("2026-03-09", "2026-03-16"),
        ("2026-03-15", "2026-03-16"),
    ],
)
def test_the_clock_starts_on_the_monday_after_the_last_dated_tie(at: str | None, monday: str) -> None:
    moment = None if at is None else datetime.fromisoformat(f"{at}T23:30+00:00").astimezone(UTC)
    tie = TieLine(source=ExternalId("a"), target=ExternalId("b"), kind=TieKind.REPLY, at=moment)

    assert starts([tie]) == datetime.fromisoformat(f"{monday}T00:00+00:00")


def test_for_people_it_is_a_table_beside_chance(village: Sequence[str | Path], tmp_path: Path) -> None:
    said = typed_apart("simulate", *map(str, village), "--rounds", "2", folder=tmp_path)

    assert said.status == 0
    assert "40 members, 2 rounds, seed 1" in said.out
    assert "Strangers %" in said.out
    assert max(map(len, said.out.splitlines())) <= 80
    assert said.err == ""


@pytest.mark.parametrize(
    "words, sentence",
    [
        ((), "There is nobody to simulate: name a file with --roster"),
        (("--members", 4, "--roster", "roster.csv"), "leave --roster or --members out"),
        (("--members", 4, "--ties", "ties.csv"), "name it with --roster"),
        (("--roster", "none.csv"), "There is no file none.csv"),
    ],
)
def test_what_cannot_be_simulated_is_a_sentence(
    capsys: Capsys, words: Sequence[str | float], sentence: str
) -> None:
    said = typed(capsys, "simulate", *words)

    assert (said.status, said.out) == (1, "")
    assert sentence in said.err


def test_a_tie_to_nobody_is_a_sentence_with_its_line(
    village: Sequence[str | Path], tmp_path: Path, capsys: Capsys
) -> None:
    with (tmp_path / "ties.csv").open("a") as file:
        file.write("U1,U999,reply,,2\n")

    said = typed(capsys, "simulate", *village)

    assert said.status == 1
    assert "ties.csv, line" in said.err
    assert "there is no member 'U999'" in said.err


@pytest.mark.parametrize(
    "community, members, by_chance", [("email-eu-core", 1005, 0.97), ("slack-racket", 326, 0.96)]
)
def test_in_communities_that_exist_everyone_meets_strangers_for_twelve_rounds(
    capsys: Capsys, community: str, members: int, by_chance: float
) -> None:
    roster, ties = shared(f"data/{community}-roster.csv"), shared(f"data/{community}-ties.csv")

    told = _simulated(capsys, "--roster", roster, "--ties", ties, "--rounds", 12)

    assert [one["introduced"] for one in told["rounds"]] == [members] * 12
    assert [one["avoidable_repeats"] for one in told["rounds"]] == [0] * 12
    assert min(one["stranger_share"] for one in told["rounds"]) > 0.99
    assert told["total"]["random_stranger_share"] == pytest.approx(by_chance, abs=0.01)


def test_a_multitude_is_played_by_the_engine_alone_and_json_says_nothing_else(capsys: Capsys) -> None:
    said = typed(capsys, "simulate", "--members", 20_001, "--rounds", 1, "--json")

    told = json.loads(said.out)
    assert said.status == 0
    assert told["total"]["introduced"] == told["total"]["members"] == 20_001
    assert told["total"]["repeats"] == 0
    assert "without storage" in said.err


@pytest.mark.parametrize("members, first", [(8, "Settling"), (20_001, "Round 1")])
def test_at_every_size_a_bar_shows_on_a_terminal_how_far_it_is(
    capsys: Capsys, monkeypatch: pytest.MonkeyPatch, members: int, first: str
) -> None:
    # A bar is for eyes: rich takes what it writes to for a terminal where this says so.
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")

    said = typed(capsys, "simulate", "--members", members, "--rounds", 2, "--json")

    assert json.loads(said.out)["total"]["members"] == members
    assert first in said.err
    assert "0/2" in said.err
    assert "Round 2" in said.err
    assert "2/2" in said.err
