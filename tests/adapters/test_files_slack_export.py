"""Slack's export: who and when is read, never what; and a zip that is a trap does not spring."""

import io
import json
import struct
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.files import archive
from adapters.files.slack_export import SlackExport, read_slack_export
from bot.domain.member import TieKind
from bot.errors import BadInput

USERS = [
    {
        "id": "U1",
        "name": "lea",
        "tz": "Europe/Paris",
        "profile": {"display_name": "Léa", "real_name": "Léa M."},
    },
    {"id": "U2", "name": "tom", "tz": "Mars/Olympus", "profile": {"display_name": "", "real_name": "Tom O."}},
    {"id": "U3", "name": "zoe", "profile": {}},
    {"id": "U4", "name": "gone", "deleted": True, "profile": {}},
    {"id": "U5", "name": "robot", "is_bot": True, "profile": {}},
    {"id": "USLACKBOT", "name": "slackbot", "profile": {}},
]


def _message(user: str, ts: str, text: str = "", **more: object) -> dict[str, object]:
    return {"type": "message", "user": user, "ts": ts, "text": text, **more}


FILES: Mapping[str, object] = {
    "users.json": USERS,
    "channels.json": [{"id": "C1", "name": "atelier", "members": ["U1", "U2"]}],
    "groups.json": [{"id": "G1", "name": "private-talk"}],
    "dms.json": [{"id": "D1", "members": ["U1", "U2"]}],
    "mpims.json": [{"id": "M1", "name": "mpdm-1"}],
    "atelier/2026-11-02.json": [
        _message("U1", "1793613600.000100", "a secret of mine", thread_ts="1793613600.000100"),
        _message("U2", "1793617200.000100", "<@U1> <@U3|zoe> <@U4> <@U2>"),
        _message("U3", "1793617300.000100", "joined", subtype="channel_join"),
        _message(
            "U3",
            "1793617400.000100",
            "",
            reactions=[{"name": "tada", "users": ["U1", "U2", "U3"], "count": 3}],
        ),
    ],
    "atelier/2026-11-03.json": [
        _message("U3", "1793700000.000100", "yes", thread_ts="1793613600.000100", parent_user_id="U1"),
        _message("U2", "1793703600.000100", "me too", thread_ts="1793613600.000100"),
    ],
    "atelier/canvas.json": [_message("U1", "1793613600.000100", "<@U2>")],
    "private-talk/2026-11-02.json": [_message("U1", "1793613600.000100", "<@U2>")],
    "D1/2026-11-02.json": [_message("U1", "1793613600.000100", "<@U2>")],
}


def _zip(tmp_path: Path, files: Mapping[str, object] = FILES) -> Path:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content if isinstance(content, bytes) else json.dumps(content))
    return path


def _folder(tmp_path: Path) -> Path:
    path = tmp_path / "export"
    with zipfile.ZipFile(_zip(tmp_path)) as packed:
        packed.extractall(path)
    return path


def _refusal(path: Path) -> str:
    with pytest.raises(BadInput) as caught:
        read_slack_export(path)
    return str(caught.value)


def _told(export: SlackExport) -> set[tuple[str, str, TieKind, int]]:
    return {(tie.source, tie.target, tie.kind, tie.people) for tie in export.ties}


def test_people_are_read_without_bots_and_without_those_who_left(tmp_path: Path) -> None:
    export = read_slack_export(_zip(tmp_path))

    assert [(person.member, person.name, person.zone) for person in export.people] == [
        ("U1", "Léa", "Europe/Paris"),
        ("U2", "Tom O.", None),
        ("U3", "zoe", None),
    ]


def test_replies_mentions_reactions_and_shared_conversations_of_public_channels_become_ties(
    tmp_path: Path,
) -> None:
    export = read_slack_export(_zip(tmp_path))

    assert _told(export) == {
        ("U2", "U1", TieKind.MENTION, 2),
        ("U2", "U3", TieKind.MENTION, 2),
        ("U1", "U3", TieKind.REACTION, 2),
        ("U2", "U3", TieKind.REACTION, 2),
        ("U3", "U1", TieKind.REPLY, 2),
        ("U2", "U1", TieKind.REPLY, 2),
        ("U1", "U2", TieKind.TOPIC, 3),
        ("U1", "U3", TieKind.TOPIC, 3),
        ("U2", "U3", TieKind.TOPIC, 3),
    }
    assert export.channels == 1


def test_a_reply_has_its_own_moment_and_a_conversation_that_of_its_last_word(tmp_path: Path) -> None:
    export = read_slack_export(_zip(tmp_path))

    moments = {(str(tie.source), tie.kind): tie.at for tie in export.ties}
    assert moments["U3", TieKind.REPLY] == datetime(2026, 11, 3, 10, 0, tzinfo=UTC)
    assert moments["U1", TieKind.TOPIC] == datetime(2026, 11, 3, 11, 0, tzinfo=UTC)


def test_no_word_of_any_message_is_kept(tmp_path: Path) -> None:
    export = read_slack_export(_zip(tmp_path))

    assert "secret" not in repr(export)
    assert "me too" not in repr(export)


def test_the_folder_that_a_zip_unpacks_to_says_the_same(tmp_path: Path) -> None:
    assert read_slack_export(_folder(tmp_path)) == read_slack_export(_zip(tmp_path))


def test_a_conversation_among_a_crowd_is_no_tie(tmp_path: Path) -> None:
    crowd = [f"U{number}" for number in range(100, 200)]
    users = [{"id": user, "name": user} for user in crowd]
    thread = [
        _message(user, f"1793613{number:03}.0", thread_ts="1793613000.0") for number, user in enumerate(crowd)
    ]

    export = read_slack_export(
        _zip(
            tmp_path,
            {**FILES, "users.json": users, "atelier/2026-11-02.json": thread, "atelier/2026-11-03.json": []},
        )
    )

    assert {tie.kind for tie in export.ties} == {TieKind.REPLY}


@pytest.mark.parametrize(
    "name", ["../out.json", "/etc/out.json", "a/../../out.json", "C:\\out.json", "..\\out.json"]
)
def test_a_zip_that_unpacks_outside_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    path = _zip(tmp_path, {**FILES, name: []})

    refusal = _refusal(path)

    assert "leads out of the export" in refusal
    assert sorted(tmp_path.rglob("*")) == [path]


def test_a_link_in_a_zip_or_a_folder_is_refused(tmp_path: Path) -> None:
    path, folder = _zip(tmp_path), _folder(tmp_path)
    link = zipfile.ZipInfo("atelier/2026-11-04.json")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr(link, "/etc/passwd")
    (folder / "atelier" / "2026-11-04.json").symlink_to(tmp_path)

    assert "leads out of the export" in _refusal(path)
    assert "is a link" in _refusal(folder)


def test_a_zip_that_unpacks_to_far_too_much_is_not_read_to_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "FREE", 1024 * 1024)
    path = _zip(tmp_path, {**FILES, "atelier/2026-11-04.json": b"[" + b" " * 30_000_000 + b"]"})

    assert "unpacks to far more than an export does" in _refusal(path)


def test_a_zip_of_a_hundred_gigabytes_is_stopped_by_what_comes_out_of_it(tmp_path: Path) -> None:
    # 400 names for one and the same 250 MB of blanks, which takes 250 KB of the file.
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("users.json", json.dumps(USERS))
        packed.writestr("channels.json", json.dumps([{"name": "atelier"}]))
        with packed.open("atelier/2026-01-01.json", "w") as day:
            for _ in range(250):
                day.write(b" " * 1_000_000)
        bomb = packed.infolist()[-1]
        for number in range(399):
            again = zipfile.ZipInfo(f"atelier/{2100 + number}-01-01.json")
            again.header_offset, again.CRC = bomb.header_offset, bomb.CRC
            again.compress_size, again.file_size = bomb.compress_size, bomb.file_size
            again.compress_type = bomb.compress_type
            packed.filelist.append(again)
    path = tmp_path / "export.zip"
    path.write_bytes(inner.getvalue())

    refusal = _refusal(path)

    assert path.stat().st_size < 1_000_000
    assert "unpacks to far more" in refusal or "not a zip that can be read" in refusal


def test_a_zip_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = _zip(tmp_path)
    content = bytearray(path.read_bytes())
    # The central directory's size of the first file, users.json, says 10 bytes.
    entry = content.index(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = struct.pack("<I", 10)
    path.write_bytes(content)

    assert "users.json" in _refusal(path) or "not a zip that can be read" in _refusal(path)


@pytest.mark.parametrize(
    "files, words",
    [
        ({"channels.json": []}, "has no users.json: name the zip that Slack gives"),
        ({**FILES, "users.json": {"ok": False}}, "users.json is not what Slack writes there"),
        ({**FILES, "users.json": [{"name": "lea"}]}, "someone has no id"),
        ({**FILES, "users.json": [USERS[0], USERS[0]]}, "'U1' is there twice"),
        ({**FILES, "atelier/2026-11-02.json": b"[{"}, "atelier/2026-11-02.json is not JSON"),
        ({**FILES, "atelier/2026-11-02.json": b"[" * 200_000}, "atelier/2026-11-02.json is not JSON"),
        ({**FILES, "atelier/2026-11-02.json": b'["\xff\xfe\xff"]'}, "atelier/2026-11-02.json is not UTF-8"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_export_that_cannot_be_used_is_a_sentence(
    tmp_path: Path, files: Mapping[str, object], words: str
) -> None:
    assert words in _refusal(_zip(tmp_path, files))


def test_what_is_no_zip_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(b"hello")

    assert "export.zip is not a zip that can be read" in _refusal(path)
    assert "There is no file" in _refusal(tmp_path / "none.zip")


def test_a_damaged_zip_is_a_sentence(tmp_path: Path) -> None:
    path = _zip(tmp_path)
    content = bytearray(path.read_bytes())
    content[60:70] = b"\0" * 10
    path.write_bytes(content)

    assert "is not a zip that can be read" in _refusal(path)


def test_odd_messages_are_passed_over(tmp_path: Path) -> None:
    odd = [
        {},
        {"type": "message"},
        _message("U1", "soon", "<@U2>"),
        _message("U1", "9" * 40, "<@U2>"),
        {"type": "message", "user": 7, "ts": [], "text": None, "reactions": {"users": 1}},
        _message("U1", "1793613600.0", "", reactions=[{"users": [None, "U9"]}, 3]),
    ]

    export = read_slack_export(
        _zip(
            tmp_path,
            {"users.json": USERS, "channels.json": FILES["channels.json"], "atelier/2026-11-02.json": odd},
        )
    )

    assert export.ties == ()
