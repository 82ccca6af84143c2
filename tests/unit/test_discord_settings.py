"""What an operator may set for Discord."""

import pytest
from pydantic import ValidationError

from adapters.discord import shards
from bot.settings import DiscordSettings


def test_a_range_of_shards_is_read_as_it_is_written() -> None:
    assert shards("0-3/16") == (range(4), 16)
    assert shards("5/6") == (range(5, 6), 6)
    assert shards("") is None


@pytest.mark.parametrize("written", ["4-3/16", "0-16/16", "16/16", "all", "0-3", "-1/4", "0-3/16 "])
def test_shards_that_cannot_be_are_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        DiscordSettings(shards=written)


@pytest.mark.parametrize("requests", [0, 51])
def test_nobody_may_ask_for_more_than_discord_allows(requests: int) -> None:
    with pytest.raises(ValidationError):
        DiscordSettings(requests=requests)


def test_by_default_nothing_is_listened_to_but_servers() -> None:
    settings = DiscordSettings()

    assert not settings.enabled
    assert not settings.members
    assert not settings.ties
