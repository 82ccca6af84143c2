"""What there is on the loopback Discord, as Discord describes it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count

from tests.loopback.discord_people import DM, Channel, Guild, Json, Post, User, World

STAMP = datetime(2026, 11, 1, tzinfo=UTC).isoformat()


def user(who: User) -> Json:
    """An account."""
    return {
        "id": who.id,
        "username": who.name.lower(),
        "global_name": None if who.bot else who.name,
        "discriminator": "0",
        "avatar": None,
        "bot": who.bot,
        "public_flags": 0,
        "flags": 0,
    }


def member(guild: Guild, who: User, *, channel: Channel | None = None) -> Json:
    """An account within a server; in an interaction with what it may do there."""
    said: Json = {
        "user": user(who),
        "nick": None,
        "avatar": None,
        "roles": [role_of(guild, who.id)] if guild.rights.get(who.id) else [],
        "joined_at": STAMP,
        "premium_since": None,
        "deaf": False,
        "mute": False,
        "flags": 0,
        "pending": False,
        "communication_disabled_until": None,
    }
    return said | {"permissions": str(guild.rights_of(who.id, channel))} if channel else said


def role_of(guild: Guild, user: str) -> str:
    """The id of the role that gives somebody rights of their own."""
    return str(int(guild.id) + int(user) % 1_000_003 + 1)


def role(guild: Guild, id: str, name: str, rights: int, position: int) -> Json:
    """A role."""
    return {
        "id": id,
        "name": name,
        "permissions": str(rights),
        "position": position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "icon": None,
        "unicode_emoji": None,
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }


def roles(guild: Guild) -> list[Json]:
    """Everybody's, and one for each who has more rights."""
    own = [
        role(guild, role_of(guild, who), f"role {position}", guild.everybody | rights, position)
        for position, (who, rights) in enumerate(guild.rights.items(), start=1)
    ]
    return [role(guild, guild.id, "@everyone", guild.everybody, 0), *own]


def channel(which: Channel, world: World) -> Json:
    """A channel, a thread or a direct message."""
    if which.type == DM:
        people = [user(world.users[each]) for each in which.members]
        return {"id": which.id, "type": DM, "recipients": people, "last_message_id": None, "flags": 0}
    if which.thread:
        return thread(which, world)
    return {
        "id": which.id,
        "type": which.type,
        "guild_id": which.guild,
        "name": which.name,
        "position": 0,
        "topic": None,
        "nsfw": False,
        "parent_id": None,
        "last_message_id": None,
        "rate_limit_per_user": 0,
        "bitrate": 64000,
        "user_limit": 0,
        "rtc_region": None,
        "flags": 0,
        "permission_overwrites": [
            {
                "id": target,
                "type": 0 if target == which.guild else 1,
                "allow": str(allowed),
                "deny": str(denied),
            }
            for target, (allowed, denied) in which.overwrites.items()
        ],
    }


def thread(which: Channel, world: World) -> Json:
    """A thread; ``member`` when the bot is in it."""
    said: Json = {
        "id": which.id,
        "type": which.type,
        "guild_id": which.guild,
        "parent_id": which.parent,
        "owner_id": which.owner,
        "name": which.name,
        "last_message_id": None,
        "message_count": 0,
        "total_message_sent": 0,
        "member_count": min(len(which.members), 50),
        "rate_limit_per_user": 0,
        "flags": 0,
        "thread_metadata": {
            "archived": which.archived,
            "locked": which.locked,
            "invitable": which.invitable,
            "auto_archive_duration": which.auto_archive,
            "archive_timestamp": STAMP,
            "create_timestamp": STAMP,
        },
    }
    inside = world.bot.id in which.members
    return said | {"member": thread_member(which, world.bot.id)} if inside else said


def thread_member(which: Channel, user: str) -> Json:
    """Somebody in a thread."""
    return {"id": which.id, "user_id": user, "join_timestamp": STAMP, "flags": 0}


def guild(which: Guild, world: World) -> Json:
    """As GUILD_CREATE has it; without the members intent only the bot itself is in it."""
    return {
        **bare_guild(which),
        "joined_at": STAMP,
        "large": len(which.members) > 250,
        "unavailable": False,
        "member_count": len(which.members),
        "members": [member(which, world.bot)],
        "channels": [channel(each, world) for each in which.channels.values() if not each.thread],
        "threads": [thread(each, world) for each in which.active_threads if which.sees(world.bot.id, each)],
        "voice_states": [voice_state(which, who) for who in which.voices],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def bare_guild(which: Guild) -> Json:
    """As a request for it has it."""
    return {
        "id": which.id,
        "name": which.name,
        "icon": None,
        "splash": None,
        "discovery_splash": None,
        "banner": None,
        "description": None,
        "owner_id": which.owner,
        "region": "deprecated",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "widget_channel_id": None,
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "nsfw": False,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "premium_progress_bar_enabled": False,
        "preferred_locale": which.locale,
        "rules_channel_id": None,
        "public_updates_channel_id": None,
        "safety_alerts_channel_id": None,
        "vanity_url_code": None,
        "application_id": None,
        "features": [],
        "emojis": [],
        "stickers": [],
        "roles": roles(which),
    }


def voice_state(which: Guild, who: str, *, left: bool = False) -> Json:
    """Where somebody is to be heard."""
    return {
        "guild_id": which.id,
        "channel_id": None if left else which.voices[who],
        "user_id": who,
        "member": member(which, which.members[who]),
        "session_id": "voice",
        "deaf": False,
        "mute": False,
        "self_deaf": False,
        "self_mute": False,
        "self_video": False,
        "suppress": False,
        "request_to_speak_timestamp": None,
    }


def message(post: Post, world: World) -> Json:
    """A message."""
    where = world.channel(post.channel)
    said: Json = {
        "id": post.id,
        "type": 0,
        "channel_id": post.channel,
        "author": user(world.users[post.author]),
        "content": post.content,
        "timestamp": STAMP,
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": post.everyone,
        "mentions": [user(world.users[each]) for each in post.pinged],
        "mention_roles": [],
        "attachments": [
            {
                "id": f"{post.id[:-2]}{number:02}",
                "filename": name,
                "size": len(content),
                "url": f"http://127.0.0.1/{name}",
                "proxy_url": f"http://127.0.0.1/{name}",
            }
            for number, (name, content) in enumerate(post.files.items())
        ],
        "embeds": list(post.embeds),
        "components": _numbered(post.components),
        "pinned": False,
        "flags": post.flags,
    }
    if post.nonce:
        said["nonce"] = post.nonce
    return said | ({"guild_id": where[1].id} if where and where[1] else {})


def _numbered(components: Sequence[Json]) -> list[Json]:
    """Components with ids, as Discord gives them back."""
    ids = count(1)

    def numbered(node: Json) -> Json:
        said: Json = {"id": next(ids)} | node
        if "components" in node:
            said["components"] = [numbered(each) for each in node["components"]]
        if "accessory" in node:
            said["accessory"] = numbered(node["accessory"])
        return said

    return [numbered(each) for each in components]
