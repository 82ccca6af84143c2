"""Calls of Slack's Web API: paced, never repeated, their errors understood."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.errors import BROKEN, ONCE, Limited, Meaning, Refused, understood
from adapters.slack.limits import Pacer
from adapters.slack.render import Json
from bot.domain.ids import ExternalId
from bot.errors import NotSent, Uncertain

READS = frozenset(
    [
        "auth.test",
        "conversations.info",
        "conversations.list",
        "conversations.members",
        "files.getUploadURLExternal",
        "users.info",
        "users.list",
    ]
)
"""Asked with GET: Slack reads no JSON there."""

OF_ONE_TEAM = frozenset({"conversations.list", "users.list"})
"""Where an organization's token has to say of which workspace."""


NOTHING: Mapping[str, Json] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class Home:
    """A workspace, and what lets Voisin in."""

    place: ExternalId
    """``T…``, or ``E…/T…`` within an organization: what Community.external_id says."""
    name: str
    token: str = field(repr=False)
    bot: ExternalId
    installer: ExternalId | None = None
    team: str = ""
    """The workspace, where the whole organization installed Voisin."""


class Api:
    """One for the whole process; what is called for one workspace never waits for another."""

    def __init__(
        self,
        client: AsyncWebClient,
        pacer: Pacer,
        *,
        lost: Callable[[Home, str], Awaitable[None]],
    ) -> None:
        self._client = client
        self._pacer = pacer
        self._lost = lost

    async def call(
        self,
        home: Home,
        method: str,
        arguments: Mapping[str, Json] = NOTHING,
        *,
        patience: float,
        lane: str | None = None,
        by: float | None = None,
    ) -> Mapping[str, Json]:
        """One call, once; ``lane`` is the channel whose own pace counts too; ``by``: when, on the loop's
        clock, an answer comes too late.

        Raises TryLater, NotSent, Uncertain (for what cannot be repeated), or Refused with Slack's reason.
        """
        given: dict[str, Json] = {"token": home.token, **arguments}
        if home.team and method in OF_ONE_TEAM:
            given["team_id"] = home.team
        async with self._pacer.turn(home.place, method, channel=lane, patience=patience):
            try:
                async with asyncio.timeout_at(by):
                    if method in READS:
                        answer = await self._client.api_call(method, http_verb="GET", params=given)
                    else:
                        answer = await self._client.api_call(method, json=given)
            except (SlackApiError, *BROKEN) as error:
                trouble, cause = understood(error, method), error
            else:
                return answer.data if isinstance(answer.data, dict) else {}
        if isinstance(trouble, Limited):
            raise self._pacer.shut(home.place, method, seconds=trouble.seconds) from cause
        if isinstance(trouble, Refused) and trouble.meaning is Meaning.TOKEN:
            await self._lost(home, trouble.code)
        if isinstance(trouble, Uncertain) and method not in ONCE:
            raise NotSent(str(trouble)) from cause
        raise trouble from cause
