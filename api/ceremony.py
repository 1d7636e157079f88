"""The ways in which a log is founded by people: a ceremony in two calls, a demonstration, a copy of a play.

A ceremony leaves `genesis.draft`, the genesis payload, in the data folder beside `log.key` and `operator.key`. Each
root and introducer signs it, alone or in turn; the second call puts the signatures together, adds the operator's, and
establishes the log. Keys that the server must not have lie beside the data folder: DIR-roots for demonstrations,
DIR-operator for the operator's next key and identity (folders 0700, files 0600).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from api.cosigning import add_signatures, put_together, read_draft
from api.founding import (
    DATABASE,
    GENESIS_FILE,
    LOG_KEY,
    OPERATOR_KEY,
    Founded,
    FoundingKeys,
    FoundingRefused,
    Terms,
    compose_genesis,
    establish,
    log_vkey,
    make_founder,
    make_log_key,
    refuse_folder_in_use,
)
from api.keyfiles import PRIVATE_MODE, PUBLIC_MODE, read_file, read_key, write_all, write_founder
from ledger.envelope import MAX_ENVELOPE_BYTES, Entry, read_entry
from ledger.quorum import TrustedWitness
from ledger.store.sql import SqlStore

DRAFT: Final = "genesis.draft"
FOLDER_MODE: Final = 0o700
DEMONSTRATION_SUFFIX: Final = ".demo"
"""Logs of such origins are plays, whose keys may be copied (OUTSIDE: `otc init --from`)."""


def write_demonstration_keys(data: Path, keys: FoundingKeys) -> Path:
    """Write the founders' keys into DIR-roots, beside the data folder; return that folder."""
    folder = _private_folder(data, "roots")
    for number, founder in enumerate(keys.roots, 1):
        write_founder(folder / f"root-{number}", founder)
    for number, founder in enumerate(keys.introducers, 1):
        write_founder(folder / f"introducer-{number}", founder)
    write_founder(folder / "operator", keys.operator)
    return folder


def prepare_ceremony(
    data: Path,
    terms: Terms,
    *,
    roots: Sequence[dict[str, str]],
    introducers: Sequence[dict[str, str]],
    entropy: bytes,
    at_ms: int,
) -> Path:
    """Make the log's and the operator's keys and the genesis payload to be signed; return DIR-operator."""
    refuse_folder_in_use(data)
    operator, log_key = make_founder(entropy, "operator"), make_log_key(entropy)
    payload = compose_genesis(
        terms,
        roots=roots,
        operator=operator.inception,
        introducers=introducers,
        vkey=log_vkey(terms.origin, log_key),
        at_ms=at_ms,
    )
    folder = _private_folder(data, "operator")
    write_founder(folder / "operator", operator)
    data.mkdir(parents=True, exist_ok=True)
    write_all(
        {
            data / LOG_KEY: (log_key.write_pem(), PRIVATE_MODE),
            data / OPERATOR_KEY: (operator.key.write_pem(), PRIVATE_MODE),
            data / DRAFT: (payload, PUBLIC_MODE),
        }
    )
    return folder


def finish_ceremony(
    data: Path, signed: Sequence[Path], *, at_ms: int, witnesses: Sequence[TrustedWitness] = ()
) -> Founded:
    """Put the founders' signatures together, add the operator's, and establish the log."""
    if (data / DATABASE).exists():
        raise FoundingRefused("founding.in_use", f"{data} holds a log already.")
    draft = read_draft(read_file(data / DRAFT, MAX_ENVELOPE_BYTES))
    drafts = [read_draft(read_file(path, MAX_ENVELOPE_BYTES + 1)) for path in signed]
    whole = add_signatures(put_together([draft, *drafts]), [read_key(data / OPERATOR_KEY)])
    if whole.missing:
        hint = "Give all signed files, or let them `otc sign` the one that there is."
        waiting = ", ".join(whole.missing)
        raise FoundingRefused("founding.refused", f"These have not signed: {waiting}.", hint=hint)
    founded = establish(data, whole.envelope(), at_ms=at_ms, witnesses=witnesses)
    (data / DRAFT).unlink()
    return founded


def copy_log(data: Path, source: Path, *, witnesses: Sequence[TrustedWitness] = ()) -> Founded:
    """Begin an empty log with the genesis, log key and operator key of a simulation's folder.

    FoundingRefused unless its origin ends in `.demo`: two logs with one key are what witnesses exist to catch.
    """
    refuse_folder_in_use(data)
    folder = source if (source / GENESIS_FILE).exists() else source / "ledger"
    genesis = _first_entry(folder)
    if not str(genesis.envelope.payload.body.get("log_origin", "")).endswith(DEMONSTRATION_SUFFIX):
        detail = "Only the log of a play, whose origin ends in .demo, can be begun twice."
        raise FoundingRefused("founding.refused", detail)
    keys = {name: (read_file(folder / name), PRIVATE_MODE) for name in (LOG_KEY, OPERATOR_KEY)}
    data.mkdir(parents=True, exist_ok=True)
    write_all({data / name: file for name, file in keys.items()})
    return establish(data, genesis.envelope.raw, at_ms=genesis.at, witnesses=witnesses)


def _first_entry(folder: Path) -> Entry:
    """Read entry 0 of a data folder's database, for its time belongs to the log."""
    store = SqlStore.open(folder / DATABASE)
    try:
        with store.read() as snapshot:
            return read_entry(snapshot.entry(0))
    finally:
        store.close()


def _private_folder(data: Path, suffix: str) -> Path:
    """Make a new folder beside the data folder, for its owner alone."""
    whole = data.resolve()
    folder = whole.with_name(f"{whole.name}-{suffix}")
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True)
    except FileExistsError:
        hint = "It may hold the keys of another log: move it away."
        raise FoundingRefused("founding.in_use", f"{folder} exists already.", hint=hint) from None
    return folder
