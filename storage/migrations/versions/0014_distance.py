"""Which strangers a program would rather introduce, and whether those introduced have somebody in common."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"

words = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("programs", sa.Column("distance", words, server_default="any", nullable=False))
    op.add_column("introductions", sa.Column("in_common", sa.Boolean(), nullable=True))
