"""How such a round is commonly sent: one introduction after the other, and a pause at each 429."""

import asyncio
from collections.abc import Sequence

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from tests.loopback.slack_server import Slack


async def send(slack: Slack, client: AsyncWebClient, pairs: Sequence[tuple[str, str]]) -> None:
    """Introduce every pair."""
    for pair in pairs:
        opened = await _patiently(slack, client, "conversations.open", users=",".join(pair))
        room: str = opened["channel"]["id"]
        await _patiently(slack, client, "chat.postMessage", channel=room, text="You are neighbours.")


async def _patiently(
    slack: Slack, client: AsyncWebClient, method: str, **arguments: str
) -> AsyncSlackResponse:
    while True:
        try:
            return await client.api_call(method, params=arguments)
        except SlackApiError as error:
            if error.response.status_code != 429:
                raise
            # Its pause runs as fast as the limits do.
            await asyncio.sleep(int(error.response.headers["Retry-After"]) / slack.speed)
