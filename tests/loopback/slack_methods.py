"""What each method of the Web API does to a workspace, and how it refuses."""

import base64
import binascii
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from tests.loopback.slack_people import Json, Room, User, Workspace

MOST_TOGETHER = 8
TRIGGER_LIVES = 30.0
"""Seconds, real ones: a form opened later than that never opens. Slack's own is three; how long an answer
takes on a busy machine is measured by the benchmark, and never what fails."""

SCOPES: dict[str, tuple[str, ...]] = {
    "chat.postMessage": ("chat:write",),
    "chat.postEphemeral": ("chat:write",),
    "chat.update": ("chat:write",),
    "conversations.info": ("channels:read", "groups:read", "im:read", "mpim:read"),
    "conversations.join": ("channels:join",),
    "conversations.list": ("channels:read", "groups:read", "im:read", "mpim:read"),
    "conversations.members": ("channels:read", "groups:read", "im:read", "mpim:read"),
    "conversations.open": ("channels:manage", "groups:write", "im:write", "mpim:write"),
    "files.completeUploadExternal": ("files:write",),
    "files.getUploadURLExternal": ("files:write",),
    "team.info": ("team:read",),
    "users.conversations": ("channels:read", "groups:read", "im:read", "mpim:read"),
    "users.info": ("users:read",),
    "users.list": ("users:read",),
}
"""One of these is needed; methods that are not here need none."""


class Refused(Exception):
    """``ok: false`` and why."""


@dataclass(kw_only=True)
class Grant:
    """A token of the bot: where it opens doors, and which."""

    token: str
    teams: Sequence[str]
    scopes: set[str]
    installer: str
    enterprise: str | None = None
    """Set when the whole organization installed it."""


@dataclass(kw_only=True)
class Trigger:
    """The right to open one form, for a while."""

    team: str
    user: str
    born: float = field(default_factory=monotonic)
    used: bool = False


@dataclass(kw_only=True)
class Upload:
    """A file on its way."""

    team: str
    name: str
    content: bytes | None = None


@dataclass(kw_only=True)
class World:
    """Everything that the methods know of."""

    workspaces: dict[str, Workspace] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    revoked: dict[str, str] = field(default_factory=dict)
    """Dead token → the error that it gets."""
    codes: dict[str, Grant] = field(default_factory=dict)
    triggers: dict[str, Trigger] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    client: tuple[str, str] = ("1111.2222", "client-secret")
    app_token: str = "xapp-1-loopback"
    app_id: str = "A0VOISIN"
    page: int = 200
    """The largest page of a list."""

    def workspace(self, grant: Grant, args: Json) -> Workspace:
        """The one that a call is about: one of an organization's must be named or follow from an id."""
        if len(grant.teams) == 1:
            return self.workspaces[grant.teams[0]]
        about = [args.get(name) for name in ("channel", "channel_id", "user", "user_id")]
        about += str(args.get("users") or "").split(",")
        pulled = self.triggers.get(str(args.get("trigger_id")))
        for team in grant.teams:
            workspace = self.workspaces[team]
            opened = any(view["id"] == args.get("view_id") for _, view in workspace.modals)
            if (
                team in (args.get("team_id"), pulled and pulled.team)
                or opened
                or any(one in workspace.rooms or one in workspace.users for one in about)
            ):
                return workspace
        if not any(about):
            return self.workspaces[grant.teams[0]]  # It is about the token itself.
        raise Refused("missing_argument")

    def trigger(self, workspace: Workspace, user: User) -> str:
        """A new one."""
        name = f"{secrets.randbelow(10**9)}.{workspace.id}.{secrets.token_hex(8)}"
        self.triggers[name] = Trigger(team=workspace.id, user=user.id)
        return name


@dataclass(kw_only=True)
class Doing:
    """One call, understood."""

    world: World
    grant: Grant
    workspace: Workspace
    args: Json
    address: str

    def text(self, name: str) -> str:
        """An argument that has to be there."""
        value = self.args.get(name)
        if not value:
            raise Refused("invalid_arguments")
        return str(value)

    def of_a_team(self) -> None:
        """A list, for which an organization's token has to say of which workspace."""
        if self.grant.enterprise and not self.args.get("team_id"):
            raise Refused("missing_argument")

    def person(self, id: str) -> User:
        """Somebody of this workspace, or a stranger in one of its shared channels."""
        user = self.workspace.users.get(id)
        if user is None:
            raise Refused("user_not_found")
        return user

    def room(self, id: str) -> Room:
        """A conversation that the bot may know of."""
        room = self.workspace.rooms.get(id)
        if room is None or (room.kind != "channel" and self.workspace.bot.id not in room.members):
            raise Refused("channel_not_found")
        return room

    def described(self, id: str) -> Room:
        """A conversation that the bot may ask about: each kind has a scope of its own."""
        room = self.room(id)
        kind = {"channel": "channels", "group": "groups"}.get(room.kind, room.kind)
        if f"{kind}:read" not in self.grant.scopes:
            raise Refused("missing_scope")
        return room

    def postable(self, id: str) -> Room:
        """Where the bot may post; a user's id is their direct message."""
        if id in self.workspace.users:
            user = self.workspace.users[id]
            if user.deleted:
                raise Refused("channel_not_found")
            if user.bot:
                raise Refused("cannot_dm_bot")
            return self.workspace.conversation([id])
        room = self.room(id)
        if room.archived:
            raise Refused("is_archived")
        if self.workspace.bot.id not in room.members:
            raise Refused("not_in_channel")
        return room


def _auth_test(at: Doing) -> Json:
    return {
        "url": "https://workspace.slack.com/",
        "team": at.workspace.name,
        "team_id": at.workspace.id,
        "user": "voisin",
        "user_id": at.workspace.bot.id,
        "bot_id": f"B{at.workspace.id}",
        "enterprise_id": at.workspace.enterprise,
        "is_enterprise_install": at.grant.enterprise is not None,
    }


def _post(at: Doing) -> Json:
    room = at.postable(at.text("channel"))
    if not at.args.get("text") and not at.args.get("blocks"):
        raise Refused("no_text")
    made = at.workspace.post(room, at.args)
    message = {"type": "message", "text": made.text, "ts": made.ts, "user": at.workspace.bot.id}
    return {"channel": room.id, "ts": made.ts, "message": message}


def _post_ephemeral(at: Doing) -> Json:
    room, user = at.postable(at.text("channel")), at.person(at.text("user"))
    if user.id not in room.members:
        raise Refused("user_not_in_channel")
    return {"message_ts": at.workspace.post(room, at.args, only=user.id).ts}


def _update(at: Doing) -> Json:
    room, ts = at.room(at.text("channel")), at.text("ts")
    for post in at.workspace.posts:
        if post.channel == room.id and post.ts == ts and post.only is None:
            post.text, post.blocks = str(at.args.get("text") or ""), at.args.get("blocks") or []
            return {"channel": room.id, "ts": ts, "text": post.text}
    raise Refused("message_not_found")


def _open(at: Doing) -> Json:
    asked = at.args.get("users")
    if at.args.get("channel"):
        return {"channel": {"id": at.room(at.text("channel")).id}}
    if not asked:
        raise Refused("users_list_not_supplied")
    people = asked.split(",") if isinstance(asked, str) else list(asked)
    if len(people) > MOST_TOGETHER:
        raise Refused("too_many_users")
    for user in [at.person(id) for id in people]:
        if user.deleted:
            raise Refused("user_disabled")
        if user.bot:
            raise Refused("cannot_dm_bot")
    return {"no_op": False, "already_open": False, "channel": {"id": at.workspace.conversation(people).id}}


def _members(at: Doing) -> Json:
    page, cursor = _page(at, at.described(at.text("channel")).members, largest=1000)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


def _info(at: Doing) -> Json:
    return {"channel": at.described(at.text("channel")).described(bot=at.workspace.bot.id)}


def _join(at: Doing) -> Json:
    room = at.room(at.text("channel"))
    if room.kind != "channel":
        raise Refused("method_not_supported_for_channel_type")
    if room.archived:
        raise Refused("is_archived")
    if at.workspace.bot.id not in room.members:
        room.members.append(at.workspace.bot.id)
    return {"channel": room.described(bot=at.workspace.bot.id)}


def _rooms(at: Doing) -> Json:
    at.of_a_team()
    kinds = {"public_channel": "channel", "private_channel": "group", "mpim": "mpim", "im": "im"}
    wanted = {kinds[kind] for kind in str(at.args.get("types") or "public_channel").split(",")}
    bot = at.workspace.bot.id
    rooms = [
        room
        for room in at.workspace.rooms.values()
        if room.kind in wanted and not (_true(at.args.get("exclude_archived")) and room.archived)
    ]
    page, cursor = _page(at, rooms, largest=1000)
    return {
        "channels": [room.described(bot=bot) for room in page],
        "response_metadata": {"next_cursor": cursor},
    }


def _user(at: Doing) -> Json:
    user = at.person(at.text("user"))
    return {"user": user.described(with_locale=_true(at.args.get("include_locale")))}


def _users(at: Doing) -> Json:
    at.of_a_team()
    own = [user for user in at.workspace.users.values() if not user.stranger]
    page, cursor = _page(at, own, largest=1000)
    locale = _true(at.args.get("include_locale"))
    return {
        "members": [user.described(with_locale=locale) for user in page],
        "cache_ts": 1_700_000_000,
        "response_metadata": {"next_cursor": cursor},
    }


def _team(at: Doing) -> Json:
    about: Json = {"id": at.workspace.id, "name": at.workspace.name, "domain": "workspace"}
    if at.workspace.enterprise:
        about |= {"enterprise_id": at.workspace.enterprise, "enterprise_name": "Organization"}
    return {"team": about}


def _view_open(at: Doing) -> Json:
    trigger = at.world.triggers.get(at.text("trigger_id"))
    if trigger is None or trigger.team != at.workspace.id:
        raise Refused("invalid_trigger_id")
    if trigger.used:
        raise Refused("exchanged_trigger_id")
    if monotonic() - trigger.born > TRIGGER_LIVES:
        raise Refused("expired_trigger_id")
    trigger.used = True
    view = viewed(at, at.args["view"])
    at.workspace.modals.append((trigger.user, view))
    return {"view": view}


def _view_update(at: Doing) -> Json:
    for position, (user, view) in enumerate(at.workspace.modals):
        if view["id"] == at.args.get("view_id"):
            changed = viewed(at, at.args["view"]) | {"id": view["id"]}
            at.workspace.modals[position] = (user, changed)
            return {"view": changed}
    raise Refused("not_found")


def _view_publish(at: Doing) -> Json:
    view = viewed(at, at.args["view"])
    at.workspace.homes[at.person(at.text("user_id")).id] = view
    return {"view": view}


def viewed(at: Doing, view: Json) -> Json:
    """A view with what Slack adds to it."""
    return view | {
        "id": f"V{secrets.token_hex(5).upper()}",
        "team_id": at.workspace.id,
        "app_id": at.world.app_id,
        "bot_id": f"B{at.workspace.id}",
        "hash": f"1700000000.{secrets.token_hex(4)}",
        "private_metadata": view.get("private_metadata", ""),
        "callback_id": view.get("callback_id", ""),
        "state": {"values": {}},
        "root_view_id": None,
        "previous_view_id": None,
        "external_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
    }


def _upload_url(at: Doing) -> Json:
    id = f"F{secrets.token_hex(5).upper()}"
    if not int(at.text("length")):
        raise Refused("missing_argument")
    at.world.uploads[id] = Upload(team=at.workspace.id, name=at.text("filename"))
    return {"upload_url": f"{at.address}/upload/{id}", "file_id": id}


def _upload_done(at: Doing) -> Json:
    room = at.room(at.text("channel_id"))
    files = at.args["files"]
    for one in files:
        upload = at.world.uploads.pop(one["id"], None)
        if upload is None or upload.content is None or upload.team != at.workspace.id:
            raise Refused("file_not_found")
        comment = {"text": at.args.get("initial_comment") or one.get("title") or upload.name}
        at.workspace.post(room, comment, file=upload.content)
    return {"files": [{"id": one["id"], "title": one.get("title", "")} for one in files]}


def _revoke(at: Doing) -> Json:
    del at.world.grants[at.grant.token]
    at.world.revoked[at.grant.token] = "token_revoked"
    return {"revoked": True}


def _page(at: Doing, everything: Sequence[Any], *, largest: int) -> tuple[list[Any], str]:
    try:
        start = int(base64.b64decode(str(at.args.get("cursor") or "MA==")).decode())
        limit = min(int(at.args.get("limit") or 100), largest, at.world.page)
    except (ValueError, binascii.Error) as error:
        raise Refused("invalid_cursor") from error
    after = start + limit
    cursor = base64.b64encode(str(after).encode()).decode() if after < len(everything) else ""
    return list(everything[start:after]), cursor


def _true(value: object) -> bool:
    return str(value).lower() in ("1", "true")


METHODS: dict[str, Callable[[Doing], Json]] = {
    "apps.uninstall": _revoke,
    "auth.revoke": _revoke,
    "auth.test": _auth_test,
    "chat.postEphemeral": _post_ephemeral,
    "chat.postMessage": _post,
    "chat.update": _update,
    "conversations.info": _info,
    "conversations.join": _join,
    "conversations.list": _rooms,
    "conversations.members": _members,
    "conversations.open": _open,
    "files.completeUploadExternal": _upload_done,
    "files.getUploadURLExternal": _upload_url,
    "team.info": _team,
    "users.conversations": _rooms,
    "users.info": _user,
    "users.list": _users,
    "views.open": _view_open,
    "views.publish": _view_publish,
    "views.update": _view_update,
}
