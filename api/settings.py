"""Settings of the service, from the environment (`SCHOOLRUN_...`) or a file `.env`; docs/service.md lists them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """How one installation runs. One installation serves one council."""

    model_config = SettingsConfigDict(env_prefix="SCHOOLRUN_", env_file=".env", extra="ignore", frozen=True)

    database_url: str = Field(
        default="sqlite:///schoolrun.db",
        description="Where the data is: `sqlite:///FILE`, or `postgresql+psycopg://USER:PASSWORD@HOST/NAME`",
    )
    key_file: Path = Field(
        default=Path("schoolrun.keys"),
        description="Keys that personal details are encrypted with; keep it apart from the database and its backups",
    )
    sqlite_journal: Literal["auto", "wal", "delete"] = Field(
        default="auto",
        description="`auto`: write-ahead log where the SQLite linked is 3.51.3 or newer, else the rollback journal. "
        "`wal` is refused on an older one",
    )
    sqlite_synchronous: Literal["full", "extra", "normal", "off"] = Field(
        default="full", description="`full` or `extra`; anything less may lose acknowledged changes and is refused"
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on")
    port: int = Field(default=8000, ge=1, le=65_535, description="Port to listen on")
    plain_http: bool = Field(
        default=False,
        description="Allow sign-in without HTTPS; only on the machine itself (`host` 127.0.0.1, ::1 or localhost)",
    )
    public_url: str | None = Field(
        default=None,
        description="Address that people open, for example `https://transport.example`; needed for OpenID "
        "Connect alone",
    )
    oidc_issuer: str | None = Field(
        default=None,
        description="Issuer of the council's own identity provider (OpenID Connect), beside local accounts",
    )
    oidc_client_id: str | None = Field(default=None, description="Name of this service at the identity provider")
    oidc_client_secret_file: Path | None = Field(
        default=None, description="File with its secret there, readable by its owner alone; empty: PKCE alone"
    )
    oidc_scopes: str = Field(default="openid profile", description="What the identity provider is asked for")
    oidc_role_claim: str = Field(default="roles", description="Claim that says what somebody may do")
    oidc_roles: str | None = Field(
        default=None,
        description="Role here by value of that claim, for example "
        "`SEN-Transport=transport_officer; SEN-Buyers=procurement_officer`; never `administrator`",
    )
    roads_file: Path | None = Field(
        default=None,
        description="Road extract that the service plans on; empty: approximate roads, made from the places themselves",
    )
    cache_folder: Path | None = Field(
        default=None, description="Where built roads are kept between starts; empty: nowhere"
    )
    backup_folder: Path | None = Field(
        default=None,
        description="Where the page of backups writes them, on another disk than the database; empty: none from a page",
    )
    integrations_may_place: bool = Field(
        default=False, description="Another system may accept a quote; else only a person may"
    )
    session_idle_minutes: int = Field(default=30, ge=1, le=1440, description="Signed out after so long without use")
    session_hours: int = Field(default=12, ge=1, le=72, description="Signed out after so long in any case")
    upload_limit_mb: int = Field(default=20, ge=1, le=200, description="Largest request body, in megabytes")
    leaver_retention_days: int = Field(
        default=365, ge=0, le=3650, description="How long after leaving a passenger's personal data is kept (ours)"
    )
    plan_retention_days: int = Field(
        default=730, ge=0, le=3650, description="How long after being superseded a plan's files are kept (ours)"
    )
    export_second_person_above: int = Field(
        default=25, ge=0, le=100_000, description="An export of more children needs a second person's agreement (ours)"
    )
    parts_from: int = Field(
        default=2_000, ge=1, le=1_000_000,
        description="Passengers from which the areas of a plan are searched by whichever worker is free (ours)",
    )  # fmt: skip
    change_cap: int | None = Field(
        default=None,
        ge=0,
        description="Most passengers whose journey a newly published plan may change without a reason given; "
        "empty: no cap",
    )
    trial_run_required: bool = Field(
        default=False, description="A plan is published only with a driver's trial run recorded for each new route"
    )
    street_sign_off_required: bool = Field(
        default=False, description="A plan is published only with a street sign-off recorded for each new route"
    )

    def as_environment(self) -> dict[str, str]:
        """The same settings as variables, for a process of our own."""
        prefix = self.model_config["env_prefix"]
        return {f"{prefix}{name}".upper(): str(value) for name, value in self if value is not None}

    @property
    def is_local(self) -> bool:
        """Whether only the machine itself can reach the service."""
        return self.host in ("127.0.0.1", "::1", "localhost")


def settings_markdown() -> str:
    """The table of settings in docs/service.md."""
    lines = ["| setting | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "empty" if field.default is None else f"`{field.default}`"
        lines.append(f"| `SCHOOLRUN_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines) + "\n"
