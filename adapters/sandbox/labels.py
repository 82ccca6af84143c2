"""The page's own words, from one file, in the language of whoever one is."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from bot.domain.community import Language

WORDS = Path(__file__).with_name("words.toml")


@cache
def labels(language: Language) -> Mapping[str, str]:
    """Name → words, with places to fill in braces."""
    with WORDS.open("rb") as file:
        return {name: str(words) for name, words in tomllib.load(file)[language.value].items()}
