"""What a member of a server meets first: the welcome, who else can see, the zone, where it comes to them."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.discord.doors import TOO_FAST
from bot.domain.community import Language
from bot.domain.ids import ExternalId
from bot.wording.catalogue import sentence
from tests.adapters.guilds import TUESDAY, Life, Lives, found, introductions
from tests.loopback.discord_faults import How
from tests.loopback.discord_hands import Hand
from tests.loopback.discord_people import PRIVATE_THREAD, VOICE, Guild, Json, nested
from tests.loopback.discord_server import Discord, listening

OPEN = "/users/@me/channels"
THREADS = "/channels/{channel_id}/threads"
MESSAGES = "/channels/{channel_id}/messages"

MOMENT = re.compile(r"<t:(\d+):[tTdDfFR]>")
"""What each reader's own Discord shows in their own zone."""


@pytest.fixture
async def lives(sqlite_file: Path) -> AsyncIterator[Lives]:
    """A Discord on 127.0.0.1 that is held to what was asked of it at the end, and an empty database."""
    async with listening(Discord(speed=50.0)) as server:
        yield Lives(discord=server, file=sqlite_file)


async def _zone_offered(hand: Hand) -> str:
    """What stands in the field for the zone of the form about oneself, before anything is typed there."""
    modal: Json = await hand.opens("me")
    while True:
        fields = {each["custom_id"]: each for each in nested(modal["components"]) if "custom_id" in each}
        if "zone" in fields:
            return str(fields["zone"].get("value"))
        answer = await hand.answered(await hand.fills(modal))
        modal = await hand.shown_form(await hand.presses(answer, answer.button("page")))


async def _names_zone(hand: Hand, zone: str) -> None:
    modal = await hand.opens("me")
    while not any(each.get("custom_id") == "zone" for each in nested(modal["components"])):
        answer = await hand.answered(await hand.fills(modal))
        modal = await hand.shown_form(await hand.presses(answer, answer.button("page")))
    await hand.answered(await hand.fills(modal, zone=zone))


async def _kept_room(life: Life, guild: Guild, name: str) -> str | None:
    """The channel of somebody's direct messages, as it is stored."""
    community = await life.community(guild)
    async with life.storage.open_work(community.id) as work:
        kept = await work.conversations.find([ExternalId(guild.user(name).id)])
    return kept.room if kept else None


async def test_the_click_that_joins_brings_one_welcome_and_keeps_the_way(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await life.ready(guild, "ada")
        before = await _kept_room(life, guild, "ben")
        ben = life.hand(guild, "ben")

        answer = await ben.asks("join")
        await lives.discord.until(lambda: lives.discord.messages(ben.user), what="welcome")
        await ben.asks("help")

        [welcome] = lives.discord.messages(ben.user)
        assert welcome.shown == answer.shown
        assert lives.discord.opens(ben.user) == 1
        assert (before, await _kept_room(life, guild, "ben")) == (None, welcome.channel)


@pytest.mark.parametrize("locale, language", [("en-US", Language.ENGLISH), ("fr", Language.FRENCH)])
async def test_who_joins_is_told_that_moderators_can_see_the_threads_and_is_told_it_once(
    lives: Lives, locale: str, language: Language
) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    guild.user("ben").locale = locale
    told = sentence("discord.moderators", language)
    async with lives.life() as life:
        await life.ready(guild, "ada")
        ben = life.hand(guild, "ben")

        joined = await ben.asks("join")
        await ben.asks("skip")
        await life.move_to(TUESDAY + timedelta(days=8))

        assert told in joined.shown
        others = [post for post in ben.seen if post.shown != joined.shown]
        assert others
        assert not [post for post in others if told in post.shown]


async def test_nobody_is_asked_for_a_zone_twice_and_the_community_s_stands_there_first(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await life.ready(guild, "ada", "ben")
        ben = life.hand(guild, "ben")

        first = await _zone_offered(ben)
        await _names_zone(ben, "Asia/Tokyo")
        then = await _zone_offered(ben)

        assert (first, then) == ("Europe/Paris", "Asia/Tokyo")


async def test_who_never_named_a_zone_is_written_to_by_the_community_s(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        convener = life.hand(guild, "ada")
        form = await convener.opens("setup")
        await convener.answered(
            await convener.fills(form, rhythm="weekly", day="1", at="10:00", zone="Asia/Tokyo", size="2")
        )
        for name in ("ada", "ben"):
            await life.hand(guild, name).asks("join")
        lives.discord.time_passes()
        await life.move_to(TUESDAY - timedelta(hours=8, minutes=1))
        before = list(introductions(lives.discord))

        await life.move_to(TUESDAY - timedelta(hours=8))

        assert before == []
        assert len(introductions(lives.discord)) == 2


async def test_a_channel_that_can_have_no_private_threads_is_not_set_up(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada")
    voice = lives.discord.room(guild, "parloir", VOICE)
    async with lives.life() as life:
        ada = life.hand(guild, "ada")

        refused = await ada.asks("setup", at=voice)

        assert refused.shown == sentence("refusal.space_unsuited", Language.ENGLISH)
        assert (await ada.opens("setup"))["custom_id"]


async def test_moments_are_written_so_that_each_reader_sees_their_own(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await life.ready(guild, "ada", "ben")
        panel = await life.hand(guild, "ben").asks("panel")
        await life.move_to(TUESDAY)

        [moment, *_] = MOMENT.findall(panel.shown)
        assert int(moment) == int(TUESDAY.timestamp())
        assert all(MOMENT.search(post.shown) for post in introductions(lives.discord))


async def test_an_introduction_is_one_notification_with_the_way_to_a_thread_nobody_else_may_fill(
    lives: Lives,
) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await life.ready(guild, "ada", "ben")
        lives.discord.time_passes()
        await life.move_to(TUESDAY - timedelta(minutes=1))
        before = len(lives.discord.posts)

        await life.move_to(TUESDAY)

        [made] = lives.discord.called("POST", THREADS)
        [made_thread] = guild.threads
        assert (made.body["type"], made.body["invitable"]) == (PRIVATE_THREAD, False)
        ben = guild.user("ben")
        rung = [
            post
            for post in lives.discord.posts[before:]
            if post in lives.discord.messages(ben) or ben.id in post.pinged
        ]
        assert [post.links[0].endswith(f"/{made_thread.id}") for post in rung] == [True]
        assert {call.body["enforce_nonce"] for call in lives.discord.called("POST", MESSAGES)} == {True}


async def test_after_hours_without_opening_a_click_opens_direct_messages_again(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben", "cleo")
    async with lives.life() as life:
        await life.ready(guild, "ada")
        lives.discord.fail("POST", OPEN, How.ERROR, code=40003)
        asked = len(lives.discord.called("POST", OPEN))
        await life.hand(guild, "ben").asks("join")
        await life.hand(guild, "cleo").asks("join")
        stopped = len(lives.discord.called("POST", OPEN)) - asked

        life.clock.move_to(life.clock.now() + TOO_FAST + timedelta(minutes=1))
        await life.hand(guild, "cleo").asks("leave")
        await life.hand(guild, "cleo").asks("join")

        assert stopped == 1
        assert lives.discord.opens(guild.user("ben")) == 0
        assert lives.discord.opens(guild.user("cleo")) == 1
