"""What members wrote lately leads them to each other for two weeks; what they keep to themselves does not."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.cadence import Wall
from bot.domain.ids import ExternalId, ProgramId, PromptId
from bot.domain.reflection import FRESH, Prompt, PromptKind, Visibility
from bot.groundwork.circumstances import Lately, lately
from bot.ports import Storage
from storage.database import opened
from storage.ids import numbered
from tests.town import MONDAY, Town, found

TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""The first round, at 10:00 in Paris."""

CRAFTS = ("splicing", "welding", "bookbinding", "glazing")

LEARNERS, HELPERS = ("ben", "cleo", "dan", "eve"), ("fay", "gil", "hal", "ida")


async def village(storage: Storage) -> tuple[Town, ProgramId]:
    """Eight neighbours who said nothing of themselves yet; the convener does not take part."""
    town = await found(storage, *LEARNERS, *HELPERS)
    program = ProgramId(await town.set_up())
    await town.join(*LEARNERS, *HELPERS)
    return town, program


async def put(town: Town, program: ProgramId, question: str) -> None:
    """The question with this id, as if the week had brought it."""
    async with town.storage.open_work(town.community.id) as work:
        await work.prompts.add(
            Prompt(
                id=PromptId(question),
                community_id=town.community.id,
                program_id=program,
                wall=Wall(f"2026-11-{len(question):02}T08:00"),
                question=question,
                at=town.clock.now(),
            )
        )
        await work.commit()


async def write(
    town: Town, who: str, text: str, *, to: Visibility = Visibility.PARTNER, question: str = ""
) -> None:
    """An answer to a question, or unasked."""
    if question:
        reply = await town.submit(town.people[who], f"reflect:{question}", text=text, visibility=to)
    else:
        form = (await town.type(town.people[who], "learning")).form
        assert form is not None
        reply = await town.submit(town.people[who], form.action, text=text, visibility=to)
    assert not reply.errors


async def told(town: Town, *, at: datetime) -> Lately:
    async with town.storage.open_work(town.community.id) as work:
        return await lately(work, now=at)


def pairs(town: Town, *, since: datetime = MONDAY) -> set[frozenset[ExternalId]]:
    """Who was introduced to whom."""
    seen = town.platform.seen
    return {frozenset(one.people) for one in seen if one.message.name == "introduction" and one.at >= since}


COUPLES = {
    frozenset((ExternalId(f"U-{learner}"), ExternalId(f"U-{helper}")))
    for learner, helper in zip(LEARNERS, HELPERS, strict=True)
}


# ── What is fresh counts ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("to", [Visibility.PARTNER, Visibility.COMMUNITY])
async def test_who_is_stuck_meets_who_can_help(storage: Storage, to: Visibility) -> None:
    town, _ = await village(storage)
    for learner, helper, craft in zip(LEARNERS, HELPERS, CRAFTS, strict=True):
        await write(town, learner, f"My {craft} never holds.", to=to)
        await town.submit(town.people[helper], "me:", can_help=craft)

    await town.move_to(TUESDAY + timedelta(hours=1))

    assert pairs(town) == COUPLES


async def test_who_explained_it_meets_who_is_stuck_with_it_in_either_language(storage: Storage) -> None:
    town, program = await village(storage)
    await put(town, program, "explain-1")
    await put(town, program, "stuck-1")
    for learner, helper, craft in zip(LEARNERS, HELPERS, CRAFTS, strict=True):
        await write(town, learner, f"Je bloque sur le {craft}.", question="stuck-1")
        await write(town, helper, f"{craft.capitalize()} is all about patience.", question="explain-1")

    await town.move_to(TUESDAY + timedelta(hours=1))

    assert pairs(town) == COUPLES
    why = (await town.type(town.people["fay"], "why")).message
    assert why is not None
    assert "You can help with what Ben is learning: splicing." in why.plain


async def test_what_was_written_two_weeks_ago_leads_nobody_to_anybody(storage: Storage) -> None:
    town, _ = await village(storage)
    await write(town, "ben", "My splicing never holds.")
    await town.submit(town.people["fay"], "me:", can_help="splicing")
    written = town.clock.now()

    before = await told(town, at=written + FRESH - timedelta(seconds=1))
    after = await told(town, at=written + FRESH)

    assert list(chain(*before.wants.values())) == ["My splicing never holds."]
    assert after == Lately(wants={}, offers={})


@pytest.mark.parametrize("kind", PromptKind)
async def test_each_question_says_whether_its_answer_wants_or_offers(
    storage: Storage, kind: PromptKind
) -> None:
    town, program = await village(storage)
    await put(town, program, f"{kind}-1")
    await write(town, "ben", "Splicing.", question=f"{kind}-1")

    read = await told(town, at=town.clock.now())

    assert bool(read.wants) is (kind not in (PromptKind.EXPLAIN, PromptKind.CHANGED))
    assert bool(read.offers) is (kind in (PromptKind.EXPLAIN, PromptKind.CHANGED, PromptKind.TRIED))


async def test_nothing_this_week_says_nothing(storage: Storage) -> None:
    town, program = await village(storage)
    await put(town, program, "stuck-1")
    await town.press(town.people["ben"], "nothing:stuck-1")

    assert await told(town, at=town.clock.now()) == Lately(wants={}, offers={})


# ── What is private does not ────────────────────────────────────────────────────────────────────────

NAMES = ("ben", "cleo", "dan", "eve")


async def _world(authors: Sequence[str], text: str | None, *, asked: bool) -> list[object]:
    """All that anyone sees when some keep a text to themselves; None: they write nothing."""
    async with opened("sqlite://", ids=numbered(), durable=False) as storage:
        town = await found(storage, *NAMES)
        program = ProgramId(await town.set_up())
        await town.join(*NAMES)
        await put(town, program, "tried-1")
        for name, craft in zip(NAMES, CRAFTS, strict=True):
            await town.submit(town.people[name], "me:", can_help=craft, learning=f"{craft} by hand")
        for name in authors:
            if text is None:
                await town.press(town.people[name], "nothing:tried-1")
            elif asked:
                await write(town, name, text, to=Visibility.MINE, question="tried-1")
            else:
                await write(town, name, text, to=Visibility.MINE)
        await town.move_to(TUESDAY + timedelta(weeks=1, hours=1))
        preview = await town.type(town.people["ada"], "preview")
        whys = [await town.type(town.people[name], "why") for name in NAMES]
        said = [each.message.plain if each.message else "" for each in (preview, *whys)]
        return [*said, *((one.at, one.people, one.message.plain) for one in town.platform.seen)]


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    authors=st.sets(st.sampled_from(NAMES), min_size=1),
    about=st.sampled_from(CRAFTS),
    asked=st.booleans(),
)
async def test_what_somebody_keeps_to_themselves_changes_no_match_and_no_message(
    authors: set[str], about: str, asked: bool
) -> None:
    silent = await _world(sorted(authors), None, asked=asked)
    private = await _world(sorted(authors), f"Nobody knows my {about}.", asked=asked)

    assert private == silent


async def test_what_is_taken_back_leads_nobody_anywhere_any_more(storage: Storage) -> None:
    town, _ = await village(storage)
    reply = await town.type(town.people["ben"], "learning my splicing never holds")
    assert reply.message is not None
    id = reply.message.buttons[0].action.partition(":")[2]

    await town.press(town.people["ben"], f"withdraw:{id}")

    assert await told(town, at=town.clock.now()) == Lately(wants={}, offers={})
