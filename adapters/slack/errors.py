"""What Slack's errors mean for Voisin. The one place where its codes stand."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from http import HTTPStatus

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.errors import Impossible, NotSent, PlatformError, Uncertain

LATER = frozenset(
    [
        "ratelimited",
        "rate_limited",
        "message_limit_exceeded",
        "team_added_to_org",
        "accesslimited",
        "external_channel_migrating",
        "fetch_members_failed",
        "invalid_cursor",
    ]
)
"""Surely not done, and worth another try by itself."""

UNCLEAR = frozenset(
    ["internal_error", "fatal_error", "request_timeout", "service_unavailable", "file_update_failed"]
)
"""Slack does not know itself."""

TOKEN = frozenset(
    [
        "account_inactive",
        "token_revoked",
        "token_expired",
        "invalid_auth",
        "not_authed",
        "org_login_required",
        "two_factor_setup_required",
        "team_access_not_granted",
        "app_access_restricted",
        "enterprise_is_restricted",
        "is_bot",
        "cannot_find_service",
        "forbidden_team",
    ]
)
"""Voisin is no longer let into this workspace, or not with this token."""

DEAD = frozenset({"account_inactive", "token_revoked"})
"""Of those: it was taken out, and only a new installation brings it back."""

PERSON = frozenset(
    [
        "user_not_found",
        "users_not_found",
        "user_disabled",
        "user_not_visible",
        "cannot_dm_bot",
        "user_is_bot",
        "user_not_in_channel",
    ]
)
"""Somebody among those addressed cannot be reached any more."""

PLACES: Mapping[str, str] = {
    "channel_not_found": "the channel is gone, or private: type /invite @Voisin in it",
    "channel_is_limited_access": "the channel is limited: ask an admin to let Voisin in",
    "is_archived": "the channel is archived: open it again, or set up another with /voisin setup",
    "not_in_channel": "Voisin is not in the channel: type /invite @Voisin in it",
    "ekm_access_denied": "the admins have closed this channel to messages",
    "messages_tab_disabled": "the app’s Messages tab is turned off: turn it on in its settings, App Home",
    "restricted_action": "a preference of the workspace lets nobody like Voisin post there",
    "restricted_action_non_threadable_channel": "only some may post in the channel: ask an admin",
    "restricted_action_read_only_channel": "the channel is read-only: ask an admin to let Voisin post",
    "restricted_action_thread_only_channel": "the channel takes answers only: choose another",
    "restricted_action_thread_locked": "the thread is locked",
    "invalid_user_combination": "these people share no channel, so Slack allows no conversation of theirs",
    "too_many_users": "Slack’s group conversations hold 8 people at most",
    "not_enough_users": "a conversation needs somebody to talk with",
    "method_not_supported_for_channel_type": "Slack does not allow it in a channel of this kind",
    "too_many_members": "the channel has too many members to be joined: type /invite @Voisin in it",
    "posting_to_channel_denied": "Voisin may not post there: ask an admin",
    "file_uploads_disabled": "the workspace allows no files",
    "file_uploads_except_images_disabled": "the workspace allows no files but pictures",
    "file_type_not_allowed": "the workspace allows no files of this kind",
    "storage_limit_reached": "the workspace has no room left for files",
    "missing_scope": "a permission is missing: `voisin doctor` says which; install Voisin again",
    "no_permission": "a permission is missing: `voisin doctor` says which; install Voisin again",
    "not_allowed_token_type": "the token is of the wrong kind: it begins with xoxb-",
    "access_denied": "the workspace does not let Voisin do this: ask an admin",
    "invalid_channel": "the conversation is gone",
    "file_upload_size_restricted": "the workspace allows no files of this size",
    "slack_connect_canvas_sharing_blocked": "an admin allows no sharing with other organizations",
    "slack_connect_file_link_sharing_blocked": "an admin allows no sharing with other organizations",
    "slack_connect_lists_sharing_blocked": "an admin allows no sharing with other organizations",
    "not_enabled": "the Home tab is turned off: turn it on in the app’s settings, App Home",
}
"""Where it will never work as it is → why, for whoever can change it."""

MISSED = frozenset({"exchanged_trigger_id", "expired_trigger_id", "hash_conflict", "not_found"})
"""The window that it was for is closed, or shows something newer: whoever pressed presses again."""

OURS = frozenset({
    "alt_txt_too_large", "as_user_not_supported", "attachment_payload_limit_exceeded",
    "cannot_reply_to_message", "channels_limit_exceeded", "draft_already_deleted", "draft_already_sent",
    "draft_has_conflict", "draft_not_found", "duplicate_channel_not_found", "duplicate_external_id",
    "duplicate_message_not_found", "file_not_found", "insecure_request", "invalid_arg_name",
    "invalid_arguments", "invalid_array_arg", "invalid_blocks", "invalid_blocks_format",
    "invalid_charset", "invalid_form_data", "invalid_limit", "invalid_metadata_format",
    "invalid_metadata_schema", "invalid_post_type", "invalid_trigger_id", "invalid_types",
    "limit_required", "markdown_text_conflict", "metadata_must_be_sent_from_app", "metadata_too_large",
    "method_deprecated", "deprecated_endpoint", "missing_args", "missing_argument", "missing_file_data",
    "missing_post_type", "missing_profile_id", "msg_blocks_too_long", "no_text", "not_implemented",
    "send_on_behalf_not_allowed", "snippet_too_large", "team_not_found", "too_many_attachments",
    "too_many_contact_cards", "unknown_method", "unknown_snippet_type", "unknown_subtype",
    "users_list_not_supplied", "view_too_large",
})  # fmt: skip
"""Slack does not take what we sent. What nobody documents is taken for one of these."""

ONCE = frozenset({"chat.postMessage", "files.completeUploadExternal"})
"""Done twice, they would be seen twice. Everything else may be asked again when the answer was lost."""

NEVER_LEFT = (
    # No name, no connection, no certificate, no proxy: the request itself never began.
    aiohttp.ClientConnectorError,
    aiohttp.ClientProxyConnectionError,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
    aiohttp.ConnectionTimeoutError,
)

BROKEN = (aiohttp.ClientError, TimeoutError, OSError, ValueError, AttributeError, TypeError)
"""What a lost or a garbled answer looks like (the library trips over pages that are not JSON)."""


class Meaning(StrEnum):
    """What follows from an error."""

    LATER = "later"
    TOKEN = "token"  # noqa: S105 -- the name of a meaning, not a secret
    PERSON = "person"
    PLACE = "place"
    UNCLEAR = "unclear"
    MISSED = "missed"
    DEFECT = "defect"
    """Slack does not take what we sent: ours to mend."""


class Refused(PlatformError):
    """Slack answered no."""

    def __init__(self, method: str, code: str) -> None:
        super().__init__(f"Slack: {PLACES.get(code, code)}")
        self.method = method
        self.code = code

    @property
    def meaning(self) -> Meaning:
        """What follows from it."""
        for meaning, codes in (
            (Meaning.LATER, LATER),
            (Meaning.TOKEN, TOKEN),
            (Meaning.PERSON, PERSON),
            (Meaning.PLACE, PLACES),
            (Meaning.UNCLEAR, UNCLEAR),
            (Meaning.MISSED, MISSED),
        ):
            if self.code in codes:
                return meaning
        return Meaning.DEFECT

    @property
    def consequence(self) -> PlatformError:
        """As the core knows it, where nothing more is known."""
        match self.meaning:
            case Meaning.LATER | Meaning.TOKEN:
                return NotSent(str(self))
            case Meaning.UNCLEAR:
                return Uncertain(str(self)) if self.method in ONCE else NotSent(str(self))
            case _:
                return Impossible(str(self))


class Limited(Exception):
    """429, with what Retry-After said."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"to be tried again in {seconds} s")
        self.seconds = seconds


LIMITED_FOR = 30.0
"""Seconds, where Slack says 429 without saying for how long."""


def understood(error: Exception, method: str) -> PlatformError | Limited:
    """What a failed call means: Refused when Slack answered no; else whether it may have been done."""
    if isinstance(error, SlackApiError):
        response: object = error.response
        data = getattr(response, "data", None)
        status = getattr(response, "status_code", None) or getattr(response, "status", None)
        code = data.get("error") if isinstance(data, dict) else None
        if status == HTTPStatus.TOO_MANY_REQUESTS or code in {"ratelimited", "rate_limited"}:
            return Limited(_retry_after(getattr(response, "headers", {})))
        if isinstance(code, str) and code:
            return Refused(method, code)
        return Uncertain(f"Slack gave no answer that can be read ({status})")
    if isinstance(error, NEVER_LEFT):
        return NotSent(f"Slack cannot be reached ({type(error).__name__})")
    return Uncertain(f"Slack gave no answer ({type(error).__name__})")


def _retry_after(headers: Mapping[str, str | Sequence[str]]) -> float:
    for name, value in headers.items():
        if name.lower() == "retry-after":
            try:
                return max(float(value if isinstance(value, str) else value[0]), 0.0)
            except (ValueError, IndexError):
                break
    return LIMITED_FOR
