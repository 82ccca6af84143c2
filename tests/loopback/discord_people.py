"""Servers: their people, their channels and threads, and a ledger of what each person saw."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

Json = dict[str, Any]

TEXT, DM, VOICE, PRIVATE_THREAD, PUBLIC_THREAD = 0, 1, 2, 12, 11
THREADS = (PUBLIC_THREAD, PRIVATE_THREAD)

MANAGE_GUILD = 1 << 5
VIEW = 1 << 10
SEND = 1 << 11
EMBED_LINKS = 1 << 14
ATTACH = 1 << 15
MENTION_EVERYONE = 1 << 17
ADMINISTRATOR = 1 << 3
USE_COMMANDS = 1 << 31
MANAGE_THREADS = 1 << 34
PRIVATE_THREADS = 1 << 36
SEND_IN_THREADS = 1 << 38

EVERYBODY = VIEW | SEND | SEND_IN_THREADS | USE_COMMANDS | EMBED_LINKS | ATTACH
"""What a new server lets everybody do, as far as it matters here."""

EPHEMERAL = 1 << 6


@dataclass(kw_only=True)
class User:
    """Somebody with an account, or a bot."""

    id: str
    name: str
    locale: str = "en-US"
    bot: bool = False
    closed: bool = False
    """Takes no direct messages from this bot."""


@dataclass(kw_only=True)
class Channel:
    """A channel, a thread or a direct message."""

    id: str
    name: str = ""
    type: int = TEXT
    guild: str | None = None
    overwrites: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Of a user or a role (the server's own id: everybody): allowed, denied."""
    members: list[str] = field(default_factory=list)
    """Of a thread or a direct message: user ids."""
    parent: str | None = None
    owner: str | None = None
    archived: bool = False
    locked: bool = False
    invitable: bool = True
    auto_archive: int = 10080

    @property
    def thread(self) -> bool:
        """Whether it is one."""
        return self.type in THREADS


@dataclass(kw_only=True)
class Post:
    """Something that a bot said, as it arrived."""

    id: str
    channel: str
    author: str
    content: str = ""
    components: Sequence[Json] = ()
    embeds: Sequence[Json] = ()
    flags: int = 0
    only: str | None = None
    """Shown to this user alone."""
    pinged: tuple[str, ...] = ()
    """Users who were notified by name."""
    everyone: bool = False
    nonce: str = ""
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def file(self) -> bytes | None:
        """The first one that came along."""
        return next(iter(self.files.values()), None)

    @property
    def buttons(self) -> dict[str, str]:
        """custom_id → label."""
        return {
            each["custom_id"]: each.get("label", "")
            for each in nested(self.components)
            if each.get("type") == 2 and "custom_id" in each
        }

    @property
    def links(self) -> list[str]:
        """The addresses behind its buttons."""
        return [each["url"] for each in nested(self.components) if each.get("type") == 2 and "url" in each]

    @property
    def shown(self) -> str:
        """Every word that stands in it, markup included."""
        embedded = [str(each.get(name, "")) for each in self.embeds for name in ("title", "description")]
        written = [str(each["content"]) for each in nested(self.components) if each.get("type") == 10]
        return "\n".join(words for words in (self.content, *written, *embedded) if words)

    def button(self, verb: str) -> str:
        """The custom_id of the button with this verb."""
        found = next((action for action in self.buttons if action.partition(":")[0] == verb), None)
        assert found is not None, f"There is no button {verb!r} among {list(self.buttons)}."
        return found


def nested(components: Sequence[Json]) -> Iterator[Json]:
    """Components, and those inside them."""
    for component in components:
        yield component
        inner = [*component.get("components", ())]
        inner += [component[name] for name in ("accessory", "component") if name in component]
        yield from nested(inner)


@dataclass(kw_only=True)
class Guild:
    """A server."""

    id: str
    name: str
    owner: str
    members: dict[str, User] = field(default_factory=dict)
    """By id, the bot included."""
    channels: dict[str, Channel] = field(default_factory=dict)
    """Its threads too."""
    rights: dict[str, int] = field(default_factory=dict)
    """Of users, by roles of theirs: the bot's own, and those who look after the server."""
    everybody: int = EVERYBODY
    locale: str = "en-US"
    thread_limit: int = 1000
    voices: dict[str, str] = field(default_factory=dict)
    """User id → voice channel."""

    @property
    def text(self) -> Channel:
        """The first channel: ``atelier``."""
        return next(each for each in self.channels.values() if each.type == TEXT)

    @property
    def threads(self) -> list[Channel]:
        """All of them, archived ones included."""
        return [each for each in self.channels.values() if each.thread]

    @property
    def active_threads(self) -> list[Channel]:
        """Those that count against the limit."""
        return [each for each in self.threads if not each.archived]

    def user(self, name: str) -> User:
        """Somebody of the server, by name."""
        return next(each for each in self.members.values() if each.name.lower() == name.lower())

    def rights_of(self, user: str, channel: Channel | None = None) -> int:
        """What somebody may do, in a channel if one is named."""
        if user not in self.members:
            return 0
        rights = self.everybody | self.rights.get(user, 0)
        if user == self.owner or rights & ADMINISTRATOR:
            return (1 << 60) - 1
        if channel is None:
            return rights
        where = self.channels[channel.parent] if channel.thread and channel.parent else channel
        for target in (self.id, user):
            allowed, denied = where.overwrites.get(target, (0, 0))
            rights = (rights & ~denied) | allowed
        return rights if rights & VIEW else 0

    def sees(self, user: str, channel: Channel) -> bool:
        """Whether somebody can read a channel or a thread."""
        rights = self.rights_of(user, channel)
        if channel.type == PRIVATE_THREAD and not rights & MANAGE_THREADS:
            return bool(rights & VIEW) and user in channel.members
        return bool(rights & VIEW)


@dataclass(kw_only=True)
class World:
    """Every server that the bot is in, and every direct message."""

    guilds: dict[str, Guild] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    direct: dict[str, Channel] = field(default_factory=dict)
    """By id."""
    posts: list[Post] = field(default_factory=list)
    gone: dict[str, Guild] = field(default_factory=dict)
    """Servers that the bot was removed from."""
    commands: list[Json] = field(default_factory=list)
    """Those that the bot has registered."""
    registrations: int = 0
    """How often it did so."""
    members_intent: bool = False
    """Whether the bot was granted the list of members."""
    clicking: set[str] = field(default_factory=set)
    """Users who have just done something with the bot: it may open their direct messages now."""
    opened: list[str] = field(default_factory=list)
    """Users whose direct messages were opened, each time."""
    used: int = 0
    """Every right in a server that the bot needed for something it did."""
    problems: list[str] = field(default_factory=list)
    """What the bot should not have done."""
    _ids: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.bot = self.person("Voisin", bot=True)
        self.application = self.bot.id

    def id(self) -> str:
        """A new snowflake; each belongs to another shard than the one before."""
        return str((70_000_000_000 + next(self._ids)) << 22)

    def person(self, name: str, **about: Any) -> User:
        """Somebody new."""
        made = User(id=self.id(), name=name, **about)
        self.users[made.id] = made
        return made

    def found(self, name: str, *people: str, rights: int) -> Guild:
        """A server with these people and the channel ``atelier``; the first one owns it.

        ``rights`` are those that the bot was invited with.
        """
        users = [self.person(each.capitalize()) for each in people]
        guild = Guild(id=self.id(), name=name, owner=users[0].id)
        guild.members = {user.id: user for user in (self.bot, *users)}
        guild.rights[self.bot.id] = rights
        self.guilds[guild.id] = guild
        self.room(guild, "atelier")
        return guild

    def room(self, guild: Guild, name: str, kind: int = TEXT) -> Channel:
        """A channel more."""
        made = Channel(id=self.id(), name=name, type=kind, guild=guild.id)
        guild.channels[made.id] = made
        return made

    def conversation(self, user: str) -> Channel:
        """The direct messages of somebody with the bot: always the same."""
        for channel in self.direct.values():
            if channel.members == [user]:
                return channel
        made = Channel(id=self.id(), type=DM, members=[user])
        self.direct[made.id] = made
        return made

    def channel(self, id: str) -> tuple[Channel, Guild | None] | None:
        """A channel of any kind, and its server."""
        if id in self.direct:
            return self.direct[id], None
        for guild in self.guilds.values():
            if id in guild.channels:
                return guild.channels[id], guild
        return None

    # ── The ledger ──────────────────────────────────────────────────────────────────────────────────

    def seen(self, user: User) -> list[Post]:
        """All that this user saw of the bot's, in private or with others."""
        return [post for post in self.posts if self._saw(user, post)]

    def private(self, user: User) -> list[Post]:
        """What was shown to this user alone: answers, and nothing else."""
        return [post for post in self.posts if post.only == user.id]

    def together(self, user: User) -> list[Post]:
        """What came in direct messages and in private threads, answers to own clicks apart."""
        return [
            post
            for post in self.seen(user)
            if post.only is None and self._where(post).type in (DM, PRIVATE_THREAD)
        ]

    def messages(self, user: User) -> list[Post]:
        """What came in direct messages."""
        return [post for post in self.together(user) if self._where(post).type == DM]

    def of(self, guild: Guild) -> list[Post]:
        """What was said in a server's channels and threads."""
        return [post for post in self.posts if post.channel in guild.channels]

    def _where(self, post: Post) -> Channel:
        there = self.channel(post.channel)
        return there[0] if there else Channel(id=post.channel, type=-1)

    def _saw(self, user: User, post: Post) -> bool:
        if post.only is not None:
            return post.only == user.id
        there = self.channel(post.channel)
        if there is None:
            return False
        channel, guild = there
        if guild is None:
            return user.id in channel.members
        return user.id in channel.members if channel.thread else guild.sees(user.id, channel)
