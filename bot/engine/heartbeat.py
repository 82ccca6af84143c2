"""One beat: whatever is due is done, in an order that keeps the promises. A second one finds nothing left."""

import asyncio
import random
import secrets
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog

from bot.actions import (
    convene,
    follow,
    introduce,
    look_after,
    participate,
    partner,
    prompt,
    reflect,
    settle_in,
)
from bot.domain.ids import CommunityId, ExternalId, ProgramId, RoundId
from bot.domain.round import Round
from bot.engine.deliver import Deliverer
from bot.engine.pulse import Pulse
from bot.engine.turns import Turns
from bot.errors import AlreadyThere, Closed, PlatformError, StorageError, Unknown
from bot.ports import Clock, OpenWork, Platform, Storage

log = structlog.get_logger()

Done = TypeVar("Done")
Ids = TypeVar("Ids", bound=tuple[str, ...])

STEPS = 5
"""A round that slept through everything takes every step in one beat; more would be a defect."""

AT_ONCE = 20
"""Of each kind of thing that is due, how many one beat does; in so many communities one asks at the same time
who is there.
"""

ANSWERS_WITHIN = 15.0
"""Seconds in which a platform says who is there; a list of thousands takes some."""

PATIENT = 0.7
"""Share of the time for a stop after which a platform that gives no answer is waited for no longer."""

LONGEST_PAUSE = 15.0
"""Seconds between two tries while the memory is away."""


class Heartbeat:
    """Opens rounds, advances them, and delivers. Every process may have one: rows decide who does what.

    ``drain`` is how long a stop may take. ``slow`` is how long one beat waits for a platform's answers: after
    that the other communities go on; None: as long as it takes. ``chance`` gives numbers from 0 to 1: where
    the memory is away, not all processes knock at once; where much is due, not all do the same.
    """

    def __init__(
        self,
        *,
        storage: Storage,
        platforms: Mapping[str, Platform],
        clock: Clock,
        batch: int = 20,
        lease: timedelta = timedelta(seconds=60),
        owner: str | None = None,
        drain: timedelta = timedelta(seconds=10),
        slow: timedelta | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._storage = storage
        self._platforms = platforms
        self._clock = clock
        self._drain = drain.total_seconds()
        self._monotonic = monotonic
        self._chance = chance
        self._stop = asyncio.Event()
        self._turns = defaultdict[str, Turns[Any]](lambda: Turns(most=AT_ONCE, chance=chance))
        self.pulse = Pulse(monotonic=monotonic)
        self._deliverer = Deliverer(
            storage=storage,
            platforms=platforms,
            clock=clock,
            owner=owner or secrets.token_hex(8),
            batch=batch,
            lease=lease,
            slow=slow,
            pulse=self.pulse,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Beat until told to stop: at once for what fell due meanwhile, then once a second at least.

        Told to stop, it takes up nothing more and ends what is under way; what has no answer in time is in
        doubt.
        """
        self._stop = stop
        beating = asyncio.create_task(self._beat_on())
        waiting = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({beating, waiting}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({beating}, timeout=self._drain * PATIENT)
            if not beating.done():
                self._deliverer.cut()
                await asyncio.wait({beating}, timeout=self._drain * (1 - PATIENT))
        finally:
            for task in (waiting, beating):
                task.cancel()
            await asyncio.wait({waiting, beating})
        if not beating.cancelled():
            beating.result()

    async def _beat_on(self) -> None:
        try:
            await self._beats()
            await self._deliverer.finish()
        except Exception:
            # What was under way at the stop could not be settled: it is in doubt.
            log.exception("beat.defect", what="delivery")
        finally:
            await self._deliverer.abandon()

    async def _beats(self) -> None:
        known = False
        failures = 0
        more = 0
        while not self._stop.is_set():
            idle, due = False, None
            try:
                if not known:
                    await self._recompute()
                    known = True
                if not more:
                    due = await self._storage.agenda.next_due()
                    idle = self._deliverer.at_rest and (due is None or due > self._clock.now())
                more = await self.beat(idle=idle)
                if not more and not idle:
                    due = await self._storage.agenda.next_due()
            except StorageError as error:
                # The database is full, locked or away: nothing is lost, another beat tries again.
                more = 0
                failures += 1
                self.pulse.failures += 1
                log.warning("beat.failed", error=str(error), failures=failures)
                await self._back_off(failures)
                continue
            except Exception:
                # A defect in one community's affairs: its deliveries are in doubt, the others go on.
                log.exception("beat.defect", what="delivery")
                more = 0
            failures = 0
            if not more:
                await self._clock.rest(until=due)

    async def _back_off(self, failures: int) -> None:
        """Longer after each failure, and never all at the same moment."""
        longest = min(2.0 ** (failures - 1), LONGEST_PAUSE)
        until = self._monotonic() + longest * (0.5 + self._chance() / 2)
        while not self._stop.is_set() and self._monotonic() < until:
            await self._clock.rest(until=None)

    async def tick(self) -> None:
        """Do all that is due at this moment. Done twice, it does nothing the second time."""
        while await self.beat() or await self._deliverer.finish():
            pass

    async def beat(self, *, idle: bool = False) -> int:
        """Open and advance what is due, then send one batch: a few of each, so that none holds up the others.

        ``idle``: the agenda names nothing that is due; one looks for what a sender left behind, and no more.
        Returns how much was taken up or waits for its turn: while there is any, the next beat comes at once.
        """
        self.pulse.begin()
        try:
            waiting = 0 if idle else await self.step()
            if self._stop.is_set():
                return 0
            found = await self._deliverer.resolve()
            return found if idle else waiting + await self._deliverer.deliver(at_once=waiting > 0)
        finally:
            self.pulse.end()

    async def step(self, *, opening: bool = True) -> int:
        """A few of each kind that is due, but the sends; ``opening=False``: no new rounds either.

        Returns how many wait for their turn.
        """
        agenda = self._storage.agenda
        waiting = await self._each("return", agenda.returns, participate.come_back)
        waiting += await self._each("round", agenda.rounds, self._advance)
        if opening and not waiting:
            # Once all pauses and rounds that are over have ended: who comes back takes part, and what a round
            # has left behind counts in the next.
            waiting += await self._open("round.opened", agenda.programs, introduce.open_round)
            # Who said yes long before the next round.
            waiting += await self._open("round.aside", agenda.waiting, look_after.meet)
        # The questions that are due, and the answers that nobody took up, for somebody's notice.
        waiting += await self._each("prompt", agenda.prompts, prompt.put)
        waiting += await self._each("reflection", agenda.unheard, reflect.bring_up)
        # A session to recall, a month gone by, an end.
        return waiting + await self._each("partnership", agenda.partnerships, partner.accompany)

    async def _recompute(self) -> None:
        """At start: a wall slot is what was promised; when that is, the time zones of today say."""
        for community in await self._storage.communities.all():
            await self._one(
                "community",
                community.id,
                convene.keep_to_the_wall(self._storage.open_work, community.id),
            )

    async def _each(
        self,
        what: str,
        due: Callable[[datetime], Awaitable[Sequence[Ids]]],
        do: Callable[..., Awaitable[object]],
    ) -> int:
        """A few of one kind; returns how many wait for their turn."""
        turns = self._turns[what]
        for ids in turns.some(await due(self._clock.now())):
            if self._stop.is_set():
                break
            turns.begin(ids)
            await self._one(what, ids[-1], do(self._storage.open_work, *ids, now=self._clock.now()))
        return turns.left

    async def _advance(
        self, open_work: OpenWork, community: CommunityId, round_id: RoundId, *, now: datetime
    ) -> None:
        for _ in range(STEPS):
            if await follow.advance(open_work, community, round_id, now=now) is None:
                break

    async def _open(
        self,
        event: str,
        due: Callable[[datetime], Awaitable[Sequence[tuple[CommunityId, ProgramId]]]],
        open_one: Callable[..., Awaitable[Round | None]],
    ) -> int:
        """The same for programs, once it is known who is there."""
        turns = self._turns[event]
        some = turns.some(await due(self._clock.now()))
        # Asked in all of them at once: one without an answer costs the rest little. None is left behind: what
        # one of them raises is raised when all have ended.
        questions = (self._one("roster", each[-1], self._present(*each)) for each in some)
        asked = await asyncio.gather(*questions, return_exceptions=True)
        for (community, program), present in zip(some, asked, strict=True):
            if self._stop.is_set():
                break
            if isinstance(present, BaseException):
                raise present
            turns.begin((community, program))
            now = self._clock.now()
            opened = await self._one(
                "program",
                program,
                open_one(self._storage.open_work, community, program, now=now, present=present),
            )
            if opened is not None:
                # `voisin round replay` asks for this id.
                log.info(event, round=opened.id, program=program, wall=opened.wall, state=opened.state)
        return turns.left

    async def _present(self, community: CommunityId, program_id: ProgramId) -> frozenset[ExternalId] | None:
        """Who is in the program's space now, asked before any transaction; None when nobody can say."""
        address = await self._storage.communities.get(community)
        platform = self._platforms.get(address.platform)
        if platform is None:
            return None
        async with self._storage.open_work(community) as work:
            program = await work.programs.find(program_id)
            space = await work.spaces.get(program.space_id) if program else None
        if space is None:
            return None
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                people = await platform.people(address.external_id, space.external_id)
        except Closed:
            # It was closed while nobody listened.
            await settle_in.space_closed(
                self._storage.open_work, community, space.external_id, now=self._clock.now()
            )
            return None
        except (PlatformError, TimeoutError) as error:
            # Better a round with yesterday's roster than none: consent is checked again at sending.
            log.warning("roster.unknown", community=community, error=type(error).__name__)
            return None
        return frozenset(person.external_id for person in people)

    async def _one(self, what: str, id: str, doing: Awaitable[Done]) -> Done | None:
        """One thing of many: its failure is told and tried at the next beat; the others go on."""
        try:
            return await doing
        except (AlreadyThere, Unknown) as error:
            # Another process was faster, or it was erased meanwhile.
            log.info("beat.passed_over", what=what, id=id, error=type(error).__name__)
        except StorageError:
            raise  # The memory itself is in trouble: nothing else will go better in this beat.
        except Exception:
            log.exception("beat.defect", what=what, id=id)
        return None
