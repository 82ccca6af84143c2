"""The sandbox in a real browser: as anyone would use it, with a mouse, a keyboard or a screen reader."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.adapters.curious import AMINA, MONDAY, TOM, Opened, opened
from tests.adapters.windows import PHONE, Windows, nameless, overflow, poor_contrasts

CHANNEL = "space:atelier"


async def _type(page: Page, text: str) -> None:
    await page.locator("#say").focus()
    await page.keyboard.type(text)


async def _offered(page: Page, *names: str) -> None:
    await expect(page.locator("#offers [role=option] b")).to_have_text(list(names))


# ── Being someone ──────────────────────────────────────────────────────────────────────────────────


async def test_one_can_be_any_member_and_the_page_speaks_their_language(
    town: Opened, windows: Windows
) -> None:
    await town.introduce()
    page = await windows.open("amina")
    await expect(page.locator("html")).to_have_attribute("lang", "fr")
    await expect(page.locator("#title")).to_have_text("Tom Whitfield")

    await page.get_by_role("button", name="Tu es Amina Diallo").click()
    await page.keyboard.type("whitf")
    await page.keyboard.press("Enter")

    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await expect(page.get_by_role("button", name="You are Tom Whitfield")).to_be_visible()
    await expect(page.locator("#title")).to_have_text("Amina Diallo")
    await expect(page.get_by_role("log", name="Messages in Amina Diallo")).to_contain_text("Rust")


async def test_the_arrows_walk_through_the_people(windows: Windows) -> None:
    page = await windows.open("claire")

    await page.locator("#be").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")

    await expect(page.locator("#be")).to_contain_text("Amina Diallo")


async def test_who_has_something_new_is_marked_until_it_is_read(town: Opened, windows: Windows) -> None:
    page = await windows.open("amina", CHANNEL)
    await town.tell(TOM, "Hello Tom.", key="1")
    await town.tell(AMINA, "Bonjour Amina.", key="2")
    await expect(page.locator("#status")).to_have_text("Nouveau message : Voisin")
    await expect(page.get_by_role("button", name="Voisin 1 non lu")).to_be_visible()

    await page.get_by_role("button", name="Voisin 1 non lu").click()
    await expect(page.get_by_role("button", name="Voisin", exact=True)).to_be_visible()
    await page.locator("#be").click()

    await expect(page.get_by_role("button", name="Tom Whitfield").locator(".badge")).to_contain_text("1")
    await expect(page.get_by_role("button", name="Amina Diallo").locator(".badge")).to_have_count(0)


async def test_times_are_those_of_the_member(town: Opened, windows: Windows) -> None:
    await town.announce("Hello.", key="1")

    for person, hour in [("amina", "09:00"), ("claire", "10:00"), ("priya", "04:00")]:
        page = await windows.open(person, CHANNEL)
        await expect(page.locator(".message time")).to_have_text(hour)
        await expect(page.locator("#hour")).to_have_text(hour)


# ── Buttons ────────────────────────────────────────────────────────────────────────────────────────


async def test_each_of_two_people_presses_a_button_and_is_answered_alone(
    town: Opened, windows: Windows
) -> None:
    await town.introduce()

    for person, label in [("amina", "Une autre phrase"), ("tom", "We know each other")]:
        page = await windows.open(person)
        await page.get_by_role("button", name=label).click()
        await expect(page.locator(".message.only")).to_have_count(1)
        await expect(page.locator(".message.only .private")).to_be_visible()

    assert [(ask.asker.external_id, action) for _, ask, action in town.desk.asked] == [
        ("amina", "phrase:i1"),
        ("tom", "known:i1"),
    ]


async def test_a_heart_is_seen_by_the_others_and_told_in_words(town: Opened, windows: Windows) -> None:
    await town.introduce()
    hers, his = await windows.open("amina"), await windows.open("tom")

    await hers.get_by_role("button", name="Réagir d’un cœur").click()

    await expect(hers.get_by_role("button", name="Réactions : 1", pressed=True)).to_be_visible()
    await expect(his.get_by_role("button", name="Reactions: 1", pressed=False)).to_be_visible()
    again = await windows.open("tom")
    await again.get_by_role("button", name="Amina Diallo").click()
    await expect(again.get_by_role("button", name="Reactions: 1")).to_be_visible()


async def test_what_people_wrote_is_shown_as_it_is_and_never_as_markup(
    town: Opened, windows: Windows
) -> None:
    await town.introduce()
    page = await windows.open("amina")

    await _type(page, "<img src=x onerror=alert(1)> <b>gras</b>")
    await page.keyboard.press("Enter")

    await expect(page.locator(".message .said").first).to_have_text("<b>Rust</b> & @amina")
    await expect(page.locator(".message").last).to_contain_text("<img src=x onerror=alert(1)> <b>gras</b>")
    await expect(page.locator(".message .body :is(b, img)")).to_have_count(0)


async def test_the_language_of_each_part_is_told_and_one_s_own_comes_first(
    town: Opened, windows: Windows
) -> None:
    await town.introduce()

    for person, first in [("amina", "fr"), ("tom", "en")]:
        page = await windows.open(person)
        await expect(page.locator(".part")).to_have_count(2)
        await expect(page.locator(".part").first).to_have_attribute("lang", first)


async def test_a_file_can_be_saved(windows: Windows, tmp_path: Path) -> None:
    page = await windows.open("tom", "person:tom")
    await _type(page, "/voisin export-me")
    await page.keyboard.press("Enter")

    async with page.expect_download() as download:
        await page.get_by_role("link", name="Save voisin.json").click()
    saved = tmp_path / "saved.json"
    await (await download.value).save_as(saved)

    assert saved.read_text() == '{"name": "Tom"}'


# ── Talking ────────────────────────────────────────────────────────────────────────────────────────


async def test_two_people_talk_in_their_circle_and_see_it_at_once(town: Opened, windows: Windows) -> None:
    await town.introduce()
    amina, tom = await windows.open("amina"), await windows.open("tom")

    await _type(amina, "Bonjour Tom !")
    await amina.keyboard.press("Enter")
    await expect(tom.get_by_role("log")).to_contain_text("Bonjour Tom !")
    await _type(tom, "Hi Amina!")
    await tom.keyboard.press("Enter")

    await expect(amina.get_by_role("log")).to_contain_text("Hi Amina!")
    assert town.desk.asked == []


@pytest.mark.parametrize("text, told", [("hello", "begin with /voisin"), ("/giphy hi", "one command here")])
async def test_voisin_alone_is_only_asked_by_its_command(windows: Windows, text: str, told: str) -> None:
    page = await windows.open("tom", "person:tom")

    await _type(page, text)
    await page.keyboard.press("Enter")

    await expect(page.locator("#hint")).to_contain_text(told)
    await expect(page.locator("#say")).to_have_value(text)


# ── Commands and forms, by keyboard alone ──────────────────────────────────────────────────────────


async def test_a_command_is_completed_with_the_keyboard(town: Opened, windows: Windows) -> None:
    page = await windows.open("claire", CHANNEL)
    say = page.locator("#say")

    await _type(page, "/v")
    await _offered(page, "/voisin")
    await page.keyboard.press("Tab")
    await expect(say).to_have_value("/voisin ")
    await _offered(page, "me", "pause", "pause-program")
    await page.keyboard.type("p")
    await _offered(page, "pause", "pause-program")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("option", name="pause-program")).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await expect(say).to_have_value("/voisin pause ")
    await page.keyboard.press("Enter")

    await expect(page.locator(".message.only")).to_contain_text("You said 'pause'.")
    await expect(say).to_have_value("")
    await expect(say).to_be_focused()
    assert [line for _, _, line in town.desk.asked] == ["pause"]


async def test_who_has_pointed_at_a_suggestion_keeps_it_when_a_slow_answer_comes(
    town: Opened, windows: Windows
) -> None:
    page = await windows.open("claire", CHANNEL)
    await _type(page, "/voisin ")
    await _offered(page, "me", "pause", "pause-program")
    town.desk.held["p"] = asyncio.Event()
    await page.keyboard.type("p")
    await _offered(page, "pause", "pause-program")
    await page.keyboard.press("ArrowDown")
    pointed_at = page.locator("#offer-0")
    await expect(pointed_at).to_have_attribute("aria-selected", "true")
    before = await pointed_at.element_handle()

    town.desk.held["p"].set()
    await before.wait_for_element_state("hidden")

    # The answer has taken the place of what was offered.
    await expect(pointed_at).to_have_attribute("aria-selected", "true")


async def test_a_name_is_completed_and_escape_leaves_the_suggestions(town: Opened, windows: Windows) -> None:
    page = await windows.open("tom", "person:tom")

    await _type(page, "/voisin know @hel")
    await _offered(page, "know @helene")
    await page.keyboard.press("Escape")
    await expect(page.locator("#offers")).to_be_hidden()
    await expect(page.locator("#say")).to_have_attribute("aria-expanded", "false")
    await page.keyboard.type("e")
    await _offered(page, "know @helene")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")

    await expect(page.locator(".message.only")).to_have_count(1)
    assert town.desk.found == ["helene"]


async def test_a_form_is_filled_and_submitted_with_the_keyboard_alone(town: Opened, windows: Windows) -> None:
    page = await windows.open("tom", "person:tom")
    keys = page.keyboard
    await _type(page, "/voisin me")
    await keys.press("Enter")
    learning = page.get_by_role("textbox", name="What I am learning required", exact=True)
    await expect(page.get_by_role("dialog", name="About you")).to_be_visible()
    await expect(learning).to_be_focused()

    await keys.press("Enter")
    await expect(page.get_by_text("This cannot stay empty.")).to_be_visible()
    await expect(learning).to_have_attribute("aria-invalid", "true")
    await keys.type("nothing")
    await keys.press("Enter")
    await expect(page.get_by_text("Everyone learns something.")).to_be_visible()
    await expect(learning).to_be_focused()
    await keys.press("Control+A")
    await keys.type("Rust")
    await keys.press("Tab")
    await keys.press("ArrowDown")
    await keys.press("Tab")
    await keys.press("Tab")
    await keys.press("Space")
    await keys.press("Tab")
    await keys.press("ArrowDown")
    await keys.press("Enter")
    await page.get_by_role("button", name="Keep it").focus()
    await keys.press("Enter")

    await expect(page.locator("dialog.form")).to_be_hidden()
    await expect(page.locator("#say")).to_be_focused()
    await expect(page.locator(".message.only")).to_contain_text("Kept.")
    assert town.desk.submitted == [
        {
            "learning": "Rust",
            "format": "pair",
            "languages": "en,fr",
            "size": "3",
            "zone": "Europe/London",
            "at": "10:00",
            "until": "2026-02-01",
        }
    ]


async def test_escape_leaves_a_form_and_nothing_is_sent(town: Opened, windows: Windows) -> None:
    page = await windows.open("tom", "person:tom")
    await _type(page, "/voisin me")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_be_visible()

    await page.keyboard.press("Escape")

    await expect(page.locator("dialog.form")).to_be_hidden()
    await expect(page.locator("#say")).to_be_focused()
    assert town.desk.submitted == []


async def test_the_first_thing_to_focus_leads_past_the_side_to_the_messages(
    town: Opened, windows: Windows
) -> None:
    await town.announce("Hello.", key="1")
    page = await windows.open("tom", CHANNEL)
    first = page.locator("a, button, input").first
    await first.focus()
    await expect(page.get_by_role("link", name="Skip to the messages")).to_be_focused()

    await page.keyboard.press("Enter")

    await expect(page.get_by_role("log")).to_be_focused()
    assert "as=tom" in page.url


# ── Time ───────────────────────────────────────────────────────────────────────────────────────────


async def test_the_clock_goes_to_the_next_thing_that_is_due(town: Opened, windows: Windows) -> None:
    page = await windows.open("tom", CHANNEL)
    await expect(page.locator("#due")).to_have_text("Tue 6 Jan, 09:00")

    await page.get_by_role("button", name="Go there").click()

    await expect(page.locator("#day")).to_have_text("Tuesday 6 January")
    await expect(page.locator("#status")).to_contain_text("It is now Tuesday 6 January")
    assert (town.clock.at - MONDAY).days == 1
    assert town.clock.rings == 1


async def test_by_an_hour_and_by_a_day_and_with_nothing_due(town: Opened, windows: Windows) -> None:
    town.agenda.due = None
    page = await windows.open("tom", CHANNEL)
    await expect(page.locator("#due")).to_have_text("Nothing is due")
    await expect(page.get_by_role("button", name="Go there")).to_be_disabled()

    await page.get_by_role("button", name="+ 1 hour").click()
    await expect(page.locator("#hour")).to_have_text("10:00")
    await page.get_by_role("button", name="+ 1 day").click()

    await expect(page.locator("#day")).to_have_text("Tuesday 6 January")


# ── For every eye, ear and hand ────────────────────────────────────────────────────────────────────


async def _fill_rooms(town: Opened) -> None:
    await town.announce("What did you learn this week, however small?", key="a")
    await town.introduce()
    await town.tell(TOM, "Hello Tom.", key="t")


@pytest.mark.parametrize("person", ["amina", "tom"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_word_can_be_read_in_light_and_in_dark(
    town: Opened, windows: Windows, scheme: str, person: str
) -> None:
    await _fill_rooms(town)
    page = await windows.open(person, scheme="dark" if scheme == "dark" else "light")
    await page.locator(".buttons button").first.click()
    await expect(page.locator(".message.only")).to_have_count(1)

    in_the_room = await poor_contrasts(page)
    await page.locator("#be").click()
    among_people = await poor_contrasts(page)
    await page.keyboard.press("Escape")
    await _type(page, "/voisin me")
    await page.keyboard.press("Enter")
    await expect(page.locator("dialog.form")).to_be_visible()
    await page.keyboard.press("Enter")
    in_a_form = await poor_contrasts(page)

    assert (in_the_room, among_people, in_a_form) == ([], [], [])
    paper = await page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert (paper == "rgb(22, 21, 19)") == (scheme == "dark")


@pytest.mark.parametrize("person", ["amina", "tom"])
async def test_a_screen_reader_can_name_everything(town: Opened, windows: Windows, person: str) -> None:
    await _fill_rooms(town)
    page = await windows.open(person)
    await page.locator(".buttons button").first.click()
    await expect(page.locator(".message.only")).to_have_count(1)

    in_the_room = await nameless(page)
    await page.locator("#be").click()
    among_people = await nameless(page)
    await page.keyboard.press("Escape")
    await _type(page, "/voisin ")
    await expect(page.get_by_role("option").first).to_be_visible()
    while_completing = await nameless(page)
    await page.keyboard.type("me")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_be_visible()
    in_a_form = await nameless(page)

    assert (in_the_room, among_people, while_completing, in_a_form) == ([], [], [], [])


async def test_the_page_has_landmarks_and_a_log_that_is_read_aloud(town: Opened, windows: Windows) -> None:
    await _fill_rooms(town)
    page = await windows.open("tom", CHANNEL)

    await expect(page.get_by_role("navigation", name="Rooms")).to_be_visible()
    await expect(page.get_by_role("main")).to_be_visible()
    await expect(page.get_by_role("region", name="The time")).to_be_visible()
    await expect(page.get_by_role("log", name="Messages in #atelier")).to_be_visible()
    await expect(page.get_by_role("heading", level=1)).to_have_text("#atelier")
    await expect(page.get_by_role("navigation").locator("[aria-current=page]")).to_contain_text("atelier")


async def test_on_a_phone_everything_fits_and_one_hand_finds_its_way(town: Opened, windows: Windows) -> None:
    await _fill_rooms(town)
    page = await windows.open("tom", size=PHONE)
    wider = [await overflow(page)]

    await page.get_by_role("button", name="Amina Diallo").click()
    await expect(page.get_by_role("log")).to_be_visible()
    await expect(page.get_by_role("navigation")).to_be_hidden()
    wider.append(await overflow(page))
    await page.get_by_role("button", name="Ask Voisin for something").click()
    await expect(page.get_by_role("option").first).to_be_visible()
    wider.append(await overflow(page))
    await page.keyboard.type("me")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_be_visible()
    wider.append(await overflow(page))
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Be someone else").click()
    wider.append(await overflow(page))
    filled = await page.get_by_role("dialog").bounding_box()
    await page.get_by_role("button", name="Close").click()
    await page.get_by_role("button", name="All rooms").click()

    await expect(page.get_by_role("navigation")).to_be_visible()
    assert wider == [0, 0, 0, 0, 0]
    assert filled == {"x": 0, "y": 0, "width": PHONE[0], "height": PHONE[1]}


async def test_what_is_new_is_read_from_its_beginning(town: Opened, windows: Windows) -> None:
    for key in range(30):
        await town.announce(f"Line {key}.", key=f"old{key}")
    page = await windows.open("tom", CHANNEL, size=PHONE)
    await page.get_by_role("button", name="All rooms").click()
    for key in range(30):
        await town.announce(f"News {key}.", key=f"new{key}")
    await expect(page.get_by_role("button", name="atelier 30 unread")).to_be_visible()

    await page.get_by_role("button", name="atelier").click()

    await expect(page.get_by_text("New", exact=True)).to_be_in_viewport()
    await expect(page.get_by_text("News 0.")).to_be_in_viewport()
    await expect(page.get_by_text("News 29.")).not_to_be_in_viewport()


async def test_a_long_word_does_not_push_the_page_apart(town: Opened, windows: Windows) -> None:
    await town.announce("W" * 400, key="w")
    page = await windows.open("tom", CHANNEL, size=PHONE)

    await expect(page.locator(".message")).to_be_visible()

    assert await overflow(page) == 0


# ── When it breaks ─────────────────────────────────────────────────────────────────────────────────


async def test_what_goes_wrong_is_told_and_what_was_typed_stays(town: Opened, windows: Windows) -> None:
    page = await windows.open("tom", CHANNEL)
    town.desk.fails = RuntimeError("a bug")

    await _type(page, "/voisin join")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("alert")).to_have_text("That did not work. Try again in a moment.")
    await expect(page.locator("#say")).to_have_value("/voisin join")
    # The browser itself notes that a request failed.
    assert [said for said in windows.complaints if "500" not in said] == []
    windows.complaints.clear()


async def test_the_page_outlives_a_restart(town: Opened, windows: Windows) -> None:
    page = await windows.open("tom", CHANNEL)
    await town.site.stop()
    await expect(page.get_by_role("alert")).to_contain_text("Trying again")

    again = await opened()
    again.site.port = town.site.port
    await again.site.start()
    await again.announce("I am back.", key="b")
    await expect(page.get_by_role("log")).to_contain_text("I am back.", timeout=20_000)
    await _type(page, "/voisin join")
    await page.keyboard.press("Enter")
    await expect(page.locator(".message.only")).to_contain_text("You said 'join'.")
    await page.close()
    await again.site.stop()

    assert len(again.desk.asked) == 1
    windows.complaints.clear()
