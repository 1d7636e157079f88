"""What begins in an event, and whether it may begin there: step 4's look at names (PROTOCOL sections 3 and 11).

A party is named by its inception object, so that its id can be computed again from the event that begins it; every
other subject bears the party that begins it in its id, and that party signs::

    party:mfrggzdfmztwq2lknnwg23tpobyxe43u              from {"identity":"9f86…","key":"z6Mk…","next":"5feb…"}
    lot:mfrggzdfmztwq2lknnwg23tpobyxe43u/KOL-1          its first event is signed by that party

Only `log.genesis` and `party.incepted` hold inceptions. Bodies may be of any shape here: what cannot be read names
nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ledger.chain import GENESIS_PREV
from ledger.envelope import Payload
from ledger.subjects import LOG, kind_of, party_id, party_of
from ledger.values import Value

GENESIS_TYPE: Final = "log.genesis"
INCEPTION_TYPE: Final = "party.incepted"
INCEPTION_MEMBERS: Final = 3
"""Identity, key and next: all that a party's id is made of."""


def operator_of(genesis: Payload) -> str | None:
    """Name the operator's party; None if the genesis holds no inception of one."""
    return _named(genesis.body.get("operator"))


def has_true_party_ids(payload: Payload) -> bool:
    """Tell whether each party that begins in an event is named by an inception that the event holds."""
    return {subject for subject in _begun(payload) if kind_of(subject) == "party"} <= set(
        _inceptions(payload)
    )


def has_its_beginners(payload: Payload) -> bool:
    """Tell whether the party in the id of each subject that begins in an event signs it; `log` has none."""
    signing = {signer.party for signer in payload.signers}
    return all(party_of(subject) in signing for subject in _begun(payload) if subject != LOG)


def _begun(payload: Payload) -> list[str]:
    return [link.subject for link in payload.links if link.prev == GENESIS_PREV]


def _inceptions(payload: Payload) -> Iterator[str | None]:
    """Yield the parties that an event's inceptions name."""
    body = payload.body
    if payload.type == INCEPTION_TYPE:
        yield _named(body.get("inception"))
    elif payload.type == GENESIS_TYPE:
        yield operator_of(payload)
        for group in (body.get("roots"), body.get("introducers")):
            yield from map(_named, group if isinstance(group, list) else ())


def _named(inception: Value | None) -> str | None:
    if isinstance(inception, dict) and len(inception) == INCEPTION_MEMBERS:  # what has more is another object
        match inception.get("identity"), inception.get("key"), inception.get("next"):
            case str(identity), str(key), str(following):
                return party_id(identity, key, following)
    return None
