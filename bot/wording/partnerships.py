"""From a meeting to a learning partnership: the private question, two yeses, its sessions and its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.community import Language
from bot.domain.ids import IntroductionId, MemberId
from bot.domain.member import Member
from bot.domain.partnership import LINE_LIMIT, Pace, Partner, Partnership
from bot.messages import Choice, Field, FieldKind, Form, Message, Moment, Paragraph, Part, Said
from bot.wording.voice import Tap, capital, mention, message, moment, names, paragraphs, say, words


@dataclass(frozen=True, kw_only=True, slots=True)
class Company:
    """A partnership with those who are in it."""

    partnership: Partnership
    partners: Sequence[Partner]
    people: Mapping[MemberId, Member]
    zone: str
    """The program's, for who named none."""

    def others(self, reader: Member) -> Sequence[Member]:
        """Everyone in it but one."""
        return [self.people[each.member_id] for each in self.partners if each.member_id != reader.id]


# ── The private question ────────────────────────────────────────────────────────────────────────────


def _asking(others: Sequence[Member], language: Language) -> Sequence[Paragraph]:
    return paragraphs("partner.ask", language, people=names(others, language))


def _answers(id: IntroductionId) -> Sequence[Tap]:
    return (("go_on", id), ("enough", id))


def met(id: IntroductionId, *, others: Sequence[Member], to: Member) -> Message:
    """Answer who said that they met, and ask whether they would go on."""
    said = (*paragraphs("reply.met", to.language), *_asking(others, to.language))
    findings = [(verb, id) for verb in ("found_little", "found_some", "found_much", "keepsake")]
    return message(
        "reply.met", [Part(language=to.language, paragraphs=said)], taps=(*_answers(id), *findings)
    )


def question(id: IntroductionId, *, others: Sequence[Member], to: Member) -> Message:
    """The closing question to someone whose meeting another has told of."""
    people = names(others, to.language)
    said = (
        *paragraphs("question.met", to.language, reader=mention(to), people=people),
        *_asking(others, to.language),
    )
    return message("question.met", [Part(language=to.language, paragraphs=said)], taps=_answers(id))


# ── In its course ───────────────────────────────────────────────────────────────────────────────────


def begun(company: Company, *, to: Member) -> Message:
    """Two yeses have met, or another term begins."""
    name = "partners" if company.partnership.term == 1 else "partners.renewed"
    pace = company.partnership.pace
    said = [
        *paragraphs(name, to.language, people=names(company.others(to), to.language)),
        *paragraphs(
            "partners.frame",
            to.language,
            sessions=pace.sessions,
            weeks=pace.sessions * pace.every // timedelta(weeks=1),
            day=_day(company, company.partnership.session_at(1), to),
        ),
    ]
    return _one(name, to, said, taps=_settings(company))


def session(company: Company, number: int, *, to: Member) -> Message:
    """Recall a session, with what each set out to do."""
    said = [
        *paragraphs(
            "session",
            to.language,
            number=number,
            sessions=company.partnership.pace.sessions,
            people=names(company.others(to), to.language),
            day=_day(company, company.partnership.session_at(number), to),
        )
    ]
    for each in company.partners:
        person = Said(text=company.people[each.member_id].name)
        for name, text in (("session.better_at", each.better_at), ("session.will_try", each.will_try)):
            if text:
                said += paragraphs(name, to.language, person=person, text=Said(text=text))
    return _one("session", to, said, taps=_settings(company))


def check(company: Company, *, to: Member) -> Message:
    """A month has gone by."""
    said = paragraphs("check", to.language, people=names(company.others(to), to.language))
    return _one("check", to, said, taps=_settings(company))


def ending(company: Company, *, to: Member) -> Message:
    """The last session is due: thanks, and the private question whether to go on."""
    others = company.others(to)
    said = [
        *paragraphs("ending", to.language, people=names(others, to.language)),
        *paragraphs("partner.ask", to.language, people=names(others, to.language)),
    ]
    id = company.partnership.id
    return _one("ending", to, said, taps=(("again", id), ("done", id)))


def ended(others: Sequence[Member], *, to: Member) -> Message:
    """Somebody ended it; nobody says who or why."""
    return say("ended", to.language, people=names(others, to.language))


def listed(companies: Sequence[Company], *, to: Member, now: datetime) -> Message:
    """A member's partnerships; with one, its buttons too."""
    if not companies:
        return say("reply.partners_none", to.language)
    said = [*paragraphs("reply.partners", to.language)]
    for each in companies:
        people = names(each.others(to), to.language)
        coming = each.partnership.next_session(now=now)
        if coming is None:
            said += paragraphs("reply.partners.last", to.language, people=people)
            continue
        number, at = coming
        said += paragraphs(
            "reply.partners.session",
            to.language,
            people=people,
            number=number,
            sessions=each.partnership.pace.sessions,
            day=_day(each, at, to),
        )
    # A button that could mean several would say so nowhere: theirs stand under each one's own messages.
    return _one("reply.partners", to, said, taps=_settings(companies[0]) if len(companies) == 1 else ())


def intention_form(company: Company, mine: Partner, language: Language) -> Form:
    """Two lines, and the pace of all of them."""
    lines = [
        Field(
            name=name,
            label=words(f"form.intention.{name}", language),
            value=value,
            hint=words("form.intention.will_try.hint", language) if name == "will_try" else "",
            limit=LINE_LIMIT,
        )
        for name, value in (("better_at", mine.better_at), ("will_try", mine.will_try))
    ]
    pace = Field(
        name="pace",
        label=words("form.intention.pace", language),
        kind=FieldKind.CHOICE,
        value=company.partnership.pace,
        choices=tuple(Choice(value=each, label=capital(words(f"pace.{each}", language))) for each in Pace),
        required=True,
    )
    return Form(
        action=f"intend:{company.partnership.id}",
        title=words("form.intention", language),
        fields=(*lines, pace),
        submit=words("form.save", language),
        language=language,
    )


def _one(name: str, to: Member, said: Sequence[Paragraph], *, taps: Sequence[Tap] = ()) -> Message:
    return message(name, [Part(language=to.language, paragraphs=tuple(said))], taps=taps)


def _settings(company: Company) -> Sequence[Tap]:
    id = company.partnership.id
    return (("intend", id), ("part", id))


def _day(company: Company, at: datetime, to: Member) -> Moment:
    return moment(at, zone=to.zone or company.zone, language=to.language)
