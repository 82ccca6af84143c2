"""What each request does, and what Discord refuses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.loopback import discord_described as described
from tests.loopback.discord_people import (
    ATTACH,
    DM,
    MANAGE_THREADS,
    PRIVATE_THREAD,
    PRIVATE_THREADS,
    SEND,
    SEND_IN_THREADS,
    TEXT,
    VIEW,
    Channel,
    Guild,
    Json,
    World,
)
from tests.loopback.discord_posting import Refused, posted, rewritten

PARTICIPANTS = 1000
"""In one thread."""

Tell = Callable[[str, Json, Guild | None], None]
"""An event for the gateway; without a server it belongs to the direct messages."""


@dataclass(kw_only=True)
class Doing:
    """One request, and the world it is made in."""

    world: World
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    tell: Tell
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def me(self) -> str:
        """The bot."""
        return self.world.bot.id

    def guild(self) -> Guild:
        """The server in the path."""
        found = self.world.guilds.get(self.path["guild_id"])
        if found is None:
            raise Refused(10004)
        return found

    def channel(self) -> tuple[Channel, Guild | None]:
        """The channel in the path, if the bot sees it."""
        id = self.path["channel_id"]
        there = self.world.channel(id)
        if there is None:
            raise Refused(50001 if any(id in guild.channels for guild in self.world.gone.values()) else 10003)
        channel, guild = there
        if guild is not None:
            if not guild.sees(self.me, channel):
                raise Refused(50001)
            self.world.used |= VIEW
        return channel, guild

    def thread(self) -> tuple[Channel, Guild]:
        """The thread in the path."""
        channel, guild = self.channel()
        if guild is None or not channel.thread:
            raise Refused(50024)
        return channel, guild

    def allowed(self, guild: Guild | None, channel: Channel, *rights: int) -> None:
        """Refuse where the bot lacks one of these."""
        if guild is None:
            return
        has = guild.rights_of(self.me, channel)
        if any(not has & right for right in rights):
            raise Refused(50013)
        self.world.used |= sum(rights)


# ── Who and where ───────────────────────────────────────────────────────────────────────────────────


def me(doing: Doing) -> Json:
    """The bot's account."""
    return described.user(doing.world.bot) | {"verified": True, "mfa_enabled": True, "locale": "en-US"}


def application(doing: Doing) -> Json:
    """The application."""
    # 1 << 15: the members intent, for an application of few servers.
    flags = 1 << 15 if doing.world.members_intent else 0
    return {
        "id": doing.world.application,
        "name": "Voisin",
        "icon": None,
        "description": "",
        "summary": "",
        "verify_key": "0" * 64,
        "flags": flags,
        "bot_public": True,
        "bot_require_code_grant": False,
        "owner": described.user(doing.world.bot) | {"id": "1", "bot": False},
        "bot": described.user(doing.world.bot),
        "interactions_endpoint_url": None,
        "redirect_uris": [],
        "approximate_guild_count": len(doing.world.guilds),
        "integration_types_config": {"0": {}},
    }


def guilds(doing: Doing) -> list[Json]:
    """The servers that the bot is in."""
    after = int(doing.query.get("after", 0))
    limit = int(doing.query.get("limit", 200))
    mine = sorted((each for each in doing.world.guilds.values() if int(each.id) > after), key=_by_id)
    return [
        {
            "id": each.id,
            "name": each.name,
            "icon": None,
            "banner": None,
            "owner": False,
            "permissions": str(each.rights_of(doing.me)),
            "features": [],
        }
        for each in mine[:limit]
    ]


def _by_id(guild: Guild) -> int:
    return int(guild.id)


def guild(doing: Doing) -> Json:
    """A server."""
    return described.bare_guild(doing.guild())


def channels(doing: Doing) -> list[Json]:
    """A server's channels, threads left out."""
    return [
        described.channel(each, doing.world) for each in doing.guild().channels.values() if not each.thread
    ]


def roles(doing: Doing) -> list[Json]:
    """A server's roles."""
    return described.roles(doing.guild())


def member(doing: Doing) -> Json:
    """One member."""
    guild, user = doing.guild(), doing.path["user_id"]
    if user not in doing.world.users:
        raise Refused(10013)
    if user not in guild.members:
        raise Refused(10007)
    return described.member(guild, guild.members[user])


def members(doing: Doing) -> list[Json]:
    """Every member, by pages: for bots with the members intent."""
    if not doing.world.members_intent:
        raise Refused(50001)
    guild = doing.guild()
    after, limit = int(doing.query.get("after", 0)), int(doing.query.get("limit", 1))
    found = sorted((each for each in guild.members.values() if int(each.id) > after), key=lambda u: int(u.id))
    return [described.member(guild, each) for each in found[:limit]]


def search(doing: Doing) -> list[Json]:
    """Members whose name begins so."""
    guild, wanted = doing.guild(), doing.query["query"].lower()
    found = [each for each in guild.members.values() if each.name.lower().startswith(wanted)]
    return [described.member(guild, each) for each in found[: int(doing.query.get("limit", 1))]]


def leave(doing: Doing) -> None:
    """The bot leaves a server."""
    guild = doing.guild()
    doing.world.gone[guild.id] = doing.world.guilds.pop(guild.id)
    doing.tell("GUILD_DELETE", {"id": guild.id}, guild)


def channel(doing: Doing) -> Json:
    """A channel of any kind."""
    return described.channel(doing.channel()[0], doing.world)


def direct(doing: Doing) -> Json:
    """Open somebody's direct messages; only within something that they do themselves."""
    user = str(doing.body["recipient_id"])
    if user not in doing.world.users:
        raise Refused(10013)
    if doing.world.users[user].bot:
        raise Refused(50007)
    doing.world.opened.append(user)
    if user not in doing.world.clicking:
        doing.world.problems.append(
            f"Direct messages of {doing.world.users[user].name} were opened outside a click of theirs."
        )
    return described.channel(doing.world.conversation(user), doing.world)


# ── Threads ─────────────────────────────────────────────────────────────────────────────────────────


def start_thread(doing: Doing) -> Json:
    """A thread of a channel that hangs on no message."""
    parent, guild = doing.channel()
    if guild is None or parent.type != TEXT:
        raise Refused(50024)
    kind = doing.body.get("type", PRIVATE_THREAD)
    if kind == PRIVATE_THREAD:
        doing.allowed(guild, parent, PRIVATE_THREADS)
    if not 1 <= len(doing.body["name"]) <= 100:
        raise Refused(50035)
    if len(guild.active_threads) >= guild.thread_limit:
        raise Refused(160006)
    made = Channel(
        id=doing.world.id(),
        name=doing.body["name"],
        type=kind,
        guild=guild.id,
        parent=parent.id,
        owner=doing.me,
        members=[doing.me],
        invitable=doing.body.get("invitable", True),
        auto_archive=doing.body.get("auto_archive_duration", 10080),
    )
    guild.channels[made.id] = made
    said = described.thread(made, doing.world)
    doing.tell("THREAD_CREATE", said | {"newly_created": True}, guild)
    return said


def active_threads(doing: Doing) -> Json:
    """Threads that are not archived and that the bot sees."""
    guild = doing.guild()
    seen = [each for each in guild.active_threads if guild.sees(doing.me, each)]
    return {
        "threads": [described.thread(each, doing.world) for each in seen],
        "members": [described.thread_member(each, doing.me) for each in seen if doing.me in each.members],
    }


def archived_threads(doing: Doing) -> Json:
    """A channel's private threads that are archived."""
    parent, guild = doing.channel()
    doing.allowed(guild, parent, MANAGE_THREADS)
    found = [each for each in guild.threads if each.archived and each.parent == parent.id] if guild else []
    return {
        "threads": [described.thread(each, doing.world) for each in found],
        "members": [],
        "has_more": False,
    }


def add_to_thread(doing: Doing) -> None:
    """Bring somebody into a thread."""
    thread, guild = doing.thread()
    doing.allowed(guild, thread, SEND_IN_THREADS)
    user = doing.path["user_id"]
    if thread.archived:
        raise Refused(50083)
    if user not in guild.members:
        raise Refused(10007 if user in doing.world.users else 10013)
    if not guild.rights_of(user, thread) & VIEW:
        raise Refused(50001)
    if user in thread.members:
        return
    if len(thread.members) >= PARTICIPANTS:
        raise Refused(30033)
    thread.members.append(user)
    _tell_of_members(doing, thread, guild, added=[user])


def remove_from_thread(doing: Doing) -> None:
    """Take somebody out of a thread."""
    thread, guild = doing.thread()
    doing.allowed(guild, thread, MANAGE_THREADS)
    if thread.archived:
        raise Refused(50083)
    user = doing.path["user_id"]
    if user in thread.members:
        thread.members.remove(user)
        _tell_of_members(doing, thread, guild, removed=[user])


def thread_members(doing: Doing) -> list[Json]:
    """Who is in a thread."""
    thread, _guild = doing.thread()
    return [described.thread_member(thread, each) for each in thread.members]


def thread_member(doing: Doing) -> Json:
    """Whether somebody is in a thread."""
    thread, _guild = doing.thread()
    if doing.path["user_id"] not in thread.members:
        raise Refused(10007)
    return described.thread_member(thread, doing.path["user_id"])


def _tell_of_members(
    doing: Doing,
    thread: Channel,
    guild: Guild,
    *,
    added: Sequence[str] = (),
    removed: Sequence[str] = (),
) -> None:
    said = {
        "id": thread.id,
        "guild_id": guild.id,
        "member_count": len(thread.members),
        "added_members": [described.thread_member(thread, each) for each in added],
        "removed_member_ids": list(removed),
    }
    # Of others it is told to bots with the members intent only.
    if doing.world.members_intent or doing.me in (*added, *removed):
        doing.tell("THREAD_MEMBERS_UPDATE", said, guild)


def change_channel(doing: Doing) -> Json:
    """Archive, lock or rename a thread."""
    thread, guild = doing.thread()
    wanted = doing.body
    if thread.locked or wanted.get("locked") is not None or thread.owner != doing.me:
        doing.allowed(guild, thread, MANAGE_THREADS)
    elif wanted.get("archived"):
        # One page of Discord's asks for the right, another lets whoever made the thread do without it.
        doing.world.used |= MANAGE_THREADS
    if thread.archived and wanted.get("archived") is not False:
        raise Refused(50083)
    if thread.archived and len(guild.active_threads) >= guild.thread_limit:
        raise Refused(160006)
    thread.archived = wanted.get("archived", thread.archived)
    thread.locked = wanted.get("locked", thread.locked)
    thread.name = wanted.get("name", thread.name)
    said = described.thread(thread, doing.world)
    doing.tell("THREAD_UPDATE", said, guild)
    return said


def delete_channel(doing: Doing) -> Json:
    """Delete a thread."""
    thread, guild = doing.thread()
    doing.allowed(guild, thread, MANAGE_THREADS)
    said = described.thread(thread, doing.world)
    del guild.channels[thread.id]
    told = {"id": thread.id, "guild_id": guild.id, "parent_id": thread.parent, "type": thread.type}
    doing.tell("THREAD_DELETE", told, guild)
    return said


# ── Messages ────────────────────────────────────────────────────────────────────────────────────────


def post(doing: Doing) -> Json:
    """Say something in a channel, a thread or direct messages; the same nonce twice is one message."""
    channel, guild = doing.channel()
    nonce = str(doing.body.get("nonce") or "")
    if not nonce or not doing.body.get("enforce_nonce"):
        doing.world.problems.append(f"A post without an enforced nonce: {str(doing.body)[:200]}")
    for known in doing.world.posts:
        if nonce and (known.channel, known.nonce) == (channel.id, nonce):
            return described.message(known, doing.world)
    if channel.type == DM:
        _reachable(doing.world, channel.members[0])
    else:
        doing.allowed(guild, channel, SEND_IN_THREADS if channel.thread else SEND)
    if doing.files:
        doing.allowed(guild, channel, ATTACH)
    if channel.thread and guild is not None:
        if channel.locked:
            doing.allowed(guild, channel, MANAGE_THREADS)
        _wake(doing, channel, guild)
    made = posted(doing.world, channel, guild, doing.body, files=doing.files)
    said = described.message(made, doing.world)
    doing.tell("MESSAGE_CREATE", said, guild)
    return said


def _reachable(world: World, user: str) -> None:
    if not any(user in guild.members for guild in world.guilds.values()):
        raise Refused(50278)
    if world.users[user].closed:
        raise Refused(50007)


def _wake(doing: Doing, thread: Channel, guild: Guild) -> None:
    """What is said in an archived thread opens it again."""
    if thread.archived:
        if len(guild.active_threads) >= guild.thread_limit:
            raise Refused(160006)
        thread.archived = False
        doing.tell("THREAD_UPDATE", described.thread(thread, doing.world), guild)


def change_post(doing: Doing) -> Json:
    """Change what the bot said."""
    channel, guild = doing.channel()
    for known in doing.world.posts:
        if (known.channel, known.id, known.only) == (channel.id, doing.path["message_id"], None):
            rewritten(doing.world, known, guild, doing.body, files=doing.files)
            return described.message(known, doing.world)
    raise Refused(10008)


def delete_post(doing: Doing) -> None:
    """Take back what the bot said."""
    channel, guild = doing.channel()
    before = len(doing.world.posts)
    doing.world.posts[:] = [
        each
        for each in doing.world.posts
        if (each.channel, each.id) != (channel.id, doing.path["message_id"])
    ]
    if len(doing.world.posts) == before:
        raise Refused(10008)
    doing.tell("MESSAGE_DELETE", {"id": doing.path["message_id"], "channel_id": channel.id}, guild)


# ── Commands ────────────────────────────────────────────────────────────────────────────────────────


def register(doing: Doing) -> list[Json]:
    """These commands, and no others."""
    known = {each["name"]: each["id"] for each in doing.world.commands}
    doing.world.registrations += 1
    doing.world.commands[:] = [
        {"type": 1, "nsfw": False, "dm_permission": True}
        | each
        | {
            "id": known.get(each["name"]) or doing.world.id(),
            "application_id": doing.world.application,
            "version": doing.world.id(),
            "default_member_permissions": each.get("default_member_permissions"),
        }
        for each in doing.body
    ]
    return doing.world.commands


def registered(doing: Doing) -> list[Json]:
    """The commands that there are."""
    return doing.world.commands


METHODS: dict[tuple[str, str], Callable[[Doing], Json | list[Json] | None]] = {
    ("GET", "/users/@me"): me,
    ("GET", "/users/@me/guilds"): guilds,
    ("DELETE", "/users/@me/guilds/{guild_id}"): leave,
    ("POST", "/users/@me/channels"): direct,
    ("GET", "/applications/@me"): application,
    ("GET", "/oauth2/applications/@me"): application,
    ("GET", "/applications/{application_id}/commands"): registered,
    ("PUT", "/applications/{application_id}/commands"): register,
    ("GET", "/guilds/{guild_id}"): guild,
    ("GET", "/guilds/{guild_id}/channels"): channels,
    ("GET", "/guilds/{guild_id}/roles"): roles,
    ("GET", "/guilds/{guild_id}/members"): members,
    ("GET", "/guilds/{guild_id}/members/search"): search,
    ("GET", "/guilds/{guild_id}/members/{user_id}"): member,
    ("GET", "/guilds/{guild_id}/threads/active"): active_threads,
    ("GET", "/channels/{channel_id}"): channel,
    ("PATCH", "/channels/{channel_id}"): change_channel,
    ("DELETE", "/channels/{channel_id}"): delete_channel,
    ("POST", "/channels/{channel_id}/threads"): start_thread,
    ("GET", "/channels/{channel_id}/threads/archived/private"): archived_threads,
    ("GET", "/channels/{channel_id}/thread-members"): thread_members,
    ("GET", "/channels/{channel_id}/thread-members/{user_id}"): thread_member,
    ("PUT", "/channels/{channel_id}/thread-members/{user_id}"): add_to_thread,
    ("DELETE", "/channels/{channel_id}/thread-members/{user_id}"): remove_from_thread,
    ("POST", "/channels/{channel_id}/messages"): post,
    ("PATCH", "/channels/{channel_id}/messages/{message_id}"): change_post,
    ("DELETE", "/channels/{channel_id}/messages/{message_id}"): delete_post,
}
"""All that a bot may ask here. Reading messages is not among it: Voisin never does."""
