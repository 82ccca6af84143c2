"""Asking a sandbox over HTTP as its page does."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, Self

from aiohttp import ClientResponse, ClientSession

_ids = count(1)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    json: Any
    headers: Mapping[str, str]

    @property
    def sentence(self) -> str:
        """What a person is told when it did not work."""
        return str(self.json["error"])


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Holds the page's token."""

    base: str
    session: ClientSession
    token: str

    @classmethod
    async def at(cls, address: str, session: ClientSession) -> Self:
        """Open the page."""
        async with session.get(f"{address}/sandbox/state") as response:
            token = (await response.json())["token"]
        return cls(base=f"{address}/sandbox", session=session, token=token)

    async def get(self, path: str, **headers: str) -> Answer:
        """Look at something."""
        async with self.session.get(f"{self.base}/{path}", headers=_named(headers)) as response:
            return await _answer(response)

    async def post(
        self, path: str, *, raw: bytes | None = None, headers: Mapping[str, str] | None = None, **fields: Any
    ) -> Answer:
        """Do something, with an id of its own unless one is given."""
        sent = {"X-Voisin-Page": self.token, **(headers or {})}
        if raw is not None:
            sent["Content-Type"] = "application/json"
            async with self.session.post(f"{self.base}/{path}", data=raw, headers=sent) as response:
                return await _answer(response)
        body = {"id": f"click-{next(_ids):08}", **fields}
        async with self.session.post(f"{self.base}/{path}", json=body, headers=sent) as response:
            return await _answer(response)

    async def state(self, person: str) -> Any:
        """What one member can see."""
        return (await self.get(f"state?person={person}")).json

    async def words(self, person: str, room: str) -> list[str]:
        """What stands in one of their rooms, as bare words."""
        return [
            "".join(
                span["text"]
                for part in entry["body"]["parts"]
                for spans in part["paragraphs"]
                for span in spans
            )
            for entry in (await self.state(person))["entries"]
            if entry["room"] == room
        ]

    @asynccontextmanager
    async def listening(self, person: str) -> AsyncIterator[ClientResponse]:
        """The stream of what is new for one member."""
        async with self.session.get(f"{self.base}/events?person={person}") as response:
            yield response


async def _answer(response: ClientResponse) -> Answer:
    kind = response.content_type
    return Answer(
        status=response.status,
        json=await response.json() if kind == "application/json" else await response.text(),
        headers=response.headers,
    )


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
