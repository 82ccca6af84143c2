"""After the first message: the first word said for its opener, and a time to meet."""

from datetime import UTC, datetime, timedelta

import icalendar
import pytest

from bot.errors import Uncertain
from bot.messages import Destination, Message, Reply
from storage.database import OpenStorage
from tests.town import Town, found, person

TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
WEEK = timedelta(weeks=1)
NIGHT = TUESDAY + timedelta(hours=12)
"""Nothing goes out before the morning."""


async def opened(storage: OpenStorage, *names: str, **zones: str) -> Town:
    town = await found(storage, *names)
    for name, zone in zones.items():
        town.people[name] = person(name, zone=zone)
    town.platform.present = list(town.people.values())
    await town.set_up()
    await town.join(*names)
    await town.move_to(TUESDAY + timedelta(hours=1))
    return town


def introduced(town: Town, name: str) -> tuple[str, str, list[str]]:
    """Somebody's introduction: its id, its opener, and the others."""
    [seen] = town.platform.of(town.people[name], "introduction")
    id = next(one.action for one in seen.message.buttons if one.action.startswith("times:"))[6:]
    people = [one.removeprefix("U-") for one in seen.people]
    text = seen.message.plain
    opener = min(people, key=lambda one: text.rfind(f"{one.capitalize()}, the first word"))
    opener = next((one for one in people if f"{one.capitalize()}, the first word" in text), opener)
    return id, opener, [one for one in people if one != opener]


def button(message: Message | None, verb: str, nth: int = 0) -> str:
    assert message is not None
    return [one.action for one in message.buttons if one.action.startswith(f"{verb}:")][nth]


def name_of(reply: Reply) -> str:
    assert reply.message is not None
    return reply.message.name


def event_in(reply: Reply) -> icalendar.Event:
    assert reply.file is not None
    calendar = icalendar.Calendar.from_ical(reply.file.content)
    assert isinstance(calendar, icalendar.Calendar)
    [event] = calendar.walk("VEVENT")
    assert isinstance(event, icalendar.Event)
    return event


async def agreed(town: Town) -> tuple[str, str, str, Reply]:
    """The two of them settle on the last slot: id, who proposed, who agreed, and what that one read."""
    id, opener, [other] = introduced(town, "lea")
    offer = await town.press(town.people[opener], f"times:{id}")
    slot = button(offer.message, "slot", 2)
    await town.press(town.people[opener], slot)
    await town.move_to(town.clock.now() + timedelta(hours=1))
    settled = await town.press(town.people[other], slot)
    await town.move_to(town.clock.now() + timedelta(hours=1))
    return id, opener, other, settled


# ── Say it for me ───────────────────────────────────────────────────────────────────────────────────


async def test_the_phrase_is_said_in_the_openers_name_on_their_click_once(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    _, opener, [other] = introduced(town, "lea")
    [seen] = town.platform.of(town.people["lea"], "introduction")
    action = button(seen.message, "say")

    first = await town.press(town.people[opener], action)
    again = await town.press(town.people[opener], action)
    await town.move_to(TUESDAY + timedelta(days=1))

    assert [name_of(first), name_of(again)] == ["reply.said", "reply.said_already"]
    [said] = town.platform.of(town.people[other], "said")
    phrase = seen.message.plain.partition("“")[2].partition("”")[0]
    assert f"{opener.capitalize()}, through Voisin" in said.message.plain
    assert phrase in said.message.plain
    assert set(said.people) == {"U-lea", "U-tom"}


async def test_nobody_but_the_opener_gives_the_first_word_away(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    _, _, [other] = introduced(town, "lea")
    [seen] = town.platform.of(town.people["lea"], "introduction")

    reply = await town.press(town.people[other], button(seen.message, "say"))
    await town.move_to(TUESDAY + timedelta(days=1))

    assert name_of(reply) == "refusal.not_opener"
    assert town.platform.of(town.people[other], "said") == []


async def test_what_is_said_is_what_stood_above_the_button(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    id, opener, [other] = introduced(town, "lea")
    await town.move_to(NIGHT)
    [seen] = town.platform.of(town.people["lea"], "introduction")
    await town.press(town.people[opener], f"phrase:{id}")

    await town.press(town.people[opener], button(seen.message, "say"))
    await town.press(town.people[opener], f"deeper:{id}")
    await town.move_to(TUESDAY + timedelta(days=1))

    [said] = town.platform.of(town.people[other], "said")
    assert seen.message.plain.partition("“")[2].partition("”")[0] in said.message.plain


@pytest.mark.parametrize("phrase", ["deeper-8", "nonsense", ""])
async def test_nothing_is_said_that_the_opener_has_not_read(storage: OpenStorage, phrase: str) -> None:
    town = await opened(storage, "lea", "tom")
    id, opener, _ = introduced(town, "lea")

    reply = await town.press(town.people[opener], f"say:{id}.{phrase}")

    assert name_of(reply) == "refusal.unknown_button"


async def test_a_lost_answer_never_says_it_twice(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    _, opener, [other] = introduced(town, "lea")
    [seen] = town.platform.of(town.people["lea"], "introduction")

    def lost(_destination: Destination, message: Message, _key: str) -> None:
        if message.name == "said":
            raise Uncertain("the answer was lost")

    town.platform.after = lost
    await town.press(town.people[opener], button(seen.message, "say"))
    await town.move_to(TUESDAY + timedelta(days=2))

    assert len(town.platform.of(town.people[other], "said")) == 1
    assert len(town.platform.of(town.people[other], "interrupted")) == 1


async def test_who_leaves_before_it_is_said_says_nothing(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    _, opener, [other] = introduced(town, "lea")
    await town.move_to(NIGHT)
    [seen] = town.platform.of(town.people["lea"], "introduction")

    await town.press(town.people[opener], button(seen.message, "say"))
    await town.type(town.people[opener], "leave")
    await town.move_to(TUESDAY + timedelta(days=1))

    assert town.platform.of(town.people[other], "said") == []


@pytest.mark.parametrize("outcome", ["met", "not_yet"])
async def test_who_erases_themselves_before_it_is_said_is_not_spoken_for(
    storage: OpenStorage, outcome: str
) -> None:
    town = await opened(storage, "lea", "tom", "zoe")
    id, opener, others = introduced(town, "lea")
    await town.move_to(NIGHT)
    [seen] = town.platform.of(town.people["lea"], "introduction")

    await town.press(town.people[opener], button(seen.message, "say"))
    await town.press(town.people[others[0]], f"{outcome}:{id}")
    await town.press(town.people[opener], "forget:")
    await town.move_to(TUESDAY + timedelta(days=1))

    assert town.platform.of(town.people[others[0]], "said") == []


# ── Find a time ─────────────────────────────────────────────────────────────────────────────────────


async def test_two_who_tap_the_same_slot_get_the_card_and_the_file(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    id, opener, other, settled = await agreed(town)

    [proposed] = town.platform.of(town.people[other], "times")
    [card] = town.platform.of(town.people[other], "card")
    file = await town.press(town.people[opener], f"calendar:{id}")

    assert f"{opener.capitalize()} suggests" in proposed.message.plain
    assert name_of(settled) == "reply.agreed"
    assert "Subject: YOU" in card.message.plain
    assert set(card.people) == {"U-lea", "U-tom"}
    assert event_in(file)["UID"] == event_in(settled)["UID"]
    assert event_in(file).start > TUESDAY


async def test_two_clicks_at_once_make_one_card(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    _, _, other, _ = await agreed(town)
    [proposed] = town.platform.of(town.people[other], "times")

    again = await town.press(town.people[other], button(proposed.message, "slot", 2))
    await town.move_to(town.clock.now() + timedelta(hours=1))

    assert name_of(again) == "reply.agreed"
    assert len(town.platform.of(town.people[other], "card")) == 1


async def test_two_who_tap_different_slots_hear_of_each_other_and_agree(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    id, opener, [other] = introduced(town, "lea")
    offer = await town.press(town.people[opener], f"times:{id}")
    await town.press(town.people[opener], button(offer.message, "slot", 0))
    await town.move_to(TUESDAY + timedelta(hours=2))

    differs = await town.press(town.people[other], button(offer.message, "slot", 1))
    await town.move_to(TUESDAY + timedelta(hours=3))
    changes = await town.press(town.people[opener], button(offer.message, "slot", 1))

    assert [name_of(differs), name_of(changes)] == ["reply.picked", "reply.agreed"]
    assert len(town.platform.of(town.people[opener], "times")) == 2


async def test_a_trio_agrees_when_all_three_have_chosen_the_same(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", "zoe")
    id, opener, others = introduced(town, "lea")
    offer = await town.press(town.people[opener], f"times:{id}")
    slot = button(offer.message, "slot")

    replies = [await town.press(town.people[name], slot) for name in (opener, *others)]

    assert [name_of(reply) for reply in replies] == ["reply.picked", "reply.picked", "reply.agreed"]


async def test_another_time_keeps_the_event_and_raises_its_sequence(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    id, opener, other, first = await agreed(town)

    offer = await town.press(town.people[other], f"times:{id}")
    slot = button(offer.message, "slot")
    await town.press(town.people[other], slot)
    second = await town.press(town.people[opener], slot)
    await town.move_to(town.clock.now() + timedelta(hours=1))

    cards = town.platform.of(town.people[opener], "card")
    assert event_in(second)["UID"] == event_in(first)["UID"]
    assert (event_in(first)["SEQUENCE"], event_in(second)["SEQUENCE"]) == (0, 1)
    assert event_in(second).start != event_in(first).start
    assert len(cards) == 2
    assert "It is changed" in cards[1].message.plain


async def test_what_is_called_off_leaves_both_calendars(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    id, opener, other, _ = await agreed(town)

    own = await town.press(town.people[opener], f"call_off:{id}")
    await town.move_to(town.clock.now() + timedelta(hours=1))
    theirs = await town.press(town.people[other], f"calendar:{id}")
    again = await town.press(town.people[opener], f"call_off:{id}")

    assert len(town.platform.of(town.people[other], "called_off")) == 1
    assert town.platform.of(town.people[opener], "called_off") == []
    assert event_in(own)["STATUS"] == event_in(theirs)["STATUS"] == "CANCELLED"
    assert name_of(again) == "refusal.no_meeting"


async def test_a_meeting_that_has_passed_is_asked_about_and_not_called_off(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    id, opener, other, _ = await agreed(town)
    await town.move_to(TUESDAY + timedelta(days=6))

    late = await town.press(town.people[opener], f"call_off:{id}")
    met = await town.press(town.people[opener], button(late.message, "met"))
    await town.move_to(TUESDAY + WEEK)

    assert name_of(late) == "reply.meeting_passed"
    assert name_of(met) == "reply.met"
    assert town.platform.of(town.people[other], "called_off") == []


async def test_not_this_week_calls_the_meeting_off(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", "zoe", "max")
    id, opener, other, _ = await agreed(town)

    await town.press(town.people[opener], f"bow:{id}")
    await town.move_to(town.clock.now() + timedelta(hours=1))
    file = await town.press(town.people[other], f"calendar:{id}")

    [told] = town.platform.of(town.people[other], "called_off")
    assert opener.capitalize() not in told.message.plain
    assert event_in(file)["STATUS"] == "CANCELLED"


async def test_days_that_never_cross_are_told_so(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", tom="Pacific/Auckland")
    [seen] = town.platform.of(town.people["lea"], "introduction")
    id = button(seen.message, "times")[6:]

    reply = await town.press(town.people["lea"], f"times:{id}")

    assert name_of(reply) == "reply.times_none"


async def test_who_lives_a_day_ahead_reads_both_dates(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", lea="Pacific/Kiritimati", tom="Pacific/Honolulu")
    await town.move_to(TUESDAY + timedelta(hours=10))
    id, opener, [other] = introduced(town, "lea")

    offer = await town.press(town.people[opener], f"times:{id}")

    assert offer.message is not None
    assert name_of(offer) == "reply.times"
    assert f"for {other.capitalize()}" in offer.message.plain


async def test_a_slot_that_has_passed_is_refused_and_others_are_a_tap_away(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    id, opener, _ = introduced(town, "lea")
    offer = await town.press(town.people[opener], f"times:{id}")
    await town.move_to(TUESDAY + timedelta(days=1, hours=12))

    late = await town.press(town.people[opener], button(offer.message, "slot"))
    fresh = await town.press(town.people[opener], button(late.message, "times"))

    assert name_of(late) == "reply.slot_passed"
    assert name_of(fresh) == "reply.times"


async def test_after_the_round_a_time_is_no_longer_looked_for(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    id, opener, _ = introduced(town, "lea")
    await town.move_to(TUESDAY + WEEK + timedelta(minutes=1))

    reply = await town.press(town.people[opener], f"times:{id}")

    assert name_of(reply) == "refusal.closed"


async def test_not_yet_gives_a_week_more(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", "zoe", "max")
    id, opener, _ = introduced(town, "lea")
    await town.move_to(TUESDAY + WEEK - timedelta(hours=12))

    answer = await town.press(town.people[opener], f"not_yet:{id}")
    offer = await town.press(town.people[opener], button(answer.message, "times"))
    met = await town.press(town.people[opener], button(answer.message, "met"))

    assert name_of(offer) == "reply.times"
    assert name_of(met) == "reply.met"


async def test_others_and_forgers_get_a_sentence(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", "zoe", "max")
    id, opener, others = introduced(town, "lea")
    offer = await town.press(town.people[opener], f"times:{id}")
    stranger = next(name for name in ("tom", "zoe", "max", "lea") if name not in (opener, *others))

    replies = [
        await town.press(town.people[stranger], button(offer.message, "slot")),
        await town.press(town.people[stranger], f"times:{id}"),
        await town.press(town.people[stranger], f"calendar:{id}"),
        await town.press(town.people[stranger], "slot:nonsense"),
        await town.press(town.people[opener], f"calendar:{id}"),
        await town.press(town.people[opener], f"call_off:{id}"),
    ]

    assert [name_of(reply) for reply in replies] == [
        "refusal.not_yours",
        "refusal.not_yours",
        "refusal.not_yours",
        "refusal.slot_gone",
        "refusal.no_meeting",
        "refusal.no_meeting",
    ]


# ── Mid-round ───────────────────────────────────────────────────────────────────────────────────────


async def test_mid_round_who_has_begun_and_not_met_is_offered_slots(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    id, opener, [other] = introduced(town, "lea")
    await town.press(town.people[opener], f"phrase:{id}")

    await town.move_to(TUESDAY + timedelta(days=5))

    [slots] = town.platform.of(town.people[other], "slots")
    assert "Writing is just as good" in slots.message.plain
    assert town.platform.of(town.people[opener], "nudge") == []
    assert slots.at < TUESDAY + timedelta(days=4)


@pytest.mark.parametrize("begun", ["nothing", "met", "slot"])
async def test_mid_round_nobody_is_reminded_twice_or_in_vain(storage: OpenStorage, begun: str) -> None:
    town = await opened(storage, "lea", "tom")
    id, opener, [other] = introduced(town, "lea")
    if begun == "met":
        await town.press(town.people[opener], f"met:{id}")
    if begun == "slot":
        offer = await town.press(town.people[opener], f"times:{id}")
        await town.press(town.people[opener], button(offer.message, "slot"))

    await town.move_to(TUESDAY + timedelta(days=5))

    assert town.platform.of(town.people[other], "slots") == []
    assert len(town.platform.of(town.people[opener], "nudge")) == (begun == "nothing")


async def test_mid_round_zones_that_never_cross_hear_that_writing_is_fine(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", tom="Pacific/Auckland")
    [seen] = town.platform.of(town.people["lea"], "introduction")
    id = button(seen.message, "times")[6:]
    await town.press(town.people["lea"], f"phrase:{id}")

    await town.move_to(TUESDAY + timedelta(days=5))

    [slots] = town.platform.of(town.people["lea"], "slots")
    assert "Writing is fine" in slots.message.plain


async def test_a_wish_to_be_kept_apart_silences_all_of_it(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    id, opener, [other] = introduced(town, "lea")
    await town.move_to(NIGHT)
    [seen] = town.platform.of(town.people["lea"], "introduction")
    await town.press(town.people[opener], button(seen.message, "say"))
    offer = await town.press(town.people[opener], f"times:{id}")
    await town.press(town.people[opener], button(offer.message, "slot"))
    before = len(town.platform.seen)

    await town.type(town.people[other], f"avoid @{opener}")
    await town.move_to(TUESDAY + timedelta(days=6, hours=23))

    assert [one.message.name for one in town.platform.seen[before:] if one.people] == []
