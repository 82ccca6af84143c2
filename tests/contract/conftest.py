import pytest

from bot.domain.community import Community
from storage.database import OpenStorage
from tests.contract.village import settle


@pytest.fixture
async def community(memory: OpenStorage) -> Community:
    return await settle(memory)
