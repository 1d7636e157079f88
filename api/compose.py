"""Composing: from a typed intent and the heads it builds on to the bytes that are signed (PROTOCOL section 5).

Pure. What comes out has the one form, and its body is what its type asks for; so a wrong intent fails here, with a
pointer, before anybody signs. The bytes of a weighing look like this, without the line ends:

    {"about":[],"actor":"party:mfrg…","body":{…},"claimed_at":"2026-01-17T06:42:00Z","counter":7,
     "links":[{"prev":"9f86…0a08","subject":"lot:mfrg…/KOL-2026.0117"}],"log":"e3b0…b855",
     "signers":[{"key":"z6Mk…","party":"party:mfrg…"}],"type":"lot.measured","v":1}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from corridor.statements import read_body
from ledger.payload import Link, Signer, read_payload, write_payload
from ledger.times import format_time
from ledger.values import Value


def compose(
    kind: str,
    *,
    log_id: str,
    actor: str,
    signers: Iterable[Signer],
    body: Mapping[str, Value],
    links: Mapping[str, str],
    about: Iterable[str] = (),
    claimed_at_ms: int,
    counter: int,
    after: str | None = None,
    commitments: Mapping[str, str] | None = None,
) -> bytes:
    """Return the payload of an event of type `kind`, its sets in order.

    `links` maps each subject whose chain is extended to its current head (64 zeros if the event begins it).
    Raises FormError, SignatureRefused or Refused, with a pointer into the payload, if the log would not read it.
    """
    payload = write_payload(
        log=log_id,
        type=kind,
        actor=actor,
        signers=signers,
        claimed_at=format_time(claimed_at_ms),
        counter=counter,
        body=body,
        links=[Link(prev, subject) for subject, prev in links.items()],
        about=about,
        after=after,
        commitments=commitments,
    )
    read_body(read_payload(payload))
    return payload
