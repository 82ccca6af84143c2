"""Who goes, what is renamed, and what people do towards each other where conveners switched that on."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.ids import ExternalId
from bot.domain.member import Standing, Tie, TieKind
from tests.adapters.guilds import MONDAY, TUESDAY, Life, Lives, found, introductions
from tests.loopback.discord_people import VOICE, Guild, Post
from tests.loopback.discord_server import Discord, listening


@pytest.fixture
async def lives(sqlite_file: Path) -> AsyncIterator[Lives]:
    """A Discord on 127.0.0.1 that is held to what was asked of it at the end, and an empty database."""
    async with listening(Discord(speed=50.0)) as server:
        yield Lives(discord=server, file=sqlite_file)


async def _ties(life: Life, guild: Guild) -> Sequence[Tie]:
    community = await life.community(guild)
    async with life.storage.open_work(community.id) as work:
        return await work.ties.all()


async def _eventually(life: Life, guild: Guild, kinds: set[TieKind]) -> set[TieKind]:
    """The kinds of the ties that are there, once these are; what comes by the gateway takes a moment."""
    found_kinds: set[TieKind] = set()
    for _ in range(200):
        found_kinds = {tie.kind for tie in await _ties(life, guild)}
        if kinds <= found_kinds:
            break
        # An answer to a command comes down the same line, after what was said before.
        await life.hand(guild, "ada").asks("help")
    return found_kinds


async def _switch_on(life: Life, guild: Guild, *sources: str) -> None:
    ada = life.hand(guild, "ada")
    form = await ada.opens("ties")
    await ada.answered(await ada.fills(form, sources=",".join(sources)))


async def test_ties_are_noted_where_a_convener_switched_them_on(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    room = lives.discord.room(guild, "Kitchen", VOICE)
    async with lives.life(ties=True) as life:
        await life.ready(guild, "ada", "ben")
        await _switch_on(life, guild, "replies", "mentions", "reactions", "voice")
        ada, ben = life.hand(guild, "ada"), life.hand(guild, "ben")

        ada.says("secret words", to=ben.user)
        ada.says("more secret words", ben.user)
        ben.reacts(ada.user)
        ada.enters(room)
        ben.enters(room)
        wanted = {TieKind.REPLY, TieKind.MENTION, TieKind.REACTION, TieKind.TOPIC}
        kinds = await _eventually(life, guild, wanted)

    assert kinds == wanted
    assert b"secret words" not in lives.file.read_bytes()


async def test_nothing_is_noted_where_nobody_switched_it_on(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life(ties=True) as life:
        await life.ready(guild, "ada", "ben")
        life.hand(guild, "ada").says("hello", to=guild.user("ben"))
        await life.hand(guild, "ada").asks("help")

        assert await _ties(life, guild) == []


async def test_without_the_setting_messages_do_not_even_arrive(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await life.ready(guild, "ada", "ben")
        [session] = lives.discord.gateway.live
        refused = await life.hand(guild, "ada").asks("ties")

    assert session.intents == 1
    assert refused.only == guild.user("ada").id


async def _shared(life: Life, guild: Guild) -> Post:
    """Ada shared a line with everybody."""
    await life.ready(guild, "ada", "ben")
    ada = life.hand(guild, "ada")
    form = await ada.opens("learning")
    await ada.answered(await ada.fills(form, text="My bowline slips.", visibility="community"))
    await life.move_to(life.clock.now() + timedelta(minutes=1))
    return next(
        post
        for post in life.discord.posts
        if post.channel == guild.text.id and any(action[:8] == "respond:" for action in post.buttons)
    )


async def _heard(life: Life, guild: Guild, *, wanted: bool) -> bool:
    """Whether it counts as taken up, once it does; what comes by the gateway takes a moment."""
    community = await life.community(guild)
    heard = False
    for _ in range(200 if wanted else 3):
        async with life.storage.open_work(community.id) as work:
            [shared] = await work.reflections.since(MONDAY - timedelta(days=1))
            heard = shared.heard_at is not None
        if heard:
            break
        await life.hand(guild, "ada").asks("help")
    return heard


@pytest.mark.parametrize("way", ["reaction", "reply"])
async def test_what_somebody_shared_is_taken_up_by_a_reaction_or_a_reply(lives: Lives, way: str) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life(ties=True) as life:
        post = await _shared(life, guild)
        ben = life.hand(guild, "ben")
        if way == "reaction":
            ben.reacts(lives.discord.bot, post=post)
        else:
            ben.says("secret words", lives.discord.bot, to=lives.discord.bot, below=post)

        heard = await _heard(life, guild, wanted=True)

        assert heard
        assert await _ties(life, guild) == []
    assert b"secret words" not in lives.file.read_bytes()


async def test_one_s_own_reaction_and_those_at_other_posts_are_no_answer(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life(ties=True) as life:
        post = await _shared(life, guild)
        life.hand(guild, "ada").reacts(lives.discord.bot, post=post)
        life.hand(guild, "ben").reacts(lives.discord.bot)

        assert not await _heard(life, guild, wanted=False)


async def test_with_the_members_intent_who_leaves_the_server_takes_part_no_longer(lives: Lives) -> None:
    lives.discord.members_intent = True
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life(members=True) as life:
        await life.ready(guild, "ada", "ben")
        ben = guild.user("ben")
        lives.discord.depart(guild, ben)
        await life.hand(guild, "ada").asks("help")
        community = await life.community(guild)
        async with life.storage.open_work(community.id) as work:
            member = await work.members.find(ExternalId(ben.id))
            assert member is not None
            [yes] = await work.participations.of_member(member.id)

    assert yes.standing is Standing.LEFT


async def test_a_channel_is_called_what_it_is_called_now(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await life.ready(guild, "ada", "ben")
        guild.text.name = "workshop"
        said = {"id": guild.text.id, "guild_id": guild.id, "type": 0, "name": "workshop", "position": 0}
        lives.discord.gateway.tell("CHANNEL_UPDATE", said | {"permission_overwrites": []}, guild)
        await life.hand(guild, "ada").asks("help")
        community = await life.community(guild)
        async with life.storage.open_work(community.id) as work:
            space = await work.spaces.find(ExternalId(guild.text.id))

    assert space is not None
    assert space.name == "workshop"


async def test_taken_out_everything_rests_and_goes_on_after_a_return(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await life.ready(guild, "ada", "ben")
        lives.discord.remove(guild)
        await _hears(life, guild, away=True)
        await life.move_to(TUESDAY + timedelta(hours=1))
        before = introductions(lives.discord)
        lives.discord.invite(guild)
        await _hears(life, guild, away=False)
        await life.move_to(TUESDAY + timedelta(hours=3))

    assert before == []
    assert len(introductions(lives.discord)) == 2


async def test_a_server_that_did_not_come_back_is_forgotten(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await life.ready(guild, "ada", "ben")
        lives.discord.remove(guild)
        await _hears(life, guild, away=True)
        life.clock.move_to(TUESDAY + timedelta(days=31))
        await life.platform.farewell()
        left = await life.storage.communities.find("discord", ExternalId(guild.id))

    assert left is None


async def _hears(life: Life, guild: Guild, *, away: bool) -> None:
    """Wait until it is known that Voisin was taken out, or is back."""
    other = next((each for each in life.discord.guilds.values() if each.id != guild.id), None)
    for _ in range(2_000):
        community = await life.community(guild)
        if (community.away_since is not None) == away:
            return
        if other is not None:
            await life.hand(other, "ada").asks("help")
    raise AssertionError("Nothing was heard of it.")
