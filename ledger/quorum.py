"""The quorum: what the signatures on a checkpoint amount to under a trust file (C2SP tlog-policy).

A witness that has cosigned has witnessed the checkpoint; a group has once as many of its members have as its
threshold says; the quorum is one witness or group. For each of them there is a latest time that it vouches for::

    group mirrors any M1 M2           M1 at 09:00, M2 at 09:10                    -> 09:10
    group all-of-us all mirrors W1    and W1 at 09:05                             -> 09:05
    quorum all-of-us                  so the checkpoint's quorum time             =  09:05
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ledger.checkpoint import Checkpoint, read_checkpoint
from ledger.cosignature import verify_cosignatures
from ledger.errors import ProofError
from ledger.note import COSIGNATURE_V1, ED25519, Note, VerifierKey, verify_note
from ledger.trust_file import NO_QUORUM, Group, TrustedLog, TrustedWitness, TrustFile, read_trust, write_trust

# Who judges reads the trust file first, so that its names are found here too.
__all__ = [
    "MIRRORS",
    "NO_QUORUM",
    "Group",
    "QuorumResult",
    "TrustFile",
    "TrustedLog",
    "TrustedWitness",
    "judge",
    "read_trust",
    "write_trust",
]

MIRRORS = "mirrors"  # the group whose members have replayed every rule before they cosigned


@dataclass(frozen=True, slots=True)
class QuorumResult:
    """What a note amounts to under a trust file.

    `cosigned` maps names of witnesses to the time of their latest cosignature, in seconds since 1970;
    `quorum_time_s` is the latest T for which the cosignatures of time ≥ T still make the quorum (None where it
    is not met or none is asked for); `mirrors` tells whether the group of that name has witnessed;
    `unsupported` names the witnesses whose type of signature cannot be verified here and never counts.
    """

    checkpoint: Checkpoint
    log_key: VerifierKey
    cosigned: Mapping[str, int]
    met: bool
    quorum_time_s: int | None
    mirrors: bool
    unsupported: tuple[str, ...]


def judge(note: Note, trust: TrustFile) -> QuorumResult:
    """Return what the signatures on a checkpoint amount to, whether or not they make the quorum.

    Raise ProofError: `checkpoint.form`; `quorum.origin` if no trusted log has this origin; `note.unknown`
    without that log's own signature; `note.signature` if any signature by a key of the trust file is bad.
    """
    checkpoint = read_checkpoint(note.text)
    if not any(_signs_for(log.key, checkpoint.origin) for log in trust.logs):
        raise ProofError("quorum.origin", "The trust file has no Ed25519 key for a log of this origin.")
    signed = verify_note(note, [log.key for log in trust.logs])
    log_key = next((key for key, _ in signed if _signs_for(key, checkpoint.origin)), None)
    if log_key is None:
        raise ProofError("note.unknown", "The log itself has not signed the checkpoint.")
    times_s = verify_cosignatures(note, [witness.key for witness in trust.witnesses])
    cosigned = {witness.name: times_s[witness.key] for witness in trust.witnesses if witness.key in times_s}
    witnessed = _witnessed(trust.groups, cosigned)
    return QuorumResult(
        checkpoint=checkpoint,
        log_key=log_key,
        cosigned=cosigned,
        met=trust.quorum == NO_QUORUM or trust.quorum in witnessed,
        quorum_time_s=witnessed.get(trust.quorum),
        mirrors=any(group.name == MIRRORS for group in trust.groups) and MIRRORS in witnessed,
        unsupported=tuple(one.name for one in trust.witnesses if one.key.kind != COSIGNATURE_V1),
    )


def _signs_for(key: VerifierKey, origin: str) -> bool:
    return key.name == origin and key.kind == ED25519


def _witnessed(groups: Iterable[Group], cosigned: Mapping[str, int]) -> dict[str, int]:
    """Return the latest time that each witness and group vouches for, of those that have witnessed.

    For a group of threshold k that is the k-th latest of its members' times. Groups name only what stands
    before them, so that one pass in the file's order is enough.
    """
    times_s = dict(cosigned)
    for group in groups:
        latest_first = sorted((times_s[name] for name in group.members if name in times_s), reverse=True)
        if len(latest_first) >= group.threshold:
            times_s[group.name] = latest_first[group.threshold - 1]
    return times_s
