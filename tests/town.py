"""A small community for stories: people who press and type, a platform that keeps what each of them saw."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from adapters.clock import MovableClock
from bot import commands
from bot.actions import notice
from bot.domain.community import Community, Language, Space
from bot.domain.ids import ExternalId
from bot.engine.heartbeat import Heartbeat
from bot.messages import Ask, Asker, Circle, Destination, Message, Person, Reply
from bot.ports import Storage

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""The stories begin on a Monday morning; the program's first round is on Tuesday at 10:00 in Paris."""

SPACE = ExternalId("C-atelier")


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """A message as it arrived."""

    at: datetime
    destination: Destination
    message: Message
    key: str

    @property
    def people(self) -> Sequence[ExternalId]:
        """Who saw it in private or in a circle; nobody by name in a space."""
        match self.destination:
            case Person(external_id=one):
                return [one]
            case Circle(people=several):
                return several
            case _:
                return []


@dataclass
class Ledger:
    """A platform that keeps everything it was given. ``answer`` may raise what a platform raises."""

    clock: MovableClock
    name: str = "sandbox"
    remembers: timedelta = timedelta(0)
    together: int | None = None
    aside: bool = False
    seen: list[Seen] = field(default_factory=list)
    present: list[Asker] = field(default_factory=list)
    before: Callable[[Destination, Message, str], None] | None = None
    after: Callable[[Destination, Message, str], None] | None = None

    async def send(
        self, community: ExternalId, destination: Destination, message: Message, *, key: str
    ) -> str:
        if self.before:
            self.before(destination, message, key)
        known = any(one.key == key for one in self.seen)
        if not (known and self.remembers):
            self.seen.append(Seen(at=self.clock.now(), destination=destination, message=message, key=key))
        if self.after:
            self.after(destination, message, key)
        return f"room/{key}"

    async def people(self, community: ExternalId, space: ExternalId) -> Sequence[Asker]:
        return self.present

    def of(self, person: Asker, name: str = "") -> list[Seen]:
        """What one person saw, of one kind if it is named."""
        return [
            one
            for one in self.seen
            if person.external_id in one.people and (not name or one.message.name == name)
        ]

    def posted(self, name: str = "") -> list[Seen]:
        """What was posted in a space."""
        return [
            one
            for one in self.seen
            if isinstance(one.destination, Space) and (not name or one.message.name == name)
        ]


@dataclass
class Town:
    """A community in use: everything goes through the commands, as on a real platform."""

    storage: Storage
    clock: MovableClock
    platform: Ledger
    heart: Heartbeat
    community: Community
    people: dict[str, Asker]

    def ask(self, person: Asker, *, private: bool = False, event: str | None = None) -> Ask:
        """Who asks, now, in the space or in private."""
        return Ask(
            community=self.community.id,
            asker=person,
            now=self.clock.now(),
            space=None if private else SPACE,
            space_name="atelier",
            event=event,
        )

    async def type(self, person: Asker, line: str, *, private: bool = False) -> Reply:
        """Somebody types ``/voisin`` and this."""
        return await commands.run(self.storage.open_work, self.ask(person, private=private), line, self.find)

    async def press(self, person: Asker, action: str, *, event: str | None = None) -> Reply:
        """Somebody presses a button."""
        return await commands.press(
            self.storage.open_work, self.ask(person, private=True, event=event), action
        )

    async def submit(self, person: Asker, action: str, **values: str) -> Reply:
        """Somebody sends a form."""
        return await commands.submit(self.storage.open_work, self.ask(person), action, values)

    async def take_up(self, person: Asker, post: Seen) -> bool:
        """Somebody reacts to something that Voisin posted, or replies to it by hand."""
        return await notice.taken_up(
            self.storage.open_work,
            self.community.id,
            person.external_id,
            f"room/{post.key}",
            now=self.clock.now(),
        )

    def find(self, text: str) -> Asker | None:
        """``@name`` → the person."""
        return self.people.get(text.removeprefix("@"))

    async def move_to(self, moment: datetime) -> None:
        """Let time pass, from one due moment to the next, up to this one."""
        while (due := await self.storage.agenda.next_due()) is not None and due <= moment:
            self.clock.move_to(due)
            before = len(self.platform.seen)
            await self.heart.tick()
            still = await self.storage.agenda.next_due()
            if still is not None and still <= self.clock.now() and len(self.platform.seen) == before:
                raise AssertionError(f"Due at {still}, and nothing was done about it.")
        self.clock.move_to(moment)
        await self.heart.tick()

    async def set_up(self, convener: str = "ada", **values: str) -> str:
        """The convener sets the program up; returns its id."""
        form = {"rhythm": "weekly", "day": "1", "at": "10:00", "zone": "Europe/Paris", "size": "2"}
        reply = await self.submit(self.people[convener], f"setup:{SPACE}", **(form | values))
        assert reply.message is not None, reply.errors
        return reply.message.buttons[0].action.partition(":")[2]

    async def join(self, *names: str) -> None:
        """These people say yes."""
        for name in names:
            reply = await self.type(self.people[name], "join")
            assert reply.message is not None
            assert reply.message.name in (
                "reply.joined",
                "reply.joined_undated",
                "reply.joined_now",
            ), reply.message.plain


def person(
    name: str,
    *,
    zone: str = "Europe/Paris",
    language: Language = Language.ENGLISH,
    admin: bool = False,
    guest: bool = False,
) -> Asker:
    """Somebody of the town."""
    return Asker(
        external_id=ExternalId(f"U-{name}"),
        name=name.capitalize(),
        language=language,
        zone=zone,
        admin=admin,
        guest=guest,
    )


async def found(
    storage: Storage,
    *names: str,
    start: datetime = MONDAY,
    lease: timedelta = timedelta(seconds=60),
    batch: int = 20,
) -> Town:
    """A town with these people; ``ada`` is its admin."""
    clock = MovableClock(start)
    people = {name: person(name) for name in names}
    people["ada"] = person("ada", admin=True)
    platform = Ledger(clock=clock, present=list(people.values()))
    community = await storage.communities.settle(
        platform="sandbox",
        external_id=ExternalId("T-town"),
        name="Town",
        zone="Europe/Paris",
        language=Language.ENGLISH,
    )
    heart = Heartbeat(
        storage=storage, platforms={"sandbox": platform}, clock=clock, lease=lease, batch=batch, owner="one"
    )
    return Town(
        storage=storage, clock=clock, platform=platform, heart=heart, community=community, people=people
    )


async def ready(storage: Storage, *names: str, lease: timedelta = timedelta(seconds=60)) -> Town:
    """Everyone has said yes, and the first round is a minute away."""
    town = await found(storage, *names, lease=lease)
    await town.set_up()
    await town.join(*names)
    await town.move_to(TUESDAY - timedelta(minutes=1))
    return town


def names(town: Town) -> list[str]:
    """What members and the space saw, without the invitation and what the convener alone is told."""
    convener = [town.people["ada"].external_id]
    return [
        one.message.name
        for one in town.platform.seen
        if one.message.name != "invitation" and list(one.people) != convener
    ]
