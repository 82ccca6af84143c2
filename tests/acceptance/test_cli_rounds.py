"""`voisin round …`: see the next round, start one, play a past one again."""

import asyncio
import json
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from bot.cli.simulation import Script, Simulation, alike
from bot.matching import ENGINE
from storage.database import opened
from storage.ids import numbered
from tests.acceptance.typed import typed

Capsys = pytest.CaptureFixture[str]


@pytest.fixture
def url(sqlite_file: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A community of nine whose program, in #neighbours, has had two rounds."""
    url = f"sqlite:///{sqlite_file}"
    monkeypatch.setenv("VOISIN_DATABASE_URL", url)

    async def play() -> None:
        async with opened(url, ids=numbered(), durable=False) as storage:
            simulation = Simulation(storage, Script(people=alike(9), ties=(), rounds=2))
            await simulation.settle()
            async for _ in simulation.rounds():
                pass

    asyncio.run(play())
    return url


def _rounds(url: str) -> list[str]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = [str(id) for (id,) in connection.execute(text("SELECT id FROM rounds ORDER BY number"))]
    engine.dispose()
    return found


def test_a_preview_is_what_will_be_sent_and_sends_nothing(url: str, capsys: Capsys) -> None:
    first, second = (
        typed(capsys, "round", "preview", "--program", name, "--json")
        for name in ("neighbours", "#Neighbours")
    )

    told = json.loads(first.out)
    assert told["groups"] == json.loads(second.out)["groups"]
    assert sorted(len(group["members"]) for group in told["groups"]) == [2, 2, 2, 3]
    assert all(group["opener"] in group["members"] for group in told["groups"])
    assert {group["met_before"] for group in told["groups"]} == {0}
    assert len(_rounds(url)) == 2


def test_a_preview_for_people_names_who_has_the_first_word(url: str, capsys: Capsys) -> None:
    said = typed(capsys, "round", "preview", "--program", "neighbours")

    assert said.status == 0
    assert "First word" in said.out
    assert said.out.count("Member ") == 9


def test_a_round_can_be_started_by_hand_but_never_two_side_by_side(url: str, capsys: Capsys) -> None:
    started = typed(capsys, "round", "run", "--program", "neighbours")
    again = typed(capsys, "round", "run", "--program", "neighbours", "--json")

    assert started.status == 0
    assert started.out.startswith("Round 3 makes 4 introductions")
    assert (again.status, again.out) == (1, "")
    assert len(again.err) > 20
    assert "refusal" not in again.err
    assert len(_rounds(url)) == 3


def test_a_past_round_comes_out_again_as_it_was(url: str, capsys: Capsys) -> None:
    for id in _rounds(url):
        said = typed(capsys, "round", "replay", id, "--json")

        told = json.loads(said.out)
        assert (said.status, told["same"], told["introductions"]) == (0, True, 4)


def test_a_round_that_comes_out_otherwise_is_told_and_status_1(url: str, capsys: Capsys) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE rounds SET seed = :seed WHERE number = 1"), {"seed": b"another"})
    engine.dispose()

    said = typed(capsys, "round", "replay", _rounds(url)[0])

    assert said.status == 1
    assert said.out.startswith("Not the same")


def test_a_round_of_another_engine_is_not_played_again_and_is_said_to_be_well(
    url: str, capsys: Capsys
) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE rounds SET engine = '4' WHERE number = 1"))
    engine.dispose()
    id = _rounds(url)[0]

    said = typed(capsys, "round", "replay", id, "--json")

    assert (said.status, said.out) == (1, "")
    assert f"Round {id} was made by engine 4 of the matching" in said.err
    assert f"this Voisin has engine {ENGINE}" in said.err
    assert "Nothing is wrong with the round" in said.err


@pytest.mark.parametrize(
    "words, sentence",
    [
        (("preview", "--program", "neighbors"), "did you mean #neighbours?"),
        (("run", "--program", "x"), "There is no program 'x': there is #neighbours."),
        (("replay", "x"), "There is no round 'x'"),
    ],
)
def test_what_is_not_there_is_a_sentence(
    url: str, capsys: Capsys, words: tuple[str, ...], sentence: str
) -> None:
    said = typed(capsys, "round", *words)

    assert (said.status, said.out) == (1, "")
    assert sentence in said.err
