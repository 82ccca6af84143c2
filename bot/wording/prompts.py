"""The questions that Voisin puts to a community: the same ids in each language, written in each."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files

from bot.domain.community import Language
from bot.domain.reflection import PromptKind


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """A question of the bank in one language."""

    id: str
    kind: PromptKind
    text: str


@cache
def bank(language: Language) -> Mapping[str, Question]:
    """The questions of a language by id, in the order of their kinds."""
    text = files(__package__).joinpath(f"prompts.{language}.toml").read_text("utf-8")
    return {
        entry["id"]: Question(id=entry["id"], kind=PromptKind(entry["kind"]), text=entry["text"])
        for entry in tomllib.loads(text)["prompt"]
    }


def choose(*, own: Sequence[str], asked: Mapping[str, datetime], ticket: int) -> str:
    """The id of the next question: the program's own first, then the bank's, none twice before all were put.

    ``own`` are the ids of the program's questions, oldest first; ``asked`` says when each was put last;
    ``ticket`` decides among the bank's. The kinds take turns: the one asked longest ago comes next.
    """
    if new := [id for id in own if id not in asked]:
        return new[0]
    questions = bank(Language.ENGLISH).values()
    fresh = [each for each in questions if each.id not in asked]
    if not fresh:
        return min([*own, *(each.id for each in questions)], key=lambda id: (asked[id], id))
    last = {
        each.kind: max(
            (asked[other.id] for other in questions if other.kind is each.kind and other.id in asked),
            default=None,
        )
        for each in fresh
    }
    never = [kind for kind, at in last.items() if at is None]
    longest_ago = min((at for at in last.values() if at is not None), default=None)
    kinds = never or [kind for kind, at in last.items() if at == longest_ago]
    mine = [each.id for each in fresh if each.kind in kinds]
    return mine[ticket % len(mine)]
