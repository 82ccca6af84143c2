"""Slack refuses, limits, breaks off, throws Voisin out: nothing is said twice, and nobody is left alone."""

import asyncio
from datetime import timedelta

import pytest

from tests.loopback import slack_payloads as payloads
from tests.loopback.slack_faults import How
from tests.loopback.slack_house import TUESDAY, Houses, first_channel, introductions, ready
from tests.loopback.slack_people import Workspace, found

AN_INTRODUCTION = "known:"
"""Stands in the buttons of introductions only."""

BEFORE = TUESDAY - timedelta(minutes=1)


def asked(workspace: Workspace, name: str) -> int:
    """How many times this person was asked whether an interrupted message had arrived."""
    posts = workspace.together(workspace.users[f"U{workspace.id}{name.upper()}"])
    return sum(any(action[:5] == "show:" for action in post.buttons) for post in posts)


@pytest.mark.parametrize("how", [How.STATUS_AFTER, How.RESET_AFTER, How.GARBLED_AFTER], ids=str)
async def test_an_answer_that_was_lost_is_asked_about_and_the_message_never_repeated(
    houses: Houses, how: How
) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada", "ben")
        await house.move_to(BEFORE)
        houses.slack.fail("chat.postMessage", how, saying=AN_INTRODUCTION)

        await house.move_to(TUESDAY + timedelta(hours=1))

        assert len(introductions(workspace)) == 1
        assert (asked(workspace, "ada"), asked(workspace, "ben")) == (1, 1)


@pytest.mark.parametrize("error", ["fatal_error", "internal_error", "request_timeout"])
async def test_an_error_inside_slack_is_a_doubt(houses: Houses, error: str) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada", "ben")
        await house.move_to(BEFORE)
        houses.slack.fail("chat.postMessage", error=error, saying=AN_INTRODUCTION)

        await house.move_to(TUESDAY + timedelta(hours=1))
        shown = await house.hand(workspace, "ada").asks_by(
            workspace.together(workspace.users["UT1ADA"])[-1], "show"
        )

        assert introductions(workspace) == [] or shown in introductions(workspace)
        assert "Ben" in shown.shown or "UT1BEN" in shown.shown


@pytest.mark.parametrize(
    "method, saying", [("conversations.open", ","), ("chat.postMessage", AN_INTRODUCTION)]
)
async def test_a_429_is_waited_out_in_its_workspace_and_nowhere_else(
    houses: Houses, method: str, saying: str
) -> None:
    one, other = found("T1", "ada", "ben"), found("T2", "lea", "tom")
    async with houses.life(one, other) as house:
        await ready(house, one, "ada", "ben")
        await ready(house, other, "lea", "tom")
        await house.move_to(BEFORE)
        houses.slack.fail(method, How.LIMITED, team="T1", saying=saying, retry_after=1)

        await house.move_to(TUESDAY)
        early = len(introductions(one)), len(introductions(other))
        await house.move_to(TUESDAY + timedelta(minutes=1))

        assert early == (0, 1)
        assert len(introductions(one)) == 1
        assert sum(call.status == 429 for call in houses.slack.calls) == 1


async def test_behind_a_proxy_answers_to_clicks_arrive_too(
    houses: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = found("T1", "ada", "ben")
    monkeypatch.setenv("HTTP_PROXY", houses.slack.address)
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada")
        ada = house.hand(workspace, "ada")
        panel = await ada.asks("")
        houses.slack.address = "http://hooks.slack.example"

        privacy = await ada.asks_by(panel, "privacy")

        assert "read" in privacy.text


async def test_a_workspace_that_gives_no_answer_lets_the_others_ask(houses: Houses) -> None:
    one, other = found("T1", "ada", "ben", "cleo"), found("T2", "lea", "tom")
    async with houses.life(one, other) as house:
        await ready(house, one, "ada", "ben", "cleo")
        await ready(house, other, "lea", "tom")
        await house.move_to(BEFORE)
        first_channel(one).members.remove("UT1CLEO")
        silent = houses.slack.fail("conversations.members", How.HOLD, team="T1")
        house.clock.move_to(TUESDAY)

        beat = asyncio.create_task(house.heart.tick())
        await silent.struck.wait()
        await houses.slack.until(
            lambda: houses.slack.called("conversations.members", team="T2"), what="question in the other one"
        )
        silent.let_go.set()
        await beat

        # It was still waited for, and what it said counts.
        [introduction] = introductions(one)
        assert introduction not in one.seen(one.users["UT1CLEO"])
        assert len(introductions(other)) == 1


async def test_who_left_slack_is_not_introduced_and_their_neighbour_is_not_alone(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben", "cleo", "dan")
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada", "ben", "cleo", "dan")
        await house.move_to(BEFORE)
        houses.slack.fail("conversations.members", error="fetch_members_failed", times=9)
        workspace.users["UT1DAN"].deleted = True

        await house.move_to(TUESDAY + timedelta(hours=1))

        for name in ("ADA", "BEN", "CLEO"):
            seen = workspace.together(workspace.users[f"UT1{name}"])
            assert [post for post in introductions(workspace) if post in seen]
        assert not [post for post in introductions(workspace) if "UT1DAN" in post.shown]


async def test_who_left_the_channel_is_not_in_the_round(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben", "cleo")
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada", "ben", "cleo")
        await house.move_to(BEFORE)
        first_channel(workspace).members.remove("UT1CLEO")

        await house.move_to(TUESDAY)

        [introduction] = introductions(workspace)
        assert introduction not in workspace.seen(workspace.users["UT1CLEO"])


@pytest.mark.parametrize("road", ["http", "socket"])
async def test_an_uninstall_in_the_middle_of_a_delivery_ends_it_all(houses: Houses, road: str) -> None:
    workspace = found("T1", "ada", "ben", "cleo", "dan")
    async with houses.life(workspace, road=road) as house:
        await ready(house, workspace, "ada", "ben", "cleo", "dan")
        await house.move_to(BEFORE)
        fault = houses.slack.fail("chat.postMessage", How.HOLD, saying=AN_INTRODUCTION)
        house.clock.move_to(TUESDAY)
        delivering = asyncio.create_task(house.heart.tick())
        await fault.struck.wait()

        houses.slack.revoke(workspace)
        for inner in (
            {"type": "tokens_revoked", "tokens": {"bot": [workspace.bot.id]}},
            {"type": "app_uninstalled"},
        ):
            heard = await house.road.bring(
                "events_api", payloads.event(workspace, houses.slack.app_id, inner)
            )
            assert heard.status == 200
        fault.let_go.set()
        await delivering
        before = len(workspace.posts)
        await house.move_to(TUESDAY + timedelta(hours=4))

        assert len(workspace.posts) == before


@pytest.mark.parametrize("error", ["expired_trigger_id", "invalid_blocks", "ratelimited"])
async def test_a_window_that_does_not_open_is_said_to_who_waits_for_it(houses: Houses, error: str) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada")
        ben = house.hand(workspace, "ben")
        # Their Slack speaks English; what they chose here counts.
        await ben.fills(await ben.opens("me", first_channel(workspace)), language="fr")
        opened = len(ben.forms)
        panel = await ben.asks("")
        houses.slack.fail("views.open", error=error, times=2)

        typed = await ben.asks("me", first_channel(workspace))
        before = len(ben.private)
        await ben.presses(panel, panel.button("me"))
        pressed = await ben.answered(before)

        assert len(ben.forms) == opened
        assert "ne s’est pas ouverte" in typed.text
        assert typed.text == pressed.text


async def test_a_slack_that_does_not_answer_keeps_nobody_waiting_for_ours(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada")
        ben = house.hand(workspace, "ben")
        held = [houses.slack.fail(method, How.HOLD) for method in ("users.info", "views.open")]

        joined = await ben.asks("join", first_channel(workspace))
        window = await ben.asks("me", first_channel(workspace))

        assert "Welcome" in joined.text
        assert "did not open" in window.text
        assert [fault.struck.is_set() for fault in held] == [True, True]
        for fault in held:
            fault.let_go.set()
