"""What Slack sends and answers, read and checked: nothing past this point is a loose dictionary."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from adapters.slack.render import Json
from bot.domain.community import Language
from bot.domain.ids import ExternalId
from bot.errors import VoisinError
from bot.messages import Asker

MENTION = re.compile(r"<@(?P<id>[UW][A-Z0-9]{1,20})(?:\|[^>]*)?>")
SLACKBOT = "USLACKBOT"


class Unreadable(VoisinError):
    """Slack does not send this."""


def within(payload: Json, *path: str) -> Json:
    """What stands at a path of names; None where it ends early."""
    for name in path:
        if not isinstance(payload, Mapping):
            return None
        payload = payload.get(name)
    return payload


SHAPES: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(["event", "view", "container", "state", "message"], (dict,)),
    **dict.fromkeys(["team", "enterprise", "user", "channel", "text"], (str, dict)),
    **dict.fromkeys(["actions", "authorizations", "blocks"], (list,)),
    **dict.fromkeys(["type", "subtype", "command", "action_id", "block_id", "callback_id"], (str,)),
    **dict.fromkeys(["team_id", "enterprise_id", "user_id", "channel_id", "id", "value"], (str,)),
    **dict.fromkeys(["response_url", "trigger_id"], (str,)),
}
"""What stands under a name, wherever it comes; None may always."""

OF_RECORDS = frozenset({"actions", "authorizations", "blocks"})
"""Lists whose members have names in them."""


def readable(payload: Json) -> bool:
    """Whether a payload has the shape that Slack gives it, as far as anyone here relies on it."""
    match payload:
        case dict():
            return all(
                (value is None or name not in SHAPES or isinstance(value, SHAPES[name]))
                and (name != "response_url" or value is None or _address(value))
                and (name not in OF_RECORDS or all(isinstance(each, dict) for each in value or ()))
                and (name != "actions" or all("action_id" in each for each in value or ()))
                and readable(value)
                for name, value in payload.items()
            )
        case list():
            return all(map(readable, payload))
        case str():
            # Half a character can be neither kept nor sent.
            return payload.encode("utf-8", "replace").decode() == payload
        case _:
            return True


def hollow(payload: Json) -> bool:
    """Whether nothing stands where bolt itself looks further, though the name is there."""
    if not isinstance(payload, dict):
        return False
    return payload.get("response_url") == "" or any(
        payload.get(name, ()) is None for name in ("event", "view")
    )


def _address(text: str) -> bool:
    """Whether something can be sent there."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return not text or (parts.scheme in ("http", "https") and bool(parts.hostname))


def words(payload: Json, *path: str) -> str:
    """Words at a path; empty where there are none."""
    value = within(payload, *path)
    return value if isinstance(value, str) else ""


def needed(payload: Json, *path: str) -> str:
    """The same, or Unreadable."""
    value = words(payload, *path)
    if not value:
        raise Unreadable(f"A payload without {'.'.join(path)}.")
    return value


def listed(payload: Json, *path: str) -> list[Json]:
    """A list at a path; empty where there is none."""
    value = within(payload, *path)
    return value if isinstance(value, list) else []


def team(payload: Json, read: str | None) -> str | None:
    """The workspace that something comes from: ``read`` as bolt has it, unless that is none.

    Where an organization installed Voisin, its authorization names none, and people are of the organization
    (``E…``); then Slack names the workspace beside them.
    """
    beside = (("context_team_id",), ("team_id",), ("view", "team_id"), ("message", "team"))
    named = (read or "", *(words(payload, *path) for path in beside))
    return next((name for name in named if name.startswith("T")), read)


def typed(text: str) -> str:
    """What was typed after the command, as it was typed: mentions stay as ``<@U1>``."""
    return html.unescape(MENTION.sub(lambda found: f"<@{found['id']}>", text)).strip()


def mentioned(text: str) -> ExternalId | None:
    """Whom words name, when they are a mention and nothing else."""
    found = MENTION.fullmatch(text.strip())
    return ExternalId(found["id"]) if found else None


# ── People ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """A user of a workspace, as Slack describes them."""

    asker: Asker
    counts: bool
    """A person who is there: not a bot, not deactivated."""
    owner: bool = False
    """The one that the workspace belongs to."""


def known(user: Json, *, zones: frozenset[str], teams: frozenset[str]) -> Known:
    """A user object; ``teams`` are this workspace and its organization: everyone else is a guest."""
    id = needed(user, "id")
    from_elsewhere = bool(words(user, "team_id")) and not teams & {
        words(user, "team_id"),
        words(user, "enterprise_user", "enterprise_id") or "-",
    }
    guest = from_elsewhere or any(_is(user, flag) for flag in ("restricted", "ultra_restricted", "stranger"))
    zone = words(user, "tz")
    return Known(
        asker=Asker(
            external_id=ExternalId(id),
            name=_name(user),
            language=language(words(user, "locale")),
            zone=zone if zone in zones else None,
            admin=not guest and any(_is(user, flag) for flag in ("admin", "owner", "primary_owner")),
            guest=guest,
        ),
        counts=not (_is(user, "bot") or id == SLACKBOT or within(user, "deleted") is True),
        owner=_is(user, "primary_owner"),
    )


def language(locale: str) -> Language | None:
    """The language of Voisin's that a locale (``fr-FR``) asks for."""
    return {each.value: each for each in Language}.get(locale.partition("-")[0].lower())


def _is(user: Json, flag: str) -> bool:
    return within(user, f"is_{flag}") is True


def _name(user: Json) -> str:
    places = (("profile", "display_name"), ("profile", "real_name"), ("real_name",), ("name",))
    return next((name for place in places if (name := words(user, *place).strip())), "?")


# ── Forms ───────────────────────────────────────────────────────────────────────────────────────────


def values(view: Json) -> Mapping[str, str]:
    """What stands in the fields of a form that was sent."""
    filled = within(view, "state", "values")
    if not isinstance(filled, Mapping):
        raise Unreadable("A form without values.")
    return {name: _value(element) for block in filled.values() for name, element in _elements(block)}


def _elements(block: Json) -> list[tuple[str, Json]]:
    return list(block.items()) if isinstance(block, Mapping) else []


def _value(element: Json) -> str:
    chosen = listed(element, "selected_options")
    if chosen:
        return ",".join(words(option, "value") for option in chosen)
    places = (("value",), ("selected_option", "value"), ("selected_time",), ("selected_date",))
    return next((value for place in places if (value := words(element, *place))), "")
