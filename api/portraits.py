"""How entries and subjects look in JSON: what the store holds, decoded, with nothing added but names to read.

A state is shown as the corridor keeps it, times in ms since 1970; members without a value are left out:

    {"subject":"lot:mfrg…/KOL-1","short_code":"WB5C-0JZ9-QAP","head":"7c1e…","kind":"lot","custodian":"party:…",…}
"""

from __future__ import annotations

from typing import Any

import orjson

from corridor.states import State
from ledger.envelope import Entry
from ledger.subjects import short_code


def portray_state(state: State) -> dict[str, Any]:
    """Return a subject's state."""
    shown = state.model_dump(mode="json", exclude_none=True)
    return {"subject": shown.pop("subject"), "short_code": short_code(state.subject), **shown}


def portray_event(entry: Entry, index: int) -> dict[str, Any]:
    """Return an entry's place, what it is at a glance, and its payload, decoded."""
    payload = entry.envelope.payload
    return {
        "event_id": entry.envelope.event_id,
        "index": index,
        "at": entry.at,
        "type": payload.type,
        "actor": payload.actor,
        "payload": orjson.loads(payload.raw),
    }


def portray_entry(entry: Entry, index: int, *, published: bool) -> dict[str, Any]:
    """Return an entry with its signatures and its exact text, of which the log's leaf is the hash."""
    return {
        **portray_event(entry, index),
        "status": "published" if published else "committed",
        "signatures": orjson.loads(entry.envelope.raw)["signatures"],
        "entry": entry.raw.decode(),
    }
