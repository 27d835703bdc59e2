"""Tenders and the files of their folders."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import api.store.columns

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "tender",
        sa.Column("tender_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("n_lines", sa.Integer(), nullable=False),
        sa.Column("made_at", api.store.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.plan_id"], name=op.f("fk_tender_plan_id_plan")),
        sa.PrimaryKeyConstraint("tender_id", name=op.f("pk_tender")),
    )
    with op.batch_alter_table("tender", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tender_plan_id"), ["plan_id"], unique=False)

    op.create_table(
        "tender_file",
        sa.Column("tender_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("n_bytes", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["tender_id"], ["tender.tender_id"], name=op.f("fk_tender_file_tender_id_tender")),
        sa.PrimaryKeyConstraint("tender_id", "name", name=op.f("pk_tender_file")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("tender_file")
    op.drop_table("tender")
