"""Every platform offers the same: each command, each message, each button, each field of a form.

What one of them lacks stands in ``LACKING`` with its reason, and nowhere else.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from bot import commands
from bot.domain.community import Language
from bot.messages import Ask, Asker, Button, Message, Part, Span
from bot.wording.catalogue import sentence
from tests.goldens import specimens
from tests.places.everywhere import PLACES
from tests.places.place import TUESDAY, Place, bare, set_up

Makes = Callable[..., AbstractAsyncContextManager[Place]]

LACKING: Mapping[tuple[str, str], str] = {
    ("sandbox", "ties"): "Nothing is said there that ties could be read from: the command says so.",
}
"""(platform, command, message, button or field) → why it is not there."""

GIVEN: Mapping[str, Mapping[str, str]] = {
    "pause": {"text": "2026-12-24"},
    "know": {"person": "ben"},
    "avoid": {"person": "cleo"},
    "blackout": {"text": "2026-12-25"},
    "convener": {"person": "ben"},
}
"""What some commands need; every other one is asked as it is."""

LAST = ("leave", "forget-me")
"""After these there is nobody left to ask."""

FORMS = ("me", "setup")

AT_ONCE = 20
"""Buttons of one message: as many as every platform shows."""


@pytest.fixture(params=sorted(PLACES))
def makes(request: pytest.FixtureRequest, sqlite_file: Path) -> Makes:
    """Opens a place of one platform for these people."""
    return lambda *names, french=(): PLACES[request.param](sqlite_file, *names, french=french)


def lacks(place: Place, name: str) -> bool:
    """Whether this platform is known not to have it."""
    return (place.name, name) in LACKING


def refusals(language: Language) -> list[str]:
    """How every refusal begins."""
    texts = [
        sentence(name, language) for name in specimens.catalogue(language) if name.startswith("refusal.")
    ]
    return [begin for text in texts if len(begin := bare(text.partition("{")[0])) > 15]


def words_of(message: Message, place: Place) -> Iterator[str]:
    """Every bit of it that is words on every platform, as the place spells it."""
    for part in message.parts:
        for paragraph in part.paragraphs:
            for span in paragraph:
                yield from (bare(place.spelled(words, part.language)) for words in _words(span))


def _words(span: Span) -> Iterator[str]:
    match span:
        case str(text):
            yield text
        case _ if hasattr(span, "text"):
            yield span.text
        case _:
            # A name, a moment, a channel: each platform has its own way.
            return


@pytest.mark.parametrize("language", list(Language))
async def test_every_command_is_there_and_is_answered_in_the_language_of_who_asks(
    makes: Makes, language: Language
) -> None:
    french = ["ada"] if language is Language.FRENCH else []
    async with makes("ada", "ben", "cleo", french=french) as place:
        await set_up(place, "ada", "ben", "cleo")
        refused = refusals(language)

        known = [command.name for command in (commands.PANEL, *commands.COMMANDS)]
        for name in (*(each for each in known if each not in LAST), *LAST):
            if lacks(place, name):
                continue
            answer = await place.types("ada", name, **GIVEN.get(name, {}))
            said = bare(answer.words)
            assert said or answer.file, name
            assert not [begin for begin in refused if said.startswith(begin)], (name, answer.words)


@pytest.mark.parametrize("language", list(Language))
async def test_every_message_arrives_with_all_its_words_and_buttons(makes: Makes, language: Language) -> None:
    said = specimens.alone(language) | specimens.monolingual(language) | specimens.together()
    messages = {name: each for name, each in said.items() if isinstance(each, Message)}
    async with makes("ada", "ben") as place:
        await set_up(place, "ada")

        missing = []
        for name, message in messages.items():
            if lacks(place, name):
                continue
            seen = await place.sends("ada", message, key=f"{name}.{language}")
            shown = bare(seen.words)
            missing += [(name, words) for words in words_of(message, place) if words not in shown]
            missing += [(name, each.label) for each in message.buttons if each.label not in seen.buttons]

    assert len(messages) > 80
    assert missing == []


async def test_every_button_is_answered_wherever_it_comes_from(makes: Makes) -> None:
    async with makes("ada", "ben") as place:
        await set_up(place, "ada", "ben")
        await place.until(TUESDAY)
        # What erases comes last.
        verbs = sorted(commands.BUTTONS, key=lambda verb: (verb == "forget", verb))
        for start in range(0, len(verbs), AT_ONCE):
            some = verbs[start : start + AT_ONCE]
            part = Part(language=Language.ENGLISH, paragraphs=((f"From {some[0]} on.",),))
            buttons = tuple(Button(label=f"Do {verb}", action=f"{verb}:none") for verb in some)
            shown = Message(name="some", parts=(part,), buttons=buttons)
            seen = await place.sends("ben", shown, key=some[0])

            for verb in some:
                if not lacks(place, verb):
                    answer = await place.clicks("ben", seen, f"Do {verb}")
                    assert answer.words, verb


@pytest.mark.parametrize("command", FORMS)
async def test_every_field_of_a_form_can_be_filled_in(makes: Makes, command: str) -> None:
    async with makes("ada", "ben") as place:
        await set_up(place, "ada", "ben")
        await place.types("ada", "know", person="ben")
        async with place.storage.open_work((await place.community()).id) as work:
            [ada] = [each for each in await work.members.all() if each.name == "Ada"]
            [program] = await work.programs.all()
            space = await work.spaces.get(program.space_id)
        asker = Asker(external_id=ada.external_id, name="Ada", admin=True)
        ask = Ask(
            community=ada.community_id,
            asker=asker,
            now=TUESDAY,
            space=space.external_id,
            space_name=space.name,
        )
        reply = await commands.run(place.storage.open_work, ask, command, lambda _: None)
        assert reply.form is not None

        there = await place.fields("ada", command)

        wanted = [field.name for field in reply.form.fields if not lacks(place, field.name)]
        assert sorted(there) == sorted(wanted)


def test_what_is_lacking_is_lacking_for_a_reason() -> None:
    assert all(platform in PLACES and reason for (platform, _), reason in LACKING.items())
