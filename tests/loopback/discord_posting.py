"""What a post must be, whom it notifies, and whom its mentions bring into a private thread."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tests.loopback.discord_people import (
    EPHEMERAL,
    MENTION_EVERYONE,
    PRIVATE_THREAD,
    VIEW,
    Channel,
    Guild,
    Json,
    Post,
    World,
    nested,
)

LAYOUT = 1 << 15
"""The flag of messages that are made of components alone."""

CONTENT, DISPLAYED, COMPONENTS, CUSTOM_ID, LABEL = 2000, 4000, 40, 100, 80

_MENTION = re.compile(r"<@!?(\d+)>")


class Refused(Exception):
    """Discord does not do this; the code says why."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


def posted(
    world: World,
    channel: Channel,
    guild: Guild | None,
    body: Mapping[str, Any],
    *,
    files: Mapping[str, bytes] | None = None,
    only: str | None = None,
) -> Post:
    """Put something of the bot's into a room."""
    made = Post(
        id=world.id(), channel=channel.id, author=world.bot.id, only=only, nonce=str(body.get("nonce") or "")
    )
    rewritten(world, made, guild, body, files=files or {})
    world.posts.append(made)
    if channel.type == PRIVATE_THREAD and guild is not None and only is None:
        for user in made.pinged:
            if user not in channel.members and guild.rights_of(user, channel) & VIEW:
                channel.members.append(user)
    return made


def rewritten(
    world: World, post: Post, guild: Guild | None, body: Mapping[str, Any], *, files: Mapping[str, bytes]
) -> None:
    """Give a post these words, components and files, where they are named."""
    flags = int(body.get("flags") or post.flags)
    content = str(body.get("content") if body.get("content") is not None else post.content)
    components: Sequence[Json] = body["components"] if body.get("components") is not None else post.components
    embeds: Sequence[Json] = body["embeds"] if body.get("embeds") is not None else post.embeds
    _sound(content, components, embeds, flags=flags, files=files or post.files)
    post.content, post.components, post.embeds = content, components, embeds
    post.flags = flags | (post.flags & EPHEMERAL)
    post.files.update(files)
    post.pinged, post.everyone = _pinged(world, post, guild, body.get("allowed_mentions"))


def _sound(
    content: str,
    components: Sequence[Json],
    embeds: Sequence[Json],
    *,
    flags: int,
    files: Mapping[str, bytes],
) -> None:
    """Refuse what Discord refuses of a message's form."""
    if not (content or components or embeds or files):
        raise Refused(50006)
    every = list(nested(components))
    ids = [each["custom_id"] for each in every if "custom_id" in each]
    faults = (
        len(content) > CONTENT,
        bool(flags & LAYOUT) and bool(content or embeds),
        not flags & LAYOUT and any(each["type"] not in (1, 2, 3, 5, 6, 7, 8) for each in every),
        len(every) > COMPONENTS,
        len(set(ids)) < len(ids),
        any(not 1 <= len(id) <= CUSTOM_ID for id in ids),
        any(len(each.get("label") or "") > LABEL for each in every if each["type"] == 2),
        sum(len(each.get("content", "")) for each in every if each["type"] == 10) > DISPLAYED,
        any(not 1 <= len(each["components"]) <= 5 for each in every if each["type"] == 1),
    )
    if any(faults):
        raise Refused(50035)


def _pinged(
    world: World, post: Post, guild: Guild | None, allowed: Mapping[str, Any] | None
) -> tuple[tuple[str, ...], bool]:
    """Whom it notifies; without a word on mentions, everybody whom it names."""
    words = post.shown
    parse = ["users", "everyone", "roles"] if allowed is None else allowed.get("parse", [])
    users = [] if allowed is None else [str(each) for each in allowed.get("users", [])]
    named = [each for each in dict.fromkeys(_MENTION.findall(words)) if each in world.users]
    everyone = "everyone" in parse and ("@everyone" in words or "@here" in words)
    loud = everyone and guild is not None and bool(guild.rights_of(world.bot.id) & MENTION_EVERYONE)
    if everyone:
        world.problems.append(f"Everybody would be notified: {words[:200]}")
    return tuple(each for each in named if "users" in parse or each in users), loud
