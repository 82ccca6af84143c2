"""Newcomers and their greeters, what a convener makes hard, who can help whom, and what is told of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.actions import bring_in
from bot.actions.bring_in import RosterLine, TieLine
from bot.domain.ids import ExternalId
from bot.domain.member import TieKind
from bot.messages import Circle
from storage.database import OpenStorage
from tests.town import Town, found

TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
LONG_AGO = datetime(2026, 1, 5, 9, tzinfo=UTC)


async def town_of(storage: OpenStorage, *names: str, **form: str) -> Town:
    """Everyone has been there since January."""
    town = await found(storage, *names)
    await town.set_up(**form)
    await town.join(*names)
    await change(town, *names, joined_at=LONG_AGO)
    return town


async def change(town: Town, *names: str, **values: object) -> None:
    """What is known of some members."""
    async with town.storage.open_work(town.community.id) as work:
        for name in names:
            member = await work.members.find(town.people[name].external_id)
            assert member is not None
            await work.members.save(replace(member, **values))  # type: ignore[arg-type]  # each story names fields
        await work.commit()


async def know(town: Town, *pairs: tuple[str, str]) -> None:
    """Some answered others, who need not be members of a program."""
    others = sorted({name for two in pairs for name in two} - set(town.people))
    people = [RosterLine(member=ExternalId(f"U-{name}"), name=name.capitalize()) for name in others]
    await bring_in.people(town.storage.open_work, town.community.id, people, now=LONG_AGO)
    ties = [
        TieLine(source=ExternalId(f"U-{one}"), target=ExternalId(f"U-{other}"), kind=TieKind.REPLY, at=None)
        for one, other in pairs
    ]
    await bring_in.ties(town.storage.open_work, town.community.id, ties, now=LONG_AGO)


def company(town: Town, name: str) -> list[set[str]]:
    """With whom somebody was introduced, round by round."""
    return [
        {each.removeprefix("U-") for each in one.people} - {name}
        for one in town.platform.of(town.people[name])
        if isinstance(one.destination, Circle)
    ]


async def why(town: Town, name: str) -> str:
    reply = await town.type(town.people[name], "why")
    assert reply.message is not None
    return reply.message.plain


# ── Greeters ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_newcomer_meets_the_greeter_first_and_both_learn_why(storage: OpenStorage) -> None:
    town = await town_of(storage, "ida", "joe", "kim", "lea", "max", "new")
    await change(town, "new", joined_at=TUESDAY - timedelta(days=3))

    named = await town.type(town.people["ada"], "greeter add @lea")
    await town.move_to(TUESDAY)

    assert named.message is not None
    assert named.message.name == "reply.greeter_added"
    [told] = town.platform.of(town.people["lea"], "greeter")
    assert [button.label for button in told.message.buttons] == ["No, thank you"]
    assert company(town, "new") == [{"lea"}]
    assert "Lea welcomes newcomers here." in await why(town, "new")
    assert "You welcome newcomers" in await why(town, "lea")


async def test_a_greeter_who_has_welcomed_enough_is_spared_for_thirty_days(storage: OpenStorage) -> None:
    town = await town_of(storage, "ida", "joe", "kim", "lea", "max", "new")
    await change(town, "new", joined_at=TUESDAY - timedelta(days=1))
    await town.type(town.people["ada"], "greeter add @lea 1")
    await town.move_to(TUESDAY)
    await change(town, "ida", joined_at=TUESDAY)

    await town.move_to(TUESDAY + 2 * WEEK)

    met = company(town, "lea")
    assert met[0] == {"new"}
    assert {"ida"} not in met
    shown = await town.type(town.people["ada"], "greeter")
    assert shown.message is not None
    assert "Lea · 1 of 1" in shown.message.plain


async def test_one_tap_declines_and_then_chance_decides(storage: OpenStorage) -> None:
    town = await town_of(storage, "ida", "joe", "kim", "lea")
    await town.type(town.people["ada"], "greeter add @lea 3")
    await town.move_to(TUESDAY - timedelta(hours=20))
    [told] = town.platform.of(town.people["lea"], "greeter")

    reply = await town.press(town.people["lea"], told.message.buttons[0].action)
    again = await town.press(town.people["lea"], told.message.buttons[0].action)
    shown = await town.type(town.people["ada"], "greeter")

    assert reply.message is not None
    assert again.message is not None
    assert reply.message.name == again.message.name == "reply.greeter_declined"
    assert shown.message is not None
    assert shown.message.name == "reply.greeters_none"


@pytest.mark.parametrize(
    "who, line, name",
    [
        ("ida", "greeter add @lea", "refusal.conveners_only"),
        ("ada", "greeter add @ada", "refusal.greeter_absent"),
        ("ada", "greeter add @nobody", "refusal.person_not_found"),
        ("ada", "greeter remove @lea", "refusal.not_greeter"),
        ("ada", "greeter add @lea 0", "refusal.welcomes_out_of_range"),
        ("ada", "greeter add @lea 999999999", "refusal.welcomes_out_of_range"),
        ("ada", "greeter add @lea -3", "refusal.person_not_found"),
        ("ada", "greeter", "reply.greeters_none"),
    ],
)
async def test_what_cannot_be_done_about_greeters_is_said(
    storage: OpenStorage, who: str, line: str, name: str
) -> None:
    town = await town_of(storage, "ida", "lea")

    reply = await town.type(town.people[who], line)

    assert reply.message is not None
    assert reply.message.name == name


async def test_a_greeter_can_be_let_go_and_the_export_says_who_welcomes(storage: OpenStorage) -> None:
    town = await town_of(storage, "ida", "lea")
    await town.type(town.people["ada"], "accueillir ajouter @lea 4")

    export = await town.type(town.people["lea"], "export-me")
    removed = await town.type(town.people["ada"], "greeter remove @lea")
    after = await town.type(town.people["lea"], "export-me")

    assert export.file is not None
    assert b'"welcomes": 4' in export.file.content
    assert removed.message is not None
    assert removed.message.name == "reply.greeter_removed"
    assert after.file is not None
    assert b'"greeter_of": []' in after.file.content


# ── What a convener makes hard ──────────────────────────────────────────────────────────────────────


async def test_teams_are_soft_until_the_convener_says_never(storage: OpenStorage) -> None:
    soft = await town_of(storage, "ida", "joe")
    await change(soft, "ida", "joe", team="maps")

    await soft.move_to(TUESDAY)

    assert company(soft, "ida") == [{"joe"}]


async def test_never_two_of_a_team_is_kept_and_told(storage: OpenStorage) -> None:
    town = await town_of(storage, "ida", "joe", "kim", never="other_teams")
    await change(town, "ida", "joe", "kim", team="maps")

    await town.move_to(TUESDAY)

    assert company(town, "ida") == []
    [told] = town.platform.of(town.people["ida"], "nobody")
    assert "everyone who took part is in your team" in told.message.plain
    assert "in your team" in await why(town, "ida")


async def test_never_without_a_common_hour_is_kept_and_told(storage: OpenStorage) -> None:
    town = await town_of(storage, "ida", "joe", never="common_hour")
    await change(town, "joe", zone="Pacific/Auckland")

    await town.move_to(TUESDAY + timedelta(days=1))

    assert company(town, "ida") == []
    [told] = town.platform.of(town.people["ida"], "nobody")
    assert "an hour in common" in told.message.plain
    assert "an hour in common" in await why(town, "joe")


async def test_what_is_never_done_can_be_allowed_again_and_stays_when_the_form_does_not_ask(
    storage: OpenStorage,
) -> None:
    town = await town_of(storage, "ida", "joe", never="other_teams,common_hour")

    async def never() -> str:
        reply = await town.type(town.people["ada"], "setup")
        assert reply.form is not None
        return next(field.value for field in reply.form.fields if field.name == "never")

    assert await never() == "other_teams,common_hour"
    await town.set_up()
    assert await never() == "other_teams,common_hour"
    await town.set_up(never="common_hour")
    assert await never() == "common_hour"
    await town.set_up(never="")
    assert await never() == ""
    refused = await town.submit(
        town.people["ada"],
        "setup:C-atelier",
        rhythm="weekly",
        day="1",
        at="10:00",
        zone="UTC",
        size="2",
        never="x",
    )
    assert "not in the list" in refused.errors["never"]


@pytest.mark.parametrize(
    "distance, sentence",
    [("far", "no acquaintance in common"), ("near", "at least one acquaintance in common")],
)
async def test_the_convener_chooses_whether_neighbours_have_somebody_in_common(
    storage: OpenStorage, distance: str, sentence: str
) -> None:
    town = await town_of(storage, "ida", "joe", "kim", "lea", distance=distance)
    # Two who know Mia, and two who know Noa; neither of them takes part.
    await know(town, ("ida", "mia"), ("joe", "mia"), ("kim", "noa"), ("lea", "noa"))

    await town.move_to(TUESDAY)

    assert (company(town, "ida") == [{"joe"}]) is (distance == "near")
    told = await why(town, "ida")
    assert sentence in told
    assert not any(name in told for name in ("Mia", "Noa"))


async def test_a_distance_stays_until_the_form_says_another(storage: OpenStorage) -> None:
    town = await town_of(storage, "ida", "joe")

    async def distance() -> str:
        reply = await town.type(town.people["ada"], "setup")
        assert reply.form is not None
        return next(field.value for field in reply.form.fields if field.name == "distance")

    assert await distance() == "any"
    await town.set_up(distance="far")
    await town.set_up()
    assert await distance() == "far"
    await town.submit(town.people["ada"], "setup:C-atelier", distance="near")
    assert await distance() == "near"
    refused = await town.submit(town.people["ada"], "setup:C-atelier", distance="farther")
    assert "not in the list" in refused.errors["distance"]
    assert await distance() == "near"


async def test_a_form_that_comes_page_by_page_changes_what_its_page_asks(storage: OpenStorage) -> None:
    town = await town_of(storage, "ida", "joe", size="3")

    second = await town.submit(town.people["ada"], "setup:C-atelier", never="other_teams")
    shown = await town.type(town.people["ada"], "setup")

    assert second.message is not None
    assert second.message.name == "reply.setup_changed"
    assert shown.form is not None
    values = {field.name: field.value for field in shown.form.fields}
    assert (values["size"], values["at"], values["never"]) == ("3", "10:00", "other_teams")


async def test_a_wish_to_be_kept_apart_reads_like_chance_beside_a_rule(storage: OpenStorage) -> None:
    town = await town_of(storage, "ida", "joe", "kim", never="other_teams")
    await change(town, "ida", "kim", team="maps")
    await change(town, "joe", team="sails")
    await town.type(town.people["joe"], "avoid @ida")
    await town.type(town.people["joe"], "avoid @kim")

    await town.move_to(TUESDAY)

    for name in ("ida", "joe", "kim"):
        [told] = town.platform.of(town.people[name], "nobody")
        assert "the draw did not come out even" in told.message.plain
        assert "It is chance" in await why(town, name)


async def test_the_late_path_keeps_to_the_rules_too(storage: OpenStorage) -> None:
    town = await town_of(storage, "ida", "joe", "kim", "lea", never="other_teams")
    await change(town, "ida", "kim", team="maps")
    await change(town, "joe", "lea", team="sails")
    await town.move_to(TUESDAY)
    [partner] = company(town, "ida")[0]
    introduction = next(
        one.message.buttons[0].action.partition(":")[2]
        for one in town.platform.of(town.people["ida"])
        if one.message.name == "introduction"
    )

    await town.press(town.people[partner], f"bow:{introduction}")
    await town.move_to(TUESDAY + timedelta(hours=1))

    # Kim is of Ida's team: their pair is no place for Ida.
    assert all("kim" not in together for together in company(town, "ida"))
    assert town.platform.of(town.people["ida"], "parted")


# ── Who can help whom ───────────────────────────────────────────────────────────────────────────────


async def test_who_can_help_meets_who_learns_and_both_learn_why(storage: OpenStorage) -> None:
    town = await town_of(storage, "ida", "joe", "kim", "lea", "max", "zoe")
    await change(town, "ida", learning="how to prune apple trees, and grafting")
    await change(town, "joe", can_help="Pruned roses; a graft or two")

    await town.move_to(TUESDAY)

    assert company(town, "ida") == [{"joe"}]
    assert "Joe can help with what you are learning: prune and grafting." in await why(town, "ida")
    assert "You can help with what Ida is learning: prune and grafting." in await why(town, "joe")


async def test_why_names_the_languages_that_all_of_them_speak(storage: OpenStorage) -> None:
    town = await town_of(storage, "ida", "joe")
    await change(town, "ida", languages=("fr", "en"))
    await change(town, "joe", languages=("en", "de"))

    await town.move_to(TUESDAY)

    assert "A language you share: English." in await why(town, "ida")


async def test_a_repeat_is_proved_where_two_people_are_all_there_are(storage: OpenStorage) -> None:
    town = await town_of(storage, "ida", "joe")

    await town.move_to(TUESDAY + WEEK)

    assert "no draw has fewer repeats" in await why(town, "ida")
