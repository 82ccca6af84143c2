"""Beside the communities, not within one: Voisin may be installed before it has met anyone there, and in an
organization with many communities at once.
"""

from sqlalchemy import Column, Integer, LargeBinary, Table

from storage.columns import Listed, Moment, Words
from storage.tables.keys import key, metadata

installations = Table(
    "installations",
    metadata,
    key("platform"),
    key("external_id"),
    Column("name", Words, nullable=False),
    # Sealed; NULL once it was removed, and where one token opens every community.
    Column("token", LargeBinary),
    Column("scopes", Listed, nullable=False),
    Column("bot", Words, nullable=False),
    Column("installer", Words),
    Column("at", Moment, nullable=False),
    Column("gone_at", Moment, index=True),
)

oauth_states = Table(
    "oauth_states",
    metadata,
    # A hash: whoever reads the table cannot use what it holds.
    key("trace"),
    Column("until", Moment, nullable=False),
)

posts = Table(
    "posts",
    metadata,
    key("platform"),
    key("post"),
    # NULL: nobody's.
    Column("owner", Words),
    Column("epoch", Integer, nullable=False),
    Column("lease_until", Moment, nullable=False),
)

notes = Table(
    "notes",
    metadata,
    key("platform"),
    key("what"),
    Column("value", Words, nullable=False),
)
