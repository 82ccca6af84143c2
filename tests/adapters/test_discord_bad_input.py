"""What should never come, comes: it is refused with a sentence, changes nothing, and the process lives."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.member import Member, Participation
from bot.domain.program import Program
from tests.adapters.guilds import TUESDAY, Life, Lives, found, introductions
from tests.loopback.discord_faults import How
from tests.loopback.discord_interactions import COMMAND, SUBMISSION
from tests.loopback.discord_people import Guild, Post
from tests.loopback.discord_server import ANSWERS, Discord, listening

LOUD = (
    "@everyone @here <@&1> <@123456789012345678> [free](https://x.example) **b** _i_ ~~s~~ `c` ||d|| > q # h"
)
RIGHT_TO_LEFT = "\u202eمرحبا\u202c \u0301\u0301\u0301e\u0301 שלום"


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A server with a program, and Voisin in it."""

    life: Life
    guild: Guild

    async def stored(self) -> "Stored":
        """What Voisin keeps of it."""
        community = await self.life.community(self.guild)
        async with self.life.storage.open_work(community.id) as work:
            programs = await work.programs.all()
            yeses = [yes for one in programs for yes in await work.participations.of_program(one.id)]
            return Stored(members=await work.members.all(), programs=programs, yeses=yeses)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """Rows."""

    members: Sequence[Member]
    programs: Sequence[Program]
    yeses: Sequence[Participation]


@pytest.fixture
async def scene(sqlite_file: Path) -> AsyncIterator[Scene]:
    """Three members in it, and somebody who is not."""
    async with listening(Discord(speed=50.0)) as discord:
        guild = found(discord, "Atelier", "ada", "ben", "cleo", "eve")
        async with Lives(discord=discord, file=sqlite_file).life() as life:
            await life.ready(guild, "ada", "ben", "cleo")
            yield Scene(life=life, guild=guild)


def old(scene: Scene, action: str, *, guild: Guild | None = None) -> Post:
    """A message of long ago, with a button that does this."""
    discord = scene.life.discord
    button = {"type": 2, "style": 2, "label": "Do it", "custom_id": action}
    post = Post(
        id=discord.id(),
        channel=(guild or scene.guild).text.id,
        author=discord.bot.id,
        components=[{"type": 1, "components": [button]}],
    )
    discord.posts.append(post)
    return post


@pytest.mark.parametrize(
    "action",
    [
        "met:nonsense",
        "nonsense:1",
        "met",
        "x",
        "met:../../etc",
        "met:" + "x" * 90,
        "page:x",
        "show:1",
    ],
)
async def test_a_forged_or_forgotten_button_gets_a_sentence_and_changes_nothing(
    scene: Scene, action: str
) -> None:
    ben = scene.life.hand(scene.guild, "ben")
    before = await scene.stored()

    done = await ben.presses(old(scene, action), action)
    answer = await ben.answered(done)

    assert answer.shown
    assert answer.only == ben.user.id
    assert await scene.stored() == before


async def test_a_button_of_another_server_is_not_theirs(scene: Scene) -> None:
    discord = scene.life.discord
    other = found(discord, "Other", "lea", "tom")
    discord.invite(other)
    await scene.life.ready(other, "lea", "tom")
    await scene.life.move_to(TUESDAY)
    [first, *_] = [
        post for post in discord.messages(scene.guild.user("ben")) if post in introductions(discord)
    ]
    lea = scene.life.hand(other, "lea")
    before = await scene.stored()

    theirs = old(scene, first.button("known"), guild=other)
    answer = await lea.answered(await lea.presses(theirs, first.button("known")))

    assert answer.shown
    assert await scene.stored() == before


async def test_a_bot_is_not_spoken_with(scene: Scene) -> None:
    robot = scene.life.discord.person("Robot", bot=True)
    scene.guild.members[robot.id] = robot
    before = await scene.stored()

    done = await scene.life.hand(scene.guild, "robot").types("join")

    assert done.response
    assert await scene.stored() == before


@pytest.mark.parametrize("name", ["join", "setup", "forget-me"])
async def test_a_command_in_direct_messages_is_answered_and_never_refused_by_silence(
    scene: Scene, name: str
) -> None:
    eve = scene.life.hand(scene.guild, "eve")
    before = await scene.stored()

    done = await eve.types(name, private=True, force=True)

    assert done.response
    assert await scene.stored() == before


@pytest.mark.parametrize("how", [How.ERROR, How.STATUS_AFTER, How.RESET_AFTER], ids=str)
async def test_an_answer_that_comes_too_late_harms_nobody(scene: Scene, how: How) -> None:
    discord = scene.life.discord
    ben = scene.life.hand(scene.guild, "ben")
    fault = discord.fail("POST", ANSWERS, how, code=10062)

    waiting = asyncio.create_task(ben.types("skip"))
    await fault.struck.wait()
    waiting.cancel()
    panel = await ben.asks("panel")

    assert panel.shown


async def test_a_token_that_has_expired_harms_nobody(scene: Scene) -> None:
    ben = scene.life.hand(scene.guild, "ben")
    post = await ben.asks("help")
    for done in scene.life.discord.interactions.values():
        done.expired = True

    answer = await ben.asks("panel")

    assert post.shown
    assert answer.shown


def command(scene: Scene, name: str, options: Sequence[Mapping[str, object]]) -> dict[str, Any]:
    """What no honest client sends."""
    top, path, _ = scene.life.hand(scene.guild, "ben").find(name)
    inner = {"name": path[0], "type": 1, "options": list(options)}
    return {"id": top["id"], "name": top["name"], "type": 1, "options": [inner]}


@pytest.mark.parametrize(
    "option",
    [
        pytest.param({"type": 6, "value": "12345"}, id="nobody"),
        pytest.param({"type": 3, "value": "ada"}, id="words"),
        pytest.param({"type": 4, "value": 5}, id="a number"),
        pytest.param({"type": 5, "value": True}, id="a truth"),
        pytest.param({"type": 6, "value": ""}, id="empty"),
    ],
)
async def test_an_option_of_the_wrong_kind_gets_a_sentence(scene: Scene, option: dict[str, object]) -> None:
    ben = scene.life.hand(scene.guild, "ben")
    before = await scene.stored()
    known = ben.find("know")[2]["options"][0]["name"]

    done = await ben.sends(COMMAND, command(scene, "know", [{"name": known, **option}]), guild=scene.guild)

    assert (await ben.answered(done)).shown
    assert await scene.stored() == before


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"id": "1", "name": "voisin", "type": 1}, id="no subcommand"),
        pytest.param({"id": "1", "name": "gone", "type": 1}, id="a command of long ago"),
        pytest.param(
            {
                "id": "1",
                "name": "voisin",
                "type": 1,
                "options": [{"name": "dance", "type": 1, "options": []}],
            },
            id="a subcommand of long ago",
        ),
    ],
)
async def test_a_command_that_is_none_any_more_gets_a_sentence(scene: Scene, data: dict[str, Any]) -> None:
    ben = scene.life.hand(scene.guild, "ben")

    done = await ben.sends(COMMAND, data, guild=scene.guild)

    assert (await ben.answered(done)).shown


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"custom_id": "gone:1~0", "components": []}, id="a form of long ago"),
        pytest.param({"custom_id": "me:", "components": []}, id="no page"),
        pytest.param({"custom_id": "me:~7", "components": []}, id="a page too many"),
        pytest.param({"custom_id": "", "components": []}, id="no name"),
        pytest.param(
            {
                "custom_id": "setup:../..~0",
                "components": [{"type": 18, "id": 1, "component": {"type": 4, "id": 2}}],
            },
            id="a field without a name",
        ),
    ],
)
async def test_a_forged_form_gets_a_sentence_and_changes_nothing(scene: Scene, data: dict[str, Any]) -> None:
    eve = scene.life.hand(scene.guild, "eve")
    before = await scene.stored()

    done = await eve.sends(SUBMISSION, data)

    assert done.response
    assert [each.id for each in (await scene.stored()).programs] == [each.id for each in before.programs]
    assert (await scene.stored()).yeses == before.yeses


async def test_setting_up_by_a_forged_form_is_for_conveners_alone(scene: Scene) -> None:
    ada, eve = scene.life.hand(scene.guild, "ada"), scene.life.hand(scene.guild, "eve")
    form = await ada.opens("setup")
    before = (await scene.stored()).programs

    answer = await eve.answered(await eve.fills(form, size="4"))

    assert answer.shown
    assert (await scene.stored()).programs == before


@pytest.mark.parametrize(
    "words", [LOUD, RIGHT_TO_LEFT, "x" * 4000, "\0\0"], ids=["loud", "rtl", "long", "nul"]
)
async def test_whatever_somebody_writes_of_themselves_calls_nobody(scene: Scene, words: str) -> None:
    discord = scene.life.discord
    ben = scene.life.hand(scene.guild, "ben")
    form = await ben.opens("me")

    answer = await ben.answered(await ben.fills(form, learning=words))
    await scene.life.move_to(TUESDAY + timedelta(hours=1))

    assert answer.shown
    assert introductions(discord)
    for post in introductions(discord):
        assert not post.everyone
        assert "@everyone" not in post.shown
        assert set(post.pinged) <= {user.id for user in scene.guild.members.values() if not user.bot}


async def test_the_same_click_heard_twice_is_done_once(scene: Scene) -> None:
    discord = scene.life.discord
    eve = scene.life.hand(scene.guild, "eve")

    await eve.types("join")
    before = await scene.stored()
    discord.gateway.repeat()
    await eve.asks("panel")

    assert await scene.stored() == before


async def test_a_command_without_its_contents_gets_a_sentence(scene: Scene) -> None:
    ben = scene.life.hand(scene.guild, "ben")

    done = await ben.sends(COMMAND, {}, guild=scene.guild)

    assert (await ben.answered(done)).shown
