"""Accounts of people whom the council's identity provider knows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add who they are there; a password is needed no more."""
    with op.batch_alter_table("account") as account:
        account.add_column(sa.Column("identity_hash", sa.String(length=64), nullable=True))
        account.alter_column("password_hash", existing_type=sa.String(length=200), nullable=True)
        account.create_unique_constraint(op.f("uq_account_identity_hash"), ["identity_hash"])


def downgrade() -> None:
    """Take it away again; who has no password must be given one first."""
    with op.batch_alter_table("account") as account:
        account.drop_constraint(op.f("uq_account_identity_hash"), type_="unique")
        account.alter_column("password_hash", existing_type=sa.String(length=200), nullable=False)
        account.drop_column("identity_hash")
