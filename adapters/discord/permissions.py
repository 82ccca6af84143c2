"""What Voisin needs to be allowed, and what somebody is allowed in a channel."""

from collections.abc import Mapping, Sequence
from typing import Any

import discord

from bot.domain.ids import ExternalId

NEEDED: Mapping[str, str] = {
    "view_channel": "View Channel, to find the channel",
    "send_messages": "Send Messages, to invite people in the channel",
    "create_private_threads": "Create Private Threads, where the introduced talk",
    "send_messages_in_threads": "Send Messages in Threads, to introduce them there",
    "manage_threads": "Manage Threads, to put last round’s conversations away",
}
"""Discord's name of each permission → what people call it, and what it is for."""

ADMINISTRATOR = discord.Permissions.administrator.flag
MANAGE_GUILD = discord.Permissions.manage_guild.flag
VIEW = discord.Permissions.view_channel.flag
TALK = discord.Permissions.send_messages_in_threads.flag

Payload = Mapping[str, Any]


def needed() -> discord.Permissions:
    """Exactly those in use."""
    return discord.Permissions(**dict.fromkeys(NEEDED, True))


def invite(client_id: str | int) -> str:
    """The link by which Voisin is added to a server."""
    return discord.utils.oauth_url(
        int(client_id), permissions=needed(), scopes=("bot", "applications.commands")
    )


def in_server(guild: Payload, roles: Sequence[object], person: ExternalId) -> int:
    """What somebody with these roles is allowed in a server."""
    if str(guild.get("owner_id")) == person:
        return discord.Permissions.all().value
    held = {str(role) for role in roles} | {str(guild.get("id"))}
    allowed = 0
    for role in guild.get("roles", []):
        if str(role.get("id")) in held:
            allowed |= _bits(role.get("permissions"))
    return discord.Permissions.all().value if allowed & ADMINISTRATOR else allowed


def in_channel(guild: Payload, channel: Payload, roles: Sequence[object], person: ExternalId) -> int:
    """The same in one of its channels, as Discord computes it: everyone, roles, the person."""
    allowed = in_server(guild, roles, person)
    if allowed & ADMINISTRATOR:
        return allowed
    everyone, held = str(guild.get("id")), {str(role) for role in roles}
    told = {str(each.get("id")): each for each in channel.get("permission_overwrites", [])}
    allowed = _overwritten(allowed, [told[everyone]] if everyone in told else [])
    allowed = _overwritten(allowed, [each for id, each in told.items() if id in held])
    return _overwritten(allowed, [told[person]] if person in told else [])


def missing(allowed: int) -> Sequence[str]:
    """What Voisin needs and has not, in people's words."""
    has = discord.Permissions(allowed)
    return [said for name, said in NEEDED.items() if not getattr(has, name)]


def _overwritten(allowed: int, overwrites: Sequence[Payload]) -> int:
    for each in overwrites:
        allowed &= ~_bits(each.get("deny"))
    for each in overwrites:
        allowed |= _bits(each.get("allow"))
    return allowed


def _bits(written: object) -> int:
    return int(written) if isinstance(written, str | int) and str(written).isdecimal() else 0
