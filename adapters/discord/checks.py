"""`voisin doctor`: what Discord grants, channel by channel."""

import asyncio
from collections.abc import Sequence

import discord

from adapters.discord.api import Api
from adapters.discord.errors import BROKEN, Refused
from adapters.discord.permissions import in_channel, missing
from adapters.discord.rest import Rest
from bot.domain.community import Community, Space
from bot.domain.ids import ExternalId
from bot.errors import BadSetting, NotSent, PlatformError

PATIENCE = 10.0
MEMBERS = discord.ApplicationFlags.gateway_guild_members.flag
MEMBERS_LIMITED = discord.ApplicationFlags.gateway_guild_members_limited.flag


async def log_in(rest: Rest, token: str) -> ExternalId:
    """Which bot the token is of. Raises BadSetting and NotSent."""
    try:
        me = await rest.static_login(token)
    except discord.LoginFailure as error:
        raise BadSetting(
            "Discord refuses VOISIN_DISCORD_TOKEN: copy the token again, from Bot in the app's settings."
        ) from error
    except BROKEN as error:
        raise NotSent(f"Discord cannot be reached ({type(error).__name__}): check the network.") from error
    return ExternalId(str(me["id"]))


async def look(
    rest: Rest, token: str, *, members: bool, spaces: Sequence[tuple[Community, Space]]
) -> list[str]:
    """Sentences on what is missing; none: all is well. Raises BadSetting or PlatformError."""
    me = await log_in(rest, token)
    api = Api(rest)
    amiss: list[str] = []
    if members:
        app = await rest.application_info()
        if not int(app.get("flags") or 0) & (MEMBERS | MEMBERS_LIMITED):
            amiss.append(
                "members of [discord] is true and the app has no Server Members Intent: turn it on under Bot "
                "in the app's settings, or set members to false."
            )
    found = await asyncio.gather(*(_channel(api, me, home, space) for home, space in spaces))
    return amiss + [sentence for sentences in found for sentence in sentences]


async def _channel(api: Api, me: ExternalId, home: Community, space: Space) -> list[str]:
    where = f"{home.name}, #{space.name}"
    try:
        guild = await api.guild(home.external_id, patience=PATIENCE)
        channel = await api.channel(space.external_id, patience=PATIENCE)
        member = await api.member(home.external_id, me, patience=PATIENCE)
    except Refused as refused:
        return [f"{where}: {refused}."]
    except PlatformError as error:
        return [f"{where}: {error}: ask again later."]
    lacking = missing(in_channel(guild, channel, member.get("roles", []), me))
    return [
        f"{where}: Voisin has not {permission}: allow it in the channel's settings, Permissions."
        for permission in lacking
    ]
