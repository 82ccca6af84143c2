"""What Slack sends, with the keys and kinds that it sends."""

import json
from collections.abc import Mapping
from itertools import count
from typing import Any
from urllib.parse import urlencode

from tests.loopback.slack_people import Json, Post, Room, User, Workspace

TOKEN = "legacy-verification-token"  # the loopback's own, and nobody checks it any more
MOMENT = 1_700_000_000

_events = count(1)


def event(
    workspace: Workspace, app_id: str, inner: Json, *, user: User | None = None, whole: bool = False
) -> Json:
    """An event of the Events API. ``whole``: of an organization's app, whose grant names no workspace."""
    number = next(_events)
    return {
        "token": TOKEN,
        "team_id": workspace.id,
        "enterprise_id": workspace.enterprise,
        "api_app_id": app_id,
        "event": inner,
        "type": "event_callback",
        "event_id": f"Ev{workspace.id}{number:06}",
        "event_time": MOMENT + number,
        "authorizations": [
            {
                "enterprise_id": workspace.enterprise,
                "team_id": None if whole else workspace.id,
                "user_id": (user or workspace.bot).id,
                "is_bot": True,
                "is_enterprise_install": whole,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{number:06}",
    }


def joined(user: User, room: Room, *, left: bool = False) -> Json:
    """Somebody came into a channel, or went."""
    return {
        "type": "member_left_channel" if left else "member_joined_channel",
        "user": user.id,
        "channel": room.id,
        "channel_type": "C" if room.kind == "channel" else "G",
        "team": user.team,
        "event_ts": "1700000000.000100",
    }


def user_change(user: User) -> Json:
    """Somebody's account changed: zone, locale, rights, or it was closed."""
    return {
        "type": "user_change",
        "user": user.described(with_locale=True),
        "cache_ts": MOMENT,
        "event_ts": "1700000000.000100",
    }


def team_join(user: User) -> Json:
    """A new account."""
    return {"type": "team_join", "user": user.described(with_locale=True), "event_ts": "1700000000.000100"}


def home_opened(user: User, workspace: Workspace) -> Json:
    """Somebody looks at the Home tab."""
    return {
        "type": "app_home_opened",
        "user": user.id,
        "channel": workspace.conversation([user.id]).id,
        "tab": "home",
        "event_ts": "1700000000.000100",
    }


def command(
    workspace: Workspace,
    app_id: str,
    *,
    user: User,
    room: Room,
    text: str,
    trigger: str,
    response_url: str,
    whole: bool = False,
) -> dict[str, str]:
    """A slash command: a form, without JSON. ``whole``: installed for the organization."""
    said = {
        "token": TOKEN,
        "api_app_id": app_id,
        "team_id": workspace.id,
        "team_domain": "workspace",
        "channel_id": room.id,
        "channel_name": _called(room),
        "user_id": user.id,
        "user_name": user.name.lower(),
        "command": "/voisin",
        "text": text,
        "response_url": response_url,
        "trigger_id": trigger,
        "is_enterprise_install": "true" if whole else "false",
    }
    if workspace.enterprise:
        said |= {"enterprise_id": workspace.enterprise, "enterprise_name": "Organization"}
    return said


def _called(room: Room) -> str:
    """What is not public has no name in payloads; group conversations pass for private channels."""
    private = {"im": "directmessage", "mpim": "privategroup", "group": "privategroup"}
    return private.get(room.kind, room.name)


def _about(workspace: Workspace, app_id: str, user: User, trigger: str, *, whole: bool = False) -> Json:
    enterprise = workspace.enterprise
    team = {"id": workspace.id, "domain": "workspace"}
    return {
        "enterprise": {"id": enterprise, "name": "Organization"} if enterprise else None,
        "team": None
        if whole
        else team | ({"enterprise_id": enterprise, "enterprise_name": "Organization"} if enterprise else {}),
        "user": {
            "id": user.id,
            "username": user.name.lower(),
            "name": user.name.lower(),
            "team_id": enterprise if whole else user.team,
        },
        "api_app_id": app_id,
        "token": TOKEN,
        "trigger_id": trigger,
        "is_enterprise_install": whole,
    }


def press(
    workspace: Workspace,
    app_id: str,
    *,
    user: User,
    action: str,
    trigger: str,
    post: Post | None = None,
    view: Json | None = None,
    response_url: str = "",
    whole: bool = False,
) -> Json:
    """A button of a message, or of a view: there the organization's app hears of the view's team alone."""
    about = _about(workspace, app_id, user, trigger, whole=whole and post is None) | {
        "type": "block_actions",
        "actions": [_action(action, post.blocks if post else (view or {}).get("blocks", []))],
    }
    if post is None:
        assert view is not None
        return about | {
            "container": {"type": "view", "view_id": view["id"]},
            "view": view,
        }
    room = workspace.rooms[post.channel]
    return about | {
        "container": {
            "type": "message",
            "message_ts": post.ts,
            "channel_id": post.channel,
            "is_ephemeral": post.only is not None,
        },
        "channel": {"id": room.id, "name": _called(room)},
        "message": {
            "type": "message",
            "user": workspace.bot.id,
            "bot_id": f"B{workspace.id}",
            "app_id": app_id,
            "team": workspace.id,
            "text": post.text,
            "ts": post.ts,
        },
        "state": {"values": {}},
        "response_url": response_url,
    }


def _action(action: str, blocks: Any) -> Json:
    for block in blocks:
        for element in (*block.get("elements", ()), block.get("accessory", {})):
            if element.get("action_id") == action:
                pressed = {key: element[key] for key in ("text", "value", "style") if key in element}
                return pressed | {
                    "type": "button",
                    "action_id": action,
                    "block_id": block.get("block_id", "b1"),
                    "action_ts": "1700000000.000100",
                }
    # A forged one: no such button was ever shown.
    return {"type": "button", "action_id": action, "block_id": "b1", "action_ts": "1700000000.000100"}


def submission(
    workspace: Workspace,
    app_id: str,
    *,
    user: User,
    view: Json,
    values: Mapping[str, str],
    trigger: str,
    whole: bool = False,
) -> Json:
    """A form that was sent: what stood in it at first stays where nothing else is given."""
    state: dict[str, Json] = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element = block["element"]
        name = next((one for one in (block["block_id"], element["action_id"]) if one in values), None)
        filled = _filled(element, None if name is None else values[name])
        state[block["block_id"]] = {element["action_id"]: filled}
    return _about(workspace, app_id, user, trigger, whole=whole) | {
        "type": "view_submission",
        "view": view | {"state": {"values": state}},
    }


def _filled(element: Json, value: str | None) -> Json:
    kind = element["type"]
    options = {option["value"]: option for option in element.get("options", [])}
    for group in element.get("option_groups", []):
        options |= {option["value"]: option for option in group["options"]}
    match kind:
        case "plain_text_input":
            said = element.get("initial_value") if value is None else value
            return {"type": kind, "value": said or None}
        case "static_select" | "radio_buttons":
            chosen = element.get("initial_option") if value is None else options[value]
            return {"type": kind, "selected_option": chosen}
        case "external_select":
            picked = {"text": {"type": "plain_text", "text": value}, "value": value}
            return {
                "type": kind,
                "selected_option": element.get("initial_option") if value is None else picked,
            }
        case "checkboxes" | "multi_static_select":
            if value is None:
                return {"type": kind, "selected_options": element.get("initial_options", [])}
            return {"type": kind, "selected_options": [options[one] for one in value.split(",") if one]}
        case "timepicker":
            return {"type": kind, "selected_time": element.get("initial_time") if value is None else value}
        case "datepicker":
            return {"type": kind, "selected_date": element.get("initial_date") if value is None else value}
        case _:
            raise AssertionError(f"There is no {kind} here yet.")


def encoded(kind: str, payload: Json) -> tuple[bytes, str]:
    """The body of an HTTP request and its content type."""
    match kind:
        case "slash_commands":
            return urlencode(payload).encode(), "application/x-www-form-urlencoded"
        case "interactive":
            return urlencode({"payload": json.dumps(payload)}).encode(), "application/x-www-form-urlencoded"
        case _:
            return json.dumps(payload).encode(), "application/json"
