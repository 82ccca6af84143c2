"""Every error that Slack documents for a method in use means something, and the right thing."""

import json
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from adapters.slack.api import ONCE, READS
from adapters.slack.errors import LATER, PERSON, PLACES, TOKEN, UNCLEAR, Limited, Meaning, Refused, understood
from adapters.slack.limits import PACES
from bot.errors import Impossible, NotSent, PlatformError, Uncertain
from tests.required import shared

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)

OURS = {
    # What is malformed is ours to mend, and said to be: nobody else can do anything about it.
    "as_user_not_supported", "attachment_payload_limit_exceeded", "cannot_reply_to_message",
    "draft_already_deleted", "draft_already_sent", "draft_has_conflict", "draft_not_found",
    "duplicate_channel_not_found", "duplicate_external_id", "duplicate_message_not_found",
    "exchanged_trigger_id", "expired_trigger_id", "fetch_members_failed", "file_not_found",
    "file_update_failed", "file_upload_size_restricted", "alt_txt_too_large", "hash_conflict",
    "invalid_blocks", "invalid_blocks_format", "invalid_channel", "invalid_cursor", "invalid_limit",
    "invalid_metadata_format", "invalid_metadata_schema", "invalid_trigger_id", "limit_required",
    "markdown_text_conflict", "metadata_must_be_sent_from_app", "metadata_too_large", "missing_argument",
    "missing_file_data", "missing_profile_id", "msg_blocks_too_long", "no_text", "not_found",
    "not_implemented", "send_on_behalf_not_allowed", "slack_connect_canvas_sharing_blocked",
    "slack_connect_file_link_sharing_blocked", "slack_connect_lists_sharing_blocked", "snippet_too_large",
    "team_not_found", "too_many_attachments", "too_many_contact_cards", "unknown_snippet_type",
    "unknown_subtype", "users_list_not_supplied", "view_too_large", "channels_limit_exceeded",
}  # fmt: skip


def _answered(
    data: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
) -> SlackApiError:
    class Response:
        def __init__(self) -> None:
            self.data, self.status_code, self.headers = data, status, headers or {}

    return SlackApiError("no", Response())  # type: ignore[no-untyped-call]  # the SDK's has no types


@pytest.mark.parametrize("method", sorted(PACES.keys() | {"auth.test"}))
def test_every_documented_error_of_a_method_in_use_has_its_meaning(method: str) -> None:
    described = shared("conformance/specs/slack_methods") / f"{method}.json"
    documented = set(json.loads(described.read_text(encoding="utf-8")).get("errors") or {})

    known = LATER | TOKEN | PERSON | PLACES.keys() | UNCLEAR | OURS

    assert documented - known == set()


def test_no_error_means_two_things() -> None:
    kinds = [LATER, TOKEN, PERSON, set(PLACES), UNCLEAR, OURS]

    assert sum(len(kind) for kind in kinds) == len(set().union(*kinds))


@pytest.mark.parametrize(
    "code, meaning, consequence",
    [
        ("account_inactive", Meaning.TOKEN, NotSent),
        ("token_revoked", Meaning.TOKEN, NotSent),
        ("user_disabled", Meaning.PERSON, Impossible),
        ("is_archived", Meaning.PLACE, Impossible),
        ("not_in_channel", Meaning.PLACE, Impossible),
        ("missing_scope", Meaning.PLACE, Impossible),
        ("message_limit_exceeded", Meaning.LATER, NotSent),
        ("fatal_error", Meaning.UNCLEAR, Uncertain),
        ("service_unavailable", Meaning.UNCLEAR, Uncertain),
        ("invalid_blocks", Meaning.DEFECT, Impossible),
        ("something_new", Meaning.DEFECT, Impossible),
    ],
)
def test_a_refusal_has_its_consequence(code: str, meaning: Meaning, consequence: type[PlatformError]) -> None:
    read = understood(_answered({"ok": False, "error": code}), "chat.postMessage")

    assert isinstance(read, Refused)
    assert read.meaning is meaning
    assert type(read.consequence) is consequence


@pytest.mark.parametrize(
    "headers, seconds",
    [({"Retry-After": "30"}, 30.0), ({"retry-after": "0"}, 0.0), ({"Retry-After": "soon"}, 30.0), ({}, 30.0)],
)
def test_a_limit_says_for_how_long(headers: dict[str, str], seconds: float) -> None:
    read = understood(_answered({"ok": False, "error": "ratelimited"}, 429, headers), "chat.postMessage")

    assert isinstance(read, Limited)
    assert read.seconds == seconds


@pytest.mark.parametrize(
    "error",
    [
        _answered({}, 200),
        _answered({}, 500),
        _answered({}, 503),
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientOSError(104, "reset"),
        TimeoutError(),
        ValueError("not JSON"),
        AttributeError("'str' object has no attribute 'get'"),
    ],
    ids=["empty", "500", "503", "disconnected", "reset", "too late", "no JSON", "no object"],
)
def test_a_lost_or_garbled_answer_is_a_doubt(error: Exception) -> None:
    assert isinstance(understood(error, "chat.postMessage"), Uncertain)


def test_a_proxy_that_refuses_is_surely_not_sent() -> None:
    answer = aiohttp.ClientHttpProxyError(request_info=None, history=(), status=407)  # type: ignore[arg-type]  # it is not looked at

    assert isinstance(understood(answer, "chat.postMessage"), NotSent)


def test_what_people_would_see_twice_is_never_asked_for_like_a_read() -> None:
    assert not ONCE & READS
    assert "chat.postMessage" in ONCE
