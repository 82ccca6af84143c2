"""Whether the space reads what rounds and seasons have brought."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    for name in ("tells_rounds", "tells_seasons"):
        op.add_column("programs", sa.Column(name, sa.Boolean(), server_default=sa.true(), nullable=False))
