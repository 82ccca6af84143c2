"""The keys: every row carries its community, and every reference goes through it."""

from sqlalchemy import Column, ForeignKeyConstraint, MetaData

from storage.columns import Words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def in_community() -> Column[str]:
    return Column("community_id", Words, primary_key=True)


def to_community() -> ForeignKeyConstraint:
    """For the tables that the others refer to: theirs follows."""
    return ForeignKeyConstraint(["community_id"], ["communities.id"], deferrable=True, initially="DEFERRED")


def key(name: str = "id") -> Column[str]:
    return Column(name, Words, primary_key=True)


def to(table: str, column: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["community_id", column],
        [f"{table}.community_id", f"{table}.id"],
        deferrable=True,
        initially="DEFERRED",
    )
