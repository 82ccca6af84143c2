"""The catalogues: one per language, sentences by their names."""

import gettext
from functools import cache
from pathlib import Path

from bot.domain.community import Language

CATALOGUES = Path(__file__).parent / "catalogues"


@cache
def _catalogue(language: Language) -> gettext.NullTranslations:
    return gettext.translation("voisin", localedir=CATALOGUES, languages=[language.value])


def sentence(name: str, language: Language, n: int | None = None) -> str:
    """Return the text of a sentence, in the form that goes with n where it has several; LookupError if there is none."""
    catalogue = _catalogue(language)
    text = name if n is None else catalogue.ngettext(name, name, n)
    # A sentence that does not count has no form for n.
    text = catalogue.gettext(name) if text == name else text
    if text == name:
        raise LookupError(f"The catalogue {language} has no sentence called {name!r}.")
    return text
