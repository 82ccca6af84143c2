"""What the sandbox's page asks over HTTP, and what it gets when it asks for nonsense."""

import asyncio
import json
from base64 import b64decode
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession

from adapters.sandbox.views import FILES, PAGE
from bot.errors import FullDisk
from tests.adapters.curious import AMINA, MONDAY, TOM, Opened, opened
from tests.adapters.pages import Caller

CHANNEL = "space:atelier"
HERS = "person:amina"


async def _news(response: ClientResponse) -> Any:
    """The next thing that the stream says."""
    while True:
        line = await response.content.readline()
        if line.startswith(b"data: "):
            return json.loads(line[6:])
        if not line:
            raise ConnectionError


async def _circle(caller: Caller, person: str = "amina") -> str:
    return next(str(room["name"]) for room in (await caller.state(person))["rooms"] if room["circle"])


# ── Looking ────────────────────────────────────────────────────────────────────────────────────────


async def test_the_root_leads_to_the_page_and_the_page_comes_from_the_package(
    town: Opened, caller: Caller
) -> None:
    async with caller.session.get(town.address) as page:
        html = await page.text()

    assert page.url.path == "/sandbox/"
    assert "page.js" in html
    assert "//" not in html.replace("<!doctype", "")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("file", FILES)
async def test_every_file_of_the_page_is_served_and_inserts_no_markup(caller: Caller, file: str) -> None:
    served = await caller.get(file)

    assert served.status == 200
    assert "innerHTML" not in str(served.json)
    assert {path.name for path in PAGE.iterdir()} == {*FILES, "index.html"}


async def test_the_site_says_that_it_is_alive(town: Opened, caller: Caller) -> None:
    async with caller.session.get(f"{town.address}/healthz") as response:
        said = await response.text()

    assert (response.status, said) == (200, "ok\n")


async def test_one_is_at_first_someone_to_whom_voisin_has_something_to_say(
    town: Opened, caller: Caller
) -> None:
    await town.tell(TOM, "Hello Tom.", key="t")

    state = (await caller.get("state")).json

    assert state["me"] == "tom"


async def test_a_member_sees_their_own_rooms_and_not_those_of_others(town: Opened, caller: Caller) -> None:
    await town.announce("For all.", key="a")
    await town.tell(AMINA, "For Amina.", key="b")
    await town.introduce()

    seen = {person: await caller.state(person) for person in ("amina", "tom", "grace")}

    assert [len(seen[person]["entries"]) for person in seen] == [3, 2, 1]
    assert [len(seen[person]["rooms"]) for person in seen] == [3, 3, 2]
    assert seen["grace"]["unread"]["amina"][HERS] == 1


async def test_the_page_speaks_the_language_of_whoever_one_is(caller: Caller) -> None:
    assert (await caller.state("amina"))["words"]["cancel"] == "Annuler"
    assert (await caller.state("tom"))["words"]["cancel"] == "Cancel"


async def test_what_is_new_is_told_as_it_happens(town: Opened, caller: Caller) -> None:
    async with asyncio.timeout(10), caller.listening("amina") as stream:
        first = await _news(stream)
        await town.tell(AMINA, "Hello.", key="h")
        second = await _news(stream)

    assert first["entries"] == []
    assert [entry["room"] for entry in second["entries"]] == [HERS]
    assert second["unread"] == {"amina": {HERS: 1}}


async def test_the_streams_end_when_the_site_stops(town: Opened, caller: Caller) -> None:
    async with asyncio.timeout(10), caller.listening("amina") as stream:
        await _news(stream)
        await town.site.stop()
        rest = await stream.content.read()

    assert b"data: " not in rest


# ── Asking Voisin ──────────────────────────────────────────────────────────────────────────────────


async def test_a_command_is_handed_in_with_who_asks_where_and_when(town: Opened, caller: Caller) -> None:
    await caller.post("command", person="amina", room=CHANNEL, line="join", id="event-0001")

    [(how, ask, line)] = town.desk.asked
    assert (how, line) == ("run", "join")
    assert (ask.asker.external_id, ask.asker.zone) == (AMINA, "Africa/Dakar")
    assert (ask.space, ask.space_name, ask.now) == ("atelier", "atelier", MONDAY)
    assert ask.event == "sandbox/amina/event-0001"
    assert town.clock.rings == 1


async def test_a_command_in_private_names_no_space(town: Opened, caller: Caller) -> None:
    await caller.post("command", person="amina", room=HERS, line="me")

    assert town.desk.asked[0][1].space is None


async def test_the_reply_stands_in_the_room_for_the_one_who_asked_alone(town: Opened, caller: Caller) -> None:
    await caller.post("command", person="amina", room=CHANNEL, line="join")

    assert await caller.words("amina", CHANNEL) == ["You said 'join'."]
    assert await caller.words("tom", CHANNEL) == []
    assert (await caller.state("amina"))["unread"] == {}


@pytest.mark.parametrize("name", ["@tom", "tom", "@Tom Whitfield", "Tom", "@TOM"])
async def test_a_person_is_found_by_what_one_types(town: Opened, caller: Caller, name: str) -> None:
    await caller.post("command", person="amina", room=HERS, line=f"know {name}")

    assert town.desk.found == ["tom"]


async def test_names_are_found_without_their_accents(town: Opened, caller: Caller) -> None:
    await caller.post("command", person="amina", room=HERS, line="know @helene gagnon")
    await caller.post("command", person="amina", room=HERS, line="know @nobody")

    assert town.desk.found == ["helene", ""]


async def test_the_same_click_twice_is_handed_in_with_the_same_event(town: Opened, caller: Caller) -> None:
    answers = [
        await caller.post("press", person="tom", room=CHANNEL, action="met:i1", id="event-0002")
        for _ in range(2)
    ]

    assert [answer.status for answer in answers] == [200, 200]
    assert await caller.words("tom", CHANNEL) == ["Tom Whitfield pressed met:i1."]


async def test_a_form_comes_back_and_what_is_filled_in_is_handed_in(town: Opened, caller: Caller) -> None:
    form = (await caller.post("command", person="tom", room=CHANNEL, line="me")).json["form"]
    wrong = await caller.post(
        "submit", person="tom", room=CHANNEL, action=form["action"], values={"learning": "nothing"}
    )
    right = await caller.post(
        "submit", person="tom", room=CHANNEL, action=form["action"], values={"learning": "Rust"}
    )

    assert [field["kind"] for field in form["fields"]][:3] == ["line", "choice", "choices"]
    assert wrong.json["errors"] == {"learning": "Everyone learns something."}
    assert right.json == {"form": None, "errors": {}}
    assert town.desk.submitted == [{"learning": "Rust"}]


async def test_a_file_is_handed_over_in_private(caller: Caller) -> None:
    await caller.post("command", person="tom", room=CHANNEL, line="export-me")

    [entry] = (await caller.state("tom"))["entries"]
    assert entry["body"]["file"]["name"] == "voisin.json"
    assert b64decode(entry["body"]["file"]["content"]) == b'{"name": "Tom"}'
    assert (await caller.state("amina"))["entries"] == []


@pytest.mark.parametrize(
    "person, line, offered",
    [
        ("tom", "pau", ["pause"]),
        ("claire", "pau", ["pause", "pause-program"]),
        ("tom", "know @hel", ["know @helene"]),
        ("tom", "know @GAGN", ["know @helene"]),
        ("tom", "know @tom", []),
    ],
)
async def test_commands_and_names_are_completed(
    caller: Caller, person: str, line: str, offered: list[str]
) -> None:
    answer = await caller.get(f"complete?person={person}&line={line}")

    assert [offer["text"] for offer in answer.json] == offered


# ── Talking with each other ────────────────────────────────────────────────────────────────────────


async def test_words_in_a_circle_reach_its_people_and_never_the_core(town: Opened, caller: Caller) -> None:
    await town.introduce()
    circle = await _circle(caller)

    await caller.post("write", person="amina", room=circle, text="Bonjour Tom !")

    assert (await caller.words("tom", circle))[-1] == "Bonjour Tom !"
    assert await caller.words("grace", circle) == []
    assert town.desk.asked == []
    assert (await caller.state("tom"))["unread"]["tom"] == {circle: 2}


async def test_the_same_words_sent_twice_by_one_click_stand_there_once(town: Opened, caller: Caller) -> None:
    for _ in range(2):
        await caller.post("write", person="amina", room=CHANNEL, text="Hello", id="event-0003")

    assert await caller.words("tom", CHANNEL) == ["Hello"]


async def test_what_was_read_is_not_new_any_more(town: Opened, caller: Caller) -> None:
    await town.announce("One.", key="1")
    await town.announce("Two.", key="2")

    await caller.post("read", person="tom", room=CHANNEL, upto=1)
    after_one = (await caller.state("tom"))["unread"]["tom"]
    await caller.post("read", person="tom", room=CHANNEL, upto=10**9)

    assert after_one == {CHANNEL: 1}
    assert "tom" not in (await caller.state("tom"))["unread"]


async def test_voisin_is_not_talked_to_in_plain_words(caller: Caller) -> None:
    answer = await caller.post("write", person="amina", room=HERS, text="Hello?")

    assert answer.status == 400
    assert "/voisin" in answer.sentence
    assert await caller.words("amina", HERS) == []


async def test_a_reaction_stands_for_all_who_see_the_message_once_for_each(
    town: Opened, caller: Caller
) -> None:
    await town.introduce()
    circle = await _circle(caller)
    entry = (await caller.state("amina"))["entries"][-1]["id"]

    for person in ("amina", "tom", "tom"):
        answer = await caller.post("react", person=person, room=circle, entry=entry)
        assert answer.status == 200

    assert (await caller.state("tom"))["likes"] == {str(entry): ["amina", "tom"]}
    assert (await caller.state("grace"))["likes"] == {}
    assert town.desk.asked == []


@pytest.mark.parametrize("entry", [0, 7, -1, 10**30])
async def test_nobody_reacts_to_what_is_not_there(town: Opened, caller: Caller, entry: int) -> None:
    await town.tell(TOM, "For Tom alone.", key="1")

    answer = await caller.post("react", person="amina", room=CHANNEL, entry=entry)
    elsewhere = await caller.post("react", person="amina", room=CHANNEL, entry=1)

    assert [answer.status, elsewhere.status] == [404, 404]
    assert answer.sentence == elsewhere.sentence == "This message is not there."


# ── Time ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "to, by", [("hour", timedelta(hours=1)), ("day", timedelta(days=1)), ("due", timedelta(hours=30))]
)
async def test_the_clock_moves_and_whatever_rests_is_woken(
    town: Opened, caller: Caller, to: str, by: timedelta
) -> None:
    town.agenda.due = MONDAY + timedelta(hours=30)

    answer = await caller.post("clock", person="tom", room=CHANNEL, to=to)

    assert answer.json["now"] == (MONDAY + by).isoformat()
    assert town.clock.at == MONDAY + by
    assert town.clock.rings == 1


async def test_the_clock_never_goes_back_to_what_is_overdue(town: Opened, caller: Caller) -> None:
    town.agenda.due = MONDAY - timedelta(hours=1)

    await caller.post("clock", person="tom", room=CHANNEL, to="due")

    assert town.clock.at == MONDAY


async def test_with_nothing_due_the_clock_stays(town: Opened, caller: Caller) -> None:
    town.agenda.due = None

    answer = await caller.post("clock", person="tom", room=CHANNEL, to="due")

    assert (answer.status, answer.sentence) == (409, "Nothing is due")
    assert town.clock.at == MONDAY


# ── Nonsense ───────────────────────────────────────────────────────────────────────────────────────

COMMAND: Mapping[str, Any] = {"person": "amina", "room": CHANNEL, "line": "join"}
PRESS: Mapping[str, Any] = {"person": "amina", "room": CHANNEL}


@pytest.mark.parametrize(
    "path, fields, status",
    [
        ("command", {**COMMAND, "person": "nobody"}, 404),
        ("command", {**COMMAND, "person": ["amina"]}, 404),
        ("command", {**COMMAND, "room": "space:elsewhere"}, 404),
        ("command", {**COMMAND, "room": "person:tom"}, 404),
        ("command", {**COMMAND, "line": 7}, 400),
        ("command", {**COMMAND, "line": "x" * 5000}, 413),
        ("command", {**COMMAND, "id": "no spaces, please"}, 400),
        ("command", {**COMMAND, "id": None}, 400),
        ("press", {**PRESS, "action": "nothing:here"}, 404),
        ("press", {**PRESS, "action": "not an action"}, 404),
        ("press", PRESS, 400),
        ("submit", {**PRESS, "action": "me:", "values": "all"}, 400),
        ("submit", {**PRESS, "action": "me:", "values": {"learning": ["Rust"]}}, 400),
        ("write", {**PRESS, "text": "   "}, 400),
        ("read", {**PRESS, "upto": "all"}, 400),
        ("read", {**PRESS, "upto": True}, 400),
        ("clock", {**PRESS, "to": "yesterday"}, 400),
    ],
)
async def test_what_makes_no_sense_gets_a_sentence_and_changes_nothing(
    town: Opened, caller: Caller, path: str, fields: Mapping[str, Any], status: int
) -> None:
    answer = await caller.post(path, **fields)

    assert answer.status == status
    assert answer.sentence.endswith(".")
    assert (await caller.state("amina"))["entries"] == []
    assert town.desk.submitted == []
    assert town.clock.at == MONDAY


@pytest.mark.parametrize(
    "raw, status",
    [
        (b"{", 400),
        (b"[]", 400),
        (b"\xff\xfe", 400),
        (b"[" * 50_000, 400),
        (b'{"line": "' + b"x" * 1_000_000 + b'"}', 413),
    ],
)
async def test_a_body_that_cannot_be_read_gets_a_sentence(
    town: Opened, caller: Caller, raw: bytes, status: int
) -> None:
    answer = await caller.post("command", raw=raw)

    assert answer.status == status
    assert answer.sentence.endswith(".")
    assert town.desk.asked == []


async def test_a_form_of_the_kind_that_any_site_can_post_is_not_taken(town: Opened, caller: Caller) -> None:
    async with caller.session.post(
        f"{caller.base}/command", data=dict(COMMAND), headers={"X-Voisin-Page": caller.token}
    ) as response:
        status = response.status

    assert status == 415
    assert town.desk.asked == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example:80"},
        {"Host": "[::1"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"X-Voisin-Page": ""},
        {"X-Voisin-Page": "guessed"},
    ],
)
async def test_another_site_can_neither_do_nor_learn_anything(
    town: Opened, caller: Caller, headers: Mapping[str, str]
) -> None:
    answer = await caller.post("command", headers=headers, **COMMAND)

    assert answer.status in {400, 403}
    assert town.desk.asked == []


@pytest.mark.parametrize("path", ["", "state", "events?person=amina", "complete?person=amina&line="])
async def test_a_name_that_was_rebound_to_this_machine_sees_nothing(caller: Caller, path: str) -> None:
    answer = await caller.get(path, Host="evil.example")

    assert answer.status == 403
    assert answer.json.keys() == {"error"}


async def test_a_sentence_comes_in_the_language_of_the_page(caller: Caller) -> None:
    answer = await caller.post(
        "command", headers={"Accept-Language": "fr"}, **{**COMMAND, "person": "nobody"}
    )

    assert answer.sentence == "Personne de ce nom n’habite ici."


async def test_what_the_core_cannot_do_now_is_told_as_it_says(town: Opened, caller: Caller) -> None:
    town.desk.fails = FullDisk("No room is left where the database lives; nothing was half-written.")

    answer = await caller.post("command", **COMMAND)

    assert answer.status == 503
    assert answer.sentence == str(town.desk.fails)


async def test_where_time_is_the_world_s_own_it_cannot_be_moved() -> None:
    town = await opened(movable=False)
    address = await town.site.start()
    async with ClientSession() as session:
        caller = await Caller.at(address, session)

        shown = (await caller.state("tom"))["clock"]
        answer = await caller.post("clock", person="tom", room=CHANNEL, to="hour")
    await town.site.stop()

    assert (shown["movable"], shown["due"]) == (False, None)
    assert answer.status == 409
    assert town.clock.at == MONDAY
