"""Where Voisin was installed, and the states of installations under way."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

words = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "installations",
        sa.Column("platform", words, nullable=False),
        sa.Column("external_id", words, nullable=False),
        sa.Column("name", words, nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=True),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("bot", words, nullable=False),
        sa.Column("installer", words, nullable=True),
        sa.Column("at", moment, nullable=False),
        sa.Column("gone_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("platform", "external_id", name="pk_installations"),
    )
    op.create_index("ix_installations_gone_at", "installations", ["gone_at"])
    op.create_table(
        "oauth_states",
        sa.Column("trace", words, nullable=False),
        sa.Column("until", moment, nullable=False),
        sa.PrimaryKeyConstraint("trace", name="pk_oauth_states"),
    )
