"""Rosters and ties on disk: what is read, and what is refused in which words."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.files.roster import read_roster
from adapters.files.ties import read_ties
from bot.actions.bring_in import RosterLine, TieLine
from bot.domain.ids import ExternalId
from bot.domain.member import TieKind
from bot.errors import BadInput

HEADER = "member,name,team,last_seen,languages,timezone,learning,can_help,joined\n"


def _write(tmp_path: Path, content: str | bytes, name: str = "roster.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def _refused_roster(tmp_path: Path, content: str | bytes) -> str:
    with pytest.raises(BadInput) as caught:
        read_roster(_write(tmp_path, content))
    return str(caught.value)


def _refused_ties(tmp_path: Path, content: str) -> str:
    with pytest.raises(BadInput) as caught:
        read_ties(_write(tmp_path, content, "ties.csv"))
    return str(caught.value)


def test_a_full_roster_line_is_read_as_it_stands(tmp_path: Path) -> None:
    line = 'U1,Léa Martin,Atelier,2026-11-20T09:43Z,fr; EN,Europe/Paris,la soudure,"pain, sel",2024-03-01\n'

    people = read_roster(_write(tmp_path, HEADER + line))

    assert people == (
        RosterLine(
            member=ExternalId("U1"),
            name="Léa Martin",
            team="Atelier",
            last_seen=datetime(2026, 11, 20, 9, 43, tzinfo=UTC),
            languages=("fr", "en"),
            zone="Europe/Paris",
            learning="la soudure",
            can_help="pain, sel",
            joined=datetime(2024, 3, 1, tzinfo=UTC),
        ),
    )


def test_two_columns_are_enough_and_blank_lines_and_other_columns_are_passed_over(tmp_path: Path) -> None:
    people = read_roster(_write(tmp_path, "Member,NAME,shoe size\nU1,Léa,38\n\n,,\nU2,,41\n"))

    assert [(person.member, person.name, person.zone) for person in people] == [
        ("U1", "Léa", None),
        ("U2", "U2", None),
    ]


def test_a_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    people = read_roster(_write(tmp_path, b"\xef\xbb\xbfmember,name\r\nU1,L\xc3\xa9a\r\n"))

    assert people == (RosterLine(member=ExternalId("U1"), name="Léa"),)


ROSTERS: list[tuple[str | bytes, str]] = [
    (
        "member,name\nU1,Léa\nU2,Tom\nU1,Zoé\n",
        "line 4: member 'U1' is there twice, first in roster.csv, line 2",
    ),
    (HEADER + "U1,Léa,,,,Europe/Pariss,,,\n", "There is no time zone called 'Europe/Pariss': did you mean"),
    ("member,name\nU1,Lea\nU2,T\xe9o\n".encode("latin-1"), "line 3: this is not UTF-8: save the file again"),
    ("member,name\nU1,Léa\n".encode("utf-16"), "line 1: this is not UTF-8"),
    ("member,name\nU1," + "x" * 10_000_000 + "\n", "line 2: a cell is longer than"),
    ("member,name\nU1," + "x" * 2_000 + "\n", "line 2: name has 2000 characters: shorten it"),
    (HEADER + f"U1,Léa,,,,,{'x' * 151},,\n", "line 2: learning has 151 characters: shorten it to 150"),
    ("member\nU1\n", "line 1: the column 'name' is missing"),
    ("", "line 1: the column 'member' is missing"),
    ("member;name\nU1;Léa\n", "parted by semicolons: save the file with commas"),
    ("member,name,timezon\nU1,Léa,\n", "'timezon' is not known: did you mean timezone?"),
    ("member,name,name\nU1,Léa,Léa\n", "'name' is there twice"),
    ("member,name\nU1,Martin, Léa\n", "line 2: 3 cells where the first line names 2 columns"),
    ('member,name\nU1,"Léa\n', "line 2: this is not CSV"),
    ('member,name\nU1,"Léa\nMartin"\nU2,Tom\n', "line 2: name holds a line break"),
    ("member,name\nU1,L\0a\n", "line 2: name holds a line break or another control character"),
    ("member,name\n,Léa\n", "line 2: the member is missing"),
    (HEADER + "U1,Léa,,yesterday,,,,,\n", "line 2: 'yesterday' is no date: write last_seen like 2026-"),
    (HEADER + "U1,Léa,,2026-02-30,,,,,\n", "line 2: '2026-02-30' is no date"),
    (HEADER + "U1,Léa,,0001-01-01T00:00+05:00,,,,,\n", "is no date"),
    (HEADER + "U1,Léa,,,,,,,1066-10-14\n", "line 2: '1066-10-14' cannot be meant: correct joined"),
    (HEADER + "U1,Léa,,,français,,,,\n", "line 2: 'français' is no language: write languages like fr;en"),
    ("member,name\n", "there is nobody in it"),
]


@pytest.mark.parametrize("content, words", ROSTERS, ids=[words for _, words in ROSTERS])
def test_a_roster_that_cannot_be_used_is_a_sentence_with_line_and_remedy(
    tmp_path: Path, content: str | bytes, words: str
) -> None:
    refusal = _refused_roster(tmp_path, content)

    assert words in refusal
    assert refusal.startswith("roster.csv")
    assert len(refusal) < 300


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    refusal = _refused_roster(tmp_path, 'member,name,note\nU1,Léa,"two\nlines"\nU1,Tom,\n')

    assert "line 2: note holds a line break" in refusal


def test_a_file_that_is_not_there_or_no_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="There is no file"):
        read_roster(tmp_path / "none.csv")
    with pytest.raises(BadInput, match="cannot be read"):
        read_roster(tmp_path)


def test_ties_are_read_with_their_moments_and_places(tmp_path: Path) -> None:
    path = _write(
        tmp_path,
        "from,to,kind,at,people\nU1,U2,reply,,\nU2,U1,topic,2017-05-12T22:30+02:00,5\nU1,U3,introduced,2026-01-05,2\n",
        "ties.csv",
    )

    ties = read_ties(path)

    assert ties == (
        TieLine(
            source=ExternalId("U1"),
            target=ExternalId("U2"),
            kind=TieKind.REPLY,
            at=None,
            place="ties.csv, line 2",
        ),
        TieLine(
            source=ExternalId("U2"),
            target=ExternalId("U1"),
            kind=TieKind.TOPIC,
            at=datetime(2017, 5, 12, 20, 30, tzinfo=UTC),
            people=5,
            place="ties.csv, line 3",
        ),
        TieLine(
            source=ExternalId("U1"),
            target=ExternalId("U3"),
            kind=TieKind.INTRODUCED,
            at=datetime(2026, 1, 5, tzinfo=UTC),
            place="ties.csv, line 4",
        ),
    )


@pytest.mark.parametrize(
    "content, words",
    [
        ("from,to\nU1,U2\n", "line 1: the column 'kind' is missing"),
        ("from,to,kind\nU1,,reply\n", "line 2: 'to' is empty"),
        ("from,to,kind\nU1,U2,mentoin\n", "line 2: 'mentoin' is no kind of tie: did you mean mention?"),
        ("from,to,kind\nU1,U2,xyz\n", "write one of reply, mention, topic, reaction, introduced"),
        ("from,to,kind\nU1,U2,known\n", "line 2: 'known' is no kind of tie"),
        ("from,to,kind,at\nU1,U2,reply,soon\n", "line 2: 'soon' is no date: write at like"),
        ("from,to,kind,people\nU1,U2,topic,1\n", "line 2: '1' people cannot be"),
        ("from,to,kind,people\nU1,U2,topic," + "9" * 900 + "\n", "people cannot be"),
        ("from,to,kind,people\nU1,U2,topic,²\n", "people cannot be"),
    ],
)
def test_ties_that_cannot_be_used_are_a_sentence_with_line_and_remedy(
    tmp_path: Path, content: str, words: str
) -> None:
    refusal = _refused_ties(tmp_path, content)

    assert words in refusal
    assert refusal.startswith("ties.csv")
