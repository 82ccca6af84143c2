"""Interactions as Discord sends them."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.loopback import discord_described as described
from tests.loopback.discord_interactions import Interaction
from tests.loopback.discord_people import Guild, Json, World

SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL = 1, 2, 3, 4, 5, 6, 7


def interaction(world: World, done: Interaction, data: Json) -> Json:
    """One thing that somebody did."""
    said: Json = {
        "id": done.id,
        "application_id": world.application,
        "type": done.kind,
        "token": done.token,
        "version": 1,
        "data": data,
        "channel_id": done.channel.id,
        "locale": done.user.locale,
        "app_permissions": str((1 << 50) - 1),
        "entitlements": [],
        "attachment_size_limit": 10 << 20,
    }
    if done.guild is None:
        said |= {
            "user": described.user(done.user),
            "context": 1,
            "authorizing_integration_owners": {"0": "0"},
            "channel": described.channel(done.channel, world),
        }
    else:
        rights = done.guild.rights_of(done.user.id, done.channel)
        said |= {
            "member": described.member(done.guild, done.user, channel=done.channel),
            "guild_id": done.guild.id,
            "guild": {"id": done.guild.id, "locale": done.guild.locale, "features": []},
            "guild_locale": done.guild.locale,
            "context": 0,
            "authorizing_integration_owners": {"0": done.guild.id},
            "app_permissions": str(done.guild.rights_of(world.bot.id, done.channel)),
            "channel": described.channel(done.channel, world) | {"permissions": str(rights)},
        }
    if done.message is not None:
        said["message"] = described.message(done.message, world)
    return said


def command(
    world: World,
    guild: Guild | None,
    top: Json,
    path: Sequence[str],
    options: Sequence[tuple[Json, Any]],
    *,
    focused: str = "",
) -> Json:
    """A slash command: ``path`` are the names below the top one, ``options`` what was given with it."""
    given: list[Json] = [
        {"name": option["name"], "type": option["type"], "value": value}
        | ({"focused": True} if option["name"] == focused else {})
        for option, value in options
    ]
    kinds = [SUBCOMMAND] if len(path) == 1 else [GROUP, SUBCOMMAND]
    for name, kind in reversed(list(zip(path, kinds, strict=False))):
        given = [{"name": name, "type": kind, "options": given}]
    data: Json = {"id": top["id"], "name": top["name"], "type": 1, "options": given}
    resolved = _resolved(world, guild, options)
    return data | ({"resolved": resolved} if resolved else {})


def _resolved(world: World, guild: Guild | None, options: Sequence[tuple[Json, Any]]) -> Json:
    """The people and channels that were named."""
    people = [
        world.users[value] for option, value in options if option["type"] == USER and value in world.users
    ]
    rooms = [world.channel(value) for option, value in options if option["type"] == CHANNEL]
    said: Json = {}
    if people:
        said["users"] = {each.id: described.user(each) for each in people}
        inside = [each for each in people if guild is not None and each.id in guild.members]
        said["members"] = {
            each.id: {
                name: value
                for name, value in described.member(guild, each, channel=guild.text).items()
                if name not in ("user", "deaf", "mute")
            }
            for each in inside
            if guild is not None
        }
    if rooms:
        said["channels"] = {
            each[0].id: described.channel(each[0], world) | {"permissions": "0"} for each in rooms if each
        }
    return said


def press(custom_id: str, values: Sequence[str] | None = None) -> Json:
    """A button, or a list with what was chosen in it."""
    if values is None:
        return {"custom_id": custom_id, "component_type": 2, "id": 1}
    return {"custom_id": custom_id, "component_type": 3, "id": 1, "values": list(values)}


def submission(modal: Mapping[str, Any], values: Mapping[str, str]) -> Json:
    """A form: these values, and what stands in the rest of it."""
    given: list[Json] = []
    for number, each in enumerate(modal["components"]):
        if each["type"] == 1:
            inner = [_filled(field, values, number) for field in each["components"]]
            given.append({"type": 1, "id": 100 + number, "components": inner})
        elif each["type"] == 18:
            filled = _filled(each["component"], values, number)
            given.append({"type": 18, "id": 100 + number, "component": filled})
        else:
            given.append({"type": each["type"], "id": 100 + number})
    return {"custom_id": modal["custom_id"], "components": given}


def _filled(field: Mapping[str, Any], values: Mapping[str, str], number: int) -> Json:
    name, kind = field["custom_id"], field["type"]
    said: Json = {"type": kind, "id": 200 + number, "custom_id": name}
    options = field.get("options", [])
    standing = [each["value"] for each in options if each.get("default")]
    match kind:
        case 4:
            return said | {"value": values.get(name, field.get("value", ""))}
        case 21:
            chosen = values.get(name, standing[0] if standing else None)
            _offered(name, [chosen] if chosen else [], options)
            return said | {"value": chosen}
        case 23:
            ticked = values[name] in ("true", "1", "yes") if name in values else field.get("default", False)
            return said | {"value": ticked}
        case _:
            chosen_ones = [each for each in values[name].split(",") if each] if name in values else standing
            _offered(name, chosen_ones, options)
            return said | {"values": chosen_ones}


def _offered(name: str, chosen: Sequence[str], options: Sequence[Mapping[str, Any]]) -> None:
    there = [each["value"] for each in options]
    strange = [each for each in chosen if options and each not in there]
    assert not strange, f"{name} offers {there}, not {strange}."
