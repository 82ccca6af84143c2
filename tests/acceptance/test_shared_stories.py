"""What members live through, word for word the same on every platform."""

import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path

import pytest

from tests.places.everywhere import LEFT, PLACES
from tests.places.place import TUESDAY, Place, Seen, Sheet, bare, set_up

WEEK = timedelta(days=7)

PAIR = ("ada", "ben")
SIX = ("ada", "ben", "cleo", "dan", "eva", "fay")

Makes = Callable[..., AbstractAsyncContextManager[Place]]


@pytest.fixture(params=sorted(PLACES))
def makes(request: pytest.FixtureRequest, sqlite_file: Path) -> Makes:
    """Opens a place of one platform for these people."""
    return lambda *names, french=(): PLACES[request.param](sqlite_file, *names, french=french)


async def introduction(place: Place, who: str) -> Seen:
    """The one that came to somebody."""
    [seen] = [seen for seen in await place.came(who) if "known" in seen.verbs]
    return seen


async def companion(place: Place, who: str, others: Sequence[str]) -> str:
    """With whom somebody was introduced first."""
    words = (await introduction(place, who)).words
    [other] = [other for other in others if other != who and await place.called(other) in words]
    return other


async def presses(place: Place, who: str, seen: Seen, verb: str) -> Seen:
    """A button by what it does: its label is what they look for."""
    return await place.clicks(who, seen, seen.label(verb))


async def opens_by(place: Place, who: str, seen: Seen, verb: str) -> Sheet:
    """The form behind a button."""
    shown = await presses(place, who, seen, verb)
    return Sheet(title=shown.words, fields=(), native=shown.native)


async def last(place: Place, who: str, verb: str) -> Seen:
    """What came last to somebody with such a button."""
    return [seen for seen in await place.came(who) if verb in seen.verbs][-1]


# ── A round ─────────────────────────────────────────────────────────────────────────────────────────


async def test_a_round_from_the_invitation_to_the_outcome(makes: Makes) -> None:
    async with makes("ada", "ben") as place:
        sheet = await place.opens("ada", "setup")
        done = await place.fills("ada", sheet, day="1", at="10:00", zone="Europe/Paris", size="2")
        await place.until(TUESDAY - timedelta(hours=1))
        [invitation] = await place.posted()
        joined = [await presses(place, name, invitation, "join") for name in ("ada", "ben")]

        await place.until(TUESDAY)
        made = {name: await introduction(place, name) for name in ("ada", "ben")}
        await place.until(TUESDAY + WEEK - timedelta(minutes=1))
        question = (await place.came("ben"))[-1]
        thanked = await place.clicks("ben", question, "We met")

        assert "preview" in done.verbs
        assert all({"me", "privacy"} <= each.verbs for each in joined)
        for name, other in (("ada", "ben"), ("ben", "ada")):
            assert await place.called(other) in made[name].words
        assert question.verbs == {"met", "not_yet", "could_not"}
        assert thanked.words


async def test_everybody_is_introduced_once_and_an_odd_one_makes_a_trio(makes: Makes) -> None:
    async with makes("ada", "ben", "cleo") as place:
        await set_up(place, "ada", "ben", "cleo")

        await place.until(TUESDAY + timedelta(hours=1))

        for name in ("ada", "ben", "cleo"):
            seen = await introduction(place, name)
            assert [await place.called(other) in seen.words for other in ("ada", "ben", "cleo")].count(
                True
            ) >= 2


async def test_two_languages_are_both_in_the_message(makes: Makes) -> None:
    async with makes("ada", "ben", french=["ben"]) as place:
        await set_up(place, "ada")
        joined = await place.types("ben", "join")

        await place.until(TUESDAY)

        seen = await introduction(place, "ben")
        assert "Bienvenue" in joined.words
        assert "voici" in seen.words
        assert "meet" in seen.words


async def test_what_a_member_wrote_stays_words(makes: Makes) -> None:
    hostile = "@everyone <!channel> *bold* _it_ [here](https://x.example) <@123>"
    async with makes("ada", "ben") as place:
        await set_up(place, "ada", "ben")
        kept = await place.fills("ben", await place.opens("ben", "me"), learning=hostile)

        await place.until(TUESDAY)

        seen = await introduction(place, "ada")
        assert kept.words
        assert bare(hostile) in bare(seen.words)


async def test_a_form_that_cannot_be_taken_is_a_sentence_and_changes_nothing(makes: Makes) -> None:
    async with makes("ada", "ben") as place:
        await set_up(place, "ada", "ben")
        taken = await place.fills("ben", await place.opens("ben", "me"), zone="Asia/Tokyo")

        wrong = await place.fills("ben", await place.opens("ben", "me"), zone="Paris/Texas/Nowhere")

        async with place.storage.open_work((await place.community()).id) as work:
            zones = {member.name: member.zone for member in await work.members.all()}
        assert wrong.words != taken.words
        assert zones["Ben"] == "Asia/Tokyo"


@pytest.mark.parametrize("platform", sorted(LEFT))
async def test_who_has_left_is_not_introduced(platform: str, sqlite_file: Path) -> None:
    people = ("ada", "ben", "cleo", "dan", "eva")
    async with LEFT[platform](sqlite_file, *people) as place:
        await set_up(place, *people)
        gone = await place.called("eva")
        await place.leaves("eva")

        await place.until(TUESDAY + timedelta(hours=1))

        assert await place.came("eva") == []
        for name in people[:-1]:
            assert gone not in (await introduction(place, name)).words


# ── Coming and going ────────────────────────────────────────────────────────────────────────────────


async def test_who_skips_hears_nothing_in_that_round_and_something_in_the_next(makes: Makes) -> None:
    async with makes("ada", "ben", "cleo") as place:
        await set_up(place, "ada", "ben", "cleo")
        await place.types("cleo", "skip")

        await place.until(TUESDAY + WEEK - timedelta(minutes=1))
        before = await place.came("cleo")
        await place.until(TUESDAY + WEEK)

        assert before == []
        assert "known" in (await introduction(place, "cleo")).verbs


async def test_who_pauses_comes_back_on_their_day_with_a_note(makes: Makes) -> None:
    async with makes("ada", "ben", "cleo") as place:
        await set_up(place, "ada", "ben", "cleo")
        paused = await place.types("cleo", "pause", text="2026-11-28")

        await place.until(TUESDAY + WEEK)

        back, made = await place.came("cleo")
        assert "resume" in paused.verbs
        assert "known" in made.verbs
        assert "known" not in back.verbs


async def test_leaving_is_silent(makes: Makes) -> None:
    async with makes("ada", "ben", "cleo", "dan") as place:
        await set_up(place, "ada", "ben", "cleo", "dan")
        left = await place.types("dan", "leave")

        await place.until(TUESDAY + timedelta(hours=1))

        assert "join" in left.verbs
        assert await place.came("dan") == []
        gone = await place.called("dan")
        for name in ("ada", "ben", "cleo"):
            assert not [seen for seen in await place.came(name) if gone in seen.words]


async def test_who_is_erased_is_forgotten_after_a_second_click(makes: Makes) -> None:
    async with makes("ada", "ben", "cleo") as place:
        await set_up(place, "ada", "ben", "cleo")
        asked = await place.types("cleo", "forget-me")

        done = await presses(place, "cleo", asked, "forget")
        await place.until(TUESDAY)

        assert done.words != asked.words
        assert await place.came("cleo") == []


async def test_ones_own_data_comes_as_a_file(makes: Makes) -> None:
    async with makes("ada", "ben") as place:
        await set_up(place, "ada", "ben")

        given = await place.types("ben", "export-me")

        assert given.file is not None
        assert b"Ben" in given.file
        assert b"Ada" not in given.file


# ── Wishes ──────────────────────────────────────────────────────────────────────────────────────────


async def test_we_know_each_other_finds_both_a_new_neighbour(makes: Makes) -> None:
    people = ("ada", "ben", "cleo", "dan", "eva", "fay")
    async with makes(*people) as place:
        await set_up(place, *people)
        await place.until(TUESDAY)
        other = await companion(place, "fay", people)

        swapped = await presses(place, "fay", await introduction(place, "fay"), "known")
        await place.until(TUESDAY + timedelta(hours=1))

        assert swapped.words
        for one, former in (("fay", other), (other, "fay")):
            *_, joined = [seen for seen in await place.came(one) if "known" in seen.verbs]
            assert await place.called(former) not in joined.words


async def test_not_this_week_is_asked_nothing_more(makes: Makes) -> None:
    people = ("ada", "ben", "cleo", "dan")
    async with makes(*people) as place:
        await set_up(place, *people)
        await place.until(TUESDAY)

        bowed = await presses(place, "dan", await introduction(place, "dan"), "bow")
        await place.until(TUESDAY + WEEK - timedelta(minutes=1))

        assert bowed.words
        assert len(await place.came("dan")) == 1


async def test_another_phrase_is_an_answer_to_one_alone(makes: Makes) -> None:
    async with makes("ada", "ben") as place:
        await set_up(place, "ada", "ben")
        await place.until(TUESDAY)

        phrase = await presses(place, "ben", await introduction(place, "ben"), "phrase")

        assert {"lighter", "deeper"} & phrase.verbs
        assert not [seen for seen in await place.came("ada") if "deeper" in seen.verbs]


async def test_a_keep_apart_wish_holds_and_nobody_can_tell(makes: Makes) -> None:
    async with makes("ada", "ben") as place:
        await set_up(place, "ada", "ben")
        kept = await place.types("ada", "avoid", person="ben")

        await place.until(TUESDAY)
        why = await place.types("ben", "why")

        assert kept.words
        [alone] = await place.came("ben")
        assert "known" not in alone.verbs
        assert await place.called("ada") not in alone.words + why.words


# ── Conveners ───────────────────────────────────────────────────────────────────────────────────────


async def test_the_preview_is_what_is_sent(makes: Makes) -> None:
    people = ("ada", "ben", "cleo", "dan")
    async with makes(*people) as place:
        await set_up(place, *people)

        preview = await place.types("ada", "preview")
        await place.until(TUESDAY)

        called = {name: (await place.called(name), name.capitalize()) for name in people}
        other = await companion(place, "ada", people)
        together = [
            line
            for line in preview.words.splitlines()
            if all(any(way in line for way in called[name]) for name in ("ada", other))
        ]
        assert together


async def test_a_convener_is_named_and_named_no_more(makes: Makes) -> None:
    async with makes("ada", "ben") as place:
        await set_up(place, "ada", "ben")
        refused = await place.types("ben", "preview")

        named = await place.types("ada", "convener", person="ben")
        allowed = await place.types("ben", "preview")
        await place.types("ada", "convener", text="remove", person="ben")
        again = await place.types("ben", "preview")

        assert named.words
        assert refused.words == again.words != allowed.words


async def test_a_paused_program_opens_nothing_until_it_goes_on(makes: Makes) -> None:
    async with makes("ada", "ben") as place:
        await set_up(place, "ada", "ben")
        await place.types("ada", "pause-program")
        await place.until(TUESDAY + WEEK)
        before = await place.came("ben")

        await place.types("ada", "resume-program")
        await place.until(TUESDAY + 2 * WEEK)

        assert before == []
        assert "known" in (await introduction(place, "ben")).verbs


async def test_a_day_off_is_announced_and_nobody_is_introduced(makes: Makes) -> None:
    async with makes("ada", "ben") as place:
        await set_up(place, "ada", "ben")
        await place.until(TUESDAY - timedelta(hours=2))
        already = len(await place.posted())

        answer = await place.types("ada", "blackout", text="2026-11-24")
        await place.until(TUESDAY + timedelta(days=1))

        assert answer.words
        assert await place.came("ben") == []
        assert len(await place.posted()) == already + 1


async def test_a_round_by_hand_opens_now_and_not_twice(makes: Makes) -> None:
    async with makes("ada", "ben") as place:
        await set_up(place, "ada", "ben")

        first = await place.types("ada", "run-now")
        second = await place.types("ada", "run-now")
        await place.until(TUESDAY)

        assert first.words != second.words
        assert "known" in (await introduction(place, "ben")).verbs


# ── After the first message ─────────────────────────────────────────────────────────────────────────


async def test_the_first_word_is_said_for_its_opener_and_two_taps_make_a_meeting(makes: Makes) -> None:
    async with makes("ada", "ben") as place:
        await set_up(place, "ada", "ben")
        await place.until(TUESDAY + timedelta(minutes=5))
        made = {name: await introduction(place, name) for name in ("ada", "ben")}
        # Both try; the first word is one's alone.
        answers = {name: await presses(place, name, made[name], "say") for name in made}
        [other] = [name for name, seen in answers.items() if "The first word is for" in seen.words]
        opener = "ben" if other == "ada" else "ada"
        await place.until(TUESDAY + timedelta(minutes=10))
        said = (await place.came(other))[-1]
        offer = await presses(place, opener, made[opener], "times")
        await place.clicks(opener, offer, "Choose 2")
        await place.until(TUESDAY + timedelta(minutes=15))
        proposed = (await place.came(other))[-1]
        await place.clicks(other, proposed, "Choose 2")
        await place.until(TUESDAY + timedelta(minutes=20))

        card = (await place.came(other))[-1]
        assert "through Voisin" in said.words
        assert offer.verbs == {"slot"}
        assert "YOU" in card.words
        assert card.verbs == {"calendar", "retime", "call_off"}


async def test_who_opens_and_says_nothing_is_offered_another_phrase_alone(makes: Makes) -> None:
    async with makes("ada", "ben") as place:
        await set_up(place, "ada", "ben")
        await place.until(TUESDAY + timedelta(hours=1))
        before = {name: len(await place.came(name)) for name in PAIR}

        await place.until(TUESDAY + timedelta(hours=30))

        nudged = {name: (await place.came(name))[before[name] :] for name in PAIR}
        [told] = [seen for each in nudged.values() for seen in each]
        assert {"phrase", "say", "met", "bow"} == told.verbs


async def test_what_one_expects_and_finds_is_answered_to_them_alone(makes: Makes) -> None:
    async with makes("ada", "ben") as place:
        await set_up(place, "ada", "ben")
        await place.until(TUESDAY + timedelta(hours=1))
        asked = await presses(place, "ada", await introduction(place, "ada"), "expect")
        expected = await presses(place, "ada", asked, "expect_little")
        await place.until(TUESDAY + WEEK - timedelta(minutes=1))
        before = len(await place.came("ben"))
        met = await presses(place, "ada", await last(place, "ada", "met"), "met")

        found = await presses(place, "ada", met, "found_much")

        assert expected.words
        assert "keepsake" in found.verbs
        assert len(await place.came("ben")) == before


async def test_who_comes_late_is_introduced_in_the_running_round(makes: Makes) -> None:
    async with makes("ada", "ben", "cleo") as place:
        await set_up(place, "ada", "ben")
        await place.until(TUESDAY + timedelta(hours=1))

        joined = await place.types("cleo", "join")
        await place.until(TUESDAY + timedelta(hours=2))

        seen = await introduction(place, "cleo")
        assert {"me", "privacy"} <= joined.verbs
        assert [await place.called(name) in seen.words for name in PAIR] == [True, True]


async def test_what_one_is_learning_is_told_at_any_time_and_opens_the_next_introduction(makes: Makes) -> None:
    async with makes("ada", "ben") as place:
        await set_up(place, "ada", "ben")
        kept = await place.types("ben", "learning", text="splicing a rope")

        await place.until(TUESDAY + timedelta(hours=1))

        assert "share" in kept.verbs
        assert "splicing a rope" in (await introduction(place, "ada")).words


async def test_a_private_word_reaches_the_convener_and_nobody_else(makes: Makes) -> None:
    async with makes("ada", "ben", "cleo") as place:
        await set_up(place, "ada", "ben", "cleo")
        await place.until(TUESDAY + timedelta(minutes=5))
        before = len(await place.came("cleo"))

        told = await place.fills("ben", await place.opens("ben", "care"), words="It was not kind.")
        await place.until(TUESDAY + timedelta(minutes=10))

        assert told.words
        assert "It was not kind." in (await place.came("ada"))[-1].words
        assert len(await place.came("cleo")) == before


# ── Weeks later ─────────────────────────────────────────────────────────────────────────────────────


async def test_two_yeses_make_a_partnership_with_intentions_and_a_kind_end(makes: Makes) -> None:
    async with makes("ada", "ben") as place:
        await set_up(place, "ada", "ben")
        await place.until(TUESDAY + WEEK - timedelta(minutes=1))
        met = {name: await presses(place, name, await last(place, name, "met"), "met") for name in PAIR}
        await place.types("ada", "pause-program")

        willing = await presses(place, "ada", met["ada"], "go_on")
        begun = await presses(place, "ben", met["ben"], "go_on")
        form = await opens_by(place, "ben", begun, "intend")
        intended = await place.fills("ben", form, better_at="knots", will_try="a bowline", pace="weekly")
        await place.until(TUESDAY + 3 * WEEK)
        recalled = [seen for seen in await place.came("ada") if "a bowline" in seen.words]
        await place.until(TUESDAY + 8 * WEEK)
        over = {name: await last(place, name, "again") for name in PAIR}
        done = await presses(place, "ada", over["ada"], "done")

        assert await place.called("ben") not in willing.words
        assert intended.words
        assert recalled
        assert done.words


async def test_a_no_to_a_partnership_leaves_no_trace(makes: Makes) -> None:
    async with makes("ada", "ben") as place:
        await set_up(place, "ada", "ben")
        await place.until(TUESDAY + WEEK - timedelta(minutes=1))
        met = {name: await presses(place, name, await last(place, name, "met"), "met") for name in PAIR}
        await place.types("ada", "pause-program")
        before = len(await place.came("ada"))

        await presses(place, "ada", met["ada"], "go_on")
        await presses(place, "ben", met["ben"], "enough")
        await place.until(TUESDAY + 3 * WEEK)
        partners = await place.types("ada", "partners")

        assert len(await place.came("ada")) == before
        assert "intend" not in partners.verbs


async def keeps(place: Place, what: str, met: Seen) -> None:
    """Ben's side of it: he says no, wishes never to meet her again, tells a convener, or says nothing."""
    match what:
        case "enough":
            assert (await presses(place, "ben", met, "enough")).words
        case "avoid":
            assert (await place.types("ben", "avoid", person="ada")).words
        case "care":
            async with place.storage.open_work((await place.community()).id) as work:
                [ada] = [member.id for member in await work.members.all() if member.name.startswith("Ada")]
            form = await place.opens("ben", "care")
            assert (await place.fills("ben", form, about=ada, words="Not a good hour.")).words
        case _:
            pass


async def what_ada_reads(place: Place, what: str, *, ben_first: bool) -> list[object]:
    """Everything that reached her, hour by hour, and what she is answered herself."""
    await set_up(place, "cleo", "ada", "ben")
    await place.types("cleo", "leave")
    await place.until(TUESDAY + WEEK - timedelta(minutes=1))
    met = {name: await presses(place, name, await last(place, name, "met"), "met") for name in PAIR}
    await place.types("cleo", "pause-program")
    read: list[object] = []
    if ben_first:
        await keeps(place, what, met["ben"])
    read.append((await presses(place, "ada", met["ada"], "go_on")).words)
    if not ben_first:
        await keeps(place, what, met["ben"])
    read += [(await place.types("ada", command)).words for command in ("partners", "why")]
    for hours in (0, 1, 3, 12, 24, 72, 3 * 168):
        await place.until(TUESDAY + WEEK + timedelta(hours=hours))
        read.append([(seen.words, list(seen.buttons)) for seen in await place.came("ada")])
    read += [(await place.types("ada", command)).words for command in ("partners", "why")]
    return read


@pytest.mark.parametrize("ben_first", [True, False])
@pytest.mark.parametrize("platform", sorted(PLACES))
async def test_nobody_can_tell_a_no_a_wish_or_a_word_to_a_convener_from_silence(
    platform: str, ben_first: bool, sqlite_file: Path, tmp_path: Path
) -> None:
    read = {}
    for what in ("nothing", "enough", "avoid", "care"):
        file = shutil.copy(sqlite_file, tmp_path / f"{what}.db")
        async with PLACES[platform](Path(file), "cleo", "ada", "ben") as place:
            read[what] = await what_ada_reads(place, what, ben_first=ben_first)

    assert any(read["nothing"])
    assert read["enough"] == read["nothing"]
    assert read["avoid"] == read["nothing"]
    assert read["care"] == read["nothing"]


async def test_an_answer_to_the_question_is_answered_by_a_human(makes: Makes) -> None:
    async with makes("ada", "ben", "cleo") as place:
        await set_up(place, "ada", "ben", "cleo")
        await place.until(TUESDAY + timedelta(hours=1))
        await place.types("ada", "prompt", text="on")
        await place.types("ada", "prompt", text="now")
        await place.until(TUESDAY + timedelta(hours=2))
        [question] = [seen for seen in await place.posted() if "reflect" in seen.verbs]

        form = await opens_by(place, "ben", question, "reflect")
        kept = await place.fills("ben", form, text="My bowline slips.", visibility="community")
        await place.until(TUESDAY + timedelta(days=2))
        asked = {
            name: seen
            for name in ("ada", "cleo")
            for seen in await place.came(name)
            if "respond" in seen.verbs
        }
        [(helper, bridge)] = asked.items()
        said = await place.fills(helper, await opens_by(place, helper, bridge, "respond"), text="Which rope?")
        await place.until(TUESDAY + timedelta(days=2, hours=1))

        assert kept.words
        assert "My bowline slips." in bridge.words
        assert said.words
        assert "Which rope?" in (await place.came("ben"))[-1].words


async def test_what_was_released_comes_back_to_the_channel_and_nothing_else(makes: Makes) -> None:
    async with makes(*SIX) as place:
        await set_up(place, *SIX)
        await place.until(TUESDAY + WEEK - timedelta(minutes=1))
        met = await presses(place, "ada", await last(place, "ada", "met"), "met")
        sheet = await opens_by(place, "ada", met, "keepsake")
        await place.fills("ada", sheet, takeaway="knots hold", shared="community")
        other = await companion(place, "ada", SIX)
        theirs = await presses(place, other, await last(place, other, "met"), "met")
        sheet = await opens_by(place, other, theirs, "keepsake")
        await place.fills(other, sheet, takeaway="my secret", shared="mine")

        await place.until(TUESDAY + WEEK + timedelta(hours=1))

        [harvest] = [seen for seen in await place.posted() if "knots hold" in seen.words]
        assert "1 of 3" in harvest.words
        assert not [seen for seen in await place.posted() if "my secret" in seen.words]


@pytest.mark.parametrize("verb", ["rest", "stay"])
async def test_after_three_silent_rounds_one_tap_rests_or_stays(makes: Makes, verb: str) -> None:
    async with makes("ada", "ben", "cleo", "dan") as place:
        await set_up(place, "ada", "ben", "cleo", "dan")
        await place.until(TUESDAY + 4 * WEEK - timedelta(minutes=1))
        asked = await last(place, "dan", "rest")

        answer = await presses(place, "dan", asked, verb)
        already = len(await place.came("dan"))
        await place.until(TUESDAY + 4 * WEEK + timedelta(hours=1))

        assert asked.verbs == {"met", "rest", "stay"}
        assert answer.words
        assert (len(await place.came("dan")) == already) is (verb == "rest")
