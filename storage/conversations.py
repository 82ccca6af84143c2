"""Rooms that a platform opened with people, where it cannot be asked for them again."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, select

from bot.domain.ids import ExternalId
from bot.ports import Conversation
from storage.rows import Rows
from storage.tables import conversations


class SqlConversations:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def find(self, people: Collection[ExternalId], *, occasion: str = "") -> Conversation | None:
        found = await self._where(
            and_(conversations.c.circle == _circle(people), conversations.c.occasion == occasion)
        )
        return found[0] if found else None

    async def of_person(self, person: ExternalId) -> Sequence[Conversation]:
        return await self._where(conversations.c.circle.contains(f"/{person}/", autoescape=True))

    async def awake(self, space: ExternalId, *, besides: str) -> Sequence[Conversation]:
        return await self._where(
            and_(
                conversations.c.space == space,
                conversations.c.room.is_not(None),
                conversations.c.occasion.not_in(["", besides]),
                conversations.c.resting.is_(False),
            )
        )

    async def save(self, conversation: Conversation) -> None:
        row = {
            "community_id": self._rows.community,
            "circle": _circle(conversation.people),
            "occasion": conversation.occasion,
            "room": conversation.room,
            "space": conversation.space,
            "at": conversation.at,
            "resting": conversation.resting,
        }
        await self._rows.upsert(conversations, [row])

    async def _where(self, where: ColumnElement[bool]) -> Sequence[Conversation]:
        statement = (
            select(conversations)
            .where(self._rows.own(conversations), where)
            .order_by(conversations.c.at, conversations.c.circle)
        )
        return [_read(row) for row in await self._rows.read(statement)]


def _circle(people: Collection[ExternalId]) -> str:
    return f"/{'/'.join(sorted(people))}/"


def _read(row: Mapping[str, Any]) -> Conversation:
    return Conversation(
        people=tuple(ExternalId(person) for person in row["circle"].strip("/").split("/")),
        occasion=row["occasion"],
        room=row["room"],
        space=row["space"],
        at=row["at"],
        resting=row["resting"],
    )
