"""Files of exports that jobs made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import api.store.columns

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "export_file",
        sa.Column("export_id", sa.String(length=64), nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("n_rows", sa.Integer(), nullable=False),
        sa.Column("made_at", api.store.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["export_id"], ["export.export_id"], name=op.f("fk_export_file_export_id_export")),
        sa.PrimaryKeyConstraint("export_id", "form", name=op.f("pk_export_file")),
    )
    with op.batch_alter_table("export_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_export_file_made_at"), ["made_at"], unique=False)


def downgrade() -> None:
    """Drop it."""
    op.drop_table("export_file")
