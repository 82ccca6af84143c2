"""The unit of work: one transaction, one community, and nothing of it stays without a commit."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Self

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.domain.community import Community
from bot.domain.ids import CommunityId
from bot.errors import AlreadyHeard, AlreadyThere, StorageError, Unknown, VoisinError
from storage.appointments import SqlAppointments
from storage.columns import database_now
from storage.conversations import SqlConversations
from storage.deliveries import SqlDeliveries
from storage.errors import BUSY, translated
from storage.impressions import SqlCares, SqlImpressions
from storage.introductions import SqlIntroductions
from storage.line import Line
from storage.members import SqlMembers, SqlParticipations
from storage.partnerships import SqlPartnerships
from storage.programs import SqlGreeters, SqlPrograms, SqlSpaces
from storage.reflections import SqlPrompts, SqlReflections
from storage.rounds import SqlRounds
from storage.rows import Rows, values
from storage.scrub import scrub
from storage.tables import communities, inbox
from storage.ties import SqlKeepAparts, SqlTies
from storage.uncut import uncut


class SqlWork:
    def __init__(
        self,
        engine: AsyncEngine,
        community: CommunityId,
        *,
        event: str | None,
        ids: Callable[[], str],
        line: Line | None = None,
    ) -> None:
        """``line``: where only one at a time may work, that is where one waits."""
        self._engine = engine
        self._line = line
        self._in_turn = False
        self._id = community
        self._event = event
        self._ids = ids
        self._connection: AsyncConnection | None = None
        self._erased = False

    def new_id(self) -> str:
        return self._ids()

    async def __aenter__(self) -> Self:
        try:
            await self._take_turn()
            await self._open(await self._connect())
        except BaseException:
            await self._leave()
            raise
        return self

    async def _take_turn(self) -> None:
        if self._line is None:
            return
        try:
            # Whoever brings an event waits for an answer.
            await self._line.take(hurried=self._event is not None)
        except TimeoutError as error:
            raise StorageError(BUSY) from error
        self._in_turn = True

    @uncut
    async def _connect(self) -> AsyncConnection:
        with translated():
            self._connection = await self._engine.connect()
        return self._connection

    @uncut
    async def _open(self, connection: AsyncConnection) -> None:
        # SQLite has one writer at a time. On PostgreSQL this lock makes it so within a community: no two
        # clicks, steps or processes ever work on one round at once. (NO KEY UPDATE: references may pass.)
        with translated():
            found = await connection.execute(
                select(communities).where(communities.c.id == self._id).with_for_update(key_share=True)
            )
            row = found.mappings().one_or_none()
        if row is None:
            raise Unknown(f"There is no community {self._id}.")
        self.community = Community(**row)
        self._rows = rows = Rows(connection, self._id)
        self.spaces = SqlSpaces(rows)
        self.programs = SqlPrograms(rows)
        self.greeters = SqlGreeters(rows)
        self.members = SqlMembers(rows)
        self.participations = SqlParticipations(rows)
        self.ties = SqlTies(rows)
        self.keep_aparts = SqlKeepAparts(rows)
        self.rounds = SqlRounds(rows)
        self.introductions = SqlIntroductions(rows)
        self.appointments = SqlAppointments(rows)
        self.prompts = SqlPrompts(rows)
        self.reflections = SqlReflections(rows)
        self.impressions = SqlImpressions(rows)
        self.cares = SqlCares(rows)
        self.partnerships = SqlPartnerships(rows)
        self.deliveries = SqlDeliveries(rows)
        self.conversations = SqlConversations(rows)
        if self._event is not None:
            await self._hear(self._event)

    async def _hear(self, event: str) -> None:
        heard = {"community_id": self._id, "event": event}
        [(now,)] = await self._rows.tuples(select(database_now()))
        try:
            await self._rows.insert(inbox, [heard | {"heard_at": now}])
        except AlreadyThere as error:
            raise AlreadyHeard(f"{event} was handled before.") from error

    async def rename(self, community: Community) -> None:
        self.community = replace(
            self.community,
            name=community.name,
            zone=community.zone,
            language=community.language,
            sources=community.sources,
        )
        await self._rows.run(
            update(communities).where(communities.c.id == self._id).values(values(self.community))
        )

    async def commit(self) -> None:
        if self._connection is None:
            raise StorageError("This unit of work is over: open another.")
        try:
            with self._rows.guarded():
                await uncut(self._connection.commit)()
                self._erased = self._rows.erased
        except VoisinError:
            await self._leave()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._leave()
        if self._erased:
            # The erasure itself is done; should the file be busy now, the house scrubs it at night.
            with suppress(StorageError):
                await scrub(self._engine)

    @uncut
    async def _leave(self) -> None:
        connection, self._connection = self._connection, None
        try:
            if connection is not None:
                # Takes back whatever was not committed.
                with translated():
                    await connection.close()
        finally:
            if self._line is not None and self._in_turn:
                self._in_turn = False
                self._line.leave()
