"""The one table: which role may do what. Keys of other systems have permissions one by one, as scopes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person does for the council."""

    TRANSPORT_OFFICER = "transport_officer"
    PROCUREMENT_OFFICER = "procurement_officer"
    VIEWER = "viewer"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """One thing that somebody may be allowed to do; the comment says what it opens."""

    PUBLIC = "public"
    """What anybody may see: that the service runs, what an error means, the sign-in itself."""
    SIGNED_IN = "signed_in"
    """What everybody who is known may do: look at themselves, sign out, read the API's description."""
    PASSENGERS_READ = "passengers.read"
    """Ids, needs, places, days of passengers."""
    PASSENGERS_WRITE = "passengers.write"
    """Create, update, leave, upload."""
    DETAILS_READ = "details.read"
    """Names, addresses, contacts, numbers; look-up and search by them."""
    MEDICAL_READ = "medical.read"
    """Medical notes."""
    LISTS_READ = "lists.read"
    """Schools, fleet, rules of streets, settings, calendar."""
    LISTS_WRITE = "lists.write"
    """Change them."""
    SUPPLY_READ = "supply.read"
    """Operators and contracts with their prices."""
    SUPPLY_WRITE = "supply.write"
    """Change them."""
    PEOPLE_READ = "people.read"
    """Who travels together or never does; PAs with their homes."""
    PEOPLE_WRITE = "people.write"
    """Change them."""
    PLANS_READ = "plans.read"
    """Plans, their checks and evidence."""
    PLAN_FILES_READ = "plan_files.read"
    """Files of plans, with home points and needs in them; planning jobs, whose faults name these."""
    PLAN_FILES_TAKE = "plan_files.take"
    """Fetch a file of a plan as it is: what programs read, and what people read of few children."""
    PLANS_WRITE = "plans.write"
    """Plan, store, change and propose plans, cancel jobs, record evidence."""
    PLANS_PUBLISH = "plans.publish"
    """Publish and roll back."""
    QUOTES_ASK = "quotes.ask"
    """Ask for quotes and read them; see placements."""
    PLACEMENTS_WRITE = "placements.write"
    """Accept a quote, reverse a placement. Another system also needs the setting that lets it."""
    EXPORTS_ASK = "exports.ask"
    """Ask for a table of a plan to leave the service, agree to somebody else's, fetch it."""
    TENDERS_READ = "tenders.read"
    """Tenders: lots, packs, the record; bids once they have been opened, awards, letters, contracts."""
    TENDERS_WRITE = "tenders.write"
    """Every step of a tender. Bids are handed in and opened by two people."""
    CHANGES_READ = "changes.read"
    """What changed, for other systems."""
    AUDIT_READ = "audit.read"
    """The log."""
    ACCOUNTS_READ = "accounts.read"
    """Accounts of people and keys of other systems; people only."""
    ACCOUNTS_WRITE = "accounts.write"
    """Make, change, close them; people only."""


_T, _P, _V, _A = Role.TRANSPORT_OFFICER, Role.PROCUREMENT_OFFICER, Role.VIEWER, Role.ADMINISTRATOR

ALLOWED: Mapping[Permission, frozenset[Role]] = {
    Permission.PUBLIC: frozenset(Role),
    Permission.SIGNED_IN: frozenset(Role),
    Permission.PASSENGERS_READ: frozenset({_T, _V}),
    Permission.PASSENGERS_WRITE: frozenset({_T}),
    Permission.DETAILS_READ: frozenset({_T, _V}),
    Permission.MEDICAL_READ: frozenset({_T}),
    Permission.LISTS_READ: frozenset({_T, _P, _V, _A}),
    Permission.LISTS_WRITE: frozenset({_T}),
    Permission.SUPPLY_READ: frozenset({_T, _P, _V}),
    Permission.SUPPLY_WRITE: frozenset({_T, _P}),
    Permission.PEOPLE_READ: frozenset({_T, _V}),
    Permission.PEOPLE_WRITE: frozenset({_T}),
    Permission.PLANS_READ: frozenset({_T, _P, _V}),
    Permission.PLAN_FILES_READ: frozenset({_T, _V}),
    Permission.PLAN_FILES_TAKE: frozenset({_T}),
    Permission.PLANS_WRITE: frozenset({_T}),
    Permission.PLANS_PUBLISH: frozenset({_T}),
    Permission.QUOTES_ASK: frozenset({_T}),
    Permission.PLACEMENTS_WRITE: frozenset({_T}),
    Permission.EXPORTS_ASK: frozenset({_T}),
    Permission.TENDERS_READ: frozenset({_T, _P}),
    Permission.TENDERS_WRITE: frozenset({_P}),
    Permission.CHANGES_READ: frozenset({_T, _A}),
    Permission.AUDIT_READ: frozenset({_A}),
    Permission.ACCOUNTS_READ: frozenset({_A}),
    Permission.ACCOUNTS_WRITE: frozenset({_A}),
}
"""Who looks after accounts sees no child, and who sees children does not look after the log."""

_OPEN = (Permission.PUBLIC, Permission.SIGNED_IN)
_PEOPLE_ONLY = (Permission.ACCOUNTS_READ, Permission.ACCOUNTS_WRITE)
SCOPES = tuple(permission for permission in Permission if permission not in (*_OPEN, *_PEOPLE_ONLY))
"""What a key of another system may be given: it can make no account and no further key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is asking.

    Attributes
    ----------
    name : `account/...` or `key/...`, as in the log.
    role : of a person; None for another system.
    """

    name: str
    role: Role | None
    permissions: frozenset[Permission]

    def may(self, permission: Permission) -> bool:
        """Whether the table allows it."""
        return permission in self.permissions


def permissions_of(role: Role) -> frozenset[Permission]:
    """Everything that a role may do."""
    return frozenset(permission for permission, roles in ALLOWED.items() if role in roles)


def permissions_markdown() -> str:
    """The table in docs/service.md."""
    head = ["permission", *(role.value.replace("_", " ") for role in Role)]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for permission in (*SCOPES, *_PEOPLE_ONLY):
        marks = ["yes" if role in ALLOWED[permission] else "" for role in Role]
        lines.append("| " + " | ".join([f"`{permission.value}`", *marks]) + " |")
    return "\n".join(lines) + "\n"
