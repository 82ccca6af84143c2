"""People at work in the loopback Discord: they choose commands, press, fill forms, talk and go."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.loopback import discord_described as described
from tests.loopback import discord_payloads as payloads
from tests.loopback.discord_interactions import (
    COMMAND,
    COMPLETION,
    COMPONENT,
    SUBMISSION,
    Interaction,
)
from tests.loopback.discord_people import Channel, Guild, Json, Post, User, nested
from tests.loopback.discord_server import PATIENCE, Discord


@dataclass(kw_only=True)
class Hand:
    """What one user does in one server."""

    discord: Discord
    guild: Guild
    user: User

    # ── Commands ────────────────────────────────────────────────────────────────────────────────────

    def find(self, name: str) -> tuple[Json, Sequence[str], Json]:
        """The registered command of this name: the top one, the path below it, and the command itself."""
        for top in self.discord.commands:
            for path, command in _leaves(top):
                if (path or [top["name"]])[-1] == name:
                    return top, path, command
        raise AssertionError(
            f"There is no command {name!r} in {[top['name'] for top in self.discord.commands]}."
        )

    def offered(self, name: str) -> bool:
        """Whether Discord shows this command to this user."""
        needed = self.find(name)[0].get("default_member_permissions")
        rights = self.guild.rights_of(self.user.id, self.guild.text)
        return needed is None or rights & int(needed) == int(needed)

    async def types(
        self,
        name: str,
        *,
        at: Channel | None = None,
        private: bool = False,
        force: bool = False,
        **options: Any,
    ) -> Interaction:
        """A slash command with these options, in a channel or in the direct messages."""
        top, path, command = self.find(name)
        assert force or self.offered(name), f"{name} is not shown to {self.user.name}."
        known = {option["name"]: option for option in command.get("options", ())}
        missing = [
            each["name"] for each in known.values() if each.get("required") and each["name"] not in options
        ]
        assert not missing, f"{name} cannot be sent without {missing}."
        given = [(known[each], _value(value)) for each, value in options.items()]
        guild = None if private else self.guild
        data = payloads.command(self.discord, guild, top, path, given)
        return await self._does(COMMAND, data, at=at, guild=guild)

    async def asks(self, name: str, **how: Any) -> Post:
        """The same, and what the bot answers."""
        return await self.answered(await self.types(name, **how))

    async def opens(self, name: str, **how: Any) -> Json:
        """The same, and the form that comes."""
        return await self.shown_form(await self.types(name, **how))

    async def completes(self, name: str, option: str, text: str, **others: Any) -> list[Json]:
        """What is offered while an option is being typed."""
        top, path, command = self.find(name)
        known = {each["name"]: each for each in command.get("options", ())}
        given = [(known[each], value) for each, value in {**others, option: text}.items()]
        data = payloads.command(self.discord, self.guild, top, path, given, focused=option)
        return (await self._does(COMPLETION, data)).choices

    # ── Buttons, lists and forms ────────────────────────────────────────────────────────────────────

    async def presses(self, post: Post, custom_id: str) -> Interaction:
        """A button of a message."""
        return await self._does(COMPONENT, payloads.press(custom_id), message=post)

    async def asks_by(self, post: Post, verb: str) -> Post:
        """The same by the button's verb, and what the bot answers."""
        return await self.answered(await self.presses(post, post.button(verb)))

    async def chooses(self, post: Post, custom_id: str, *values: str) -> Interaction:
        """Entries of a list in a message."""
        lists = {each["custom_id"]: each for each in nested(post.components) if each.get("type") == 3}
        there = [each["value"] for each in lists[custom_id]["options"]]
        assert set(values) <= set(there), f"{custom_id} offers {there}."
        return await self._does(COMPONENT, payloads.press(custom_id, values), message=post)

    async def fills(self, modal: Json, *, message: Post | None = None, **values: str) -> Interaction:
        """Sends a form with these values; the rest stays as it stands in it."""
        return await self._does(SUBMISSION, payloads.submission(modal, values), message=message)

    async def sends(self, kind: int, data: Json, **how: Any) -> Interaction:
        """Whatever it is: also what no honest client sends."""
        return await self._does(kind, data, **how)

    # ── Being in a server ───────────────────────────────────────────────────────────────────────────

    def says(
        self,
        text: str,
        *names: User,
        to: User | None = None,
        at: Channel | None = None,
        below: Post | None = None,
    ) -> None:
        """A message of theirs; it may mention people, or be a reply, to this post if it is said."""
        where = at or self.guild.text
        said: Json = {
            "id": self.discord.id(),
            "type": 19 if to else 0,
            "channel_id": where.id,
            "guild_id": self.guild.id,
            "author": described.user(self.user),
            "member": {name: value for name, value in self._member.items() if name != "user"},
            "content": text,
            "timestamp": described.STAMP,
            "edited_timestamp": None,
            "tts": False,
            "mention_everyone": False,
            "mentions": [described.user(each) for each in names],
            "mention_roles": [],
            "attachments": [],
            "embeds": [],
            "components": [],
            "pinned": False,
            "flags": 0,
        }
        if to is not None:
            first = {name: value for name, value in said.items() if name not in ("member", "mentions")}
            first |= {
                "id": below.id if below else self.discord.id(),
                "type": 0,
                "author": described.user(to),
                "mentions": [],
            }
            said["message_reference"] = {
                "message_id": first["id"],
                "channel_id": where.id,
                "guild_id": self.guild.id,
            }
            said["referenced_message"] = first
        self.discord.gateway.tell("MESSAGE_CREATE", said, self.guild)

    def reacts(self, to: User, *, at: Channel | None = None, post: Post | None = None) -> None:
        """A reaction of theirs to something that somebody wrote, or to this post of theirs."""
        said: Json = {
            "user_id": self.user.id,
            "channel_id": (at or self.guild.text).id,
            "message_id": post.id if post else self.discord.id(),
            "guild_id": self.guild.id,
            "member": self._member,
            "message_author_id": to.id,
            "emoji": {"id": None, "name": "👋"},
            "burst": False,
            "type": 0,
        }
        self.discord.gateway.tell("MESSAGE_REACTION_ADD", said, self.guild)

    def enters(self, room: Channel | None) -> None:
        """Goes into a voice channel; None: leaves it."""
        if room is not None:
            self.guild.voices[self.user.id] = room.id
        said = described.voice_state(self.guild, self.user.id, left=room is None)
        if room is None:
            self.guild.voices.pop(self.user.id)
        self.discord.gateway.tell("VOICE_STATE_UPDATE", said, self.guild)

    # ── What they see ───────────────────────────────────────────────────────────────────────────────

    async def answered(self, done: Interaction) -> Post:
        """What was said in answer."""
        return await self.discord.until(lambda: done.answer, what=f"answer to {self.user.name}")

    async def shown_form(self, done: Interaction) -> Json:
        """The form that opened."""
        return await self.discord.until(lambda: done.modal, what=f"form for {self.user.name}")

    @property
    def seen(self) -> list[Post]:
        """All that they saw."""
        return self.discord.seen(self.user)

    @property
    def _member(self) -> Json:
        return described.member(self.guild, self.user)

    async def _does(
        self,
        kind: int,
        data: Json,
        *,
        at: Channel | None = None,
        guild: Guild | None = None,
        message: Post | None = None,
        patience: float = PATIENCE,
    ) -> Interaction:
        """Do it, and wait for the first answer."""
        there = self.discord.channel(message.channel) if message else None
        if there is not None:
            where, server = there
        elif guild is None and kind == COMMAND:
            where, server = self.discord.conversation(self.user.id), None
        else:
            where, server = at or self.guild.text, self.guild
        done = Interaction(
            id=self.discord.id(), kind=kind, user=self.user, guild=server, channel=where, message=message
        )
        self.discord.interactions[done.token] = done
        self.discord.clicking.add(self.user.id)
        self.discord.gateway.tell(
            "INTERACTION_CREATE", payloads.interaction(self.discord, done, data), server
        )
        try:
            await asyncio.wait_for(done.heard.wait(), patience)
        except TimeoutError:
            raise AssertionError(f"The application did not respond to {self.user.name}: {data}") from None
        return done


def _leaves(top: Json) -> list[tuple[list[str], Json]]:
    """What can be chosen of a command: itself, its subcommands, those of its groups."""
    below = [each for each in top.get("options", ()) if each["type"] in (payloads.SUBCOMMAND, payloads.GROUP)]
    if not below:
        return [([], top)]
    return [([each["name"], *path], leaf) for each in below for path, leaf in _leaves(each)]


def _value(value: object) -> object:
    match value:
        case User() | Channel():
            return value.id
        case _:
            return value
