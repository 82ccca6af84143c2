"""What the core needs of the world: the memory, the platforms and time. The docstrings are the contract."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from typing import Protocol, Self

from bot.domain.care import Care
from bot.domain.community import Community, Language, Space
from bot.domain.delivery import Delivery, DeliveryKind, DeliveryState
from bot.domain.ids import (
    CareId,
    CommunityId,
    DeliveryId,
    ExternalId,
    IntroductionId,
    MemberId,
    PartnershipId,
    ProgramId,
    PromptId,
    QuestionId,
    ReflectionId,
    ResponseId,
    RoundId,
    SlotId,
    SpaceId,
)
from bot.domain.impression import Findings, Impression
from bot.domain.member import KeepApart, Member, Participation, Tie, TieKind
from bot.domain.partnership import Partner, Partnership, Willing
from bot.domain.program import Greeter, Program
from bot.domain.reflection import OwnQuestion, Prompt, Reflection, Response
from bot.domain.round import Answer, Introduction, Round, Seat
from bot.domain.slots import Appointment, Arrangement, Pick, Slot
from bot.messages import Asker, Destination, Message

# ── The memory, within one community ────────────────────────────────────────────────────────────────


class Spaces(Protocol):
    """The channels in which something of Voisin's happens."""

    async def find(self, external_id: ExternalId) -> Space | None: ...

    async def get(self, id: SpaceId) -> Space:
        """Raises Unknown."""
        ...

    async def save(self, space: Space) -> None:
        """Insert or replace, by id. Raises AlreadyThere when another id has this external id."""
        ...


class Programs(Protocol):
    """Programs and who looks after them."""

    async def get(self, id: ProgramId) -> Program:
        """Raises Unknown, also for a program of another community."""
        ...

    async def find(self, id: ProgramId) -> Program | None: ...

    async def all(self) -> Sequence[Program]:
        """Oldest first."""
        ...

    async def in_space(self, space: SpaceId) -> Program | None: ...

    async def save(self, program: Program) -> None:
        """Insert or replace, by id. A space has one program at most: else AlreadyThere."""
        ...

    async def conveners(self, id: ProgramId) -> Sequence[MemberId]:
        """In the order in which they were named."""
        ...

    async def add_convener(self, id: ProgramId, member: MemberId, *, at: datetime) -> None:
        """Does nothing when they are one already."""
        ...

    async def remove_convener(self, id: ProgramId, member: MemberId) -> None: ...


class Greeters(Protocol):
    """Who welcomes newcomers in a program. (program, member) is unique."""

    async def of_program(self, program: ProgramId) -> Sequence[Greeter]:
        """By member id."""
        ...

    async def of_member(self, member: MemberId) -> Sequence[Greeter]:
        """By program id."""
        ...

    async def save(self, greeter: Greeter) -> None:
        """Insert or replace."""
        ...

    async def remove(self, program: ProgramId, member: MemberId) -> None:
        """Does nothing when they are not one."""
        ...


class Members(Protocol):
    """People of the community that Voisin has heard of."""

    async def find(self, external_id: ExternalId) -> Member | None: ...

    async def find_id(self, id: MemberId) -> Member | None: ...

    async def get(self, id: MemberId) -> Member:
        """Raises Unknown, also for a member of another community."""
        ...

    async def many(self, ids: Collection[MemberId]) -> Mapping[MemberId, Member]:
        """Those that exist; any number of ids (thousands)."""
        ...

    async def all(self) -> Sequence[Member]:
        """By id."""
        ...

    async def save(self, member: Member) -> None:
        """Insert or replace, by id. Raises AlreadyThere when another id has this external id."""
        ...

    async def save_all(self, members: Sequence[Member]) -> None:
        """The same for many at once (a roster of 100,000 in a few statements)."""
        ...

    async def erase(self, id: MemberId) -> None:
        """Remove the member and every row and word of theirs, in every table: participations, ties, their
        own keep-aparts, answers, seats, phrases heard, questions, reflections with what was said to them,
        responses, conveners, greeters, deliveries to them, their id in
        introductions and in the inputs of rounds (those inputs become None). Other people's keep-aparts that
        name them keep the trace alone (``other`` becomes None). Introductions that they were in and that are
        still open become VOID.
        """
        ...


class Participations(Protocol):
    """Who said yes to which program. (program, member) is unique."""

    async def find(self, program: ProgramId, member: MemberId) -> Participation | None: ...

    async def of_member(self, member: MemberId) -> Sequence[Participation]:
        """By program id."""
        ...

    async def of_program(self, program: ProgramId) -> Sequence[Participation]:
        """All of them, those who left included; by member id, so that the order never depends on the
        database.
        """
        ...

    async def save(self, participation: Participation) -> None:
        """Insert or replace."""
        ...

    async def save_all(self, participations: Sequence[Participation]) -> None: ...


class Ties(Protocol):
    """Who knows whom. (source, target, kind, at) is unique, so that the same file imported twice changes
    nothing.
    """

    async def all(self) -> Sequence[Tie]:
        """Every tie of the community, by source, target, kind, at (undated first)."""
        ...

    async def add_all(self, ties: Sequence[Tie]) -> int:
        """Add those that are not there yet; returns how many were new."""
        ...

    async def of_source(self, source: MemberId, kind: TieKind) -> Sequence[Tie]: ...

    async def replace_all(self, kind: TieKind, ties: Sequence[Tie]) -> None:
        """All ties of this kind are these from now on."""
        ...

    async def remove(self, *, source: MemberId, target: MemberId, kind: TieKind) -> None: ...


class KeepAparts(Protocol):
    """Private wishes. (author, trace) is unique."""

    async def all(self) -> Sequence[KeepApart]: ...

    async def of_author(self, author: MemberId) -> Sequence[KeepApart]: ...

    async def add(self, wish: KeepApart) -> None:
        """Does nothing when the wish is there."""
        ...

    async def remove(self, *, author: MemberId, trace: str) -> None: ...

    async def recognise(self, *, trace: str, member: MemberId) -> None:
        """Someone came back: every wish with this trace and nobody in it names them again."""
        ...


class Rounds(Protocol):
    """Rounds and their seats. (program, wall) and (round, member) are unique."""

    async def get(self, id: RoundId) -> Round:
        """Raises Unknown."""
        ...

    async def find(self, program: ProgramId, wall: str) -> Round | None: ...

    async def latest(self, program: ProgramId, *, limit: int) -> Sequence[Round]:
        """By opens_at, newest first."""
        ...

    async def add(self, round: Round) -> None:
        """Raises AlreadyThere when the program has a round at this wall."""
        ...

    async def save(self, round: Round) -> None:
        """Replace one that exists."""
        ...

    async def seats(self, id: RoundId) -> Sequence[Seat]:
        """By member id."""
        ...

    async def seat(self, id: RoundId, member: MemberId) -> Seat | None: ...

    async def add_seats(self, seats: Sequence[Seat]) -> None:
        """Raises AlreadyThere when one of them is taken."""
        ...

    async def save_seat(self, seat: Seat) -> None:
        """Replace one that exists."""
        ...

    async def seated_since(self, moment: datetime, *, besides: ProgramId) -> set[MemberId]:
        """Members with a seat in an introduction, not void, of another program's round that opened after a
        moment.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Meeting:
    """Two members who were introduced to each other before (introductions that were not void)."""

    one: MemberId
    other: MemberId
    times: int
    last: datetime


class Introductions(Protocol):
    """Introductions, their answers and the phrases they used. (round, fingerprint) and (introduction,
    member) are unique.
    """

    async def find(self, id: IntroductionId) -> Introduction | None: ...

    async def of_round(self, round: RoundId) -> Sequence[Introduction]:
        """By id; void ones included."""
        ...

    async def of_member(self, member: MemberId, *, limit: int) -> Sequence[Introduction]:
        """Newest first (by due_at); void ones included."""
        ...

    async def add_all(self, introductions: Sequence[Introduction]) -> None:
        """Raises AlreadyThere when the round has one of the same people."""
        ...

    async def save(self, introduction: Introduction) -> None:
        """Replace one that exists. Raises Unknown."""
        ...

    async def save_all(self, introductions: Sequence[Introduction]) -> None:
        """The same for many at once; all of them or none."""
        ...

    async def make(self, id: IntroductionId, *, at: datetime) -> None:
        """PROPOSED → MADE, due at this moment; in any other state it stays as it is."""
        ...

    async def welcomed(self, *, since: datetime) -> Mapping[MemberId, int]:
        """Greeter → in how many introductions, not void and due since a moment, they welcome a newcomer."""
        ...

    async def meetings(self) -> Sequence[Meeting]:
        """Every pair of the community, over all programs, with one < other; by one, other."""
        ...

    async def answers(self, id: IntroductionId) -> Sequence[Answer]:
        """By member id."""
        ...

    async def answers_of_round(self, round: RoundId) -> Sequence[Answer]: ...

    async def answers_of_member(self, member: MemberId) -> Sequence[Answer]: ...

    async def answer(self, answer: Answer) -> None:
        """Insert, or replace that member's earlier answer."""
        ...

    async def heard(self, members: Collection[MemberId]) -> Mapping[MemberId, Mapping[str, datetime]]:
        """Member → phrase id → when they last got it."""
        ...

    async def hear(self, members: Collection[MemberId], phrase: str, *, at: datetime) -> None: ...

    async def hear_all(self, heard: Sequence[tuple[MemberId, str]], *, at: datetime) -> None: ...


class Appointments(Protocol):
    """Times to meet, introduction by introduction: slots, choices, and what was agreed.

    (introduction, member) is unique for a choice, the introduction for an appointment.
    """

    async def of(self, introduction: IntroductionId) -> Arrangement:
        """Slots by their moment; an empty one where nothing was offered."""
        ...

    async def find_slot(self, id: SlotId) -> Slot | None: ...

    async def offer(self, introduction: IntroductionId, slots: Sequence[Slot]) -> None:
        """These instead of the slots that were offered before; choices go with the slots."""
        ...

    async def pick(self, pick: Pick) -> None:
        """Insert, or replace that member's earlier choice."""
        ...

    async def unpick(self, introduction: IntroductionId, member: MemberId) -> None:
        """A member's choice no longer counts."""
        ...

    async def save(self, appointment: Appointment) -> None:
        """Insert or replace."""
        ...

    async def begun(self, round: RoundId) -> set[IntroductionId]:
        """Introductions of a round in which someone has chosen, or everyone agreed."""
        ...

    async def standing(self, round: RoundId) -> set[IntroductionId]:
        """Introductions of a round with an appointment that was not called off."""
        ...

    async def picks_of_member(self, member: MemberId) -> Sequence[Pick]: ...


class Prompts(Protocol):
    """Questions put to programs. (program, wall) is unique."""

    async def find(self, id: PromptId) -> Prompt | None: ...

    async def asked(self, program: ProgramId) -> Mapping[str, datetime]:
        """Question id → when it was put last."""
        ...

    async def add(self, prompt: Prompt) -> None:
        """Raises AlreadyThere when the program was asked something at this wall."""
        ...

    async def own(self, program: ProgramId) -> Sequence[OwnQuestion]:
        """The program's own questions, oldest first."""
        ...

    async def of_author(self, author: MemberId) -> Sequence[OwnQuestion]:
        """By id."""
        ...

    async def find_own(self, id: QuestionId) -> OwnQuestion | None: ...

    async def add_own(self, question: OwnQuestion) -> None: ...

    async def remove_own(self, id: QuestionId) -> None:
        """Prompts that put it stay, without their words."""
        ...


class Reflections(Protocol):
    """What members wrote for others to read, and what was said to it. (prompt, member) is unique."""

    async def find(self, id: ReflectionId) -> Reflection | None: ...

    async def answering(self, prompt: PromptId, member: MemberId) -> Reflection | None: ...

    async def of_member(self, member: MemberId) -> Sequence[Reflection]:
        """Newest first."""
        ...

    async def since(self, moment: datetime, *, program: ProgramId | None = None) -> Sequence[Reflection]:
        """Written or changed after a moment, in one program or in all; newest first."""
        ...

    async def posted(self, room: str, *, since: datetime) -> Reflection | None:
        """The one, written after a moment, whose post in its space the platform calls so."""
        ...

    async def save(self, reflection: Reflection) -> None:
        """Insert or replace, by id. Raises AlreadyThere when this member answered this prompt already."""
        ...

    async def find_response(self, id: ResponseId) -> Response | None: ...

    async def responses(self, id: ReflectionId) -> Sequence[Response]:
        """Oldest first."""
        ...

    async def responses_of_member(self, member: MemberId) -> Sequence[Response]:
        """Those that they wrote, oldest first."""
        ...

    async def respond(self, response: Response) -> None:
        """Add one."""
        ...


class Impressions(Protocol):
    """What members expected and found. (introduction, member) is unique."""

    async def find(self, introduction: IntroductionId, member: MemberId) -> Impression | None: ...

    async def save(self, impression: Impression) -> None:
        """Insert or replace."""
        ...

    async def of_member(self, member: MemberId) -> Sequence[Impression]:
        """Oldest first."""
        ...

    async def shared(self, round: RoundId) -> Sequence[Impression]:
        """What the members of a round released for the community, oldest first."""
        ...

    async def findings(self) -> Findings:
        """The community's own figures, over all programs; of rounds that are closed."""
        ...


class Cares(Protocol):
    """Private words to conveners."""

    async def find(self, id: CareId) -> Care | None: ...

    async def add(self, care: Care) -> None: ...

    async def of_author(self, author: MemberId) -> Sequence[Care]:
        """Oldest first."""
        ...


class Partnerships(Protocol):
    """Who would go on, and who does. (introduction, member) is unique for an answer, the introduction for a
    partnership, (partnership, member) for a partner.
    """

    async def willing(self, introduction: IntroductionId) -> Sequence[Willing]:
        """By member id."""
        ...

    async def willing_of_member(self, member: MemberId) -> Sequence[Willing]: ...

    async def say(self, answer: Willing) -> None:
        """Insert, or replace that member's earlier answer."""
        ...

    async def find(self, id: PartnershipId) -> Partnership | None: ...

    async def of_introduction(self, introduction: IntroductionId) -> Partnership | None: ...

    async def of_member(self, member: MemberId) -> Sequence[Partnership]:
        """Newest first, ended ones included."""
        ...

    async def save(self, partnership: Partnership) -> None:
        """Insert or replace, by id. Raises AlreadyThere when the introduction has one already."""
        ...

    async def partners(self, id: PartnershipId) -> Sequence[Partner]:
        """By member id."""
        ...

    async def save_partner(self, partner: Partner) -> None:
        """Insert or replace."""
        ...

    async def remove_partner(self, id: PartnershipId, member: MemberId) -> None: ...


class Deliveries(Protocol):
    """Messages on their way out. The key is unique: a second promise of the same thing is not made."""

    async def add(self, *deliveries: Delivery) -> int:
        """Add those whose key is not there yet; returns how many were new."""
        ...

    async def find(self, id: DeliveryId) -> Delivery | None: ...

    async def of_round(self, round: RoundId) -> Sequence[Delivery]: ...

    async def of_introduction(self, introduction: IntroductionId) -> Sequence[Delivery]: ...

    async def of_member(self, member: MemberId) -> Sequence[Delivery]: ...

    async def unsettled(self) -> Sequence[Delivery]:
        """All that wait, due or not, and all that are being sent, by due_at."""
        ...

    async def void(
        self,
        *,
        introduction: IntroductionId | None = None,
        member: MemberId | None = None,
        program: ProgramId | None = None,
        subject: str | None = None,
        kind: DeliveryKind | None = None,
        reason: str,
    ) -> int:
        """Take back what is still queued and matches every argument given; returns how many."""
        ...

    async def settle(
        self,
        claim: "Claim",
        *,
        state: DeliveryState,
        reason: str = "",
        due_at: datetime | None = None,
        room: str = "",
        spent: bool = True,
    ) -> bool:
        """Say what became of a claimed delivery; ``QUEUED`` with ``due_at`` puts it back, and
        ``spent=False`` says that no attempt was made. ``room`` is what ``send`` said of where it went.

        False when the claim is no longer ours (its lease ran out and another took it): nothing changed.
        """
        ...

    async def save(self, delivery: Delivery) -> None:
        """Replace state, reason and due_at of one that exists."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversation:
    """Where a platform put what these people are told; kept only where it cannot be asked for again."""

    people: tuple[ExternalId, ...]
    """One: their own; the order says nothing."""
    occasion: str = ""
    """What it is held for; empty: for good."""
    room: ExternalId | None
    """None: it was being made, and nobody knows what became of that."""
    space: ExternalId | None = None
    """The channel near which it is held."""
    at: datetime
    resting: bool = False
    """It was put away; it opens again when something is said in it."""


class Conversations(Protocol):
    """Rooms that were opened with people. (people, occasion) is unique."""

    async def find(self, people: Collection[ExternalId], *, occasion: str = "") -> Conversation | None: ...

    async def of_person(self, person: ExternalId) -> Sequence[Conversation]:
        """Oldest first."""
        ...

    async def awake(self, space: ExternalId, *, besides: str) -> Sequence[Conversation]:
        """Those near a space that have a room, are held for another occasion, and do not rest; oldest
        first. What is held for good is not among them.
        """
        ...

    async def save(self, conversation: Conversation) -> None:
        """Insert or replace, by people and occasion."""
        ...


class UnitOfWork(Protocol):
    """Everything that is done at once, within one community; left without commit(), nothing happened.

    Every query stays within the community: ids of another are Unknown. Not to be kept open during a network
    call.
    """

    @property
    def community(self) -> Community: ...
    @property
    def spaces(self) -> Spaces: ...
    @property
    def programs(self) -> Programs: ...
    @property
    def greeters(self) -> Greeters: ...
    @property
    def members(self) -> Members: ...
    @property
    def participations(self) -> Participations: ...
    @property
    def ties(self) -> Ties: ...
    @property
    def keep_aparts(self) -> KeepAparts: ...
    @property
    def rounds(self) -> Rounds: ...
    @property
    def introductions(self) -> Introductions: ...
    @property
    def appointments(self) -> Appointments: ...
    @property
    def prompts(self) -> Prompts: ...
    @property
    def reflections(self) -> Reflections: ...
    @property
    def impressions(self) -> Impressions: ...
    @property
    def cares(self) -> Cares: ...
    @property
    def partnerships(self) -> Partnerships: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def conversations(self) -> Conversations: ...

    def new_id(self) -> str:
        """16 characters that nothing else has: letters and digits, safe in a button."""
        ...

    async def rename(self, community: Community) -> None:
        """Replace name, zone, language and sources of the community."""
        ...

    async def commit(self) -> None:
        """Make it so. Raises FullDisk or StorageError, and then nothing happened."""
        ...

    async def __aenter__(self) -> Self:
        """Raises Unknown for a community that is not there, AlreadyHeard for an event that was handled
        before.
        """
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class OpenWork(Protocol):
    """Opens a unit of work."""

    def __call__(self, community: CommunityId, *, event: str | None = None) -> UnitOfWork:
        """``event`` names what came in, where the platform says so (``slack/Ev123``): it is handled once, in
        the same transaction, however often it arrives.
        """
        ...


# ── The memory, over all communities: ids only ──────────────────────────────────────────────────────


class Communities(Protocol):
    """Which communities there are."""

    async def find(self, platform: str, external_id: ExternalId) -> Community | None: ...

    async def get(self, id: CommunityId) -> Community:
        """Raises Unknown."""
        ...

    async def all(self) -> Sequence[Community]:
        """By platform, then name."""
        ...

    async def whose(self, platform: str, person: ExternalId, thing: str) -> Community | None:
        """The community of a platform in which a person is a member and that holds something with this id;
        with an empty id the one where they were last seen. For a click that does not say where it was done.
        """
        ...

    async def settle(
        self, *, platform: str, external_id: ExternalId, name: str, zone: str, language: Language
    ) -> Community:
        """The community of this platform and external id, made if it is new."""
        ...

    async def away(self, id: CommunityId, *, since: datetime | None) -> None:
        """Voisin was taken out of it: nothing of it is due, and nothing claimed, until it is back (None).

        A second time changes nothing: since when it is gone, the first said.
        """
        ...

    async def erase(self, id: CommunityId) -> None:
        """Remove the community with every row of it, in every table; does nothing when it is not there."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """How things stand over all communities: numbers, and nobody's."""

    communities: int
    deliveries: Mapping[DeliveryState, int]
    oldest_due_at: datetime | None
    """Of what is queued, due and in no lane that was told to wait."""
    rounds_late: int
    """Programs and rounds whose next step was due before a given moment."""


class Agenda(Protocol):
    """What is due, over all communities that Voisin is in."""

    async def programs(self, now: datetime) -> Sequence[tuple[CommunityId, ProgramId]]:
        """Running programs whose next_at has come, longest due first."""
        ...

    async def rounds(self, now: datetime) -> Sequence[tuple[CommunityId, RoundId]]:
        """Rounds whose wake_at has come, longest due first."""
        ...

    async def returns(self, now: datetime) -> Sequence[tuple[CommunityId, ProgramId, MemberId]]:
        """Pauses that have ended."""
        ...

    async def prompts(self, now: datetime) -> Sequence[tuple[CommunityId, ProgramId]]:
        """Running programs whose prompt_at has come, longest due first."""
        ...

    async def partnerships(self, now: datetime) -> Sequence[tuple[CommunityId, PartnershipId]]:
        """Partnerships whose wake_at has come, longest due first."""
        ...

    async def unheard(self, now: datetime) -> Sequence[tuple[CommunityId, ReflectionId]]:
        """Reflections whose wake_at has come, longest due first."""
        ...

    async def next_due(self) -> datetime | None:
        """The earliest moment at which anything is due: programs, rounds, returns, prompts,
        reflections, partnerships, queued deliveries."""
        ...

    async def figures(self, now: datetime, *, late_before: datetime) -> Figures:
        """For whoever watches; it goes through all deliveries, so not to be asked in every beat."""
        ...

    async def purge(self, *, before: datetime) -> int:
        """Forget events of the inbox from before a moment; returns how many."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A delivery that is ours to send until its lease runs out."""

    delivery: Delivery
    owner: str
    epoch: int


class Outbox(Protocol):
    """Shares the deliveries out among those who send."""

    async def claim(
        self,
        *,
        now: datetime,
        owner: str,
        limit: int,
        lease: timedelta,
        besides: Collection[CommunityId] = (),
    ) -> Sequence[Claim]:
        """Mark up to ``limit`` due deliveries as sending and return them, longest due first within a lane,
        the lanes taking turns, so that a full one does not starve the others. Leases are judged by the
        database's clock. Lanes that are paused are passed over, and so are the communities in ``besides``.
        Never the same one to two callers.
        """
        ...

    async def lapsed(self) -> Sequence[Claim]:
        """Deliveries whose sender fell silent: the lease has run out unsettled. They are marked DOUBT, and
        each is returned once, to one caller, with a claim under which it can be settled.
        """
        ...

    async def forsake(self, community: CommunityId, ids: Collection[DeliveryId]) -> int:
        """Treat these as if a sender had fallen silent with them: those that wait or are being sent are
        found by ``lapsed``, and never claimed. Returns how many.
        """
        ...

    async def pause(self, community: CommunityId, lane: str, *, until: datetime) -> None:
        """Nothing of this lane is claimed before that moment (UTC, by the Clock)."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Installation:
    """A platform lets Voisin act in one community, or in every one of an organization."""

    platform: str
    external_id: ExternalId
    """What the platform calls the place that it was installed in."""
    name: str
    token: str = field(repr=False)
    """Encrypted wherever it rests; empty where one token opens every community."""
    scopes: tuple[str, ...]
    bot: ExternalId
    """What the platform calls Voisin there."""
    installer: ExternalId | None
    """Who brought it; None: nobody said."""
    at: datetime


class Installations(Protocol):
    """Where Voisin was installed by an "Add to …" page, and the proof that such a page was ours."""

    async def find(self, platform: str, external_id: ExternalId) -> Installation | None:
        """None also for one that was removed. Raises StorageError when its token cannot be decrypted."""
        ...

    async def all(self, platform: str) -> Sequence[Installation]:
        """Those that were not removed, by external id."""
        ...

    async def save(self, installation: Installation) -> None:
        """Insert or replace; what was removed is there again. Raises BadSetting when there is no key to
        encrypt with.
        """
        ...

    async def reseal(self) -> int:
        """Encrypt every token with the first of the keys, all of them or none; returns how many. Raises
        BadSetting when there is no key, StorageError when none of them opens one.
        """
        ...

    async def remove(self, platform: str, external_id: ExternalId, *, at: datetime) -> None:
        """Forget its token now, if there is one, and remember since when it is gone; a second time changes
        nothing.
        """
        ...

    async def gone(self, platform: str, *, before: datetime) -> Sequence[ExternalId]:
        """Those that were removed before a moment and have not come back."""
        ...

    async def forget(self, platform: str, external_id: ExternalId) -> None:
        """Nothing of one that is gone is kept."""
        ...

    async def issue_state(self, *, until: datetime) -> str:
        """A word that cannot be guessed, good for one use until that moment."""
        ...

    async def consume_state(self, state: str, *, now: datetime) -> bool:
        """Whether it was issued here, is still good and was never used: true once, however many ask."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A post that is ours until its lease runs out."""

    platform: str
    post: str
    owner: str
    epoch: int


class Posts(Protocol):
    """What only one process may do at a time, such as listening to one part of a platform; and what was done
    once for all of them. Leases are judged by the database's clock.
    """

    async def take(self, platform: str, post: str, *, owner: str, lease: timedelta) -> Held | None:
        """Ours, if it is free, or ours already, or its holder fell silent; else None. Every taking has an
        epoch of its own: what an earlier one holds is worth nothing any more.
        """
        ...

    async def keep(self, held: Held, *, lease: timedelta) -> bool:
        """Hold it for longer; False when another has it by now."""
        ...

    async def leave(self, held: Held) -> None:
        """Let others have it at once; does nothing when another has it."""
        ...

    async def noted(self, platform: str, what: str) -> str:
        """What was noted last under this name; empty: nothing."""
        ...

    async def note(self, platform: str, what: str, value: str) -> None:
        """Insert or replace."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Storage:
    """The whole memory, as the composition root hands it out."""

    open_work: OpenWork
    communities: Communities
    agenda: Agenda
    outbox: Outbox
    installations: Installations
    posts: Posts


# ── The platforms ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """How much of a platform's limit this process uses now."""

    method: str
    share: float
    """From 0 to 1, of the community where it is highest."""
    refused: int
    """Times that the platform said "too fast", since the start."""


class Platform(Protocol):
    """A place where communities live. Called with no unit of work open."""

    @property
    def name(self) -> str:
        """``slack``, ``discord``, ``sandbox``: what Community.platform says."""
        ...

    @property
    def remembers(self) -> timedelta:
        """How long after a send the platform recognises the same key and does not post a second time; zero:
        never.
        """
        ...

    @property
    def aside(self) -> bool:
        """Whether it brings a message to a circle also, in private, to those ``aside`` in it; elsewhere a
        circle with such people is never sent, and each of them gets a message instead.
        """
        ...

    async def send(
        self, community: ExternalId, destination: Destination, message: Message, *, key: str
    ) -> str:
        """Post once; returns the platform's name of the room where it went, and for a space that of the
        post in it after a slash: whoever takes it up there points at it by this name.

        Raises TryLater, NotSent (surely not sent), Uncertain (perhaps sent), Gone (people who cannot be
        reached; nothing was sent), Impossible.
        """
        ...

    async def people(self, community: ExternalId, space: ExternalId) -> Sequence[Asker]:
        """Who is in this space now, bots left out. Raises TryLater, NotSent, Closed, Impossible."""
        ...


class Clock(Protocol):
    """The time it is, and a way to wait for it."""

    def now(self) -> datetime:
        """Aware, UTC."""
        ...

    async def rest(self, *, until: datetime | None) -> None:
        """Wait a second at most, less if ``until`` comes earlier or a bell rings."""
        ...

    def ring(self) -> None:
        """End the rest of whoever rests: something may be due."""
        ...
