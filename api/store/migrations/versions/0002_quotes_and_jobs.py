"""Quotes, placements and the plans that they make; jobs; exports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import api.store.columns

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("export", "placement", "job_file", "quote", "plan_step", "job")
"""In the order in which they may be dropped."""


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "export",
        sa.Column("export_id", sa.String(length=64), nullable=False),
        sa.Column("plan_id", sa.String(length=64), nullable=False),
        sa.Column("table_name", sa.String(length=32), nullable=False),
        sa.Column("column_names", sa.JSON(), nullable=False),
        sa.Column("route_ids", sa.JSON(), nullable=False),
        sa.Column("recipient", sa.String(length=200), nullable=False),
        sa.Column("purpose", sa.String(length=500), nullable=False),
        sa.Column("n_children", sa.Integer(), nullable=False),
        sa.Column("asked_at", api.store.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("approved_at", api.store.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.plan_id"], name=op.f("fk_export_plan_id_plan")),
        sa.PrimaryKeyConstraint("export_id", name=op.f("pk_export")),
    )
    op.create_table(
        "job",
        sa.Column("job_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("progress", sa.JSON(), nullable=False),
        sa.Column("slot", sa.String(length=64), nullable=True),
        sa.Column("plan_id", sa.String(length=64), nullable=True),
        sa.Column("sealed_faults", sa.Text(), nullable=True),
        sa.Column("asked_at", api.store.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("started_at", api.store.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", api.store.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("cancel_asked_at", api.store.columns.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_job_state_is_known")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.plan_id"], name=op.f("fk_job_plan_id_plan")),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_job")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_state"), ["state"], unique=False)

    op.create_table(
        "plan_step",
        sa.Column("plan_id_before", sa.String(length=64), nullable=False),
        sa.Column("plan_id_after", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("made_at", api.store.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["plan_id_after"], ["plan.plan_id"], name=op.f("fk_plan_step_plan_id_after_plan")),
        sa.ForeignKeyConstraint(["plan_id_before"], ["plan.plan_id"], name=op.f("fk_plan_step_plan_id_before_plan")),
        sa.PrimaryKeyConstraint("plan_id_before", name=op.f("pk_plan_step")),
        sa.UniqueConstraint("plan_id_after", name=op.f("uq_plan_step_plan_id_after")),
    )
    op.create_table(
        "quote",
        sa.Column("quote_id", sa.String(length=64), nullable=False),
        sa.Column("passenger_id", sa.String(length=64), nullable=False),
        sa.Column("passenger_version", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.String(length=64), nullable=False),
        sa.Column("school_ids", sa.JSON(), nullable=False),
        sa.Column("is_decided", sa.Boolean(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.Column("asked_at", api.store.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.plan_id"], name=op.f("fk_quote_plan_id_plan")),
        sa.PrimaryKeyConstraint("quote_id", name=op.f("pk_quote")),
    )
    with op.batch_alter_table("quote", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quote_passenger_id"), ["passenger_id"], unique=False)

    op.create_table(
        "job_file",
        sa.Column("job_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.job_id"], name=op.f("fk_job_file_job_id_job")),
        sa.PrimaryKeyConstraint("job_id", "name", name=op.f("pk_job_file")),
    )
    op.create_table(
        "placement",
        sa.Column("placement_id", sa.String(length=64), nullable=False),
        sa.Column("quote_id", sa.String(length=64), nullable=False),
        sa.Column("passenger_id", sa.String(length=64), nullable=False),
        sa.Column("option_number", sa.Integer(), nullable=False),
        sa.Column("route_id", sa.String(length=64), nullable=False),
        sa.Column("plan_id_before", sa.String(length=64), nullable=False),
        sa.Column("plan_id", sa.String(length=64), nullable=False),
        sa.Column("accepted_at", api.store.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("accepted_by", sa.String(length=80), nullable=False),
        sa.Column("reversed_at", api.store.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("reversed_by", sa.String(length=80), nullable=True),
        sa.Column("plan_id_reversed", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.plan_id"], name=op.f("fk_placement_plan_id_plan")),
        sa.ForeignKeyConstraint(["plan_id_before"], ["plan.plan_id"], name=op.f("fk_placement_plan_id_before_plan")),
        sa.ForeignKeyConstraint(
            ["plan_id_reversed"], ["plan.plan_id"], name=op.f("fk_placement_plan_id_reversed_plan")
        ),
        sa.ForeignKeyConstraint(["quote_id"], ["quote.quote_id"], name=op.f("fk_placement_quote_id_quote")),
        sa.PrimaryKeyConstraint("placement_id", name=op.f("pk_placement")),
        sa.UniqueConstraint("quote_id", name=op.f("uq_placement_quote_id")),
    )
    with op.batch_alter_table("placement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_placement_passenger_id"), ["passenger_id"], unique=False)


def downgrade() -> None:
    """Drop them."""
    for name in TABLES:
        op.drop_table(name)
