"""Where Voisin was installed, on every memory: one row, one use, and a token that rests sealed."""

import asyncio
import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from bot.domain.community import Community
from bot.domain.ids import ExternalId
from bot.errors import BadSetting, StorageError, Unknown
from bot.ports import Installation
from storage.database import OpenStorage
from storage.installations import SqlInstallations
from storage.seal import Seal, ring
from storage.tables import installations

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
OLD, NEW = bytes(32), bytes(range(32))

ATELIER = Installation(
    platform="slack",
    external_id=ExternalId("T1"),
    name="L'atelier",
    token="xoxb-atelier",
    scopes=("chat:write", "commands"),
    bot=ExternalId("U0VOISIN"),
    installer=ExternalId("U1"),
    at=NOW,
)

Shelf = Callable[..., SqlInstallations]


@pytest.fixture
def shelf(memory: OpenStorage) -> Shelf:
    return lambda *keys: SqlInstallations(memory.engine, seal=Seal(keys or (OLD,)))


async def test_an_installation_comes_back_as_it_was_saved(shelf: Shelf) -> None:
    await shelf().save(ATELIER)

    assert await shelf().find("slack", ATELIER.external_id) == ATELIER
    assert await shelf().all("slack") == [ATELIER]
    assert await shelf().find("discord", ATELIER.external_id) is None


async def test_a_second_installation_in_the_same_place_replaces_the_first(shelf: Shelf) -> None:
    again = replace(ATELIER, token="xoxb-again", scopes=("commands",))

    await shelf().save(ATELIER)
    await shelf().save(again)

    assert await shelf().all("slack") == [again]


async def test_a_token_rests_encrypted(shelf: Shelf, memory: OpenStorage) -> None:
    await shelf().save(ATELIER)

    async with memory.engine.connect() as connection:
        [token] = (await connection.execute(select(installations.c.token))).scalars()

    assert b"xoxb" not in token


async def test_a_new_key_opens_what_the_old_one_sealed_as_long_as_both_are_there(shelf: Shelf) -> None:
    await shelf(OLD).save(ATELIER)

    assert await shelf(NEW, OLD).find("slack", ATELIER.external_id) == ATELIER
    with pytest.raises(StorageError, match="VOISIN_DATABASE_KEY"):
        await shelf(NEW).find("slack", ATELIER.external_id)


async def test_the_token_of_one_workspace_is_of_no_use_in_the_row_of_another(
    shelf: Shelf, memory: OpenStorage
) -> None:
    await shelf().save(ATELIER)
    await shelf().save(replace(ATELIER, external_id=ExternalId("T2")))
    async with memory.engine.begin() as connection:
        mine = select(installations.c.token).where(installations.c.external_id == "T1").scalar_subquery()
        await connection.execute(
            update(installations).where(installations.c.external_id == "T2").values(token=mine)
        )

    with pytest.raises(StorageError):
        await shelf().find("slack", ExternalId("T2"))


async def test_without_a_key_nothing_is_kept_in_the_clear(memory: OpenStorage) -> None:
    with pytest.raises(BadSetting, match="VOISIN_DATABASE_KEY"):
        await memory.installations.save(ATELIER)


async def test_what_was_removed_is_gone_at_once_and_may_come_back(shelf: Shelf) -> None:
    await shelf().save(ATELIER)
    await shelf().remove("slack", ATELIER.external_id, at=NOW)
    await shelf().remove("slack", ATELIER.external_id, at=NOW + timedelta(days=9))

    assert await shelf().find("slack", ATELIER.external_id) is None
    assert await shelf().gone("slack", before=NOW) == []
    assert await shelf().gone("slack", before=NOW + timedelta(days=1)) == [ATELIER.external_id]
    await shelf().save(ATELIER)
    assert await shelf().gone("slack", before=NOW + timedelta(days=1)) == []
    assert await shelf().find("slack", ATELIER.external_id) == ATELIER


async def test_what_was_never_kept_is_remembered_as_gone(memory: OpenStorage) -> None:
    await memory.installations.remove("slack", ATELIER.external_id, at=NOW)

    assert await memory.installations.gone("slack", before=NOW + timedelta(days=1)) == [ATELIER.external_id]
    assert await memory.installations.find("slack", ATELIER.external_id) is None


async def test_only_what_is_gone_can_be_forgotten(shelf: Shelf) -> None:
    await shelf().save(ATELIER)

    await shelf().forget("slack", ATELIER.external_id)
    assert await shelf().find("slack", ATELIER.external_id) == ATELIER
    await shelf().remove("slack", ATELIER.external_id, at=NOW)
    await shelf().forget("slack", ATELIER.external_id)

    assert await shelf().gone("slack", before=NOW + timedelta(days=1)) == []


async def test_of_eight_who_come_with_one_state_one_succeeds(memory: OpenStorage) -> None:
    state = await memory.installations.issue_state(until=NOW + timedelta(minutes=10))

    served = await asyncio.gather(*(memory.installations.consume_state(state, now=NOW) for _ in range(8)))

    assert served.count(True) == 1


async def test_a_state_that_is_old_or_was_never_issued_is_good_for_nothing(memory: OpenStorage) -> None:
    state = await memory.installations.issue_state(until=NOW)

    assert not await memory.installations.consume_state(state, now=NOW + timedelta(seconds=1))
    assert not await memory.installations.consume_state("made up", now=NOW)


async def test_a_community_that_is_erased_leaves_no_row(memory: OpenStorage, community: Community) -> None:
    await memory.communities.erase(community.id)

    assert await memory.communities.all() == []
    with pytest.raises(Unknown):
        async with memory.open_work(community.id):
            pass


@pytest.mark.parametrize("written", ["short", base64.b64encode(bytes(16)).decode(), "ééé"])
def test_a_key_that_is_none_is_named_with_its_remedy(written: str) -> None:
    with pytest.raises(BadSetting, match="openssl rand"):
        ring(written)
