"""The first five of the ten steps by which a bundle is verified: what the log said, all of it, unchanged.

PROTOCOL sections 9 and 11; the numbers are the same in code, docs and reports.

1. form and limits;
2. checkpoint signature, witness quorum, genesis;
3. inclusion of every entry, in the log's order of time;
4. envelopes: the signature rule, the parties' names, first events, disclosures;
5. chains unbroken, files whole, both equal to the heads; nothing left out of a subject, nothing over.

The first step that does not hold ends it: the bundle then proves nothing, and a Failure says where it stopped, for
example `Failure(step=4, code="envelope.signature", index=17, …)`. What these steps cannot decide (who was entitled,
what is missing, what follows) is for the other five, which never fail.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from certifiers.beginnings import GENESIS_TYPE, has_its_beginners, has_true_party_ids, operator_of
from certifiers.bundle import Bundle, BundleError, read_bundle
from certifiers.examined import Disclosure, Examined, Failure
from ledger.canonical import hex_digest, integer, members
from ledger.chain import EMPTY_FILE, GENESIS_PREV, check_chain, extend_file
from ledger.checkpoint import Checkpoint
from ledger.envelope import Entry, Payload, check_signatures
from ledger.errors import FormError, LedgerError, ProofError
from ledger.heads_proof import ProvedHeads, check_heads_proof
from ledger.keys import check_public_key
from ledger.log import HEADS_TYPE
from ledger.merkle import leaf_hash
from ledger.multiproof import root_from_multiproof
from ledger.note import COSIGNATURE_V1, ED25519, read_note
from ledger.quorum import NO_QUORUM, QuorumResult, judge
from ledger.subjects import LOG, commitment
from ledger.trust_file import TrustFile

MIN_SIZE: Final = 2
"""A genesis and the `log.heads` of the first checkpoint: no published log is smaller."""

DEMO_SUFFIX: Final = ".demo"
"""Origins that end so have a simulated clock: their as-of time is the heads' own."""

STEP_CODES: Final[dict[str, str]] = {
    "bundle.size": "The file opens to more bytes than a bundle may have.",
    "bundle.ratio": "The file opens to more times its size than a bundle may.",
    "bundle.gzip": "The file is not one whole gzip member with nothing after it.",
    "bundle.lines": "The lines are not a header and one entry for each index, each ended by LF.",
    "bundle.header": "The first line is not a bundle's header.",
    "bundle.entry": "A line is not an entry of a log.",
    "bundle.keys": "More different keys have signed than a bundle may have.",
    "bundle.other_lot": "The bundle is about another lot than the one asked for.",
    "checkpoint.note": "The checkpoint is not a signed note of origin, size and root.",
    "checkpoint.origin": "The trust file names no log, or no genesis, for the checkpoint's origin.",
    "checkpoint.signature": "The checkpoint has no signature by the log, or a bad one by a trusted key.",
    "checkpoint.weak_key": "A key in the trust file is not fit to sign.",
    "checkpoint.quorum": "The cosignatures on the checkpoint do not make the trust file's quorum.",
    "checkpoint.size": "The checkpoint is of a log too small to have heads.",
    "checkpoint.genesis": "Entry 0 is not the genesis that the trust file names for this origin.",
    "checkpoint.other_log": "An event was signed for another log.",
    "inclusion.proof": "The entries and the proof do not lead to the checkpoint's root.",
    "inclusion.time": "The log's time goes back from one entry to the next.",
    "envelope.repeated": "An event is there twice.",
    "envelope.key": "A signer's key is not fit to sign.",
    "envelope.signature": "A signature does not hold.",
    "envelope.party_id": "A party begins in an event that does not hold the inception its id is made of.",
    "envelope.first_event": "A subject's first event is not signed by the party in its id.",
    "envelope.disclosure": "A disclosure is out of order, or opens no commitment of a bundled event.",
    "heads.statement": "The last entry is not the operator's log.heads of this checkpoint.",
    "heads.proof": "The heads proof does not lead to the root of log.heads.",
    "heads.absent": "A subject said to be absent is not proved to be.",
    "heads.over": "A leaf, a bucket or an entry serves no subject of the bundle.",
    "heads.chain": "A subject's chain is broken, or is not the one that the heads state.",
    "heads.file": "A subject's file is not the one that the heads state.",
    "heads.not_whole": "The log's own chain and file, or the lot's, are not in the bundle.",
}
"""What can end the first five steps; the first word tells the step."""

STEP_OF: Final = {"bundle": 1, "checkpoint": 2, "inclusion": 3, "envelope": 4, "heads": 5}


class StepError(LedgerError):
    """A step that does not hold; `index` is that of the entry it concerns, if it concerns one."""

    def __init__(self, code: str, why: str = "", index: int | None = None) -> None:
        super().__init__(code, f"{STEP_CODES[code]} {why}".rstrip())
        self.index = index


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What step 2 establishes: the checkpoint with its quorum, and the operator that the genesis names."""

    quorum: QuorumResult
    operator: str

    @property
    def checkpoint(self) -> Checkpoint:
        """Origin, size and root."""
        return self.quorum.checkpoint


@dataclass(frozen=True, slots=True)
class Chained:
    """What step 5 establishes: the indexes of chain and file of each subject that is whole."""

    chains: Mapping[str, tuple[int, ...]]
    files: Mapping[str, tuple[int, ...]]


def examine(data: bytes, trust: TrustFile, *, lot: str | None = None) -> Examined | Failure:
    """Take the first five steps with a file; `lot` refuses the bundle of any other lot. Raises nothing."""
    try:
        bundle = step_1(data, lot)
        witnessed = step_2(bundle, trust)
        step_3(bundle, witnessed)
        step_4(bundle)
        chained = step_5(bundle, witnessed)
    except StepError as error:
        return Failure(STEP_OF[error.code.partition(".")[0]], error.code, error.index, error.detail)
    header = bundle.header
    return Examined(
        lot=header.lot,
        genesis=header.log,
        size=witnessed.checkpoint.size - 1,
        checkpoint=witnessed.checkpoint,
        quorum=witnessed.quorum,
        as_of_ms=_as_of_ms(witnessed, trust, bundle.entries[-1].at),
        entries=dict(zip(header.indexes, bundle.entries, strict=True)),
        chains=chained.chains,
        files=chained.files,
        absent=frozenset(header.absent),
        disclosures=header.disclosures,
    )


def step_1(data: bytes, lot: str | None = None) -> Bundle:
    """Form and limits."""
    try:
        bundle = read_bundle(data)
    except BundleError as error:
        raise StepError(error.code, error.detail, error.index) from error
    if lot is not None and bundle.header.lot != lot:
        raise StepError("bundle.other_lot")
    return bundle


def step_2(bundle: Bundle, trust: TrustFile) -> Witnessed:
    """Checkpoint signature, witness quorum, genesis."""
    _admit_keys(trust)
    quorum = _judge(bundle.header.checkpoint, trust)
    checkpoint = quorum.checkpoint
    if not quorum.met:
        raise StepError("checkpoint.quorum")
    if checkpoint.size < MIN_SIZE:
        raise StepError("checkpoint.size")
    if checkpoint.origin not in trust.genesis:
        raise StepError("checkpoint.origin")
    genesis_id = trust.genesis[checkpoint.origin]
    genesis = _genesis(bundle, genesis_id)
    operator = operator_of(genesis)
    if genesis.body.get("log_origin") != checkpoint.origin or operator is None:
        raise StepError("checkpoint.genesis", index=0)
    for index, entry in list(_indexed(bundle))[1:]:
        if entry.envelope.payload.log != genesis_id:
            raise StepError("checkpoint.other_log", index=index)
    return Witnessed(quorum, operator)


def step_3(bundle: Bundle, witnessed: Witnessed) -> None:
    """Inclusion of every entry, in the log's order of time."""
    leaves = {index: leaf_hash(entry.raw) for index, entry in _indexed(bundle)}
    checkpoint = witnessed.checkpoint
    try:
        root = root_from_multiproof(leaves, checkpoint.size, bundle.header.proof)
    except ProofError as error:
        raise StepError("inclusion.proof", error.detail) from error
    if root != checkpoint.root:
        raise StepError("inclusion.proof")
    for (_, before), (index, after) in pairwise(_indexed(bundle)):
        if after.at < before.at:
            raise StepError("inclusion.time", index=index)


def step_4(bundle: Bundle) -> None:
    """Envelopes: no event twice, the signature rule, parties' names, first events, disclosures."""
    events: dict[str, Payload] = {}
    for index, entry in _indexed(bundle):
        envelope = entry.envelope
        if envelope.event_id in events:
            raise StepError("envelope.repeated", index=index)
        events[envelope.event_id] = envelope.payload
        try:
            check_signatures(envelope)
        except LedgerError as error:
            code = "envelope.key" if error.code.startswith("key.") else "envelope.signature"
            raise StepError(code, error.detail, index) from error
        if not has_true_party_ids(envelope.payload):
            raise StepError("envelope.party_id", index=index)
        if not has_its_beginners(envelope.payload):
            raise StepError("envelope.first_event", index=index)
    _check_disclosures(bundle.header.disclosures, events)


def step_5(bundle: Bundle, witnessed: Witnessed) -> Chained:
    """Chains unbroken, files whole, both equal to the heads; whole or not at all; nothing over."""
    root = _stated_root(bundle, witnessed)
    chains: defaultdict[str, list[int]] = defaultdict(list)
    files: defaultdict[str, list[int]] = defaultdict(list)
    for index, entry in _indexed(bundle):
        for link in entry.envelope.payload.links:
            chains[link.subject].append(index)
        for subject in entry.envelope.payload.about:
            files[subject].append(index)
    proved = _prove_heads(bundle, chains.keys() | files.keys())
    if proved.root != root:
        raise StepError("heads.proof")
    entries = dict(_indexed(bundle))
    for subject, standing in proved.present.items():
        if _head(entries, subject, chains[subject]) != standing.head:
            raise StepError("heads.chain", index=next(iter(chains[subject]), None))
        if _file(entries, files[subject]) != standing.file:
            raise StepError("heads.file", index=next(iter(files[subject]), None))
    lot = bundle.header.lot
    if LOG not in proved.present or not (lot in proved.present or lot in bundle.header.absent):
        raise StepError("heads.not_whole")
    _check_nothing_over(bundle, proved)
    return Chained(
        {subject: tuple(chains[subject]) for subject in sorted(proved.present)},
        {subject: tuple(files[subject]) for subject in sorted(proved.present)},
    )


def _indexed(bundle: Bundle) -> Iterator[tuple[int, Entry]]:
    return zip(bundle.header.indexes, bundle.entries, strict=True)


def _as_of_ms(witnessed: Witnessed, trust: TrustFile, heads_at: int) -> int:
    """Give the as-of time: the quorum's, or the heads' own where nobody was asked to cosign or time is simulated."""
    seconds = witnessed.quorum.quorum_time_s
    simulated = witnessed.checkpoint.origin.endswith(DEMO_SUFFIX)
    return heads_at if simulated or trust.quorum == NO_QUORUM or seconds is None else seconds * 1000


def _admit_keys(trust: TrustFile) -> None:
    """Take the trust file's keys through admission again, as those of signers (PROTOCOL section 4)."""
    for key in [log.key for log in trust.logs] + [witness.key for witness in trust.witnesses]:
        if key.kind in {ED25519, COSIGNATURE_V1}:
            try:
                check_public_key(key.public)
            except LedgerError as error:
                raise StepError("checkpoint.weak_key") from error


def _judge(note: str, trust: TrustFile) -> QuorumResult:
    try:
        return judge(read_note(note), trust)
    except ProofError as error:
        codes = {"note.form": "note", "checkpoint.form": "note", "quorum.origin": "origin"}
        raise StepError(f"checkpoint.{codes.get(error.code, 'signature')}", error.detail) from error


def _genesis(bundle: Bundle, genesis_id: str) -> Payload:
    """Give the payload of entry 0, if it is the genesis: of the id that is trusted, and signed one by one."""
    if bundle.header.indexes[:1] == (0,):
        envelope = bundle.entries[0].envelope
        signed_alone = all(signature.batch is None for signature in envelope.signatures)
        if (
            envelope.event_id == genesis_id == bundle.header.log
            and envelope.payload.type == GENESIS_TYPE
            and envelope.payload.log == GENESIS_PREV
            and signed_alone
        ):
            return envelope.payload
    raise StepError("checkpoint.genesis", index=0)


def _check_disclosures(disclosures: tuple[Disclosure, ...], events: Mapping[str, Payload]) -> None:
    places = [(one.event, one.name) for one in disclosures]
    if any(before >= after for before, after in pairwise(places)):
        raise StepError("envelope.disclosure")
    for one in disclosures:
        payload = events.get(one.event)
        said = payload.commitments.get(one.name) if payload else None
        if payload is None or said is None or said != _digest(one, payload.actor):
            raise StepError("envelope.disclosure")


def _digest(one: Disclosure, actor: str) -> str:
    try:
        return commitment(bytes.fromhex(one.salt), actor, one.name, one.value)
    except LedgerError:  # a value that no member of an event can have
        return ""


def _stated_root(bundle: Bundle, witnessed: Witnessed) -> bytes:
    """Give the heads root that the last entry states, if it is the operator's word on all entries before it."""
    index, payload = bundle.header.indexes[-1], bundle.entries[-1].envelope.payload
    try:
        said = members(payload.body, "", ("root", "size"))
        size, root = integer(said["size"], "/size"), hex_digest(said["root"], "/root")
    except FormError as error:
        raise StepError("heads.statement", error.detail, index) from error
    whole = size == index == witnessed.checkpoint.size - 1
    by_operator = all(signer.party == witnessed.operator for signer in payload.signers)
    of_nothing_else = not payload.links and not payload.about
    if payload.type != HEADS_TYPE or not whole or not by_operator or not of_nothing_else:
        raise StepError("heads.statement", index=index)
    return root


def _prove_heads(bundle: Bundle, named: set[str]) -> ProvedHeads:
    if not named.isdisjoint(bundle.header.absent):  # heads that deny what the log holds are false
        raise StepError("heads.absent", "A bundled event names it.")
    try:
        return check_heads_proof(bundle.heads, named=named, absent=bundle.header.absent, pointer="/heads")
    except ProofError as error:
        codes = {"proof.absent": "absent", "proof.over": "over"}
        raise StepError(f"heads.{codes.get(error.code, 'proof')}", error.detail) from error


def _head(entries: Mapping[int, Entry], subject: str, indexes: list[int]) -> bytes:
    """Give the head of a subject's chain, nothing if the chain is broken or has not begun."""
    links = [
        (entries[index].envelope.event_id, link.prev)
        for index in indexes
        for link in entries[index].envelope.payload.links
        if link.subject == subject
    ]
    try:
        return bytes.fromhex(check_chain(links)) if links else b""
    except ProofError:
        return b""


def _file(entries: Mapping[int, Entry], indexes: list[int]) -> bytes:
    digest = EMPTY_FILE
    for index in indexes:
        digest = extend_file(digest, entries[index].envelope.event_id)
    return digest


def _check_nothing_over(bundle: Bundle, proved: ProvedHeads) -> None:
    """Check that every entry but the last is there for a subject of the bundle or because an `after` names it."""
    afters = {entry.envelope.payload.after for entry in bundle.entries}
    for index, entry in list(_indexed(bundle))[:-1]:
        payload = entry.envelope.payload
        subjects = {link.subject for link in payload.links} | set(payload.about)
        if proved.present.keys().isdisjoint(subjects) and entry.envelope.event_id not in afters:
            raise StepError("heads.over", index=index)
