"""What two texts are both about, in French and in English: the words they share, whatever their endings.

Snowball's stemmers (M. F. Porter) take the endings off: *tests* meets *tester*, *weaving* meets *weave*.
Nobody says which language a line is in, so both stemmers read each word, and either may find the kinship.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from math import log

import snowballstemmer

SHORTEST = 3
"""Letters of a word that says what something is about: ``SQL`` does, ``on`` does not."""

COMMONPLACE = 0.2
FEW = 20
"""What more than a fifth of the members, and more than twenty, write says nothing about any two of them."""

# Words that are everywhere, those of learning and helping among them: they stand in every such line.
EVERYWHERE = frozenset(
    """
    a about after again all also always an and any anything are around as at back be because been before
    being better between big both but by can could day days do does doing done down each else even ever
    every few find first for from get give go going good got had has have having help helping her here him
    his how i idea if in into is it its just keep kind know last learn learned learning learnt less let
    like little long lot made make making many may me more most much must my need never new next nice no
    not nothing now of off often on once one only or other our out over own part people please practice
    put question questions quite rather really right same say see she should since small so some someone
    something still such sure take than thank thanks that the their them then there these they thing
    things think this those through time to today together too try trying two under understand until up us
    use used using very want was way ways we week well were what when where which while who why will with
    without work working would year years yet you your

    afin ai aide aider aimer aimerais ainsi alors apprendre apprends appris apres assez au aucun aussi
    autant autre autres aux avant avec avoir beaucoup besoin bien bon bonne car ce cela celle celui ces
    cet cette ceux chaque chez chose choses comme comment comprendre dans de deja depuis des dire donc
    dont du elle en encore entre envie es essaie essayer est et etc etre etes eu faire fais fait faut fois
    grand gros gens ici idee il ils jamais je jour jours juste la le les leur leurs lui ma mais me meme
    mes mettre mien mieux moi moins mon ne ni non nos notre nous nouveau nouvelle on ou par parce parfois
    parler pas passer petit petite peu peut peux plus plusieurs plutot point pour pourquoi pouvoir prendre
    pres quand que quel quelle quelque quelques quelqu question questions qui quoi rien sa sais sans
    savoir se semaine sera ses si soi sommes son sont sous souvent suis sur ta tant te tes toi ton
    toujours tous tout toute toutes tres trop trouver tu un une utiliser va vais vers veut veux voici voir
    vos votre voudrais vous vrai vraiment
    """.split()  # noqa: SIM905 -- 300 quoted words would not be read
)

_ELIDED = re.compile(r"\b(?:[cdjlmnst]|qu)['’]", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:[+#]+)?")


@cache
def _stemmers() -> tuple[snowballstemmer.stemmer, ...]:
    return tuple(snowballstemmer.stemmer(language) for language in ("french", "english"))


def topics(text: str) -> Mapping[str, str]:
    """The stems of the words that say what a text is about → the word as it was written first."""
    found: dict[str, str] = {}
    for word in _WORD.findall(_ELIDED.sub(" ", text)):
        bare = _bare(word)
        if len(bare) < SHORTEST and not _letters_of_a_name(word):
            continue
        if bare in EVERYWHERE or bare.isdecimal():
            continue
        for stem in _stems(word.lower()):
            found.setdefault(stem, word)
    return found


def common(one: str, other: str) -> tuple[str, ...]:
    """The words of one text that the other has too, as the first one writes them, in its order."""
    theirs = topics(other).keys()
    return tuple(dict.fromkeys(word for stem, word in topics(one).items() if stem in theirs))


def met_topics(
    *, offered: Sequence[Iterable[str]], wanted: Sequence[Iterable[str]]
) -> tuple[list[tuple[int, int]], list[tuple[int, int]], list[float]]:
    """What somebody offers and somebody wants: (place, topic) of each, and what a topic says, 0 to 1.

    The texts of each person stand at their place. A topic says the more, the fewer share it.
    """
    can, learn = ([_about(texts) for texts in people] for people in (offered, wanted))
    met = set[str]().union(*can) & set[str]().union(*learn)
    spread = Counter(stem for one, other in zip(can, learn, strict=True) for stem in (one | other) & met)
    most = max(FEW, COMMONPLACE * len(can))
    number = {stem: at for at, stem in enumerate(sorted(stem for stem in met if spread[stem] <= most))}
    offers, wants = (
        [(place, number[stem]) for place, stems in enumerate(said) for stem in sorted(stems & number.keys())]
        for said in (can, learn)
    )
    return offers, wants, [1 - log(spread[stem]) / log(len(can) + 1) for stem in number]


def _about(texts: Iterable[str]) -> set[str]:
    return {stem for text in texts if text for stem in topics(text)}


@lru_cache(maxsize=1 << 16)
def _stems(word: str) -> tuple[str, ...]:
    # A stemmer takes 40 microseconds for a word, and a large community writes the same ones again and again.
    return tuple(dict.fromkeys(_bare(stemmer.stemWord(word)) for stemmer in _stemmers()))


def _letters_of_a_name(word: str) -> bool:
    """``UX``, ``R``, ``C++``: short, and somebody's whole craft."""
    return word.isupper() or not word[-1].isalnum()


def _bare(word: str) -> str:
    """Without accents and capitals."""
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
