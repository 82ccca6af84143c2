"""Each migration only adds, so that the version before it can go on working while processes are replaced."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from storage.engines import address, synchronous
from storage.upgrade import MIGRATIONS, _config

ALL = [
    script.revision
    for script in ScriptDirectory.from_config(_config(MIGRATIONS / "versions")).walk_revisions()
][::-1]


def _schemas(file: Path) -> Iterator[tuple[str, dict[str, dict[str, Any]]]]:
    """Revision after revision: table → column → what is known of it."""
    config = _config(MIGRATIONS / "versions")
    for revision in ALL:
        with synchronous(address(f"sqlite:///{file}")).connect() as connection:
            config.attributes["connection"] = connection
            with connection.begin():
                command.upgrade(config, revision)
            yield revision, _columns(connection)


def _columns(connection: Connection) -> dict[str, dict[str, Any]]:
    found = inspect(connection)
    return {
        table: {column["name"]: column for column in found.get_columns(table)}
        for table in found.get_table_names()
    }


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, dict[str, Any]]]:
    return dict(_schemas(tmp_path_factory.mktemp("migrations") / "voisin.db"))


def test_what_the_version_before_reads_and_writes_is_there_still(
    schemas: dict[str, dict[str, dict[str, Any]]],
) -> None:
    broken = [
        f"{after}: {table}.{name}"
        for before, after in pairwise(ALL)
        for table, columns in schemas[before].items()
        for name, column in columns.items()
        if name not in schemas[after].get(table, {})
        or str(schemas[after][table][name]["type"]) != str(column["type"])
        or (column["nullable"] and not schemas[after][table][name]["nullable"])
    ]

    assert broken == []


def test_what_is_new_need_not_be_written_by_the_version_before(
    schemas: dict[str, dict[str, dict[str, Any]]],
) -> None:
    wanting = [
        f"{after}: {table}.{name}"
        for before, after in pairwise(ALL)
        for table, columns in schemas[before].items()
        for name, column in schemas[after].get(table, {}).items()
        if name not in columns and not column["nullable"] and column["default"] is None
    ]

    assert wanting == []
