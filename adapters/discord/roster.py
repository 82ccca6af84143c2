"""Who is who in a server: as clicks bring them along, else asked for. Nothing of it is stored."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from adapters.discord.api import PAGE, Api, Payload
from adapters.discord.errors import Meaning, Refused
from adapters.discord.homes import language
from adapters.discord.permissions import MANAGE_GUILD, TALK, VIEW, in_channel, in_server
from bot.domain.community import Community
from bot.domain.ids import ExternalId
from bot.domain.member import Standing
from bot.errors import PlatformError, TryLater
from bot.messages import Asker
from bot.ports import Storage

FRESH = 600.0
"""Seconds for which what Discord said of a server or of someone holds."""

KEPT = 100_000

AT_A_CLICK, BEFORE_A_ROUND = 1.0, 10.0
"""Seconds that a request may wait for its turn."""

AT_ONCE = 10

ASKING = 10.0
"""Seconds for which people are asked for one by one right before a round. Whoever was not reached is taken to
be there, and is among the first the next time; should they be gone, it is found when they are brought into
their conversation.
"""


class Roster:
    """Within one process."""

    def __init__(self, *, api: Api, storage: Storage, whole: bool) -> None:
        """``whole``: the members intent was granted, so that the list of everyone may be asked for."""
        self._api = api
        self._storage = storage
        self._whole = whole
        self._guilds: dict[ExternalId, tuple[float, Payload | None]] = {}
        self._people: dict[tuple[ExternalId, ExternalId], tuple[float, Asker]] = {}
        self._asked: dict[tuple[ExternalId, ExternalId], float] = {}

    async def find(self, guild: ExternalId, asker: Asker) -> Asker:
        """Somebody who pressed something in private, as they are in a server; else as they came."""
        kept = self._people.get((guild, asker.external_id))
        if kept is not None and kept[0] > _now():
            return replace(kept[1], language=asker.language or kept[1].language)
        try:
            member = await self._api.member(guild, asker.external_id, patience=AT_A_CLICK)
            server = await self._guild(guild)
        except PlatformError:
            # With no right beyond a member's; what they may do, the core asks for by itself.
            return replace(kept[1] if kept else asker, admin=False)
        allowed = in_server(server or {}, member.get("roles", []), asker.external_id)
        known = replace(_asker(member), language=asker.language, admin=bool(allowed & MANAGE_GUILD))
        self.learn(guild, known)
        return known

    def learn(self, guild: ExternalId, asker: Asker) -> None:
        """What a click says of who clicked."""
        if len(self._people) >= KEPT:
            self._people.clear()
        self._people[guild, asker.external_id] = (_now() + FRESH, asker)

    async def is_in(self, guild: ExternalId) -> bool:
        """Whether Voisin is in this server, as it is at this moment; when nobody can say, that it is."""
        try:
            self._keep(guild, await self._api.guild(guild, patience=AT_A_CLICK))
        except Refused as refused:
            return refused.meaning not in (Meaning.PLACE, Meaning.TOKEN)
        except PlatformError:
            return True
        return True

    async def sees(self, space: ExternalId) -> bool:
        """Whether Voisin sees a channel at this moment; when nobody can say, that it does not."""
        try:
            await self._api.channel(space, patience=AT_A_CLICK)
        except PlatformError:
            return False
        return True

    async def people(self, home: Community, space: ExternalId) -> Sequence[Asker]:
        """Who of those that take part there sees a channel now and may write in its threads."""
        guild = home.external_id
        channel = await self._api.channel(space, patience=BEFORE_A_ROUND)
        server = await self._guild(guild) or {}
        wanted = await self._taking_part(home, space)
        unknown: Sequence[Asker] = []
        if self._whole:
            members = await self._everyone(guild, [each.external_id for each in wanted])
        else:
            members, unknown = await self._each(guild, wanted)
        needed = VIEW | TALK
        seen = [
            _asker(member)
            for member in members
            if in_channel(server, channel, member.get("roles", []), _id(member)) & needed == needed
        ]
        return [*seen, *unknown]

    async def _taking_part(self, home: Community, space: ExternalId) -> Sequence[Asker]:
        """In the program of a channel, as they were when Voisin last saw them."""
        async with self._storage.open_work(home.id) as work:
            place = await work.spaces.find(space)
            program = await work.programs.in_space(place.id) if place is not None else None
            if program is None:
                return []
            ids = {
                yes.member_id
                for yes in await work.participations.of_program(program.id)
                if yes.standing is Standing.ACTIVE
            }
            people = (await work.members.many(ids)).values()
            return [Asker(external_id=each.external_id, name=each.name) for each in people]

    async def _everyone(self, guild: ExternalId, wanted: Sequence[ExternalId]) -> Sequence[Payload]:
        among, found, after = set(wanted), list[Payload](), "0"
        while True:
            page = await self._api.members(guild, after=after, patience=BEFORE_A_ROUND)
            found += [member for member in page if _id(member) in among]
            if len(page) < PAGE:
                return found
            after = max((_id(member) for member in page), key=int)

    async def _each(
        self, guild: ExternalId, wanted: Sequence[Asker]
    ) -> tuple[Sequence[Payload], Sequence[Asker]]:
        """One by one: a list of everyone would need a right that Voisin does without. Who is there, and whom
        there was no time to ask for.
        """
        line = sorted(wanted, key=lambda each: (self._asked.get((guild, each.external_id), 0.0), each.name))
        until = _now() + ASKING
        found: list[Payload] = []
        for start in range(0, len(line), AT_ONCE):
            if _now() >= until:
                return found, line[start:]
            some = line[start : start + AT_ONCE]
            asked = (self._one(guild, each.external_id) for each in some)
            late: list[Asker] = []
            for each, outcome in zip(some, await asyncio.gather(*asked, return_exceptions=True), strict=True):
                if isinstance(outcome, TryLater):
                    late.append(each)
                elif isinstance(outcome, BaseException):
                    raise outcome
                else:
                    self._tick_off(guild, each.external_id)
                    found += [outcome] if outcome is not None else []
            if late:
                return found, [*late, *line[start + AT_ONCE :]]
        return found, []

    def _tick_off(self, guild: ExternalId, person: ExternalId) -> None:
        if len(self._asked) >= KEPT:
            self._asked.clear()
        self._asked[guild, person] = _now()

    async def _one(self, guild: ExternalId, person: ExternalId) -> Payload | None:
        try:
            return await self._api.member(guild, person, patience=BEFORE_A_ROUND)
        except Refused as refused:
            if refused.meaning is not Meaning.PERSON:
                raise
            return None

    async def _guild(self, guild: ExternalId) -> Payload | None:
        kept = self._guilds.get(guild)
        if kept is None or kept[0] <= _now():
            self._keep(guild, await self._api.guild(guild, patience=BEFORE_A_ROUND))
        return self._guilds[guild][1]

    def _keep(self, guild: ExternalId, payload: Payload) -> None:
        self._guilds[guild] = (_now() + FRESH, payload)


def _asker(member: Payload) -> Asker:
    user = member.get("user", {})
    name = member.get("nick") or user.get("global_name") or user.get("username") or "?"
    return Asker(external_id=_id(member), name=str(name), language=language(str(user.get("locale") or "")))


def _id(member: Payload) -> ExternalId:
    return ExternalId(str(member.get("user", {}).get("id", "0")))


def _now() -> float:
    return asyncio.get_running_loop().time()
