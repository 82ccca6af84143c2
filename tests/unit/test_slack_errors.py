"""Every error that Slack documents for a method in use means something, and the right thing."""

import json
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from adapters.slack.api import READS
from adapters.slack.errors import (
    DEAD,
    LATER,
    MISSED,
    ONCE,
    OURS,
    PERSON,
    PLACES,
    TOKEN,
    UNCLEAR,
    Limited,
    Meaning,
    Refused,
    understood,
)
from adapters.slack.limits import PACES
from bot.errors import Impossible, NotSent, PlatformError, Uncertain
from tests.required import shared

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)

INSTALLING = {
    # Said on the install page, to whoever stands before it.
    "bad_client_secret", "bad_redirect_uri", "cannot_install_an_org_installed_app", "invalid_client_id",
    "invalid_code", "invalid_code_verifier", "invalid_grant_type", "invalid_refresh_token", "no_scopes",
    "oauth_authorization_url_mismatch", "pkce_not_allowed", "preview_feature_not_available",
    "user_email_unverified",
}  # fmt: skip

EVERYWHERE = {
    # Slack may say these to any call, and lists them with some methods only.
    "access_denied", "account_inactive", "accesslimited", "deprecated_endpoint", "ekm_access_denied",
    "enterprise_is_restricted", "fatal_error", "internal_error", "invalid_arg_name", "invalid_arguments",
    "invalid_array_arg", "invalid_auth", "invalid_charset", "invalid_form_data", "invalid_post_type",
    "is_bot", "method_deprecated", "missing_post_type", "missing_scope", "no_permission",
    "not_allowed_token_type", "not_authed", "org_login_required", "ratelimited", "request_timeout",
    "service_unavailable", "team_access_not_granted", "team_added_to_org", "token_expired",
    "token_revoked", "two_factor_setup_required",
}  # fmt: skip


def _answered(
    data: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
) -> SlackApiError:
    class Response:
        def __init__(self) -> None:
            self.data, self.status_code, self.headers = data, status, headers or {}

    return SlackApiError("no", Response())  # type: ignore[no-untyped-call]  # the SDK's has no types


def _documented(method: str) -> set[str]:
    described = shared("conformance/specs/slack_methods") / f"{method}.json"
    return set(json.loads(described.read_text(encoding="utf-8")).get("errors") or {})


@pytest.mark.parametrize("method", sorted(PACES.keys() | {"auth.test", "apps.connections.open"}))
def test_every_documented_error_of_a_method_in_use_has_its_meaning(method: str) -> None:
    unmapped = [
        code
        for code in sorted(_documented(method) | EVERYWHERE)
        if Refused(method, code).meaning is Meaning.DEFECT and code not in OURS
    ]

    assert unmapped == []


def test_every_documented_error_of_an_installation_is_said_on_its_page() -> None:
    unmapped = _documented("oauth.v2.access") - INSTALLING
    assert [
        code for code in sorted(unmapped) if Refused("oauth.v2.access", code).meaning is Meaning.DEFECT
    ] == [code for code in sorted(unmapped) if code in OURS]


def test_no_error_means_two_things() -> None:
    kinds = [LATER, TOKEN, PERSON, set(PLACES), UNCLEAR, MISSED, OURS]

    assert sum(len(kind) for kind in kinds) == len(set().union(*kinds))
    assert DEAD <= TOKEN


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
        ("expired_trigger_id", Meaning.MISSED, Impossible),
        ("fetch_members_failed", Meaning.LATER, NotSent),
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
