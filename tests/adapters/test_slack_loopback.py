"""The loopback Slack behaves as Slack is documented to, for the real SDK: what is proved on it counts."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import ClientError
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from tests.loopback import slack_payloads as payloads
from tests.loopback.slack_conformance import shape, strange
from tests.loopback.slack_faults import How
from tests.loopback.slack_hands import Hand, OneSocket
from tests.loopback.slack_limits import Meter, budget
from tests.loopback.slack_people import Json, Workspace, found
from tests.loopback.slack_server import Slack, listening

SCOPES = {"chat:write", "im:write", "mpim:write", "users:read", "channels:read", "files:write"}


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """One workspace with three people."""
    made = Slack()
    made.add(found("T1", "ada", "ben", "cleo"))
    async with listening(made):
        yield made


@pytest.fixture
def workspace(slack: Slack) -> Workspace:
    return slack.workspaces["T1"]


@pytest.fixture
def client(slack: Slack, workspace: Workspace) -> AsyncWebClient:
    token = slack.install(workspace, scopes=SCOPES)
    return AsyncWebClient(token, base_url=slack.api, retry_handlers=[])


async def test_the_same_people_share_the_same_conversation(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    ada, ben = workspace.users["UT1ADA"], workspace.users["UT1BEN"]

    first = await client.conversations_open(users=[ada.id, ben.id])
    again = await client.conversations_open(users=[ben.id, ada.id])
    await client.chat_postMessage(channel=first["channel"]["id"], text="Hello")

    assert first["channel"]["id"] == again["channel"]["id"]
    assert [post.text for post in workspace.together(ada)] == ["Hello"]
    assert [post.text for post in workspace.together(ben)] == ["Hello"]
    assert workspace.together(workspace.users["UT1CLEO"]) == []


async def test_a_list_comes_in_pages(client: AsyncWebClient, slack: Slack) -> None:
    slack.page = 2

    pages = [page["members"] async for page in await client.users_list(limit=200)]

    assert [len(page) for page in pages] == [2, 2]


@pytest.mark.parametrize(
    "error, scopes, room",
    [
        ("missing_scope", SCOPES - {"chat:write"}, "CT10001"),
        ("channel_not_found", SCOPES, "C404"),
        ("not_in_channel", SCOPES, "elsewhere"),
        ("is_archived", SCOPES, "archived"),
        ("invalid_auth", None, "CT10001"),
    ],
)
async def test_a_post_that_slack_refuses_is_refused(
    slack: Slack, workspace: Workspace, error: str, scopes: set[str] | None, room: str
) -> None:
    special = {"elsewhere": workspace.channel("elsewhere"), "archived": workspace.channel("archived")}
    special["archived"].archived = True
    token = slack.install(workspace, scopes=scopes) if scopes else "xoxb-forged"
    client = AsyncWebClient(token, base_url=slack.api, retry_handlers=[])

    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel=special[room].id if room in special else room, text="Hello")

    assert refused.value.response["error"] == error
    assert workspace.posts == []


async def test_more_than_the_published_tier_is_answered_429_with_the_time_to_wait(
    client: AsyncWebClient, slack: Slack
) -> None:
    for _ in range(budget("conversations.info")):
        await client.conversations_info(channel="CT10001")

    with pytest.raises(SlackApiError) as refused:
        await client.conversations_info(channel="CT10001")

    assert refused.value.response.status_code == 429
    assert 1 <= int(refused.value.response.headers["Retry-After"]) <= 60
    assert (await client.users_info(user="UT1ADA"))["ok"]


def test_a_minute_later_there_is_room_again_and_other_workspaces_never_noticed() -> None:
    moment = 0.0
    meter = Meter(now=lambda: moment)
    for _ in range(budget("conversations.open")):
        assert meter.refuse("T1", "conversations.open", None) is None

    refused = meter.refuse("T1", "conversations.open", None)
    elsewhere = meter.refuse("T2", "conversations.open", None)
    moment = 60.0

    assert refused == 60
    assert elsewhere is None
    assert meter.refuse("T1", "conversations.open", None) is None


def test_one_post_a_second_fits_into_a_room() -> None:
    moment = 0.0
    meter = Meter(now=lambda: moment)

    first = meter.refuse("T1", "chat.postMessage", "C1")
    at_once = meter.refuse("T1", "chat.postMessage", "C1")
    elsewhere = meter.refuse("T1", "chat.postMessage", "C2")
    moment = 1.0

    assert (first, at_once, elsewhere) == (None, 1, None)
    assert meter.refuse("T1", "chat.postMessage", "C1") is None


@pytest.mark.parametrize("how", [How.STATUS_AFTER, How.RESET_AFTER, How.GARBLED_AFTER])
async def test_a_post_can_be_made_though_its_answer_is_lost(
    client: AsyncWebClient, slack: Slack, workspace: Workspace, how: How
) -> None:
    slack.fail("chat.postMessage", how)

    with pytest.raises((SlackApiError, ClientError, ConnectionError)):
        await client.chat_postMessage(channel="UT1ADA", text="Hello")

    assert [post.text for post in workspace.posts] == ["Hello"]


async def test_a_form_opens_once_for_each_trigger(
    client: AsyncWebClient, slack: Slack, workspace: Workspace
) -> None:
    view = {"type": "modal", "title": {"type": "plain_text", "text": "Me"}, "blocks": []}
    trigger = slack.trigger(workspace, workspace.users["UT1ADA"])
    await client.views_open(trigger_id=trigger, view=view)

    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        await client.views_open(trigger_id=trigger, view=view)

    assert [user for user, _ in workspace.modals] == ["UT1ADA"]


async def test_a_file_arrives_in_three_requests(client: AsyncWebClient, workspace: Workspace) -> None:
    room = workspace.conversation(["UT1ADA"])

    await client.files_upload_v2(channel=room.id, filename="me.json", content=b"{}", title="Yours")

    assert [(post.text, post.file) for post in workspace.posts] == [("Yours", b"{}")]


async def test_a_code_is_exchanged_once(slack: Slack, workspace: Workspace) -> None:
    slack.codes["code"] = slack.grant(workspace, scopes=SCOPES)
    client = AsyncWebClient(base_url=slack.api, retry_handlers=[])
    id, secret = slack.client

    granted = await client.oauth_v2_access(client_id=id, client_secret=secret, code="code")
    with pytest.raises(SlackApiError, match="invalid_code"):
        await client.oauth_v2_access(client_id=id, client_secret=secret, code="code")

    tested = await AsyncWebClient(granted["access_token"], base_url=slack.api).auth_test()
    assert tested["team_id"] == "T1"


async def test_an_envelope_goes_down_the_socket_and_its_ack_comes_back(
    slack: Slack, workspace: Workspace
) -> None:
    client = SocketModeClient(
        app_token=slack.app_token, web_client=AsyncWebClient(base_url=slack.api, retry_handlers=[])
    )

    async def take(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        said = {"text": request.payload["text"].upper()}
        await client.send_socket_mode_response(
            SocketModeResponse(envelope_id=request.envelope_id, payload=said)
        )

    client.socket_mode_request_listeners.append(take)
    await client.connect()  # type: ignore[no-untyped-call]  # the SDK leaves it untyped
    hand = Hand(slack=slack, workspace=workspace, user=workspace.users["UT1ADA"], road=OneSocket(slack=slack))

    heard = await hand.types("join", workspace.rooms["CT10001"])
    await client.close()  # type: ignore[no-untyped-call]  # the same

    assert heard.body == {"text": "JOIN"}
    assert heard.seconds < 3


# ── The payloads ────────────────────────────────────────────────────────────────────────────────────


def _sent() -> dict[str, Json]:
    workspace = found("T1", "ada", "ben", enterprise="E1")
    ada, room = workspace.users["UT1ADA"], workspace.rooms["CT10001"]
    button = {"type": "button", "action_id": "met:1", "text": {"type": "plain_text", "text": "We met"}}
    said = {"text": "Did you meet?", "blocks": [{"type": "actions", "block_id": "a", "elements": [button]}]}
    post = workspace.post(room, said)
    line = {"type": "plain_text_input", "action_id": "learning"}
    view: Json = {
        "id": "V1",
        "type": "modal",
        "title": {"type": "plain_text", "text": "Me"},
        "callback_id": "me:",
        "blocks": [{"type": "input", "block_id": "learning", "element": line}],
    }

    def of(inner: Json) -> Json:
        return payloads.event(workspace, "A1", inner, user=ada)

    return {
        "slash-commands/SlashCommandPayload": dict(
            payloads.command(
                workspace, "A1", user=ada, room=room, text="join", trigger="1.2.3", response_url="http://x"
            )
        ),
        "interactive-components/BlockActionPayload": payloads.press(
            workspace, "A1", user=ada, action="met:1", post=post, trigger="1.2.3", response_url="http://x"
        ),
        "views/ViewSubmissionPayload": payloads.submission(
            workspace, "A1", user=ada, view=view, values={"learning": "Rust"}, trigger="1.2.3"
        ),
        "events/MemberJoinedChannelPayload": of(payloads.joined(ada, room)),
        "events/MemberLeftChannelPayload": of(payloads.joined(ada, room, left=True)),
        "events/UserChangePayload": of(payloads.user_change(ada)),
        "events/TeamJoinPayload": of(payloads.team_join(ada)),
        "events/AppHomeOpenedPayload": of(payloads.home_opened(ada, workspace)),
        "events/AppUninstalledPayload": of({"type": "app_uninstalled"}),
        "events/TokensRevokedPayload": of({"type": "tokens_revoked", "tokens": {"bot": ["UT1BOT"]}}),
    }


SENT = _sent()

OLDER = {
    ".context_team_id",
    ".event_ts",
    ".event.event_ts",
    ".is_enterprise_install is 'false', not like False",
    ".view.blocks",
}
"""Where the shapes are older or more typed than what goes over the wire."""


@pytest.mark.parametrize("name", sorted(SENT))
def test_a_payload_has_the_shape_of_those_that_slack_sends(name: str) -> None:
    problems = strange(SENT[name], shape(name))

    assert [one for one in problems if not one.startswith(tuple(OLDER))] == []


@pytest.mark.parametrize("name", sorted(SENT))
def test_a_payload_survives_the_wire(name: str) -> None:
    kind = "slash_commands" if "command" in name else "events_api" if name[:6] == "events" else "interactive"

    body, content_type = payloads.encoded(kind, SENT[name])

    assert _decoded(body, content_type) == SENT[name]


def _decoded(body: bytes, content_type: str) -> Any:
    if "json" in content_type:
        return json.loads(body)
    form = {key: values[0] for key, values in parse_qs(body.decode()).items()}
    return json.loads(form["payload"]) if "payload" in form else form


async def test_what_never_comes_is_said_in_words(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.loopback.slack_server.PATIENCE", 0.01)

    with pytest.raises(AssertionError, match="no letter"):
        await asyncio.shield(slack.until(lambda: None, what="letter"))
