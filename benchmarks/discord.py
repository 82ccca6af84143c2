"""Rounds for 200 servers of 50 members and one of 2,000 on the loopback Discord, at its limits; beside it the
common way.

Voisin runs in a process of its own. Only the limits, their headers and its clock run faster, all by the same
factor; acks are real milliseconds. The last line of standard output is one JSON object of named figures.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from math import ceil
from pathlib import Path

from benchmarks import common_way_discord
from benchmarks.discord_voisin import TUESDAY, running
from benchmarks.slack import Acks
from bot import commands
from bot.domain.community import Language
from bot.domain.ids import ExternalId, MemberId
from bot.domain.member import Member, Participation, Standing
from bot.messages import Ask, Asker
from bot.ports import Conversation
from storage.database import OpenStorage, opened
from tests.loopback.discord_hands import Hand
from tests.loopback.discord_house import INVITED, aimed
from tests.loopback.discord_limits import ELSE, GLOBAL
from tests.loopback.discord_people import Guild, User
from tests.loopback.discord_server import FREE, Call, Discord, listening

BETWEEN = 0.05
"""Real seconds between two commands of people who go on asking."""

LATENCY = 0.1
"""Seconds, as the platform feels them, that a request takes."""

THREADS = "/channels/{channel_id}/threads"

A_TWENTIETH = 20
"""The common way is measured on a twentieth of the servers and of the large one: it is so much slower."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What one way of sending reached."""

    introductions: int
    requests: int
    minutes: float
    """As the platform feels them, from the first conversation that was made to the last request."""
    share: float
    """The fewest minutes that the limits allow for these very requests, over those that they took."""
    limited: int
    asked: int
    """Requests before that: who of those that take part is still there."""
    asking: float
    """The minutes that those took."""
    doubts: int
    """People who were asked whether an interrupted introduction had arrived."""

    @classmethod
    def of(cls, discord: Discord, *, since: int) -> "Figures":
        """Read from what the platform heard."""
        calls = [call for call in discord.calls[since:] if (call.verb, call.template) not in FREE]
        first = next(call for call in calls if call.template == THREADS)
        before = [call for call in calls if call.at < first.at]
        calls = [call for call in calls if call.at >= first.at]
        seconds = calls[-1].at - first.at
        fewest = max(len(calls) / GLOBAL, *_by_buckets(discord, calls))
        return cls(
            introductions=sum(call.template == THREADS and call.status == 200 for call in calls),
            requests=len(calls),
            minutes=seconds / 60,
            share=fewest / seconds if seconds else 1.0,
            limited=sum(call.status == 429 for call in discord.calls[since:]),
            asked=len(before),
            doubts=sum(any(action.startswith("show:") for action in post.buttons) for post in discord.posts),
            asking=(first.at - before[0].at) / 60 if before else 0.0,
        )


def _by_buckets(discord: Discord, calls: Sequence[Call]) -> list[float]:
    """The fewest seconds that each bucket allows for what went through it."""
    through: Counter[tuple[str, str, str]] = Counter()
    for call in calls:
        major = call.path.split("/")[2] if "{" in call.template.split("/")[2] else ""
        through[call.verb, call.template, major] += 1
    fewest = []
    for (verb, template, _), requests in through.items():
        limit, window = discord.meter.buckets.get((verb, template), ELSE)
        # The first window's may go at once, the next window's when it is over: nothing is faster.
        fewest.append((ceil(requests / limit) - 1) * window)
    return fewest


# ── The two ways ────────────────────────────────────────────────────────────────────────────────────


def _founded(discord: Discord, *, servers: int, members: int, large: int) -> list[Guild]:
    sizes = [*([members] * servers), *([large] if large else [])]
    return [
        discord.found(f"Server {number}", *(f"m{number}x{each}" for each in range(size)), rights=INVITED)
        for number, size in enumerate(sizes)
    ]


def _people(guild: Guild) -> list[User]:
    return [user for user in guild.members.values() if not user.bot]


async def common(*, servers: int, members: int, large: int, speed: float) -> Figures:
    """One request after the other, with the library's own patience."""
    discord = Discord(speed=speed, latency=LATENCY / speed, checked=False)
    guilds = _founded(discord, servers=servers, members=members, large=large)
    async with listening(discord):
        with aimed(discord):
            await common_way_discord.send(
                [(guild.text.id, [user.id for user in _people(guild)]) for guild in guilds]
            )
    return Figures.of(discord, since=0)


async def voisin(*, servers: int, members: int, large: int, speed: float) -> tuple[Figures, Acks, float]:
    """Voisin's own rounds, while members go on asking; last, the seconds of a processor that Voisin took."""
    discord = Discord(speed=speed, checked=False)
    guilds = _founded(discord, servers=servers, members=members, large=large)
    wanted = sum(len(_people(guild)) for guild in guilds)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'voisin.db'}"
        async with opened(url, durable=False) as storage:
            for guild in guilds:
                await _enrol(discord, storage, guild, now=TUESDAY - timedelta(days=1))
        async with listening(discord), running(url, discord) as process:
            discord.latency = LATENCY / speed
            since, posts = len(discord.calls), len(discord.posts)
            process.begin()
            waits = await _while_they_ask(discord, guilds, since=posts, wanted=wanted)
            figures = Figures.of(discord, since=since)
    return figures, Acks.of(waits), process.processor


async def _enrol(discord: Discord, storage: OpenStorage, guild: Guild, *, now: datetime) -> None:
    """A program in the first channel, everybody's yes, and the direct messages that their click opened."""
    community = await storage.communities.settle(
        platform="discord",
        external_id=ExternalId(guild.id),
        name=guild.name,
        zone="Europe/Paris",
        language=Language.ENGLISH,
    )
    form = {"rhythm": "weekly", "day": "1", "at": "10:00", "zone": "Europe/Paris", "size": "2"}
    owner = next(user for user in _people(guild) if user.id == guild.owner)
    ask = Ask(
        community=community.id,
        asker=Asker(external_id=ExternalId(owner.id), name=owner.name, admin=True),
        now=now,
        space=ExternalId(guild.text.id),
        space_name=guild.text.name,
    )
    await commands.submit(storage.open_work, ask, f"setup:{guild.text.id}", form)
    async with storage.open_work(community.id) as work:
        [program] = await work.programs.all()
        known = await work.members.find(ExternalId(owner.id))
        members = [
            Member(
                id=known.id if known and user is owner else MemberId(work.new_id()),
                community_id=community.id,
                external_id=ExternalId(user.id),
                name=user.name,
                language=Language.ENGLISH,
                joined_at=now,
            )
            for user in _people(guild)
        ]
        await work.members.save_all(members)
        await work.participations.save_all(
            [
                Participation(
                    program_id=program.id,
                    member_id=member.id,
                    community_id=community.id,
                    standing=Standing.ACTIVE,
                    since=now,
                )
                for member in members
            ]
        )
        for member in members:
            room = ExternalId(discord.conversation(member.external_id).id)
            await work.conversations.save(Conversation(people=(member.external_id,), room=room, at=now))
        await work.commit()


async def _while_they_ask(
    discord: Discord, guilds: Sequence[Guild], *, since: int, wanted: int
) -> list[float]:
    """Until everybody was introduced, somebody asks something now and then; returns how long they waited."""
    # Nothing that changes who takes part.
    names = ("panel", "why", "help", "privacy", "me")
    waits: list[float] = []
    came = 0
    for turn in count():
        arrived = discord.posts[since:]
        since += len(arrived)
        # Who was asked whether an interrupted one had arrived has no other to wait for.
        came += sum(
            any(action.startswith(("known:", "show:")) for action in post.buttons) for post in arrived
        )
        if came >= wanted:
            return waits
        guild = guilds[turn % len(guilds)]
        hand = Hand(discord=discord, guild=guild, user=_people(guild)[-1])
        done = await hand.types(names[turn % len(names)])
        waits.append(done.seconds)
        await asyncio.sleep(BETWEEN)
    raise AssertionError("never")


# ── The two beside each other ───────────────────────────────────────────────────────────────────────


async def measure(*, servers: int, members: int, large: int, speed: float) -> dict[str, float | int]:
    """Both ways, and the figures of the last line."""
    ours, acks, processor = await voisin(servers=servers, members=members, large=large, speed=speed)
    theirs = await common(
        servers=max(1, servers // A_TWENTIETH), members=members, large=large // A_TWENTIETH, speed=speed
    )
    _say(f"{'':24}{'introductions':>14}{'requests':>10}{'minutes':>9}{'of the ceiling':>16}{'429s':>6}")
    for name, way in (("Voisin", ours), ("one after the other", theirs)):
        _say(
            f"{name:24}{way.introductions:>14}{way.requests:>10}{way.minutes:>9.1f}{way.share:>16.1%}"
            f"{way.limited:>6}"
        )
    _say(f"Voisin's requests for each introduction: {ours.requests / ours.introductions:.1f}.")
    _say(f"Before them {ours.asked} requests asked who is still there, for {ours.asking:.1f} minutes.")
    each = processor * 1000 / ours.introductions
    _say(f"It took {each:.1f} ms of a processor for each introduction, with what people asked meanwhile.")
    _say(f"Meanwhile {acks.count} commands, answered in {acks.p50:.0f} ms (median), {acks.p99:.0f} ms (p99).")
    return {
        "ceiling_share": round(ours.share, 4),
        "responses_429": ours.limited,
        "ack_p99_ms": round(acks.p99, 1),
        "peer_ceiling_share": round(theirs.share, 4),
        "peer_responses_429": theirs.limited,
        "servers": servers + bool(large),
        "introductions": ours.introductions,
        "requests_per_introduction": round(ours.requests / ours.introductions, 2),
        "processor_ms_per_introduction": round(each, 1),
        "doubts": ours.doubts,
        "asked_before": ours.asked,
        "asking_minutes": round(ours.asking, 2),
        "acks": acks.count,
        "speed": speed,
    }


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> None:
    """The whole of it, from the command line."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--servers", type=int, default=200)
    arguments.add_argument("--members", type=int, default=50, help="in each of them")
    arguments.add_argument("--large", type=int, default=2000, help="members of one more server")
    arguments.add_argument("--speed", type=float, default=2.0, help="how much faster the limits run")
    asked = arguments.parse_args()
    figures = measure(servers=asked.servers, members=asked.members, large=asked.large, speed=asked.speed)
    _say(json.dumps(asyncio.run(figures)))


if __name__ == "__main__":
    main()
