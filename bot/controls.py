"""What each button and each form does, by its verb; an id, if it needs one, says about what."""

from collections.abc import Awaitable, Callable, Mapping

from bot.actions import (
    acquaint,
    answer,
    arrange,
    care,
    convene,
    forget,
    look,
    notice,
    participate,
    partner,
    reflect,
    rematch,
    show,
    weigh,
    welcome,
)
from bot.domain.ids import (
    DeliveryId,
    ExternalId,
    IntroductionId,
    MemberId,
    PartnershipId,
    ProgramId,
    PromptId,
    ReflectionId,
    SlotId,
)
from bot.domain.impression import Degree
from bot.domain.reflection import Visibility
from bot.domain.round import Outcome
from bot.messages import Ask, Given, Reply
from bot.ports import OpenWork
from bot.wording.phrases import Level

NOTHING = Given()

Press = Callable[[OpenWork, Ask, str], Awaitable[Reply]]


def _of_program(action: Callable[..., Awaitable[Reply]]) -> Press:
    """A command that a button does too; the id, if there is one, names the program."""
    return lambda open_work, ask, id: action(
        open_work, ask, NOTHING, program_id=ProgramId(id) if id else None
    )


def _plain(action: Callable[..., Awaitable[Reply]]) -> Press:
    return lambda open_work, ask, _id: action(open_work, ask, NOTHING)


def _outcome(outcome: Outcome) -> Press:
    return lambda open_work, ask, id: answer.outcome(open_work, ask, IntroductionId(id), outcome=outcome)


def _phrase(level: Level) -> Press:
    return lambda open_work, ask, id: answer.another_phrase(open_work, ask, IntroductionId(id), level=level)


def _willing(*, yes: bool) -> Press:
    return lambda open_work, ask, id: partner.go_on(open_work, ask, IntroductionId(id), yes=yes)


def _again(*, yes: bool) -> Press:
    return lambda open_work, ask, id: partner.again(open_work, ask, PartnershipId(id), yes=yes)


def _visible(visibility: Visibility) -> Press:
    return lambda open_work, ask, id: reflect.show_to(open_work, ask, ReflectionId(id), visibility=visibility)


def _prompted(*, wanted: bool) -> Press:
    return lambda open_work, ask, id: reflect.ask_in_private(open_work, ask, ProgramId(id), wanted=wanted)


def _degree(action: Callable[..., Awaitable[Reply]], degree: Degree) -> Press:
    return lambda open_work, ask, id: action(open_work, ask, IntroductionId(id), degree=degree)


BUTTONS: Mapping[str, Press] = {
    "join": _of_program(participate.join),
    "pause": _of_program(participate.pause),
    "resume": _of_program(participate.resume),
    "skip": _of_program(participate.skip),
    "leave": _of_program(participate.leave),
    "preview": _of_program(convene.preview),
    "hold": _of_program(convene.pause_program),
    "restart": _of_program(convene.resume_program),
    "me": _plain(look.me),
    "why": _plain(look.why),
    "privacy": _plain(look.privacy),
    "met": _outcome(Outcome.MET),
    "not_yet": _outcome(Outcome.NOT_YET),
    "could_not": _outcome(Outcome.COULD_NOT),
    "phrase": _phrase(Level.PRACTICE),
    "lighter": _phrase(Level.LIGHT),
    "deeper": _phrase(Level.DEEPER),
    "rest": _of_program(participate.rest),
    "stay": _of_program(participate.stay),
    "expect": lambda open_work, ask, id: weigh.asked_what(open_work, ask, IntroductionId(id)),
    **{
        verb: _degree(action, degree)
        for verbs, action in ((weigh.EXPECT, weigh.expect), (weigh.FOUND, weigh.find))
        for verb, degree in zip(verbs, Degree, strict=True)
    },
    "keepsake": lambda open_work, ask, id: weigh.keepsake(open_work, ask, IntroductionId(id)),
    "say": arrange.say_it,
    "times": lambda open_work, ask, id: arrange.find_time(open_work, ask, IntroductionId(id)),
    # The same under another name, where a time is set already.
    "retime": lambda open_work, ask, id: arrange.find_time(open_work, ask, IntroductionId(id)),
    "slot": lambda open_work, ask, id: arrange.choose(open_work, ask, SlotId(id)),
    "calendar": lambda open_work, ask, id: arrange.calendar(open_work, ask, IntroductionId(id)),
    "call_off": lambda open_work, ask, id: arrange.call_off(open_work, ask, IntroductionId(id)),
    "known": lambda open_work, ask, id: rematch.know_each_other(open_work, ask, IntroductionId(id)),
    "bow": lambda open_work, ask, id: rematch.bow_out(open_work, ask, IntroductionId(id)),
    "unknow": lambda open_work, ask, id: acquaint.unknow(open_work, ask, MemberId(id)),
    "unavoid": lambda open_work, ask, id: acquaint.unavoid(open_work, ask, MemberId(id)),
    "ungreet": lambda open_work, ask, id: welcome.decline(open_work, ask, ProgramId(id)),
    "fortnight": lambda open_work, ask, id: convene.slow_down(open_work, ask, ProgramId(id)),
    "show": lambda open_work, ask, id: show.show(open_work, ask, DeliveryId(id)),
    "reflect": lambda open_work, ask, id: reflect.open_form(open_work, ask, PromptId(id)),
    "nothing": lambda open_work, ask, id: reflect.nothing(open_work, ask, PromptId(id)),
    "reword": lambda open_work, ask, id: reflect.reopen_form(open_work, ask, ReflectionId(id)),
    "share": _visible(Visibility.COMMUNITY),
    "withdraw": _visible(Visibility.MINE),
    "respond": lambda open_work, ask, id: reflect.respond_form(open_work, ask, ReflectionId(id)),
    "go_on": _willing(yes=True),
    "enough": _willing(yes=False),
    "intend": lambda open_work, ask, id: partner.open_form(open_work, ask, PartnershipId(id)),
    "part": lambda open_work, ask, id: partner.part(open_work, ask, PartnershipId(id)),
    "again": _again(yes=True),
    "done": _again(yes=False),
    "prompt_me": _prompted(wanted=True),
    "prompt_stop": _prompted(wanted=False),
    "forget": lambda open_work, ask, _id: forget.forget(open_work, ask),
    "keep": lambda open_work, ask, _id: look.keep(open_work, ask),
}

Submit = Callable[[OpenWork, Ask, str, Mapping[str, str]], Awaitable[Reply]]

FORMS: Mapping[str, Submit] = {
    "care": lambda open_work, ask, _id, values: care.tell(open_work, ask, values),
    "keepsake": lambda open_work, ask, id, values: weigh.keep(open_work, ask, IntroductionId(id), values),
    "me": lambda open_work, ask, _id, values: look.save_me(open_work, ask, values),
    "ties": lambda open_work, ask, _id, values: notice.set_sources(open_work, ask, values),
    "setup": lambda open_work, ask, id, values: convene.set_up(open_work, ask, ExternalId(id), values),
    "reflect": lambda open_work, ask, id, values: reflect.reflect(open_work, ask, PromptId(id), values),
    "learning": lambda open_work, ask, id, values: reflect.learnt(open_work, ask, ProgramId(id), values),
    "reword": lambda open_work, ask, id, values: reflect.reword(open_work, ask, ReflectionId(id), values),
    "intend": lambda open_work, ask, id, values: partner.intend(open_work, ask, PartnershipId(id), values),
    "respond": lambda open_work, ask, id, values: reflect.respond(open_work, ask, ReflectionId(id), values),
}
