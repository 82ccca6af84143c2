"""When somebody first took up what a member shared."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("reflections", sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True))
