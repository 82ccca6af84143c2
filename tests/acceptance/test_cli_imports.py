"""Bringing a community in from files: people and ties, never a yes of theirs, and all of it or nothing."""

import asyncio
import io
import json
import zipfile
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from adapters.files import archive
from bot.domain.community import Community, Language
from bot.domain.ids import ExternalId, MemberId
from bot.domain.member import KeepApart, Member, Tie
from bot.ports import UnitOfWork
from storage.database import OpenStorage, opened
from tests.acceptance.typed import typed

Found = TypeVar("Found")

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

ROSTER = """member,name,team,languages,timezone,learning,can_help,joined
U1,Léa Martin,Atelier,fr;en,Europe/Paris,la soudure,le pain,2024-03-01
U2,Tom Okafor,Jardin,en,Africa/Lagos,,,
U3,Zoé Petit,,,,,,
"""
TIES = """from,to,kind,at,people
U1,U2,reply,2026-01-05T10:00Z,2
U2,U1,mention,,2
U2,U3,topic,2026-01-06,3
U1,U3,introduced,2025-12-01,2
U3,U3,reply,,2
"""


@pytest.fixture
def url(sqlite_file: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with one community in it, which the environment names."""
    url = f"sqlite:///{sqlite_file}"
    monkeypatch.setenv("VOISIN_DATABASE_URL", url)
    _in(url, _settle)
    return url


@pytest.fixture
def little_room() -> Iterator[Callable[[int], None]]:
    """Leaves so many pages to every SQLite file that is opened from then on."""

    def limit(connection: object, _: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]  # a driver's connection, of which more kinds exist
        cursor.execute(f"PRAGMA max_page_count = {pages[0]}")
        cursor.close()

    pages = [0]

    def apply(count: int) -> None:
        pages[0] = count
        event.listen(Pool, "connect", limit)

    yield apply
    event.remove(Pool, "connect", limit)


def _in(url: str, do: Callable[[OpenStorage], Awaitable[Found]]) -> Found:
    async def done() -> Found:
        async with opened(url, durable=False) as storage:
            return await do(storage)

    return asyncio.run(done())


async def _settle(storage: OpenStorage) -> Community:
    return await storage.communities.settle(
        platform="slack",
        external_id=ExternalId("T1"),
        name="Les Curieux",
        zone="Europe/Paris",
        language=Language.FRENCH,
    )


def _with_work(url: str, do: Callable[[UnitOfWork], Awaitable[Found]]) -> Found:
    async def done(storage: OpenStorage) -> Found:
        community = await _settle(storage)
        async with storage.open_work(community.id) as work:
            found = await do(work)
            await work.commit()
            return found

    return _in(url, done)


def _members(url: str) -> dict[str, Member]:
    async def look(work: UnitOfWork) -> dict[str, Member]:
        return {str(member.external_id): member for member in await work.members.all()}

    return _with_work(url, look)


def _ties(url: str) -> set[tuple[str, str, str, int]]:
    async def look(work: UnitOfWork) -> set[tuple[str, str, str, int]]:
        names = {member.id: str(member.external_id) for member in await work.members.all()}
        ties: list[Tie] = list(await work.ties.all())
        return {(names[tie.source], names[tie.target], tie.kind.value, tie.people) for tie in ties}

    return _with_work(url, look)


def _file(tmp_path: Path, name: str, content: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_roster_brings_people_in_and_enrols_nobody(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = typed(
        capsys, "import", "roster", _file(tmp_path, "roster.csv", ROSTER), "--community", "les curieux"
    )

    there = _members(url)
    assert (said.status, said.out) == (0, "3 people are new, 0 were known. Nobody was enrolled.\n")
    assert set(there) == {"U1", "U2", "U3"}
    assert (there["U1"].zone, there["U1"].languages, there["U1"].team) == (
        "Europe/Paris",
        ("fr", "en"),
        "Atelier",
    )
    assert [there[id].language for id in ("U1", "U2", "U3")] == [
        Language.FRENCH,
        Language.ENGLISH,
        Language.FRENCH,
    ]
    assert there["U1"].joined_at == datetime(2024, 3, 1, tzinfo=UTC)


def test_ties_are_brought_in_past_introductions_included(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(capsys, "import", "roster", _file(tmp_path, "roster.csv", ROSTER), "--community", "slack/T1")

    said = typed(capsys, "import", "ties", _file(tmp_path, "ties.csv", TIES), "--community", "T1")

    assert said.out == "4 ties are new, 0 were known. 1 ties of someone with themselves were left out.\n"
    assert _ties(url) == {
        ("U1", "U2", "reply", 2),
        ("U2", "U1", "mention", 2),
        ("U2", "U3", "topic", 3),
        ("U1", "U3", "introduced", 2),
    }


def test_the_same_files_again_change_nothing_and_a_script_hears_so(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    roster, ties = _file(tmp_path, "roster.csv", ROSTER), _file(tmp_path, "ties.csv", TIES)
    typed(capsys, "import", "roster", roster, "--community", "T1")
    typed(capsys, "import", "ties", ties, "--community", "T1")
    before = _members(url)

    people = typed(capsys, "import", "roster", roster, "--community", "T1", "--json")
    told = typed(capsys, "import", "ties", ties, "--community", "T1", "--json")

    assert json.loads(people.out) == {"people": {"new": 0, "known": 3, "left_out": 0}}
    assert json.loads(told.out) == {"ties": {"new": 0, "known": 4, "left_out": 1}}
    assert _members(url) == before


def test_what_members_said_of_themselves_stands(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def lea_says(work: UnitOfWork) -> None:
        await work.members.save(
            Member(
                id=MemberId(work.new_id()),
                community_id=work.community.id,
                external_id=ExternalId("U1"),
                name="Léa",
                language=Language.ENGLISH,
                zone="America/Toronto",
                learning="le tricot",
                joined_at=NOW,
            )
        )

    _with_work(url, lea_says)

    typed(capsys, "import", "roster", _file(tmp_path, "roster.csv", ROSTER), "--community", "T1")

    lea = _members(url)["U1"]
    assert (lea.zone, lea.learning, lea.language) == ("America/Toronto", "le tricot", Language.ENGLISH)
    assert (lea.name, lea.can_help, lea.team, lea.joined_at) == ("Léa Martin", "le pain", "Atelier", NOW)


def test_a_wish_to_be_kept_apart_holds_for_someone_who_comes_back_by_a_roster(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def tom_wishes(work: UnitOfWork) -> None:
        tom = Member(
            id=MemberId(work.new_id()),
            community_id=work.community.id,
            external_id=ExternalId("U2"),
            name="Tom",
            language=Language.ENGLISH,
            joined_at=NOW,
        )
        await work.members.save(tom)
        await work.keep_aparts.add(
            KeepApart(
                community_id=work.community.id,
                author=tom.id,
                other=None,
                trace=work.community.trace(ExternalId("U1")),
                at=NOW,
            )
        )

    async def wishes(work: UnitOfWork) -> list[MemberId | None]:
        return [wish.other for wish in await work.keep_aparts.all()]

    _with_work(url, tom_wishes)

    typed(capsys, "import", "roster", _file(tmp_path, "roster.csv", ROSTER), "--community", "T1")

    assert _with_work(url, wishes) == [_members(url)["U1"].id]


def test_a_slack_export_brings_both(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "export.zip"
    message = {"type": "message", "user": "U1", "ts": "1793613600.0", "text": "a riddle for <@U2>"}
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("users.json", json.dumps([{"id": "U1", "name": "lea"}, {"id": "U2", "name": "tom"}]))
        packed.writestr("channels.json", json.dumps([{"name": "atelier"}]))
        packed.writestr("atelier/2026-11-02.json", json.dumps([message]))

    said = typed(capsys, "import", "slack-export", path, "--community", "T1")

    assert said.out.splitlines() == [
        "2 people are new, 0 were known. Nobody was enrolled.",
        "1 ties are new, 0 were known.",
    ]
    assert _ties(url) == {("U1", "U2", "mention", 2)}
    assert b"riddle" not in b"".join(file.read_bytes() for file in tmp_path.glob("voisin.db*"))


def _zip(name: str, content: bytes) -> bytes:
    """An export with one file too many."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("users.json", json.dumps([{"id": "U1", "name": "lea"}]))
        packed.writestr("channels.json", json.dumps([{"name": "atelier"}]))
        packed.writestr(name, content)
    return whole.getvalue()


@pytest.mark.parametrize(
    "name, content, words",
    [
        ("ties.csv", TIES + "U1,U9,reply,,2\n", "ties.csv, line 7: there is no member 'U9' in this"),
        ("ties.csv", TIES + "U1,U2,reply,2199-01-01,2\n", "line 7: 2199-01-01T00:00:00+00:00 is still"),
        ("ties.csv", TIES + "U1,U2,reply,soon,2\n", "ties.csv, line 7: 'soon' is no date"),
        ("roster.csv", ROSTER + "U1,Léa,,,,,,\n", "roster.csv, line 5: member 'U1' is there twice"),
        ("roster.csv", ROSTER.encode("latin-1"), "roster.csv, line 2: this is not UTF-8"),
        ("roster.csv", ROSTER + "U4," + "x" * 10_000_000 + ",,,,,,\n", "line 5: a cell is longer than"),
        ("roster.csv", ROSTER + "U4,Max,,,Europe/Pariss,,,\n", "no time zone called 'Europe/Pariss': did"),
        ("slack-export.zip", b"hello", "slack-export.zip is not a zip"),
        ("slack-export.zip", _zip("../out.json", b"[]"), "'../out.json' leads out of the export"),
    ],
    ids=["nobody", "future", "no-date", "duplicate", "latin-1", "10-MB-cell", "zone", "no-zip", "outside"],
)  # fmt: skip
def test_bad_input_is_a_sentence_and_nothing_is_half_written(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: str | bytes, words: str
) -> None:
    if name == "ties.csv":
        typed(capsys, "import", "roster", _file(tmp_path, "first.csv", ROSTER), "--community", "T1")
    people, ties = _members(url), _ties(url)

    said = typed(capsys, "import", Path(name).stem, _file(tmp_path, name, content), "--community", "T1")

    assert (said.status, said.out) == (1, "")
    assert words in said.err
    assert len(said.err) < 300
    assert (_members(url), _ties(url)) == (people, ties)


def test_a_zip_that_unpacks_to_far_too_much_is_a_sentence_and_nothing_is_half_written(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "FREE", 1024 * 1024)
    export = _file(tmp_path, "export.zip", _zip("atelier/2026-11-04.json", b"[" + b" " * 30_000_000 + b"]"))

    said = typed(capsys, "import", "slack-export", export, "--community", "T1")

    assert (said.status, said.out) == (1, "")
    assert "unpacks to far more than an export does" in said.err
    assert _members(url) == {}


def test_a_byte_order_mark_is_no_trouble(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = typed(capsys, "import", "roster", _file(tmp_path, "r.csv", "\ufeff" + ROSTER), "--community", "T1")

    assert said.status == 0
    assert _members(url).keys() == {"U1", "U2", "U3"}


def test_a_full_disk_is_a_sentence_and_nothing_is_half_written(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], little_room: Callable[[int], None]
) -> None:
    many = "member,name\n" + "".join(f"N{number},{'x' * 150}\n" for number in range(5_000))
    pages = (tmp_path / "voisin.db").stat().st_size // 4096
    little_room(pages + 20)

    said = typed(capsys, "import", "roster", _file(tmp_path, "roster.csv", many), "--community", "T1")

    assert said.status == 1
    assert "no room left" in said.err
    assert _members(url) == {}


def test_an_unknown_community_is_told_which_there_are(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    roster = _file(tmp_path, "roster.csv", ROSTER)

    near = typed(capsys, "import", "roster", roster, "--community", "Les Curieu")
    far = typed(capsys, "import", "roster", roster, "--community", "T9000")

    assert (near.status, near.err) == (1, "There is no community 'Les Curieu': did you mean Les Curieux?\n")
    assert far.err == "There is no community 'T9000': there is slack/T1, Les Curieux.\n"


def test_without_any_community_it_is_told_how_to_get_one(
    sqlite_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VOISIN_DATABASE_URL", f"sqlite:///{sqlite_file}")

    said = typed(capsys, "import", "roster", _file(tmp_path, "roster.csv", ROSTER), "--community", "T1")

    assert said.status == 1
    assert "start Voisin once" in said.err
