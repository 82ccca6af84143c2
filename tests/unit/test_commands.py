"""The one table: nothing named in the specification is missing, nothing leads nowhere."""

import pytest

from bot.commands import BUTTONS, COMMANDS, FORMS, NOT_YET, Who
from bot.domain.community import Language
from bot.messages import Form
from bot.wording.catalogue import sentence
from bot.wording.replies import command_description, command_name
from tests.goldens import specimens

TAKING_PART = {"join", "pause", "resume", "skip", "leave", "me", "know", "avoid", "learning", "partners"}
EVERYBODY = TAKING_PART | {"why", "privacy", "export-me", "forget-me", "help", "care"}
LOOKING_AFTER = {
    "setup",
    "preview",
    "run-now",
    "pause-program",
    "resume-program",
    "blackout",
    "prompt",
    "ties",
}
CONVENERS = LOOKING_AFTER | {"gathering", "report", "export", "convener", "greeter"}


def test_every_command_of_the_specification_is_there_or_named_as_still_to_come() -> None:
    there = {each.name for each in COMMANDS}

    assert there | NOT_YET.keys() == EVERYBODY | CONVENERS
    assert not there & NOT_YET.keys()


def test_what_changes_a_program_is_for_conveners() -> None:
    theirs = {each.name for each in COMMANDS if each.who is Who.CONVENERS}

    assert theirs == CONVENERS - NOT_YET.keys()


@pytest.mark.parametrize("language", list(Language))
def test_every_command_has_a_name_of_its_own_and_a_description(language: Language) -> None:
    names = [command_name(each.name, language) for each in COMMANDS]

    assert len(set(names)) == len(names)
    assert all(command_description(each.name, language) for each in COMMANDS)


def test_every_button_that_is_labelled_does_something_and_every_one_that_does_is_labelled() -> None:
    labelled = {
        name.removeprefix("button.")
        for name in specimens.catalogue(Language.ENGLISH)
        if name.startswith("button.")
    }

    assert labelled == BUTTONS.keys()


def test_every_form_that_is_shown_is_taken() -> None:
    shown = {
        specimen.action.partition(":")[0]
        for specimen in specimens.alone(Language.ENGLISH).values()
        if isinstance(specimen, Form)
    }

    assert shown == FORMS.keys()


def test_no_placeholder_of_a_command_is_left_without_words() -> None:
    for language in Language:
        for choice in ("add", "remove"):
            assert sentence(f"choice.{choice}", language, None)
