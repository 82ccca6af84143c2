"""What Discord's errors mean for Voisin."""

from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import discord
import pytest

from adapters.discord.errors import DEFECTS, MEANINGS, Meaning, Refused, understood
from adapters.discord.rest import Limited
from bot.errors import Impossible, NotSent, TryLater, Uncertain
from tests.adapters.guilds import MONDAY

IN_PLAY = {
    0: Meaning.TOKEN,
    10003: Meaning.PLACE,
    10004: Meaning.PLACE,
    10007: Meaning.PERSON,
    10008: Meaning.STALE,
    10013: Meaning.PERSON,
    10015: Meaning.STALE,
    10062: Meaning.STALE,
    20016: Meaning.LATER,
    20028: Meaning.LATER,
    30013: Meaning.PLACE,
    30033: Meaning.PLACE,
    40001: Meaning.TOKEN,
    40003: Meaning.OPENING,
    40004: Meaning.LATER,
    40060: Meaning.STALE,
    40062: Meaning.LATER,
    50001: Meaning.PLACE,
    50006: Meaning.PLACE,
    50007: Meaning.SHUT,
    50013: Meaning.PLACE,
    50024: Meaning.PLACE,
    50027: Meaning.STALE,
    50035: Meaning.DEFECT,
    50083: Meaning.ASLEEP,
    50278: Meaning.PERSON,
    130000: Meaning.LATER,
    160005: Meaning.PLACE,
    160006: Meaning.FULL,
    200000: Meaning.PLACE,
}


def _answer(status: int, code: int = 0) -> discord.HTTPException:
    response = cast(Any, SimpleNamespace(status=status, reason="oh"))
    return discord.HTTPException(response, {"code": code, "message": "oh"})


@pytest.mark.parametrize("code, meaning", IN_PLAY.items())
def test_every_code_in_play_has_its_meaning(code: int, meaning: Meaning) -> None:
    assert Refused(401 if code == 0 else 400, code).meaning is meaning


def test_no_code_means_two_things() -> None:
    every = [code for codes in MEANINGS.values() for code in codes] + list(DEFECTS)

    assert len(every) == len(set(every))


@pytest.mark.parametrize("code", [10003, 10004, 30033, 50001, 50013, 160005, 200000])
def test_where_it_will_never_work_a_convener_reads_why(code: int) -> None:
    refused = Refused(403, code)

    assert isinstance(refused.consequence, Impossible)
    assert len(str(refused)) > len("Discord: refused (50013)")


@pytest.mark.parametrize("code", [40003, 160006, 130000, 40001])
def test_what_may_work_later_is_surely_not_done(code: int) -> None:
    assert isinstance(Refused(400, code).consequence, NotSent)


@pytest.mark.parametrize("error", [_answer(502), TimeoutError(), aiohttp.ServerDisconnectedError()])
def test_a_lost_answer_is_a_doubt_only_where_a_second_try_would_be_seen(error: Exception) -> None:
    assert isinstance(understood(error, once=True), Uncertain)
    assert isinstance(understood(error, once=False), NotSent)


def test_a_request_that_never_left_is_no_doubt() -> None:
    key = cast(Any, SimpleNamespace(ssl=None, host="discord.com", port=443))
    error = aiohttp.ClientConnectorDNSError(key, OSError("no name"))

    assert isinstance(understood(error, once=True), NotSent)


def test_a_limit_says_when_to_come_back() -> None:
    later = understood(Limited(TryLater(MONDAY)), once=True)

    assert isinstance(later, TryLater)
    assert later.at == MONDAY
