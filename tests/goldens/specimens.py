"""Every message and every form of Voisin's, said to the cast of the goldens."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, TypedDict

from babel.messages.pofile import read_po

from bot.domain.acquaintance import Distance
from bot.domain.community import Language, Space, TieSource
from bot.domain.ids import DeliveryId, ExternalId, ProgramId
from bot.domain.impression import Impression
from bot.domain.member import Standing
from bot.domain.program import ProgramState
from bot.domain.reflection import Visibility
from bot.domain.slots import Appointment, Arrangement
from bot.messages import Form, Message, Moment, Part, Said, Span
from bot.wording import (
    forms,
    harvests,
    introductions,
    meetings,
    notices,
    oversight,
    partnerships,
    reflections,
    replies,
)
from bot.wording.calendars import calendar_file
from bot.wording.catalogue import CATALOGUES
from bot.wording.harvests import Harvest
from bot.wording.voice import Tap, Value, day, mention, message, moment, names, say, words
from tests.goldens import cast

Specimen = Message | Form | str


class Where(TypedDict):
    """What most notices are told."""

    space: Space
    next_at: datetime | None
    zone: str


HERE: Where = {"space": cast.SPACE, "next_at": cast.CLOSES, "zone": cast.PARIS}

EVERYBODY = (
    "join pause resume skip leave me learning know avoid why partners privacy export-me forget-me care help"
)
CONVENERS = "setup preview run-now pause-program resume-program blackout prompt ties convener greeter"
COMMANDS = (EVERYBODY.split(), CONVENERS.split())
"""For everybody, and for conveners."""

CHOICES = ("list", "add", "remove", "now", "on", "off")

TAPS: Mapping[str, Sequence[Tap]] = {
    "reply.joined": [("me", ""), ("privacy", "")],
    "reply.joined_now": [("me", ""), ("privacy", "")],
    "reply.paused_until": [("resume", "p1")],
    "reply.paused_open": [("resume", "p1")],
    "reply.skipping": [("resume", "p1")],
    "reply.left": [("join", "p1")],
    "reply.know_again": [("unknow", "tom"), ("keep", "")],
    "reply.avoid_again": [("unavoid", "tom"), ("keep", "")],
    "reply.forget_confirm": [("keep", ""), ("forget", "")],
    "reply.setup_done": [("preview", "p1")],
    "reply.expect": [(verb, "i1") for verb in ("expect_little", "expect_some", "expect_much")],
    "reply.found": [("keepsake", "i1")],
    "reply.kept_private": [("keepsake", "i1")],
    "reply.kept_shared": [("keepsake", "i1")],
    "reply.rested": [("resume", "p1")],
    "reply.called_off": [("times", "i1")],
    "reply.not_yet": [("times", "i1"), ("phrase", "i1"), ("met", "i1")],
    "reply.slot_passed": [("times", "i1")],
    "reply.meeting_passed": [(verb, "i1") for verb in ("met", "not_yet", "could_not")],
}


ON_DISCORD = ("command.panel", "commands.", "option.", "form.again", "form.more", "discord.talk")
"""What stands on a button or in the list of commands there."""


def catalogue(language: Language) -> Mapping[str, Sequence[str]]:
    """The written catalogue: the forms of each sentence by its name."""
    with (CATALOGUES / language / "LC_MESSAGES" / "voisin.po").open("rb") as source:
        entries = {entry.id: entry.string for entry in read_po(source) if entry.id}
    return {
        id if isinstance(id, str) else id[0]: (text,) if isinstance(text, str) else tuple(text or ())
        for id, text in entries.items()
    }


def alone(language: Language) -> dict[str, Specimen]:
    """What is said in one language, by the name of its golden."""
    return {
        **_introductions(language),
        **_meetings(language),
        **_notices(language),
        **_panels(language),
        **_replies(language),
        **_forms(language),
        **_reflections(language),
        **_partnerships(language),
        **_lists(language),
    }


def together() -> dict[str, Specimen]:
    """What is said in two languages, French first."""
    pair = cast.view(cast.PAIR, cast.FRENCH, cast.ENGLISH)
    trio = cast.view(cast.TRIO, cast.ENGLISH, cast.FRENCH, cast.ENGLISH)
    return {
        "introduction": introductions.introduction(pair, to=None),
        "introduction.trio": introductions.introduction(trio, to=None),
        "joined": introductions.joined(
            replace(trio, introduction=replace(cast.TRIO, joiner=cast.TRIO.opener)), to=None
        ),
        "said": meetings.said(pair, to=None),
        "slots": meetings.slots(abroad(pair), cast.SLOTS, to=None),
        "card": meetings.card(abroad(pair), cast.SLOTS[0].at, moved=False, to=None),
        **_to_the_space(cast.FRENCH),
    }


def abroad(view: introductions.View) -> introductions.View:
    """The same people, one of them on the other side of the sea."""
    tom = view.members[cast.TOM]
    return replace(view, members={**view.members, cast.TOM: replace(tom, zone="America/Montreal")})


def _meetings(language: Language) -> dict[str, Specimen]:
    pair, trio = cast.view(cast.PAIR, language), cast.view(cast.TRIO, language)
    lea, tom, zoe = (cast.member(id, language) for id in ("lea", "tom", "zoe"))
    far, first = abroad(pair), cast.SLOTS[0]
    picks = Arrangement(slots=cast.SLOTS, picks={cast.TOM: cast.SLOTS[1].id})
    meeting = Appointment(introduction_id=cast.PAIR.id, community_id=cast.COMMUNITY, at=first.at)

    def file(appointment: Appointment) -> str:
        made = calendar_file(far, appointment, to=lea, now=cast.OPENS)
        return made.content.decode().replace("\r\n", "\n")

    return {
        "said": meetings.said(pair, to=None),
        "said.alone": meetings.said(pair, to=tom),
        "fewer": meetings.fewer(pair, None, to=None),
        "fewer.alone.opener": meetings.fewer(pair, None, to=pair.opener),
        "fewer.meeting": meetings.fewer(pair, meeting.renewed(), to=None),
        "slots": meetings.slots(pair, cast.SLOTS, to=None),
        "slots.abroad": meetings.slots(far, cast.SLOTS, to=None),
        "slots.alone": meetings.slots(trio, cast.SLOTS[:1], to=zoe),
        "slots.none": meetings.slots(far, (), to=None),
        "times": meetings.times(pair, cast.SLOTS, chosen=first, by=lea, to=None),
        "times.alone": meetings.times(far, cast.SLOTS, chosen=first, by=lea, to=far.members[cast.TOM]),
        "card": meetings.card(pair, first.at, moved=False, to=None),
        "card.abroad": meetings.card(far, first.at, moved=False, to=None),
        "card.moved": meetings.card(trio, first.at, moved=True, to=zoe),
        "called_off": meetings.called_off(pair, first.at, to=tom),
        "calendar": file(meeting),
        "calendar.called_off": file(meeting.cancelled()),
        "reply.times": meetings.to_choose(pair, picks, to=lea, now=cast.OPENS),
        "reply.times.trio": meetings.to_choose(trio, picks, to=zoe, now=cast.OPENS),
        "reply.agreed": meetings.agreed(pair, first.at, to=lea),
        "reply.picked": meetings.picked(trio, first.at, to=lea),
        "reply.times_none": meetings.no_time(far, cross=False, ends_at=cast.CLOSES, to=lea),
        "reply.times_late": meetings.no_time(pair, cross=True, ends_at=cast.CLOSES, to=lea),
    }


def _introductions(language: Language) -> dict[str, Specimen]:
    pair, trio = cast.view(cast.PAIR, language), cast.view(cast.TRIO, language)
    lea, tom, zoe = (cast.member(id, language) for id in ("lea", "tom", "zoe"))
    joined = replace(trio, introduction=replace(cast.TRIO, joiner=cast.TRIO.opener))
    made: dict[str, Specimen] = {
        "introduction": introductions.introduction(pair, to=None),
        "introduction.late": introductions.introduction(cast.view(cast.PAIR, language, late=True), to=None),
        "introduction.fresh": introductions.introduction(
            replace(pair, fresh={lea.id: cast.REFLECTION.text}), to=None
        ),
        "introduction.trio": introductions.introduction(trio, to=None),
        "introduction.tenths": introductions.introduction(replace(pair, tenths=8), to=None),
        "introduction.alone.opener": introductions.introduction(pair, to=lea),
        "introduction.alone.other": introductions.introduction(pair, to=tom),
        "introduction.alone.trio": introductions.introduction(trio, to=zoe),
        "joined": introductions.joined(joined),
        "joined.alone": introductions.joined(joined, to=lea),
        "joined.alone.joiner": introductions.joined(joined, to=tom),
        "nudge": introductions.nudge(pair, phrase="light-8"),
        "nudge.trio": introductions.nudge(trio, phrase="practice-1"),
        "question": introductions.question(pair, to=tom),
        "question.trio": introductions.question(trio, to=zoe),
        "reply.phrase": introductions.another(
            pair.introduction.id, phrase="deeper-1", others=pair.others(lea), to=lea, opens=True
        ),
        "reply.phrase.other": introductions.another(
            pair.introduction.id, phrase="deeper-1", others=pair.others(tom), to=tom, opens=False
        ),
        "why": replies.why(pair, to=tom),
    }
    again: dict[str, Any] = {"met_before": 1, "last_met": cast.BEFORE, "acquainted": True}
    histories: dict[str, dict[str, Any]] = {
        "acquainted": {"acquainted": True},
        "again": again,
        "again.twice": again | {"met_before": 2, "last_met": cast.LAST_YEAR},
        "again.undated": again | {"last_met": None},
    }
    for name, history in histories.items():
        known = replace(pair, introduction=replace(cast.PAIR, **history))
        made[f"introduction.{name}"] = introductions.introduction(known, to=None)
        made[f"why.{name}"] = replies.why(known, to=lea)
    for name, history in {"again": again, "again.undated": again | {"last_met": None}}.items():
        known = replace(trio, introduction=replace(cast.TRIO, **history))
        made[f"introduction.trio.{name}"] = introductions.introduction(known, to=None)
        made[f"why.trio.{name}"] = replies.why(known, to=lea)
    made |= _good_reasons(language)
    one_hour = replace(pair, introduction=replace(cast.PAIR, hours=1.2, crosses_teams=False))
    made["why.one_hour"] = replies.why(one_hour, to=lea)
    for name, in_common in (("far", False), ("near", True)):
        asked = replace(pair, introduction=replace(cast.PAIR, in_common=in_common))
        made[f"why.{name}"] = replies.why(asked, to=lea)
    return made


def _good_reasons(language: Language) -> dict[str, Specimen]:
    """Introductions that were looked for: a greeter, languages, what one can help another with."""
    lea, tom, zoe = (cast.member(id, language) for id in ("lea", "tom", "zoe"))
    lines = {
        Language.FRENCH: ("lire une partition, chanter", "le chant, les partitions"),
        Language.ENGLISH: ("reading scores, singing", "songs, scores and how to sing"),
    }
    wants, offers = lines[language]
    lea = replace(lea, can_help=offers, languages=("fr", "en"))
    tom = replace(tom, learning=wants, can_help="", languages=("en", "fr", "eo"))
    zoe = replace(zoe, learning="", can_help="", languages=("fr",))
    greeted = replace(cast.PAIR, greeter=lea.id, unavoidable=True, met_before=1, last_met=cast.BEFORE)
    pair = replace(cast.view(greeted, language), members={lea.id: lea, tom.id: tom})
    trio = replace(
        cast.view(replace(cast.TRIO, greeter=lea.id), language),
        members={lea.id: lea, tom.id: tom, zoe.id: zoe},
    )
    return {
        "why.helps_you": replies.why(pair, to=tom),
        "why.you_help": replies.why(pair, to=lea),
        "why.trio.helps": replies.why(trio, to=zoe),
    }


def _notices(language: Language) -> dict[str, Specimen]:
    said: dict[str, Specimen] = {}
    for name, at in (("", cast.CLOSES), (".undated", None)):
        where: Where = {"space": cast.SPACE, "next_at": at, "zone": cast.PARIS}
        said |= {
            f"nobody.chance{name}": notices.nobody(language, reason="chance", **where),
            f"nobody.alone{name}": notices.nobody(language, reason="alone", **where),
            f"nobody.language{name}": notices.nobody(language, reason="language", **where),
            f"nobody.team{name}": notices.nobody(language, reason="team", **where),
            f"nobody.hour{name}": notices.nobody(language, reason="hour", **where),
            f"nobody.rules{name}": notices.nobody(language, reason="rules", **where),
            f"parted{name}": notices.parted(language, **where),
            f"cancelled{name}": notices.cancelled(language, **where),
        }
    reason = "missing_scope: chat:write"
    return said | {
        "welcome_back": notices.welcome_back(language, program=ProgramId("p1"), **HERE),
        "interrupted": notices.interrupted(language, about=DeliveryId("d1")),
        "greeter": notices.greeter(language, space=cast.SPACE, program=ProgramId("p1"), welcomes=2),
        "greeter.one": notices.greeter(language, space=cast.SPACE, program=ProgramId("p1"), welcomes=1),
        "small": notices.small(language, space=cast.SPACE, program=ProgramId("p1"), active=5),
        "small.one": notices.small(language, space=cast.SPACE, program=ProgramId("p1"), active=1),
        "late.cancelled": notices.late(language, missed=3, cancelled=True, **HERE),
        "late.sent": notices.late(language, missed=1, cancelled=False, **HERE),
        "space_closed": notices.space_closed(language, space=cast.SPACE),
        "quiet": notices.quiet(language, active=1, **HERE),
        "quiet.few": notices.quiet(language, active=2, **HERE),
        "quiet.none": notices.quiet(language, active=0, **HERE),
        "given_up": notices.given_up(language, space=cast.SPACE, person=None, reason=reason),
        "given_up.person": notices.given_up(
            language, space=cast.SPACE, person=cast.member("tom", language), reason=reason
        ),
        "unsure": notices.unsure(language, space=cast.SPACE, at=cast.CLOSES, zone=cast.PARIS),
        "installed": notices.installed(language),
        "care": notices.care(language, author=cast.member("noor", language), about=None, said="…"),
        "care.about": notices.care(
            language,
            author=cast.member("noor", language),
            about=cast.member("tom", language),
            said=cast.member("zoe", language).can_help,
        ),
        "rest": notices.rest_or_stay(
            language,
            reader=cast.member("lea", language),
            space=cast.SPACE,
            program=ProgramId("p1"),
            introduction=cast.PAIR.id,
        ),
        "installer_left": notices.installer_left(language),
    }


def _to_the_space(language: Language) -> dict[str, Specimen]:
    return {
        "invitation": notices.invitation(language, program=ProgramId("p1"), rhythm="weekly", **HERE),
        "skipped": notices.skipped(language, on=date(2026, 12, 24), **HERE),
        "season": harvests.harvest(language, _harvest(language, made=0, shared=False), season=2, **HERE),
        "season.figures": harvests.harvest(language, _harvest(language, made=61), season=2, **HERE),
        "harvest": harvests.harvest(language, _harvest(language, made=12), **HERE),
        "harvest.week": harvests.harvest(language, _harvest(language, made=12), so_far=True, **HERE),
        "harvest.few": harvests.harvest(language, _harvest(language, made=1), **HERE),
        "prompt": _said(reflections.to_space(cast.ASKED, language)),
        "prompt.own": _said(reflections.to_space(cast.ASKED_OWN, language)),
        "reflection": reflections.shared(
            cast.REFLECTION,
            cast.member("lea", language),
            cast.ASKED,
            space=cast.SPACE,
            first=_other(language),
        ),
    }


def _harvest(language: Language, *, made: int, shared: bool = True) -> Harvest:
    lea, tom = cast.member("lea", language), cast.member("tom", language)
    line = {
        Language.FRENCH: "Un fil à l’envers s’apprend aussi.",
        Language.ENGLISH: "A thread the wrong way round teaches too.",
    }
    return Harvest(
        introduced=2 * made,
        made=made,
        met=made * 2 // 3,
        unknown=made // 4,
        lines=[(lea, line[language])] if shared else [],
        thanks=[(lea, tom)] if shared else [],
    )


def _said(message: Message | None) -> Message:
    assert message is not None
    return message


def _other(language: Language) -> Language:
    return next(each for each in Language if each is not language)


def _panels(language: Language) -> dict[str, Specimen]:
    lea, noor = cast.member("lea", language), cast.member("noor", language)

    def panel(standing: Standing | None, until: date | None = None, skips: bool = False) -> Message:
        yes = cast.participation(standing, until=until, skips=skips) if standing else None
        enrolment = replies.Enrolment(program=cast.PROGRAM, space=cast.SPACE, participation=yes)
        return replies.panel(lea, enrolments=[enrolment], zone=cast.PARIS)

    held = replies.Enrolment(
        program=replace(cast.PROGRAM, state=ProgramState.PAUSED),
        space=cast.SPACE,
        participation=cast.participation(Standing.ACTIVE),
    )
    tom, zoe = cast.member("tom", language), cast.member("zoe", language)
    pair = replies.Previewed(people=[lea, tom], opener=lea, repeat=False)
    again = replies.Previewed(people=[lea, tom, zoe], opener=zoe, repeat=True)

    def preview(*groups: replies.Previewed, alone: str = "", resting: int = 0, **more: Any) -> Message:
        return replies.preview(
            language,
            space=cast.SPACE,
            opens_at=cast.CLOSES,
            zone=cast.PARIS,
            groups=groups,
            alone=[cast.member(alone, language)] if alone else [],
            resting=resting,
            **more,
        )

    return {
        "panel": panel(Standing.ACTIVE),
        "panel.skipping": panel(Standing.ACTIVE, skips=True),
        "panel.paused": panel(Standing.PAUSED),
        "panel.paused.until": panel(Standing.PAUSED, until=cast.CLOSES_ON),
        "panel.nowhere": panel(None),
        "panel.held": replies.panel(noor, enrolments=[held], zone=cast.PARIS),
        "panel.several": replies.panel(lea, enrolments=[held, held], zone=cast.PARIS),
        **_overviews(language),
        "help": replies.help(language, commands=COMMANDS[0]),
        "help.convener": replies.help(language, commands=COMMANDS[0], conveners=COMMANDS[1]),
        "privacy": replies.privacy(language),
        "privacy.noted": replies.privacy(language, noted=[*TieSource]),
        "reply.ties_saved": replies.ties_saved(language, noted=[TieSource.REACTIONS, TieSource.CHANNELS]),
        "preview": preview(
            pair,
            again,
            alone="noor",
            resting=2,
            sample=introductions.introduction(cast.view(cast.PAIR, language), to=None),
        ),
        "preview.large": preview(*[pair] * 22, resting=1),
        "preview.one_more": preview(*[pair] * 21),
        "preview.none": preview(alone="lea"),
        "reply.greeters": replies.greeters(
            language,
            [
                replies.Welcoming(person=lea, welcomed=2, most=2),
                replies.Welcoming(person=tom, welcomed=0, most=1),
            ],
        ),
        "reply.blackouts": replies.blackouts(
            language,
            dates=[(date(2026, 12, 11), date(2026, 12, 11)), (date(2026, 12, 24), date(2027, 1, 2))],
        ),
    }


def _overviews(language: Language) -> dict[str, Specimen]:
    figures = oversight.Figures(opens_at=cast.OPENS, people=24, introductions=12, met=7, unknown=4)
    running = oversight.State(
        program=cast.PROGRAM, space=cast.SPACE, active=25, paused=3, resting=2, last=figures
    )
    held = replace(running, program=replace(cast.PROGRAM, state=ProgramState.PAUSED), last=None)
    return {
        "overview": oversight.overview(language, states=[running]),
        "overview.held": oversight.overview(language, states=[held]),
        "overview.several": oversight.overview(language, states=[running, held]),
        "overview.none": oversight.overview(language, states=[]),
    }


def _replies(language: Language) -> dict[str, Specimen]:
    """Every reply and refusal of the catalogue, so that a new one cannot be forgotten."""
    apart = {"reply.phrase", "reply.blackouts", "reply.blackouts.days", "reply.picked", "reply.agreed"}
    apart |= {"reply.ties_saved", "reply.times", "reply.times_none", "reply.times_late"}
    apart |= {"reply.met"}
    apart |= {"reply.partners", "reply.partners.session", "reply.partners.last"}
    apart |= {name for name in catalogue(language) if name.startswith("reply.prompts")}
    apart |= {"reply.greeters", "reply.greeters.one"}
    said: dict[str, Specimen] = {}
    for name, forms_of_it in catalogue(language).items():
        if not name.startswith(("reply.", "refusal.")) or name in apart:
            continue
        counts = {"": 12, ".one": 1} if len(forms_of_it) > 1 else {"": 150}
        for suffix, n in counts.items():
            values = {
                key: value for key, value in _values(language, n).items() if f"{{{key}}}" in forms_of_it[-1]
            }
            said[name + suffix] = say(name, language, taps=TAPS.get(name, ()), **values)
    return said


def _values(language: Language, n: int) -> dict[str, Value]:
    first, last = (day(on, language, with_year=True) for on in (date(2026, 12, 24), date(2027, 1, 2)))
    at: Moment = moment(cast.CLOSES, zone=cast.PARIS, language=language)
    return {
        "space": cast.SPACE,
        "day": at,
        "people": names([cast.member("tom", language)], language),
        "person": mention(cast.member("tom", language)),
        "first": first,
        "last": last,
        "n": n,
        "text": Said(text="xyzzy"),
        "spaces": "#atelier, #jardin",
        "known": words("command.know", language),
        "field": words("form.me.learning", language),
        "close": "Europe/Paris",
    }


def _forms(language: Language) -> dict[str, Specimen]:
    lea = replace(cast.member("lea", language), languages=("fr", "en", "eo"))
    return {
        "discord.moderators": say("discord.moderators", language),
        "form.me": forms.me_form(
            lea, zone=cast.PARIS, apart=[("tom", "Tom Okafor")], known=[("zoe", "Zoé Lindqvist")]
        ),
        "form.ties": forms.ties_form(language, offered=[*TieSource], noted=[TieSource.REACTIONS]),
        "form.keepsake": forms.keepsake_form(
            language,
            Impression(
                introduction_id=cast.PAIR.id,
                member_id=lea.id,
                community_id=cast.COMMUNITY,
                takeaway=lea.learning,
                at=cast.CLOSES,
            ),
            others=[("tom", "Tom Okafor")],
        ),
        "form.care": forms.care_form(
            language, about=[("tom", "Tom Okafor")], named="tom", conveners=[("zoe", "Zoé Lindqvist")]
        ),
        "form.setup": forms.setup_form(language, forms.SetUp(zone=cast.PARIS), space=ExternalId("C-atelier")),
        "form.setup.other": forms.setup_form(
            language,
            forms.SetUp(
                zone=cast.PARIS,
                rhythm="other",
                distance=Distance.FAR,
                ticked=("common_hour", "tells_seasons"),
            ),
            space=ExternalId("C-atelier"),
        ),
    }


def _partnerships(language: Language) -> dict[str, Specimen]:
    lea, tom = cast.member("lea", language), cast.member("tom", language)
    company = cast.company(language)
    again = replace(company, partnership=replace(company.partnership, term=2))
    return {
        "reply.met": partnerships.met(cast.PAIR.id, others=[tom], to=lea),
        "question.met": partnerships.question(cast.PAIR.id, others=[tom], to=lea),
        "partners": partnerships.begun(company, to=lea),
        "partners.renewed": partnerships.begun(again, to=lea),
        "session": partnerships.session(company, 2, to=lea),
        "check": partnerships.check(company, to=lea),
        "ending": partnerships.ending(company, to=lea),
        "ended": partnerships.ended([tom], to=lea),
        "reply.partners": partnerships.listed([company], to=lea, now=cast.OPENS),
        "reply.partners.several": partnerships.listed([company, again], to=lea, now=cast.OPENS),
        "reply.partners.last": partnerships.listed([company], to=lea, now=company.partnership.ends_at),
        "form.intention": partnerships.intention_form(company, company.partners[0], language),
    }


def _reflections(language: Language) -> dict[str, Specimen]:
    lea, tom = cast.member("lea", language), cast.member("tom", language)
    own = [cast.OWN_QUESTION]
    where: Where = {"space": cast.SPACE, "next_at": cast.CLOSES, "zone": cast.PARIS}
    return {
        "prompt.private": _said(reflections.to_member(cast.ASKED, language)),
        "response": reflections.response(cast.RESPONSE.text, author=lea, person=tom),
        "unheard": reflections.unheard(cast.REFLECTION, cast.ASKED, author=lea, reader=tom, space=cast.SPACE),
        **{
            f"reflected.{visibility}": reflections.noted(
                replace(cast.REFLECTION, visibility=visibility), language=language, space=cast.SPACE
            )
            for visibility in Visibility
        },
        "reflected.reworded": reflections.noted(
            replace(cast.REFLECTION, visibility=Visibility.COMMUNITY),
            language=language,
            space=cast.SPACE,
            appeared=True,
            reworded=True,
        ),
        "reflected.withdrawn": reflections.noted(
            replace(cast.REFLECTION, visibility=Visibility.MINE),
            language=language,
            space=cast.SPACE,
            appeared=True,
        ),
        "prompts": reflections.listed(language, own=own, others=27, **where),
        "prompts.off": reflections.listed(language, own=[], others=28, **(where | {"next_at": None})),
        "form.reflection": reflections.reflection_form(
            language, action="reflect:q1", text=cast.REFLECTION.text, visibility=Visibility.COMMUNITY
        ),
        "form.reflection.empty": reflections.reflection_form(language, action="learning:p1"),
        "form.reflection.reword": reflections.reflection_form(
            language, action="reword:f1", text=cast.REFLECTION.text, visibility=Visibility.MINE
        ),
        "form.response": reflections.response_form(language, action="respond:f1"),
    }


def _lists(language: Language) -> dict[str, Specimen]:
    """Words that stand in other sentences."""
    keys = catalogue(language)
    months = [day(date(2026, month, month), language, with_year=month > 6) for month in range(1, 13)]
    hours = [
        moment(cast.CLOSES.replace(minute=minute), zone=cast.PARIS, language=language, with_time=True).words
        for minute in (0, 5)
    ]
    labels = [
        words(name, language, **({"number": "1"} if "{number}" in forms[0] else {}))
        for name, forms in keys.items()
        if name.startswith("button.")
    ]
    people: list[Span] = [*names([cast.member(id, language) for id in cast.NAMES], language)]
    company = message("names", [Part(language=language, paragraphs=(tuple(people),))]).plain
    sizes = [words("size", language, n=n) for n in (1, 2)]
    cadences = [words(name, language) for name in keys if name.startswith("cadence.")]
    return {
        "words.days": "\n".join([*months, *hours]),
        "words.buttons": "\n".join(labels),
        "words.lists": "\n".join([company, *sizes, *cadences]),
        "words.discord": "\n".join(words(name, language) for name in keys if name.startswith(ON_DISCORD)),
        "words.choices": "\n".join(
            replies.choice_name(choice, language) for choice in ("list", "add", "remove", "now", "on", "off")
        ),
    }


def monolingual(language: Language) -> dict[str, Specimen]:
    """Messages to a space, as one language's part of them."""
    said: dict[str, Specimen] = {}
    for name, specimen in _to_the_space(language).items():
        assert isinstance(specimen, Message)
        said[name] = replace(specimen, parts=specimen.parts[:1], buttons=())
    return said
