"""What is due, oldest first, over all communities."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_index("ix_deliveries_due", "deliveries", ["state", "due_at", "community_id", "lane"])
