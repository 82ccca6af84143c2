from datetime import UTC, datetime, timedelta

import pytest

from bot.cli.roles import SKEW, in_time
from bot.errors import BadSetting
from bot.roles import Role

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_rounds_and_sends_belong_to_workers() -> None:
    assert {role for role in Role if role.beats} == {Role.ALL, Role.WORKER}


@pytest.mark.parametrize("by_http, hears", [(True, {Role.ALL, Role.WEB}), (False, {Role.ALL, Role.GATEWAY})])
def test_what_people_do_reaches_the_web_by_http_and_the_gateway_otherwise(
    by_http: bool, hears: set[Role]
) -> None:
    assert {role for role in Role if role.hears(by_http=by_http)} == hears


def test_clocks_that_are_half_a_minute_apart_are_refused() -> None:
    in_time(NOON, NOON + SKEW)

    with pytest.raises(BadSetting, match=r"12:00:00 UTC and the database's 12:00:31"):
        in_time(NOON, NOON + SKEW + timedelta(seconds=1))
