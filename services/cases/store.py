"""Where cases, criminal referrals, requests for assistance, receipts and rights are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from pymongo.errors import DuplicateKeyError

from lianxi.contracts import codec
from lianxi.contracts.cases import CaseState
from lianxi.contracts.parties import PartyStanding
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import Conflict
from lianxi.store.connect import reaching_the_store
from lianxi.store.envelope import KeyRing, Locked
from lianxi.store.handover import HeldBy, Holding
from lianxi.store.mapping import as_fields, as_state
from lianxi.store.migrating import RunningItems
from lianxi.store.outbox import Announcer
from lianxi.store.pages import newest_first
from lianxi.store.retention import KeptShelf, PartWatch, PurgePart
from lianxi.store.unit import AggregateStore, Stored
from services.cases.documents import (
    AssistanceDocument,
    CaseDocument,
    CasesPurgeDocument,
    CriminalReferralDocument,
    EvidenceDocument,
    JointOperationDocument,
    PartyDocument,
    ReceiptDocument,
    TipRightDocument,
    TransferDocument,
)
from services.cases.domain import cases as case_rules
from services.cases.domain import referrals as referral_rules
from services.cases.domain.assistance import OPEN, Assistance
from services.cases.domain.cases import Case, TipRight
from services.cases.domain.evidence import Evidence
from services.cases.domain.joint_operations import JointOperation
from services.cases.domain.parties import Party, Person, Sealed
from services.cases.domain.referrals import RUNNING, CriminalReferral
from services.cases.domain.transfers import Transfer

CASES = Announcer(service="cases", noun="case")
REFERRALS = Announcer(service="cases", noun="referral")
ASSISTANCE = Announcer(service="cases", noun="assistance")
PARTIES = Announcer(service="cases", noun="party")
EVIDENCE = Announcer(service="cases", noun="evidence")
TRANSFERS = Announcer(service="cases", noun="transfer")
JOINT_OPERATIONS = Announcer(service="cases", noun="joint_operation")
PURGES = Announcer(service="cases", noun="purge")
TRIES = 200
AT_ONCE: Final = 100


def cases(clock: Clock) -> AggregateStore[Case]:
    """Open the collection of cases."""
    return AggregateStore(CaseDocument, Case, CASES, clock)


def referrals(clock: Clock) -> AggregateStore[CriminalReferral]:
    """Open the collection of criminal referrals."""
    return AggregateStore(CriminalReferralDocument, CriminalReferral, REFERRALS, clock)


def assistance(clock: Clock) -> AggregateStore[Assistance]:
    """Open the collection of requests for assistance."""
    return AggregateStore(AssistanceDocument, Assistance, ASSISTANCE, clock)


def transfers(clock: Clock) -> AggregateStore[Transfer]:
    """Open the collection of matters that are handed over."""
    return AggregateStore(TransferDocument, Transfer, TRANSFERS, clock)


def joint_operations(clock: Clock) -> AggregateStore[JointOperation]:
    """Open the collection of joint operations."""
    return AggregateStore(JointOperationDocument, JointOperation, JOINT_OPERATIONS, clock)


def parties(clock: Clock) -> AggregateStore[Party]:
    """Open the collection of persons of cases."""
    return AggregateStore(PartyDocument, Party, PARTIES, clock)


def evidence(clock: Clock) -> AggregateStore[Evidence]:
    """Open the collection of evidence."""
    return AggregateStore(EvidenceDocument, Evidence, EVIDENCE, clock)


def running() -> tuple[RunningItems, RunningItems]:
    """Open what tells which referrals and which requests still run under which version of the policy."""
    return RunningItems(CriminalReferralDocument, RUNNING), RunningItems(AssistanceDocument, OPEN)


def held(
    kept: AggregateStore[Case], referred: AggregateStore[CriminalReferral]
) -> tuple[Holding[Case], Holding[CriminalReferral]]:
    """Open what officers hold: the cases they lead and the referrals they sign."""
    running = {"state": {"$in": [state.value for state in RUNNING]}}
    return (
        Holding("case", kept, HeldBy(CaseDocument, "officer", {"state": CaseState.OPEN.value}), case_rules.handed_over),
        Holding(
            "referral", referred, HeldBy(CriminalReferralDocument, "officers", running), referral_rules.handed_over
        ),
    )


def purges(clock: Clock) -> tuple[AggregateStore[PurgePart], PartWatch]:
    """Open this desk's parts in the runs that purge, and the search for those that it is not done with."""
    return AggregateStore(CasesPurgeDocument, PurgePart, PURGES, clock), PartWatch(CasesPurgeDocument)


def kept() -> tuple[KeptShelf, KeptShelf, KeptShelf, KeptShelf]:
    """Open the searches for cases, referrals, matters and joint operations that have been kept long enough."""
    return (
        KeptShelf(CaseDocument),
        KeptShelf(CriminalReferralDocument),
        KeptShelf(TransferDocument),
        KeptShelf(JointOperationDocument),
    )


def receipts() -> ReceiptBook:
    """Open the book of receipts."""
    return ReceiptBook(ReceiptDocument._get_collection)


def rights() -> TipRights:
    """Open the collection of rights to open a case."""
    return TipRights(TipRightDocument._get_collection)


class ReceiptBook:
    """Receipts under numbers that have no gap within one receiving agency and year (criterion 1.4).

    The number is the document's id, and a number is taken only by writing its receipt: whoever comes second finds it
    taken and takes the next. So the numbers in use are always 1…n, nothing is reserved, and a crash leaves no hole.
    """

    def __init__(self, collection: Callable[[], Any]) -> None:
        self._open = collection
        self._taken: dict[str, int] = {}

    def issue(self, referral_id: str, agency: str, year: int, sign: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
        """Sign the receipt of a referral under the next free number; a second time the first one is found.

        Raises:
            Conflict: receipt.contended.
        """
        series = f"{agency}/{year}"
        for _ in range(TRIES):
            found = self._find({"referral_id": referral_id})
            if found is not None:
                receipt: dict[str, Any] = found["receipt"]
                return receipt
            place = self._first_free(series)
            number = _number(series, place)
            receipt = sign(number)
            if self._insert({"_id": number, "referral_id": referral_id, "receipt": receipt}):
                self._taken[series] = place
                return receipt
        raise Conflict("receipt.contended")

    def erase(self, referral_id: str) -> None:
        """Leave of a receipt its number, so that the series still has no gap; a second time changes nothing."""
        with reaching_the_store():
            self._open().update_one({"referral_id": referral_id}, {"$set": {"receipt": {}}})

    def _first_free(self, series: str) -> int:
        """Find the first free number by halving: that the series has no gap is what makes it right."""
        taken, step = self._taken.get(series, 0), 1
        while self._find({"_id": _number(series, taken + step)}) is not None:
            taken, step = taken + step, step * 2
        free = taken + step
        while free - taken > 1:
            middle = (taken + free) // 2
            if self._find({"_id": _number(series, middle)}) is None:
                free = middle
            else:
                taken = middle
        return free

    def _find(self, match: dict[str, Any]) -> dict[str, Any] | None:
        with reaching_the_store():
            found: dict[str, Any] | None = self._open().find_one(match)
        return found

    def _insert(self, row: dict[str, Any]) -> bool:
        try:
            with reaching_the_store():
                self._open().insert_one(row)
        except DuplicateKeyError:
            return False
        return True


class TipRights:
    """Rights to open a case, one for each tip; whatever order verifications arrive in, the latest stands."""

    def __init__(self, collection: Callable[[], Any]) -> None:
        self._open = collection

    def find(self, tip_id: str) -> TipRight | None:
        """Look a right up; `None` when no verification of the tip has arrived."""
        with reaching_the_store():
            found = self._open().find_one({"_id": tip_id})
        return None if found is None else as_state(TipRight, {**found, "id": found["_id"]})

    def keep(self, right: TipRight) -> None:
        """Keep a right, unless a later one is there."""
        fields = as_fields(right)
        tip_id = fields.pop("id")
        earlier = {"_id": tip_id, "verified_at": {"$lt": right.verified_at}}
        # Twice: between looking and adding, another verification may have been added that is the earlier one.
        for _ in range(2):
            with reaching_the_store():
                if self._open().update_one(earlier, {"$set": fields}).matched_count == 1:
                    return
            try:
                with reaching_the_store():
                    self._open().insert_one({"_id": tip_id, **fields})
            except DuplicateKeyError:
                continue
            return


class PersonSafe:
    """Locks what identifies a person of a case under a key of the person's own, and that under the desk's keys."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    @property
    def current(self) -> str:
        """The id of the key in use."""
        return self._keys.current

    def lock(self, party_id: str, person: Person) -> Sealed:
        """Lock a person."""
        return _sealed(self._keys.lock(party_id, codec.to_bytes(codec.as_plain(person))))

    def unlock(self, party_id: str, sealed: Sealed) -> Person:
        """Open a person."""
        return codec.as_contract(Person, codec.from_bytes(self._keys.unlock(party_id, _locked(sealed))))

    def rewrap(self, party_id: str, sealed: Sealed) -> Sealed:
        """Lock a person's own key under the key in use; the person is not opened."""
        return _sealed(self._keys.rewrap(party_id, _locked(sealed)))

    def marks(self, case_id: str, id_number: str) -> tuple[str, ...]:
        """Work out an identity number's marks in one case, under each key; the one in use first."""
        return self._keys.marks(case_id, id_number)


def _sealed(locked: Locked) -> Sealed:
    return Sealed(key_id=locked.key_id, wrapped_key=locked.wrapped_key, body=locked.body)


def _locked(sealed: Sealed) -> Locked:
    return Locked(sealed.key_id, sealed.wrapped_key, sealed.body)


class PartyIndex:
    """Finds persons of one case. Nothing here goes from a person to a case, or over the cases of a person."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def page(
        self, case_id: str, *, is_hidden_too: bool, cursor: str | None, limit: int
    ) -> tuple[Sequence[Stored[Party]], str | None]:
        """Read a page of the persons of a case, newest first."""
        rows, following = newest_first(
            PartyDocument._get_collection(),
            {"case_id": case_id} if is_hidden_too else {"case_id": case_id, "is_listed": True},
            "named_at",
            now=self._clock.now(),
            cursor=cursor,
            limit=limit,
        )
        return [Stored(row["_version"], as_state(Party, {**row, "id": row["_id"]})) for row in rows], following

    def bearing(self, case_id: str, marks: Sequence[str]) -> str | None:
        """Name the one of a case who bears one of some marks, among those who are not cleared."""
        match = {"case_id": case_id, "is_listed": True, "id_mark": {"$in": list(marks)}}
        with reaching_the_store():
            found = PartyDocument._get_collection().find_one(match, {"_id": 1})
        return None if found is None else str(found["_id"])

    def suspected(self, case_id: str) -> Sequence[str]:
        """Name some of those of a case of whom nothing is decided and who are not erased."""
        match = {"case_id": case_id, "standing": PartyStanding.SUSPECTED.value, "erased_at": None}
        return _ids(match)

    def kept(self, case_id: str) -> Sequence[str]:
        """Name some of those of a case who are not erased, whatever was decided."""
        return _ids({"case_id": case_id, "sealed.key_id": {"$exists": True}})

    def under_other_keys(self, key_id: str) -> Sequence[str]:
        """Name some who lie under another key than the one in use."""
        others = ({"$gt": "", "$lt": key_id}, {"$gt": key_id})
        return [party_id for each in others for party_id in _ids({"sealed.key_id": each})]


def _ids(match: dict[str, Any]) -> Sequence[str]:
    with reaching_the_store():
        return [row["_id"] for row in PartyDocument._get_collection().find(match, {"_id": 1}).limit(AT_ONCE)]


def _number(series: str, place: int) -> str:
    return f"{series}/{place:06d}"
