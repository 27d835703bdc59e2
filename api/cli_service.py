"""Commands of the service: set it up, run it, look after accounts, keys, the log, backups and retention."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli_shared import input_errors
from api.errors import EXIT_OK, EXIT_STORE, EXIT_UNSERVED

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.audit import Caller
    from api.settings import Settings
    from api.store.store import Store

_SWITCH_S = 0.0005
"""How long one thread holds Python while others wait (ours); with Python's own 5 ms a read waits for whole quotes."""
store_app = typer.Typer(no_args_is_help=True, help="The service's database and its keys.")
keys_app = typer.Typer(no_args_is_help=True, help="Keys that personal details are encrypted with.")
users_app = typer.Typer(no_args_is_help=True, help="Accounts of people.")
api_keys_app = typer.Typer(no_args_is_help=True, help="Keys of other systems.")
audit_app = typer.Typer(no_args_is_help=True, help="The log of who did what.")
jobs_app = typer.Typer(no_args_is_help=True, help="Planning jobs and their workers.")
plans_app = typer.Typer(no_args_is_help=True, help="Plans in the service's database.")


class RoleName(StrEnum):
    """Roles, as the command line takes them."""

    TRANSPORT_OFFICER = "transport_officer"
    PROCUREMENT_OFFICER = "procurement_officer"
    VIEWER = "viewer"
    ADMINISTRATOR = "administrator"


SignInName = Annotated[str, typer.Argument(help="Name to sign in with, for example a.officer.")]
Why = Annotated[str, typer.Option("--why", help="Reason, for the log.")]


def add_service_commands(app: typer.Typer) -> None:
    """Put the service's commands beside the others."""
    store_app.add_typer(keys_app, name="keys")
    for group, name in (
        (store_app, "store"), (users_app, "users"), (api_keys_app, "api-keys"), (audit_app, "audit"),
        (plans_app, "plans"), (jobs_app, "jobs"),
    ):  # fmt: skip
        app.add_typer(group, name=name)
    for command in (serve, worker, backup, restore):
        app.command()(command)


def serve(
    demo: Annotated[
        bool, typer.Option("--demo", help="Serve the invented borough from a folder of its own, on this machine alone.")
    ] = False,
    demo_plan: Annotated[Path, typer.Option(help="What `schoolrun demo` wrote; made where it is missing.")] = Path(
        "demo-out"
    ),
    demo_folder: Annotated[Path, typer.Option(help="Database and keys of the demo.")] = Path("demo-service"),
    slot: Annotated[str, typer.Option(help="Slot of its worker; each server of a PostgreSQL has its own.")] = "serve",
    worker: Annotated[bool, typer.Option(help="Run a worker for planning jobs beside the web server.")] = True,
) -> None:
    """Run the service; SCHOOLRUN_... settings say where (docs/service.md)."""
    import uvicorn

    from api.app import create_app
    from api.jobs.process import kept_worker
    from api.store.engine import make_engine, sqlite_path_of
    from api.store.guards import only_server_on
    from api.store.migrate import migrate
    from api.warm import kept_warm

    with _faults(), ExitStack() as held:
        settings = _demo_settings(demo_folder) if demo else _settings()
        path = sqlite_path_of(settings)
        if path is not None:
            held.enter_context(only_server_on(path))
        migrate(make_engine(settings))
        app = create_app(settings)
        if demo:
            _load_demo(app, demo_plan)
        scheme = "http" if settings.plain_http else "https, behind a proxy that ends TLS,"
        print(f"schoolrun listens on {settings.host}:{settings.port} ({scheme}); Ctrl-C ends it", file=sys.stderr)
        _log_to_stderr()
        if worker:
            held.enter_context(kept_worker(slot, settings))
        held.enter_context(kept_warm(app.state.warmth))
        # Short requests pass between the steps of a quote instead of waiting five milliseconds at each of their own.
        sys.setswitchinterval(_SWITCH_S)
        # No access log: addresses stand in ours, as patterns.
        uvicorn.run(app, host=settings.host, port=settings.port, access_log=False, server_header=False, log_config=None)


def _demo_settings(folder: Path) -> Settings:
    """Settings of the demo's installation, with its keys."""
    from api.demo_service import demo_settings
    from api.store.cipher import make_keys, write_keys

    settings = demo_settings(_settings(), folder)
    folder.mkdir(parents=True, exist_ok=True)
    if not settings.key_file.exists():
        write_keys(make_keys(), settings.key_file)
    return settings


def _load_demo(app: FastAPI, plan_folder: Path) -> None:
    """Fill an empty store with the demo, once; its log-ins are shown on the sign-in page."""
    from api.demo_service import DEMO_ACCOUNTS, holds_demo, load_demo

    app.state.demo_accounts = [(name, password, role.value.replace("_", " ")) for name, password, role in DEMO_ACCOUNTS]
    store = app.state.store
    if holds_demo(store):
        return
    if not (plan_folder / "plan.json").exists():
        print(f"{plan_folder} holds no plan yet: planning the invented borough first", file=sys.stderr)
        _make_demo(plan_folder)
    print("Loading the invented borough (about a minute) ...", file=sys.stderr)
    loaded = load_demo(store, app.state.settings, plan_folder)
    print(f"Loaded {loaded.n_passengers:,} invented passengers and plan {loaded.plan_id}", file=sys.stderr)


def _make_demo(folder: Path) -> None:
    import subprocess

    # A process of its own: the search's memory is given back before the service starts.
    done = subprocess.run([sys.executable, "-m", "api.cli", "demo", "--out", str(folder)], check=False)
    if done.returncode not in (EXIT_OK, EXIT_UNSERVED):
        raise typer.Exit(done.returncode)


@jobs_app.command("list")
def jobs_list(
    all_of_them: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
) -> None:
    """Jobs with their state and the slot of their worker."""
    from api.store.jobs import list_jobs

    with _faults(), _open() as (store, _, _caller), store.read() as session:
        for job in list_jobs(session, store.cipher, only_open=not all_of_them):
            phase = job.progress.get("phase", "")
            print(f"{job.job_id}  {job.kind}  {job.state}  {job.slot or '-'}  {phase}  {job.asked_at:%Y-%m-%d %H:%M}")


@jobs_app.command("rescue")
def jobs_rescue(
    slot: Annotated[str, typer.Argument(help="Slot of a worker that is dead and will not come back.")], why: Why = ""
) -> None:
    """Give a dead worker's jobs to whichever worker is free; they go on behind their last finished step."""
    from api.jobs.slots import rescue

    with _faults(), _open(why) as (store, settings, caller):
        job_ids = rescue(store, settings, caller, slot)
    print("\n".join([f"{len(job_ids)} jobs rescued from slot {slot}", *job_ids]))


def worker(
    slot: Annotated[str, typer.Option(help="Place of this worker, a name of its own: letters, digits and -.")],
) -> None:
    """Run one more worker for planning jobs, on PostgreSQL, on this machine or another."""
    import threading

    from api.jobs.process import kept_worker
    from api.store.engine import sqlite_path_of
    from api.store.faults import StoreRefusedError

    with _faults(), _open() as (_, settings, _caller):
        if sqlite_path_of(settings) is not None:
            raise StoreRefusedError("more workers need PostgreSQL; on SQLite `schoolrun serve` runs the one there is")
        _log_to_stderr()
        print(f"worker of slot {slot}; Ctrl-C ends it", file=sys.stderr)
        with kept_worker(slot, settings):
            threading.Event().wait()


@store_app.command("new")
def store_new() -> None:
    """Make the key file and the database's schema of a new installation."""
    from api.store.cipher import make_keys, write_keys
    from api.store.engine import make_engine
    from api.store.migrate import migrate

    with _faults():
        settings = _settings()
        write_keys(make_keys(), settings.key_file)
        migrate(make_engine(settings))
    print(f"Made {settings.key_file}: keep a copy of it apart from the database. Without it nothing can be read.")
    print("Next: schoolrun users add NAME --role administrator; then schoolrun serve")


@store_app.command("migrate")
def store_migrate() -> None:
    """Bring the database to this version's schema; back up before."""
    from api.store.engine import make_engine
    from api.store.migrate import migrate, revision_of

    with _faults():
        engine = make_engine(_settings())
        migrate(engine)
        print(f"The database is at revision {revision_of(engine)}")


@store_app.command("retain")
def store_retain() -> None:
    """Remove personal data whose time has come; to be run every day."""
    from api.store.retention import retain

    with _faults(), _open() as (store, settings, caller), store.change(caller) as work:
        removed = retain(work, settings, date.today())
    print(f"Removed: personal data of {len(removed.passenger_ids)} leavers, files of {len(removed.plan_ids)} plans")


@keys_app.command("new")
def keys_new() -> None:
    """Make a key file, where the database is there already or comes from a backup of nobody's data."""
    from api.store.cipher import make_keys, write_keys

    with _faults():
        write_keys(make_keys(), _settings().key_file)
    print("Made the key file")


@keys_app.command("rotate")
def keys_rotate() -> None:
    """Seal everything with a new key and drop the old ones; stop the service before, back up after."""
    from api.store.cipher import Cipher, read_keys, with_new_key, with_newest_key_only, write_keys
    from api.store.rotation import seal_anew
    from api.store.store import Store

    with _faults(), _open() as (store, settings, caller):
        both = with_new_key(read_keys(settings.key_file))
        # First the file with both: if the power fails now, every value still opens.
        write_keys(both, settings.key_file, replace=True)
        with Store(engine=store.engine, cipher=Cipher(keys=both)).change(caller) as work:
            n_values = seal_anew(work)
        write_keys(with_newest_key_only(both), settings.key_file, replace=True)
    print(f"Sealed {n_values} values with a new key; copies of the old key file are needed for older backups only")


@users_app.command("add")
def users_add(name: SignInName, role: Annotated[RoleName, typer.Option(help="What they do.")], why: Why = "") -> None:
    """Make an account; asks for its password twice."""
    from api.auth.accounts import add_account
    from api.auth.permissions import Role

    password = _asked_password()
    with _faults(), _open(why) as (store, _, caller), store.change(caller) as work:
        add_account(work, name, Role(role.value), password)
    print(f"{name} may sign in as {role.value}")


@users_app.command("list")
def users_list() -> None:
    """Every account with its role."""
    from api.auth.accounts import list_accounts

    with _faults(), _open() as (store, _, _caller), store.read() as session:
        for account in list_accounts(session):
            print(f"{account.sign_in_name}  {account.role}  {'open' if account.is_active else 'closed'}")


@users_app.command("role")
def users_role(
    name: SignInName, role: Annotated[RoleName, typer.Option(help="What they do now.")], why: Why = ""
) -> None:
    """Give an account another role, at once."""
    from api.auth.accounts import set_role
    from api.auth.permissions import Role

    with _faults(), _open(why) as (store, _, caller), store.change(caller) as work:
        set_role(work, name, Role(role.value))
    print(f"{name} is {role.value}")


@users_app.command("password")
def users_password(name: SignInName, why: Why = "") -> None:
    """Give an account another password and end its sessions."""
    from api.auth.accounts import set_password

    password = _asked_password()
    with _faults(), _open(why) as (store, _, caller), store.change(caller) as work:
        set_password(work, name, password)
    print(f"{name} has a new password")


@users_app.command("close")
def users_close(name: SignInName, why: Why = "") -> None:
    """Close an account and end its sessions, at once."""
    _set_active(name, why, is_active=False)
    print(f"{name} may not sign in any more")


@users_app.command("open")
def users_open(name: SignInName, why: Why = "") -> None:
    """Open a closed account again."""
    _set_active(name, why, is_active=True)
    print(f"{name} may sign in again")


@api_keys_app.command("add")
def api_keys_add(
    name: Annotated[str, typer.Argument(help="Name of the other system.")],
    scope: Annotated[list[str], typer.Option(help="A permission (docs/service.md); give it several times.")],
    days: Annotated[int, typer.Option(min=1, max=400, help="Days until it ends.")] = 365,
    why: Why = "",
) -> None:
    """Make a key and show it, this once."""
    from api.auth.api_keys import add_api_key

    with _faults(), _open(why) as (store, _, caller), store.change(caller) as work:
        key = add_api_key(work, name, scope, days)
    print(key)


@api_keys_app.command("list")
def api_keys_list() -> None:
    """Every key with its scopes and its end, never the key itself."""
    from api.auth.api_keys import list_api_keys

    with _faults(), _open() as (store, _, _caller), store.read() as session:
        for key in list_api_keys(session):
            state = "revoked" if key.revoked_at else f"until {key.expires_at:%Y-%m-%d}"
            print(f"{key.name}  {state}  {' '.join(key.scopes)}")


@api_keys_app.command("revoke")
def api_keys_revoke(name: Annotated[str, typer.Argument(help="Name of the other system.")], why: Why = "") -> None:
    """End a key, at once."""
    from api.auth.api_keys import revoke_api_key

    with _faults(), _open(why) as (store, _, caller), store.change(caller) as work:
        revoke_api_key(work, name)
    print(f"The key of {name} is not valid any more")


@audit_app.command("head")
def audit_head() -> None:
    """Print the end of the log, to be kept elsewhere: with it `verify` also finds a log that was cut short."""
    from api.audit import head_of

    with _faults(), _open() as (store, _, _caller), store.read() as session:
        print(head_of(session))


@audit_app.command("verify")
def audit_verify(
    head: Annotated[str | None, typer.Option(help="A head that was kept: the log must still hold it.")] = None,
) -> None:
    """Check that nothing in the log was changed, taken out or put in."""
    from api.audit import head_of, head_of_text, verify

    with _faults(), _open() as (store, _, _caller), store.read() as session:
        found = verify(session, None if head is None else head_of_text(head))
        end = head_of(session)
    for fault in found:
        print(fault)
    if found:
        raise typer.Exit(EXIT_STORE)
    print(f"The log holds: {end.seq} lines, head {end}")


@plans_app.command("store")
def plans_store(
    folder: Annotated[Path, typer.Argument(help="Folder that `schoolrun plan` wrote.")],
    title: Annotated[str, typer.Option(help="What it is called.")],
    why: Why = "",
) -> None:
    """Check a plan's folder and store it as a draft."""
    from api.store.plans import add_plan, seal_plan

    with _faults(), _open(why) as (store, _, caller):
        sealed = seal_plan(store.cipher, folder)
        with store.change(caller) as work:
            stored = add_plan(work, sealed, title)
    print(f"{stored.plan_id}: draft, {len(stored.school_ids)} schools, {stored.n_hard} broken hard rules")


def backup(
    out: Annotated[Path, typer.Argument(help="File to write, for example schoolrun-2026-11-26.backup.")],
) -> None:
    """Write everything to one file while the service runs; prints the end of the log in it."""
    from api.store.backup import back_up

    with _faults(), _open() as (store, _, _caller):
        head = back_up(store, out)
    print(f"Wrote {out}; head of the log in it: {head}. The key file is not in it: keep a copy elsewhere.")


def restore(
    file: Annotated[Path, typer.Argument(help="File that `schoolrun backup` wrote.")],
) -> None:
    """Fill a new, empty database from a backup."""
    from api.store.backup import restore as restore_from
    from api.store.engine import make_engine

    with _faults():
        head = restore_from(make_engine(_settings()), file)
    print(f"Restored {file}; head of the log: {head}")


def _set_active(name: str, why: str, *, is_active: bool) -> None:
    from api.auth.accounts import set_active

    with _faults(), _open(why) as (store, _, caller), store.change(caller) as work:
        set_active(work, name, is_active=is_active)


@contextmanager
def _open(why: str = "") -> Iterator[tuple[Store, Settings, Caller]]:
    """The store, its settings, and who is at the command line."""
    from api.audit import Caller
    from api.store.store import open_store

    settings = _settings()
    store = open_store(settings)
    try:
        yield store, settings, Caller(name="command-line", why=why)
    finally:
        store.engine.dispose()


def _settings() -> Settings:
    from api.settings import Settings

    return Settings()


def _asked_password() -> str:
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def _log_to_stderr() -> None:
    import logging

    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")


@contextmanager
def _faults() -> Iterator[None]:
    """What was asked cannot be done: say why on standard error; exit code 2 for the input, 4 for the store."""
    from api.store.faults import StoreError

    with input_errors():
        # Inside: some errors of the store are ValueErrors too.
        try:
            yield
        except StoreError as error:
            print(error, file=sys.stderr)
            raise typer.Exit(EXIT_STORE) from None
