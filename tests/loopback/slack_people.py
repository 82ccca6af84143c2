"""A workspace: its people, its rooms, and a ledger of what each of them saw."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

Json = dict[str, Any]

BOT = "B"


@dataclass(kw_only=True)
class User:
    """Somebody with an account, or the bot's own."""

    id: str
    name: str
    team: str
    zone: str | None = "Europe/Paris"
    locale: str | None = "en-US"
    admin: bool = False
    guest: bool = False
    stranger: bool = False
    deleted: bool = False
    bot: bool = False

    def described(self, *, with_locale: bool) -> Json:
        """As users.info says it."""
        said: Json = {
            "id": self.id,
            "team_id": self.team,
            "name": self.name.lower(),
            "deleted": self.deleted,
            "profile": {"real_name": self.name, "display_name": self.name, "team": self.team},
            "is_bot": self.bot,
            "updated": 1_700_000_000,
        }
        if self.deleted:
            return said
        said |= {
            "real_name": self.name,
            "is_admin": self.admin,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": self.guest,
            "is_ultra_restricted": False,
            "is_app_user": False,
        }
        if self.stranger:
            return said | {"is_stranger": True}
        if self.zone:
            said |= {"tz": self.zone, "tz_label": self.zone, "tz_offset": 3600}
        return said | ({"locale": self.locale} if with_locale and self.locale else {})


@dataclass(kw_only=True)
class Post:
    """Something that Voisin said, as it arrived."""

    ts: str
    channel: str
    text: str
    blocks: Sequence[Json] = ()
    only: str | None = None
    """Shown to this user alone."""
    file: bytes | None = None

    @property
    def buttons(self) -> dict[str, str]:
        """action_id → label."""
        return {
            element["action_id"]: element["text"]["text"]
            for block in self.blocks
            for element in (*block.get("elements", ()), block.get("accessory", {}))
            if element.get("type") == "button"
        }

    @property
    def shown(self) -> str:
        """Every word that stands in it, markup included."""
        return "\n".join([self.text, *_texts(self.blocks)])

    def button(self, verb: str) -> str:
        """The action_id of the button with this verb."""
        return next(action for action in self.buttons if action.partition(":")[0] == verb)


def _texts(node: object) -> Iterator[str]:
    match node:
        case {"type": "mrkdwn" | "plain_text", "text": str(text)}:
            yield text
        case dict():
            for value in node.values():
                yield from _texts(value)
        case list() | tuple():
            for value in node:
                yield from _texts(value)
        case _:
            return


@dataclass(kw_only=True)
class Room:
    """A channel, a direct message or a group conversation."""

    id: str
    name: str = ""
    members: list[str] = field(default_factory=list)
    kind: str = "channel"
    """channel, group (a private channel), im or mpim."""
    archived: bool = False
    shared: bool = False

    def described(self, *, bot: str) -> Json:
        """As conversations.info says it."""
        return {
            "id": self.id,
            "name": self.name,
            "is_channel": self.kind == "channel",
            "is_group": self.kind == "group",
            "is_im": self.kind == "im",
            "is_mpim": self.kind == "mpim",
            "is_private": self.kind != "channel",
            "is_archived": self.archived,
            "is_member": bot in self.members,
            "is_general": False,
            "is_ext_shared": self.shared,
            "is_shared": self.shared,
            "num_members": len(self.members),
        }


@dataclass(kw_only=True)
class Workspace:
    """One Slack workspace. Ids are distinct over all workspaces, as they are at Slack."""

    id: str
    name: str
    enterprise: str | None = None
    users: dict[str, User] = field(default_factory=dict)
    rooms: dict[str, Room] = field(default_factory=dict)
    posts: list[Post] = field(default_factory=list)
    modals: list[tuple[str, Json]] = field(default_factory=list)
    """(user, view), in the order in which they opened."""
    homes: dict[str, Json] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def bot(self) -> User:
        """Voisin's own account."""
        return self.users[f"U{self.id}BOT"]

    def user(self, name: str, **about: Any) -> User:
        """Somebody new."""
        made = User(id=f"U{self.id}{name.upper()}", name=name.capitalize(), team=self.id, **about)
        self.users[made.id] = made
        return made

    def channel(self, name: str, *members: User, kind: str = "channel", shared: bool = False) -> Room:
        """A channel with these people in it."""
        return self._room(name, kind, [member.id for member in members], shared=shared)

    def conversation(self, people: Sequence[str]) -> Room:
        """The one that these people share with the bot alone: always the same."""
        everybody = sorted({*people, self.bot.id})
        kind = "im" if len(everybody) == 2 else "mpim"
        for room in self.rooms.values():
            if room.kind == kind and sorted(room.members) == everybody:
                return room
        return self._room(f"mpdm-{'-'.join(everybody)}" if kind == "mpim" else "", kind, everybody)

    def _room(self, name: str, kind: str, members: list[str], *, shared: bool = False) -> Room:
        letter = {"channel": "C", "group": "C", "im": "D", "mpim": "G"}[kind]
        made = Room(
            id=f"{letter}{self.id}{next(self._ids):04}", name=name, members=members, kind=kind, shared=shared
        )
        self.rooms[made.id] = made
        return made

    def post(self, room: Room, said: Json, *, only: str | None = None, file: bytes | None = None) -> Post:
        """Put something of Voisin's into a room."""
        made = Post(
            ts=f"17000{next(self._ids):05}.000100",
            channel=room.id,
            text=str(said.get("text") or ""),
            blocks=said.get("blocks") or [],
            only=only,
            file=file,
        )
        self.posts.append(made)
        return made

    def seen(self, user: User) -> list[Post]:
        """All that this user saw of Voisin's, in private or with others."""
        return [
            post
            for post in self.posts
            if post.only == user.id or (post.only is None and user.id in self.rooms[post.channel].members)
        ]

    def together(self, user: User) -> list[Post]:
        """What came to this user in direct and group conversations, answers to their own clicks apart."""
        private = ("im", "mpim")
        return [
            post for post in self.seen(user) if post.only is None and self.rooms[post.channel].kind in private
        ]


def found(number: str, *names: str, enterprise: str | None = None) -> Workspace:
    """A workspace with these people and the channel ``atelier``, in which all of them are, the bot included.

    The first one is an admin.
    """
    made = Workspace(id=number, name=f"Workspace {number}", enterprise=enterprise)
    bot = made.user("bot", bot=True, zone="America/Los_Angeles")
    people = [made.user(name, admin=position == 0) for position, name in enumerate(names)]
    made.channel("atelier", bot, *people)
    return made
