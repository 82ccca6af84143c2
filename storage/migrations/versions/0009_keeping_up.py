"""What conveners let Voisin note, since when it is away, and whether members chose zone and language."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("communities", sa.Column("sources", sa.JSON(), nullable=True))
    op.add_column("communities", sa.Column("away_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("members", sa.Column("chose", sa.Boolean(), nullable=False, server_default=sa.false()))
