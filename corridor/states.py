"""What the ledger knows of each subject after its last event: plain values, one class a kind.

A state is a pure function of the log (PROTOCOL section 1.6): `rules.evolve` makes the next one from an event, in the
journal as in an offline verifier. States are kept as JSON beside the log and can be rebuilt from it at any time.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from corridor.measures import Weight
from corridor.vocabulary import CustodyModel


class State(BaseModel):
    """A subject that has begun: its chain's head, and when and where in the log that stands."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: str
    head: str = ""
    head_at: int = 0
    head_index: int = 0
    begun_at: int = 0


class PolicyNotice(BaseModel):
    """What `log`'s file says of a policy: enough to know whether it meets a lot."""

    model_config = ConfigDict(frozen=True)

    policy: str
    kind: str
    countries: tuple[str, ...]
    minerals: tuple[str, ...]


class LogState(State):
    """The log itself: what its genesis fixed, and the policies announced in its file."""

    kind: Literal["log"] = "log"
    genesis: str
    genesis_at: int
    log_origin: str
    operator: str
    roots: tuple[str, ...]
    root_threshold: int
    rule_set: int
    policies: tuple[PolicyNotice, ...] = ()


class Key(BaseModel):
    """A registered key: its party, its duty, the person who holds it (a commitment) and since which index."""

    model_config = ConfigDict(frozen=True)

    key: str
    duty: Literal["party", "device", "officer"]
    holder: str = ""
    since_index: int


class Accreditation(BaseModel):
    """A role with its scope (countries, minerals by HS code; none = all) and window, in ms of the log's time."""

    model_config = ConfigDict(frozen=True)

    role: str
    countries: tuple[str, ...]
    minerals: tuple[str, ...]
    valid_from: int
    valid_until: int
    event: str
    by: tuple[str, ...]


class PartyState(State):
    """A legal entity: its keys, roles and standing."""

    kind: Literal["party"] = "party"
    keys: tuple[Key, ...]
    next: str
    admitted_by: tuple[str, ...] = ()
    accreditations: tuple[Accreditation, ...] = ()
    suspended: bool = False

    def key(self, text: str) -> Key | None:
        """Find a registered key by its text."""
        return next((key for key in self.keys if key.key == text), None)


class KeyOwner(State):
    """Which party a key belongs to: a key is registered once, to one party and duty."""

    kind: Literal["key"] = "key"
    party: str


class Inspection(BaseModel):
    """A site's status as an inspector set it, from `at` on."""

    model_config = ConfigDict(frozen=True)

    status: str
    at: int
    inspected_at: int
    event: str


class SiteState(State):
    """A mine site: its authority, licence and the history of its status."""

    kind: Literal["site"] = "site"
    country: str
    minerals: tuple[str, ...]
    operators: tuple[str, ...] = ()
    licence_from: int
    licence_until: int
    inspections: tuple[Inspection, ...] = ()


class TagBlockState(State):
    """A block of at most 100 tags: for which site, in whose hands, which are used."""

    kind: Literal["tag"] = "tag"
    site: str
    holder: str
    first: int
    count: int
    used: tuple[int, ...] = ()


class Tender(BaseModel):
    """An offered hand-over that its named receiver may accept or refuse."""

    model_config = ConfigDict(frozen=True)

    receiver: str
    given: Weight
    event: str


class Export(BaseModel):
    """An export: who may record the outturn, and the certificate that was consumed."""

    model_config = ConfigDict(frozen=True)

    consignee: str
    certificate: str
    event: str


class Holding(BaseModel):
    """Ore with its origin: the class masses sum to the dry mass, and each analyte's to its metal, exactly."""

    model_config = ConfigDict(frozen=True)

    dry_mass_g: int
    classes_g: dict[str, int]
    contained_mg: dict[str, int] = Field(default_factory=dict)
    classes_mg: dict[str, dict[str, int]] = Field(default_factory=dict)


class LotState(State):
    """A lot: what it is, who holds it, what it is made of, and how it stands."""

    kind: Literal["lot"] = "lot"
    custodian: str
    hs: str
    form: str
    custody_model: CustodyModel
    holding: Holding
    holders: tuple[str, ...]
    """Every party that ever held it or an ancestor: none of them may certify it (rule R12)."""
    unsold_sites: tuple[str, ...] = ()
    """Sites whose ore in this lot has not left its producer yet: their status decides the sale (rule R16)."""
    processed: bool = False
    tender: Tender | None = None
    export: Export | None = None
    received: bool = False
    ended_by: str = ""
    chain_signers: tuple[str, ...] = ()
    filings: dict[str, int] = Field(default_factory=dict)


class AccountState(State):
    """A stockpile or a plant under the mass-balance model: what it holds, never below zero."""

    kind: Literal["account"] = "account"
    party: str
    hs: str
    holding: Holding
    custody_model: CustodyModel = CustodyModel.MASS_BALANCE
    """Weaker where a weaker lot has gone in: what is drawn is never stronger than what was put there."""
    holders: tuple[str, ...] = ()
    unsold_sites: tuple[str, ...] = ()
    processed: bool = False


class CertificateState(State):
    """A mineral certificate: for which lot, how much, until when, whether it was used."""

    kind: Literal["certificate"] = "certificate"
    issuer: str
    lot: str
    lot_head: str
    maximum_dry_mass_g: int
    valid_from: int
    valid_until: int
    status: Literal["issued", "suspended", "withdrawn"] = "issued"
    consumed_by: str = ""


class IncidentState(State):
    """An incident: what it concerns, how grave it is, whether it is open and holds."""

    kind: Literal["incident"] = "incident"
    opener: str
    concerns: tuple[str, ...]
    severity: str
    status: Literal["open", "closed"] = "open"


class PolicyState(State):
    """A dated rule of an authority."""

    kind: Literal["policy"] = "policy"
    authority: str
    policy_kind: str
    countries: tuple[str, ...]
    minerals: tuple[str, ...]
    valid_from: int
    valid_until: int


AnyState = Annotated[
    LogState
    | PartyState
    | KeyOwner
    | SiteState
    | TagBlockState
    | LotState
    | AccountState
    | CertificateState
    | IncidentState
    | PolicyState,
    Field(discriminator="kind"),
]

_ADAPTER: Final[TypeAdapter[AnyState]] = TypeAdapter(AnyState)


def read_state(data: bytes) -> AnyState:
    """Read a state that `write_state` wrote; the store's bytes are our own, so pydantic's errors may surface."""
    return _ADAPTER.validate_json(data)


def write_state(state: State) -> bytes:
    """Write a state as JSON."""
    return state.model_dump_json().encode()
