"""Import a filled price schedule against its pack: all of it, or every fault and nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from transport.bids import Bid, Clearances, Submission
from transport.digest import digest_of, file_digest
from transport.files.bid_tables import BidBook, BidRow, open_bid
from transport.files.faults import InputFaults, did_you_mean
from transport.files.plan_words import pounds
from transport.tenders import TenderLot, TenderPack


def read_bid(path: Path, pack: TenderPack, *, received_at: datetime | None = None) -> Submission:
    """Read what one operator sent in.

    Parameters
    ----------
    path : workbook, JSON file or folder of CSV files.
    received_at : instant at which the portal took it in, with time zone.

    Raises
    ------
    InputFaults
        With every fault: file, sheet, row, column, what was written and what is allowed. Nothing is imported then.
    """
    reading = _Reading(book=open_bid(path), pack=pack, lot_by_id={lot.lot_id: lot for lot in pack.lots})
    submission = reading.submission(received_at, bid_digest(path))
    if reading.book.faults or submission is None:
        raise InputFaults(sorted(reading.book.faults, key=lambda f: (f.file, f.row or 0)))
    return submission


def bid_digest(path: Path) -> str:
    """Sha256 of a bid's file, or of the digests of the files of its folder; empty where there is none."""
    if path.is_dir():
        return digest_of({file.name: file_digest(file) for file in path.iterdir() if file.is_file()})
    return file_digest(path) if path.is_file() else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """One schedule being read against its pack."""

    book: BidBook
    pack: TenderPack
    lot_by_id: dict[str, TenderLot]

    def submission(self, received_at: datetime | None, digest: str) -> Submission | None:
        """All of it; None, or something that must not be used, where there are faults."""
        about = self._about()
        vehicles = self._vehicles()
        operator_id = about["operator_id"] if about else "?"
        bids = [*self._singles(operator_id), *self._packages(operator_id)]
        if not bids and not self.book.faults:
            self.book.fault("prices", None, "", "holds no price, and packages holds none; a bid must have at least one")
        if about is None or self.book.faults:
            return None
        return Submission(
            operator_id=operator_id, bids=tuple(bids), n_vehicles_by_class=vehicles, n_pas=about["n_pas"],
            max_lots=about["max_lots"], max_year_pence=about["max_year_price"], is_sme=about["sme"],
            clearances=Clearances(
                licence_classes=about["licence_classes"],
                licence_ends_on=about["licence_ends_on"],
                insurance_ends_on=about["insurance_ends_on"],
                clearances_end_on=about["clearances_end_on"],
            ),
            received_at=received_at, digest=digest,
        )  # fmt: skip

    def _rows(self, table: str) -> list[BidRow]:
        return self.book.rows.get(table, [])

    def _about(self) -> dict[str, Any] | None:
        rows = self._rows("operator")
        if len(rows) != 1:
            if "operator" in self.book.files and not self.book.faults:
                self.book.fault("operator", None, "", f"has {len(rows)} rows; must have one row about you")
            return None
        (row,) = rows
        if row.values["pack_id"] != self.pack.pack_id:
            self.book.row_fault("operator", row, "pack_id", f"is another tender; must be {self.pack.pack_id}")
        if row.values["pack_version"] != self.pack.version:
            self.book.row_fault(
                "operator", row, "pack_version",
                f"is not the latest; the pack was amended: fill in the schedule of version {self.pack.version}",
            )  # fmt: skip
        return dict(row.values)

    def _vehicles(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for row in self._rows("vehicles"):
            class_id = row.values["class_id"]
            self._require_class(row, "vehicles", "class_id", class_id)
            if class_id in found:
                self.book.row_fault("vehicles", row, "class_id", "is given already")
            found[class_id] = row.values["n_vehicles"]
        return found

    def _require_class(self, row: BidRow, table: str, column: str, class_id: str) -> None:
        asked = sorted(self.pack.class_ids)
        known = {*asked, *(r.values["class_id"] for r in self._rows("vehicles"))}
        if class_id not in (known if table == "prices" else asked):
            message = f"is no class of this tender; must be one of {', '.join(asked)}{did_you_mean(class_id, asked)}"
            self.book.row_fault(table, row, column, message)

    def _singles(self, operator_id: str) -> Iterator[Bid]:
        seen: dict[tuple[str, str], int] = {}
        for row in self._rows("prices"):
            lot = self._lot(row)
            if row.values["day_rate"] is None:
                self._require_untouched(row)
                continue
            key = (row.values["lot_id"], row.values["alternative"])
            if key in seen:
                message = f"has a price in row {seen[key]} already; name one of the two in alternative"
                self.book.row_fault("prices", row, "lot_id", message)
            seen.setdefault(key, row.row)
            if lot is not None and self._price_is_whole(row, lot):
                yield self._single(row, lot, operator_id)

    def _lot(self, row: BidRow) -> TenderLot | None:
        lot = self.lot_by_id.get(row.values["lot_id"])
        if lot is None:
            hint = did_you_mean(row.values["lot_id"], self.lot_by_id)
            self.book.row_fault("prices", row, "lot_id", f"is no lot of pack {self.pack.pack_id}{hint}")
        return lot

    def _require_untouched(self, row: BidRow) -> None:
        for column in ("pa_day_rate", "mile_rate", "class_offered", "alternative"):
            if row.values[column]:
                self.book.row_fault("prices", row, column, "is filled in without a day_rate; give both or neither")

    def _price_is_whole(self, row: BidRow, lot: TenderLot) -> bool:
        """Whether the price of a lot is complete and adds up; what is wrong is noted."""
        n_before = len(self.book.faults)
        if lot.n_pa_days_a_year and row.values["pa_day_rate"] is None:
            self.book.row_fault("prices", row, "pa_day_rate", f"must not be empty: lot {lot.lot_id} needs an assistant")
        elif (total := row.values["year_total"]) is not None and total != _year_pence(row, lot):
            self.book.row_fault(
                "prices", row, "year_total",
                f"does not add up; {lot.n_vehicle_days_a_year} days and {lot.n_pa_days_a_year} assistant days make "
                f"{pounds(_year_pence(row, lot))}",
            )  # fmt: skip
        if row.values["class_offered"] is not None:
            self._require_class(row, "prices", "class_offered", row.values["class_offered"])
        return len(self.book.faults) == n_before

    def _single(self, row: BidRow, lot: TenderLot, operator_id: str) -> Bid:
        alternative = row.values["alternative"]
        return Bid(
            bid_id=f"{operator_id}/{lot.lot_id}" + (f"/{alternative}" if alternative else ""),
            operator_id=operator_id, lot_ids=(lot.lot_id,), year_pence=_year_pence(row, lot),
            day_rate_pence=row.values["day_rate"], pa_day_rate_pence=row.values["pa_day_rate"] or 0,
            mile_rate_pence=row.values["mile_rate"] or 0, class_id=row.values["class_offered"],
            keeps_crew=row.values["keeps_crew"],
        )  # fmt: skip

    def _packages(self, operator_id: str) -> Iterator[Bid]:
        rows = self._rows("packages")
        if rows and not self.pack.rules.packages:
            self.book.fault("packages", None, "", f"must be empty: pack {self.pack.pack_id} takes single lots only")
        seen: dict[str, int] = {}
        for row in rows:
            package_id, lot_ids = row.values["package_id"], sorted(row.values["lot_ids"])
            if package_id in seen:
                self.book.row_fault("packages", row, "package_id", f"is already used in row {seen[package_id]}")
            seen.setdefault(package_id, row.row)
            unknown = [lot_id for lot_id in lot_ids if lot_id not in self.lot_by_id]
            if unknown:
                message = f"{', '.join(unknown)} is no lot of pack {self.pack.pack_id}"
                self.book.row_fault("packages", row, "lot_ids", message + did_you_mean(unknown[0], self.lot_by_id))
            elif len(lot_ids) < 2:
                self.book.row_fault("packages", row, "lot_ids", "must name two lots or more; one lot goes under prices")
            else:
                yield Bid(
                    bid_id=f"{operator_id}/package/{package_id}", operator_id=operator_id, lot_ids=tuple(lot_ids),
                    year_pence=row.values["year_price"], mile_rate_pence=row.values["mile_rate"] or 0,
                    keeps_crew=row.values["keeps_crew"],
                )  # fmt: skip


def _year_pence(row: BidRow, lot: TenderLot) -> int:
    pa_pence: int = row.values["pa_day_rate"] or 0
    day_pence: int = row.values["day_rate"]
    return lot.n_vehicle_days_a_year * day_pence + lot.n_pa_days_a_year * pa_pence
