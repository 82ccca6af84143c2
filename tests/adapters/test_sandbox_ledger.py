"""What was said in the sandbox stays said: on the disk, once per key, whole or not at all."""

import errno
import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.sandbox import render
from adapters.sandbox.ledger import Ledger
from adapters.sandbox.rooms import Room
from bot.domain.community import Space
from bot.domain.ids import CommunityId, ExternalId, SpaceId
from bot.errors import BadInput, FullDisk, Gone, Impossible, NotSent, StorageError
from bot.messages import Circle, Person
from tests.adapters.curious import AMINA, ATELIER, MONDAY, TOM, TOWN, introduction, opened, told

GRACE = ExternalId("grace")
CIRCLE = Room.of_circle([AMINA, TOM])


def _say(ledger: Ledger, text: str, *, key: str, room: Room = CIRCLE) -> int:
    return ledger.post(room, at=MONDAY, author=AMINA, body=render.words(text), key=key).id


def _texts(ledger: Ledger, person: ExternalId = TOM) -> list[str]:
    return [
        json.loads(json.dumps(entry.body))["parts"][0]["paragraphs"][0][0]["text"]
        for entry in ledger.after(0, person=person)
    ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "ledger.jsonl"


# ── Once ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_key_twice_says_it_once() -> None:
    ledger = Ledger()

    first = _say(ledger, "Hello", key="k")
    second = _say(ledger, "Hello again", key="k")

    assert first == second
    assert _texts(ledger) == ["Hello"]


def test_a_key_is_known_after_a_restart(path: Path) -> None:
    before = Ledger(path)
    first = _say(before, "Hello", key="k")
    before.close()

    after = Ledger(path)
    second = _say(after, "Hello", key="k")
    after.close()

    assert first == second
    assert _texts(after) == ["Hello"]


def test_the_same_people_are_in_the_same_circle_in_whatever_order() -> None:
    assert Room.of_circle([TOM, AMINA]) == CIRCLE
    assert Room.of_circle([TOM, AMINA, GRACE]).name != CIRCLE.name


# ── Kept ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_ledger_is_taken_up_where_it_was_left(path: Path) -> None:
    before = Ledger(path)
    read = _say(before, "Hello, “voisin” — à toi", key="1")
    before.read(CIRCLE, by=TOM, upto=read)
    _say(before, "Still there?", key="2")
    before.close()

    after = Ledger(path)
    after.close()

    assert after.after(0, person=TOM) == before.after(0, person=TOM)
    assert after.unread(TOM) == {CIRCLE.name: 1}
    assert after.circles(TOM) == [CIRCLE]


@pytest.mark.parametrize("kept", [1, 20, -1])
def test_a_last_line_that_a_crash_tore_is_dropped(path: Path, kept: int) -> None:
    before = Ledger(path)
    _say(before, "One", key="1")
    whole = path.read_bytes()
    _say(before, "Two", key="2")
    before.close()
    path.write_bytes(whole + path.read_bytes()[len(whole) :][:kept])

    after = Ledger(path)
    _say(after, "Three", key="3")
    after.close()
    again = Ledger(path)
    again.close()

    assert _texts(after) == _texts(again) == ["One", "Three"]


@pytest.mark.parametrize(
    "line", ["not json", "[]", "{}", '{"id": "one"}', '{"id":1,"room":{},"author":null,"body":{}}']
)
def test_a_file_that_is_no_ledger_is_refused_and_left_as_it_is(path: Path, line: str) -> None:
    path.parent.mkdir()
    path.write_text(f"{line}\n")

    with pytest.raises(BadInput, match=r"line 1.*move this one away"):
        Ledger(path)

    assert path.read_text() == f"{line}\n"


def test_a_ledger_that_another_process_has_open_is_left_to_it(path: Path) -> None:
    first = Ledger(path)

    with pytest.raises(StorageError, match="another Voisin"):
        Ledger(path)

    first.close()


def test_a_place_where_nothing_can_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StorageError, match="cannot be written"):
        Ledger(tmp_path / "file" / "ledger.jsonl")


def test_a_full_disk_leaves_nothing_half_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(path)
    _say(ledger, "One", key="1")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as crowded:
        crowded.setattr(os, "fsync", full)
        with pytest.raises(FullDisk):
            _say(ledger, "Two", key="2")
    unsaid = _texts(ledger)
    _say(ledger, "Three", key="3")
    ledger.close()
    again = Ledger(path)
    again.close()

    assert unsaid == ["One"]
    assert _texts(ledger) == _texts(again) == ["One", "Three"]


def test_what_one_person_alone_was_told_is_not_written_down(path: Path) -> None:
    ledger = Ledger(path)

    ledger.remark(CIRCLE, at=MONDAY, only=AMINA, body=render.words("Only you."))
    ledger.close()

    assert path.read_bytes() == b""
    assert (_texts(ledger, AMINA), _texts(ledger, TOM)) == (["Only you."], [])


# ── Read ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_reaction_is_there_after_a_restart(path: Path) -> None:
    book = Ledger(path)
    entry = book.post(Room.of_channel(ExternalId("atelier")), at=MONDAY, author=None, body={}, key="1")
    book.like(entry, by=TOM)
    book.like(entry, by=TOM)
    book.close()

    again = Ledger(path)
    likes = again.likes(person=AMINA)
    again.close()

    assert likes == {entry.id: [TOM]}


def test_one_has_read_what_one_writes() -> None:
    ledger = Ledger()

    _say(ledger, "Hello", key="1")

    assert ledger.unread(AMINA) == {}
    assert ledger.unread(TOM) == {CIRCLE.name: 1}
    assert ledger.unread(GRACE) == {}


def test_what_was_read_never_becomes_unread() -> None:
    ledger = Ledger()
    first = _say(ledger, "One", key="1")
    second = _say(ledger, "Two", key="2")

    ledger.read(CIRCLE, by=TOM, upto=second)
    ledger.read(CIRCLE, by=TOM, upto=first)

    assert ledger.unread(TOM) == {}


# ── The platform ───────────────────────────────────────────────────────────────────────────────────


async def test_the_platform_posts_once_and_always_knows_a_key() -> None:
    town = await opened()

    rooms = [
        await town.sandbox.send(TOWN, Circle(people=people), introduction(), key="i1")
        for people in [(AMINA, TOM), (TOM, AMINA)]
    ]

    assert rooms == [CIRCLE.name, CIRCLE.name]
    assert town.sandbox.remembers > timedelta(days=365_000)


async def test_the_platform_names_who_lives_there() -> None:
    town = await opened()

    people = await town.sandbox.people(TOWN, ATELIER.external_id)

    assert len(people) == 24
    assert [person.external_id for person in people if person.admin] == ["claire"]


async def test_who_is_not_there_is_named_and_nothing_is_sent() -> None:
    town = await opened()

    with pytest.raises(Gone) as gone:
        await town.sandbox.send(TOWN, Circle(people=(AMINA, ExternalId("nobody"))), told("Hi"), key="k")

    assert gone.value.people == ("nobody",)
    with pytest.raises(Gone):
        await town.sandbox.send(TOWN, Person(external_id=ExternalId("nobody")), told("Hi"), key="k")


@pytest.mark.parametrize("community, space", [("elsewhere", "atelier"), ("curieux", "elsewhere")])
async def test_another_place_is_impossible_and_says_why(community: str, space: str) -> None:
    town = await opened()
    place = Space(
        id=SpaceId("s"), community_id=CommunityId("c"), external_id=ExternalId(space), name="somewhere"
    )

    with pytest.raises(Impossible, match="elsewhere"):
        await town.sandbox.send(ExternalId(community), place, told("Hi"), key="k")
    with pytest.raises(Impossible, match="elsewhere"):
        await town.sandbox.people(ExternalId(community), ExternalId(space))


async def test_a_full_disk_means_surely_not_sent(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    town = await opened(ledger=path)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NotSent, match="no room left"):
        await town.tell(AMINA, "Hello.", key="k")
    monkeypatch.undo()
    again = await town.tell(AMINA, "Hello.", key="k")
    town.sandbox.close()

    assert again == "person:amina"
    after = Ledger(path)
    after.close()
    assert _texts(after, AMINA) == ["Hello."]
