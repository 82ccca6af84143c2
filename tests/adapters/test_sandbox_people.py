"""Who lives in the sandbox, and the words of its page."""

import re
from collections import Counter
from pathlib import Path
from string import Formatter

import pytest

from adapters.sandbox import Town, load, sample
from adapters.sandbox.labels import labels
from adapters.sandbox.town import SAMPLE
from adapters.sandbox.views import FILES, PAGE
from adapters.web import Site
from bot.domain.community import Language
from bot.errors import BadInput, BadSetting
from tests.adapters.curious import opened

FRENCH, ENGLISH = labels(Language.FRENCH), labels(Language.ENGLISH)


# ── The sample ─────────────────────────────────────────────────────────────────────────────────────


def test_the_sample_has_twenty_four_people_in_two_languages_and_four_zones() -> None:
    town = sample()

    assert len(town.residents) == 24
    assert Counter(one.language for one in town.residents) == {Language.FRENCH: 12, Language.ENGLISH: 12}
    assert {one.zone for one in town.residents} == {
        "Europe/Paris",
        "America/Toronto",
        "Africa/Dakar",
        "Europe/London",
    }
    assert [channel.name for channel in town.channels] == ["atelier"]
    assert sum(one.admin for one in town.residents) == 1


def test_everyone_in_the_sample_learns_something_can_help_and_speaks_voisin_s_language() -> None:
    assert [one.name for one in sample().residents if not (one.learning and one.can_help)] == []
    assert [one.name for one in sample().residents if one.language not in one.languages] == []


def test_everyone_in_the_sample_can_be_called_by_their_first_name() -> None:
    town = sample()

    found = [town.find(f"@{one.name.split()[0]}") for one in town.residents]

    assert found == [one.asker for one in town.residents]


def test_a_first_name_that_two_people_share_names_neither(tmp_path: Path) -> None:
    town = _with(tmp_path, 'name = "Tom Whitfield"', 'name = "Amina Whitfield"')

    assert town.find("@Amina") == town.by_id[town.residents[1].id].asker
    assert town.find("Amina Whitfield") is not None


@pytest.mark.parametrize(
    "written, instead, named",
    [
        ('id = "tom"', 'id = "amina"', "'amina' is there twice"),
        ('zone = "America/Toronto"', 'zone = "America/Torronto"', "America/Torronto"),
        ('name = "Tom Whitfield"', "name = 7", "7"),
        ('name = "Tom Whitfield"', "", "'name' is missing"),
        ('language = "en"', 'language = "xx"', "xx"),
        ("running my first half marathon", "running " * 30, "Ruth Abara"),
        ("[[channels]]", "[channels]", "two brackets"),
        ("[[people]]", "[[[people]]", "line"),
    ],
)
def test_people_that_cannot_be_used_are_refused_in_a_sentence(
    tmp_path: Path, written: str, instead: str, named: str
) -> None:
    with pytest.raises(BadInput, match="cannot be used as the people of a sandbox") as refused:
        _with(tmp_path, written, instead)

    assert named in str(refused.value)


def test_people_that_are_not_there_are_missed(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No such file"):
        load(tmp_path / "nobody.toml")


def _with(folder: Path, written: str, instead: str) -> Town:
    path = folder / "people.toml"
    path.write_text(SAMPLE.read_text(encoding="utf-8").replace(written, instead, 1), encoding="utf-8")
    return load(path)


# ── The words of the page ──────────────────────────────────────────────────────────────────────────


def test_the_page_has_the_same_words_in_both_languages() -> None:
    assert FRENCH.keys() == ENGLISH.keys()
    assert [name for name in FRENCH if not (FRENCH[name] and ENGLISH[name])] == []
    alike = {name for name in FRENCH if FRENCH[name] == ENGLISH[name]}
    assert alike == {"voisin"}


@pytest.mark.parametrize("name", FRENCH)
def test_both_languages_fill_the_same_places(name: str) -> None:
    places = [{place for _, place, _, _ in Formatter().parse(words[name])} for words in (FRENCH, ENGLISH)]

    assert places[0] == places[1]


def test_every_word_that_the_page_asks_for_is_there_and_every_word_there_is_asked_for() -> None:
    folder = PAGE.parent
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for path in [PAGE / "index.html", *(PAGE / name for name in FILES), *folder.glob("*.py")]
        if path.suffix != ".svg"
    )
    asked = set(re.findall(r'data-(?:words|label)="(\w+)"|\bsay\("(\w+)"', code))
    named = {word for pair in asked for word in pair if word}

    assert named - FRENCH.keys() == set()
    assert {name for name in FRENCH if not re.search(rf'["\']{name}["\']', code)} == set()


# ── The site ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_port_that_is_taken_is_named_with_what_to_do() -> None:
    first = Site("127.0.0.1", 0)
    await first.start()

    with pytest.raises(BadSetting, match=rf"web\.port is {first.port}.*another port"):
        await Site("127.0.0.1", first.port).start()
    await first.stop()


async def test_an_address_that_is_not_of_this_machine_is_named_with_what_to_do() -> None:
    with pytest.raises(BadSetting, match=r"web\.host is '192\.0\.2\.1'.*127\.0\.0\.1"):
        await Site("192.0.2.1", 0).start()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
async def test_the_sandbox_refuses_a_site_that_others_can_reach(host: str) -> None:
    with pytest.raises(BadSetting, match=r"web\.host.*127\.0\.0\.1"):
        await opened(host=host)
