"""What should never come, comes: it is refused, with a sentence or with 401, and changes nothing."""

import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

import pytest

from bot.domain.member import Member, Participation
from bot.domain.program import Program
from tests.loopback import slack_payloads as payloads
from tests.loopback.slack_hands import Hand, SignedHttp
from tests.loopback.slack_house import TUESDAY, House, Houses, first_channel, introductions, ready
from tests.loopback.slack_people import Workspace, found

LOUD = "<!channel> <!here> <@UT1CLEO> <https://example.org|free> *bold* & </script>"
RIGHT_TO_LEFT = "\u202eمرحبا\u202c \u0301\u0301\u0301e\u0301 שלום"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def workspace() -> Workspace:
    made = found("T1", "ada", "ben", "cleo")
    made.user("guy", guest=True)
    made.user("eve")
    made.channel("apart")
    return made


@pytest.fixture
async def house(houses: Houses, workspace: Workspace) -> AsyncIterator[House]:
    async with houses.life(workspace, road="http") as house:
        yield house


def signed(house: House) -> SignedHttp:
    assert isinstance(house.road, SignedHttp)
    return house.road


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """What Voisin keeps of a workspace."""

    members: Sequence[Member] = ()
    programs: Sequence[Program] = ()
    yeses: Sequence[Participation] = ()


async def stored(house: House, workspace: Workspace) -> Stored:
    community = await house.community(workspace)
    if community is None:
        return Stored()
    async with house.storage.open_work(community.id) as work:
        programs = await work.programs.all()
        yeses = [yes for one in programs for yes in await work.participations.of_program(one.id)]
        return Stored(members=await work.members.all(), programs=programs, yeses=yeses)


# ── Signatures ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "road",
    [
        pytest.param({"secret": "another"}, id="forged"),
        pytest.param({"late": 301}, id="stale"),
        pytest.param({"late": -301}, id="from the future"),
    ],
)
async def test_a_request_that_slack_did_not_sign_just_now_is_401_and_does_nothing(
    house: House, workspace: Workspace, road: dict[str, str | int]
) -> None:
    ada = house.hand(workspace, "ada")
    before = await stored(house, workspace)
    ada.road = replace(signed(house), **road)  # type: ignore[arg-type]  # each case names a field

    heard = await ada.types("join", first_channel(workspace))

    assert heard.status == 401
    assert "secret" not in str(heard.body)
    assert ada.private == []
    assert await stored(house, workspace) == before


async def test_a_request_without_a_signature_is_401(house: House) -> None:
    heard = await signed(house).post(b"command=%2Fvoisin&text=join", FORM, headers={"X-Nothing": "here"})

    assert heard.status == 401


async def test_a_signature_of_another_body_is_401(house: House, workspace: Workspace) -> None:
    road = signed(house)
    said = payloads.event(workspace, "A0VOISIN", {"type": "app_uninstalled"})
    body, content_type = payloads.encoded("events_api", said)

    heard = await road.post(body + b" ", content_type, headers=road.signature(body, "1700000000"))

    assert heard.status == 401
    assert house.slack.grants


async def test_an_event_that_slack_repeats_is_handled_once(house: House, workspace: Workspace) -> None:
    ada = house.hand(workspace, "ada")
    said = payloads.event(workspace, "A0VOISIN", payloads.home_opened(ada.user, workspace), user=ada.user)

    heard = [await ada.road.bring("events_api", said) for _ in range(3)]

    assert [one.status for one in heard] == [200, 200, 200]


@pytest.mark.parametrize(
    "body, content_type",
    [
        pytest.param(b"", FORM, id="empty"),
        pytest.param(b"payload=%7Bnot+json", FORM, id="no JSON"),
        pytest.param(b"payload=%5B1%2C2%5D", FORM, id="a list"),
        pytest.param(b"{", "application/json", id="half JSON"),
        pytest.param(b'{"type": "event_callback"}', "application/json", id="no event"),
        pytest.param(
            json.dumps({"type": "event_callback", "event": {"type": 7}}).encode(),
            "application/json",
            id="a number",
        ),
        pytest.param(b"\xff\xfe\x00", "application/json", id="no text"),
        pytest.param(b"payload=" + b"%7B%22type%22%3A%22block_actions%22%7D", FORM, id="no actions"),
        pytest.param(b"payload=" + b"%7B%22type%22%3A%22view_submission%22%7D", FORM, id="no view"),
        pytest.param(b"command=%2Fvoisin&text=join", FORM, id="a command of nobody"),
    ],
)
async def test_a_malformed_payload_changes_nothing_and_voisin_goes_on(
    house: House, workspace: Workspace, body: bytes, content_type: str
) -> None:
    before = await stored(house, workspace)

    heard = await signed(house).post(body, content_type)
    after = await stored(house, workspace)
    answer = await house.hand(workspace, "ada").asks("help")

    assert 400 <= heard.status < 600 or heard.status == 200
    assert "Traceback" not in str(heard.body)
    assert after == before
    assert answer.text


@pytest.mark.parametrize(
    "nowhere", ["", "nowhere", "../../etc/passwd", "http://", "http://[", "file:///etc/passwd"]
)
async def test_an_answer_that_would_go_nowhere_is_refused_and_no_fault_of_ours(
    house: House, workspace: Workspace, nowhere: str
) -> None:
    said = payloads.command(
        found("T7", "zoe"),
        house.slack.app_id,
        user=house.hand(workspace, "ada").user,
        room=first_channel(workspace),
        text="join",
        trigger="1.2.3",
        response_url=nowhere,
    )

    heard = await signed(house).bring("slash_commands", said)

    assert heard.status == 400


@pytest.mark.parametrize("name", ["view", "event"])
async def test_where_nothing_stands_bolt_stumbles_and_slack_hears_that_it_is_not_readable(
    house: House, name: str
) -> None:
    said = {"type": "event_callback", "team_id": "T1", "team": {"id": "T1"}, "user": {"id": "U1"}, name: None}

    heard = await signed(house).post(json.dumps(said).encode(), "application/json")

    assert heard.status == 400


# ── Who asks ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_guest_may_join_and_is_never_a_convener(house: House, workspace: Workspace) -> None:
    await ready(house, workspace, "ada", "ben")
    guy = house.hand(workspace, "guy")

    joined = await guy.asks("join", first_channel(workspace))
    refused = await guy.asks("preview", first_channel(workspace))
    ada = house.hand(workspace, "ada")
    named = await ada.asks(f"convener add <@{guy.user.id}|guy>", first_channel(workspace))

    assert "Welcome" in joined.text
    assert "guest" in refused.text.lower()
    assert "guest" in named.text.lower()


async def test_a_convener_s_command_of_somebody_else_is_a_sentence(
    house: House, workspace: Workspace
) -> None:
    await ready(house, workspace, "ada", "ben")
    before = await stored(house, workspace)
    cleo = house.hand(workspace, "cleo")

    answer = await cleo.asks("run-now", first_channel(workspace))

    assert "convener" in answer.text.lower()
    assert introductions(workspace) == []
    after = await stored(house, workspace)
    assert (after.programs, after.yeses) == (before.programs, before.yeses)


async def test_a_command_from_a_workspace_without_voisin_is_refused(
    houses: Houses, house: House, workspace: Workspace
) -> None:
    elsewhere = houses.slack.add(found("T9", "mallory"))
    mallory = Hand(
        slack=houses.slack, workspace=elsewhere, user=elsewhere.users["UT9MALLORY"], road=house.road
    )

    await mallory.types("join", first_channel(elsewhere))

    assert await house.community(elsewhere) is None
    assert [post for post in elsewhere.posts if "Welcome" in post.text] == []


async def test_a_person_of_another_workspace_is_nobody_here(
    houses: Houses, house: House, workspace: Workspace
) -> None:
    houses.slack.add(found("T2", "zoe"))
    await ready(house, workspace, "ada", "ben")

    answer = await house.hand(workspace, "ada").asks("avoid <@UT2ZOE|zoe>", first_channel(workspace))

    assert "Zoe" not in answer.shown
    assert "UT2ZOE" not in str((await stored(house, workspace)).members)


# ── What they press ─────────────────────────────────────────────────────────────────────────────────


async def test_a_button_of_an_introduction_that_is_not_theirs_is_a_sentence(
    house: House, workspace: Workspace
) -> None:
    await ready(house, workspace, "ada", "ben")
    await house.move_to(TUESDAY)
    [introduction] = introductions(workspace)
    eve = house.hand(workspace, "eve")
    before = len(eve.private)

    await eve.presses(introduction, introduction.button("known"))
    answer = await eve.answered(before)

    assert not re.search("Ada|Ben", answer.shown)
    assert len(introductions(workspace)) == 1


@pytest.mark.parametrize("action", ["met:NOSUCHTHING", "drop:tables", "join", "", "met:../../etc", "x" * 255])
async def test_a_button_that_never_was_is_a_sentence(house: House, workspace: Workspace, action: str) -> None:
    await ready(house, workspace, "ada", "ben")
    ada = house.hand(workspace, "ada")
    before = len(ada.private)

    heard = await ada.presses(ada.private[-1], action)

    assert heard.status == 200
    if action:
        assert (await ada.answered(before)).text


async def test_a_form_sent_twice_counts_once(house: House, workspace: Workspace) -> None:
    ada = house.hand(workspace, "ada")
    form = await ada.opens("setup", first_channel(workspace))

    first = await ada.fills(form, day="1")
    second = await ada.fills(form, day="1")

    assert (first.status, second.status) == (200, 200)
    assert len((await stored(house, workspace)).programs) == 1


async def test_a_form_with_somebody_else_s_words_in_it_changes_nothing_of_theirs(
    house: House, workspace: Workspace
) -> None:
    await ready(house, workspace, "ada", "ben")
    ada, ben = house.hand(workspace, "ada"), house.hand(workspace, "ben")
    form = await ada.opens("me")

    await ben.fills(form, learning="Rust")

    learning = {member.name: member.learning for member in (await stored(house, workspace)).members}
    assert learning == {"Ada": "", "Ben": "Rust"}


# ── What they write ─────────────────────────────────────────────────────────────────────────────────


async def test_three_thousand_characters_where_150_fit_are_refused_at_the_field(
    house: House, workspace: Workspace
) -> None:
    await ready(house, workspace, "ada", "ben")
    ada = house.hand(workspace, "ada")
    form = await ada.opens("me")

    heard = await ada.fills(form, learning="x" * 3000)

    assert heard.body["response_action"] == "errors"
    assert list(heard.body["errors"]) == ["learning"]
    assert {member.learning for member in (await stored(house, workspace)).members} == {""}


async def test_a_command_of_three_thousand_characters_is_a_sentence(
    house: House, workspace: Workspace
) -> None:
    answer = await house.hand(workspace, "ada").asks("x" * 3000, first_channel(workspace))

    assert 0 < len(answer.text) <= 4000


@pytest.mark.parametrize("words", [LOUD, RIGHT_TO_LEFT], ids=["loud", "right to left"])
async def test_anyone_s_words_stay_words(house: House, workspace: Workspace, words: str) -> None:
    await ready(house, workspace, "ada", "ben")
    ada = house.hand(workspace, "ada")
    form = await ada.opens("me")
    await ada.fills(form, learning=words)

    await house.move_to(TUESDAY)

    [introduction] = introductions(workspace)
    said = introduction.shown
    for ping in ("<!channel>", "<!here>", "<https:"):
        assert ping not in said
    assert set(re.findall("<@[^>]*>", said)) <= {f"<@{ada.user.id}>", "<@UT1BEN>"}


async def test_a_name_that_is_markup_stays_a_name(house: House, workspace: Workspace) -> None:
    ada, ben = workspace.users["UT1ADA"], workspace.users["UT1BEN"]
    ben.name = "<!channel> *Ben* <@UT1CLEO>"
    await ready(house, workspace, "ada")
    await Hand(slack=house.slack, workspace=workspace, user=ben, road=house.road).asks(
        "join", first_channel(workspace)
    )

    await house.move_to(TUESDAY)

    [introduction] = introductions(workspace)
    assert introduction in workspace.together(ada)
    assert "<!channel>" not in introduction.shown
    assert "<@UT1CLEO>" not in introduction.shown
