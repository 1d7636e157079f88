"""Attacks on chains, files and heads (step 5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import forge
from attack_tools import (
    stops_at,
    with_header,
    with_lies,
)
from forge import ZERO, Lies
from small_log import SmallLog


@stops_at(5)
def a_link_of_a_chain_left_out() -> tuple[bytes, bytes]:
    """The first event of the lot, with a proof of all others."""
    return with_lies(omit=[2])


@stops_at(5)
def the_newest_event_left_out() -> tuple[bytes, bytes]:
    """The chain is unbroken, and not the one that the heads state."""
    return with_lies(omit=[4])


@stops_at(5)
def a_filing_left_out() -> tuple[bytes, bytes]:
    """The file is not the one that the heads state."""
    return with_lies(omit=[3])


@stops_at(5)
def a_fork() -> tuple[bytes, bytes]:
    """Two events name one event before them; the heads state the second."""
    log = SmallLog()
    log.append(log.forger.envelope(forge.payload_of(log.entries[4]) | {"counter": 77}))
    return log.bundle(), log.trust


@stops_at(5)
def a_second_beginning() -> tuple[bytes, bytes]:
    """The lot begins again, by its own party."""
    log = SmallLog()
    payload = log.payload("lot.declared", ["holder"], {}, [log.lot])
    payload["links"][0]["prev"] = ZERO
    log.add(payload)
    return log.bundle(), log.trust


@stops_at(5)
def a_second_beginning_of_the_log() -> tuple[bytes, bytes]:
    """The log begins once."""
    log = SmallLog()
    payload = log.payload("log.trust", ["root"], {}, ["log"])
    payload["links"][0]["prev"] = ZERO
    log.add(payload)
    return log.bundle(), log.trust


@stops_at(5)
def a_file_without_a_chain() -> tuple[bytes, bytes]:
    """Somebody speaks about a lot that has not begun, and the heads give it a leaf."""
    log = SmallLog()
    log.post("border.crossed", ["introducer"], {}, about=[log.subject("holder", "lot", "NEVER")])
    return log.bundle(), log.trust


@stops_at(5)
def heads_of_another_head() -> tuple[bytes, bytes]:
    """The operator states an older head of the lot."""
    log = SmallLog()
    key, older = forge.digest(log.lot), forge.facts(log.entries[2]).event_id

    def lie(leaves: dict[str, bytes]) -> None:
        leaves[key] = leaves[key][:32] + bytes.fromhex(older) + leaves[key][64:]

    return log.bundle(Lies(leaves=lie)), log.trust


@stops_at(5)
def heads_of_another_file() -> tuple[bytes, bytes]:
    """The operator states that nobody has spoken about the lot."""
    log = SmallLog()
    key = forge.digest(log.lot)
    return log.bundle(
        Lies(leaves=lambda leaves: leaves.update({key: leaves[key][:64] + bytes(32)}))
    ), log.trust


@stops_at(5)
def heads_by_somebody_else() -> tuple[bytes, bytes]:
    """The statement is the introducer's."""
    log = SmallLog()
    signer = {"key": log.keys["introducer"].text, "party": log.parties["introducer"]}
    lie = {"actor": signer["party"], "signers": [signer]}
    return log.bundle(Lies(statement=lambda said: said.update(lie))), log.trust


@stops_at(5)
def heads_of_another_size() -> tuple[bytes, bytes]:
    """One entry fewer."""
    return with_lies(statement=lambda said: said["body"].update(size=4))


@stops_at(5)
def heads_of_another_root() -> tuple[bytes, bytes]:
    """Leaves and proofs are right, and the statement states something else."""
    return with_lies(statement=lambda said: said["body"].update(root="11" * 32))


@stops_at(5)
def heads_with_another_member() -> tuple[bytes, bytes]:
    """The statement has a root and a size and nothing else."""
    return with_lies(statement=lambda said: said["body"].update(more=1))


@stops_at(5)
def heads_about_a_subject() -> tuple[bytes, bytes]:
    """The statement links nothing and is about nothing: its own file would never be whole."""
    return with_lies(statement=lambda said: said.update(about=["lot:" + "a" * 32 + "/X"]))


@stops_at(5)
def another_event_at_the_end() -> tuple[bytes, bytes]:
    """The last entry of a checkpoint is log.heads."""
    return with_lies(statement=lambda said: said.update(type="log.operated"))


@stops_at(5)
def old_heads_under_a_fresh_checkpoint() -> tuple[bytes, bytes]:
    """All that the bundle shows was true once: the lot has gone on since."""
    log = SmallLog()
    log.post("lot.sealed", ["holder"], {}, [log.lot])
    later = log.entries.pop()
    return log.bundle(Lies(later=[later])), log.trust


@stops_at(5)
def no_lot() -> tuple[bytes, bytes]:
    """Everything is there but the lot."""
    log = SmallLog()
    return log.bundle(without=[log.lot], lies=Lies(omit=[2, 3, 4])), log.trust


@stops_at(5)
def no_leaf_of_the_log() -> tuple[bytes, bytes]:
    """The log's own chain must be whole."""
    return with_lies(unshown=["log"])


@stops_at(5)
def no_leaf_at_all() -> tuple[bytes, bytes]:
    """A proof of nothing."""
    return with_header(lambda header: header.update(heads={"buckets": [], "proof": ""}))


@stops_at(5)
def a_leaf_over() -> tuple[bytes, bytes]:
    """The leaf of a lot that no bundled event names."""
    log = SmallLog()
    other = log.subject("holder", "lot", "OTHER")
    index = log.post("lot.declared", ["holder"], {}, [other])
    return log.bundle(Lies(omit=[index])), log.trust


@stops_at(5)
def a_neighbour_over() -> tuple[bytes, bytes]:
    """An absent subject is named no more, and its neighbours and empty buckets stay."""
    log = SmallLog()
    never = [log.subject("holder", "lot", "NEVER")]
    return log.bundle(Lies(header=lambda header: header.update(absent=[])), absent=never), log.trust


@stops_at(5)
def an_entry_over() -> tuple[bytes, bytes]:
    """An event of a lot that is not in the bundle."""
    log = SmallLog()
    other = log.subject("holder", "lot", "OTHER")
    index = log.post("lot.declared", ["holder"], {}, [other])
    return log.bundle(Lies(add=[index]), without=[other]), log.trust


@stops_at(5)
def a_subject_said_to_be_absent() -> tuple[bytes, bytes]:
    """The holder exists."""
    log = SmallLog()
    return with_header(lambda header: header.update(absent=[log.parties["holder"]]))


@stops_at(5)
def absence_without_proof() -> tuple[bytes, bytes]:
    """Nothing is shown of its bucket."""
    log = SmallLog()
    return with_header(lambda header: header.update(absent=[log.subject("holder", "lot", "NEVER")]))


def crowded() -> tuple[SmallLog, str, Lies]:
    """Give a log, a lot that never was, and heads with two strangers beside it in its bucket."""
    log = SmallLog()
    never = log.subject("holder", "lot", "NEVER")
    bucket = forge.digest(never)[:4]
    strangers = [bucket + "00" * 30, bucket + "ff" * 30]
    leaves = {key: bytes.fromhex(key + ZERO * 2) for key in strangers}
    return log, never, Lies(leaves=lambda known: known.update(leaves))


@stops_at(0)
def an_absent_lot_between_strangers() -> tuple[bytes, bytes]:
    """Two leaves next to each other, whosever they are."""
    log, never, lies = crowded()
    return log.bundle(lies, absent=[never]), log.trust


@stops_at(5)
def absence_by_one_neighbour() -> tuple[bytes, bytes]:
    """The one behind is a hash of the proof."""
    log, never, lies = crowded()

    def hide(header: dict[str, Any]) -> None:
        (bucket,) = [one for one in header["heads"]["buckets"] if len(one["leaves"]) == 2]
        hidden = bucket["leaves"].pop()
        bucket["proof"] = forge.b64(forge.leaf_hash(bytes.fromhex(hidden["leaf"])))

    lies.header = hide
    return log.bundle(lies, absent=[never]), log.trust


@stops_at(5)
def a_hash_in_an_empty_bucket() -> tuple[bytes, bytes]:
    """Nothing is to be proved there."""
    log = SmallLog()
    never = log.subject("holder", "lot", "NEVER")

    def add(header: dict[str, Any]) -> None:
        (bucket,) = [one for one in header["heads"]["buckets"] if not one["leaves"]]
        bucket["proof"] = forge.b64(bytes(32))

    return log.bundle(Lies(header=add), absent=[never]), log.trust


@stops_at(5)
def a_leaf_over_in_a_bucket_that_serves() -> tuple[bytes, bytes]:
    """Beside the lot's leaf stands one of nobody, where a hash would have been enough."""
    log = SmallLog()
    key = forge.digest(log.lot)[:4] + "ff" * 30
    leaf = bytes.fromhex(key + ZERO * 2)

    def show(header: dict[str, Any]) -> None:
        (bucket,) = [one for one in header["heads"]["buckets"] if one["bucket"] == int(key[:4], 16)]
        bucket["leaves"].append({"index": 1, "leaf": leaf.hex()})
        bucket["proof"] = ""

    return log.bundle(Lies(leaves=lambda known: known.update({key: leaf}), header=show)), log.trust


@stops_at(5)
def absent_in_the_heads_and_present_in_the_log() -> tuple[bytes, bytes]:
    """The operator's heads deny a lot of which the bundle holds an event."""
    log = SmallLog()
    other = log.subject("holder", "lot", "OTHER")
    log.post("lot.split", ["holder"], {}, [log.lot, other])
    deny: Callable[[dict[str, bytes]], object] = lambda leaves: leaves.pop(forge.digest(other))  # noqa: E731  # short
    return log.bundle(Lies(leaves=deny), without=[other], absent=[other]), log.trust


@stops_at(5)
def leaves_out_of_order() -> tuple[bytes, bytes]:
    """Two leaves of one bucket, the greater first: who looks for a gap between neighbours finds one."""
    log = SmallLog()
    bucket = forge.digest(log.lot)[:4]
    low, high = bucket + "00" * 30, bucket + "ff" * 30

    def lie(leaves: dict[str, bytes]) -> None:
        leaves[low] = bytes.fromhex(high + ZERO * 2)
        leaves[high] = bytes.fromhex(low + ZERO * 2)

    def show(header: dict[str, Any]) -> None:
        (shown,) = [one for one in header["heads"]["buckets"] if one["bucket"] == int(bucket, 16)]
        leaves = {low: b""}
        lie(leaves)
        own = shown["leaves"][0]["leaf"]
        shown["leaves"] = [
            {"index": index, "leaf": leaf}
            for index, leaf in enumerate([leaves[low].hex(), own, leaves[high].hex()])
        ]
        shown["proof"] = ""

    return log.bundle(Lies(leaves=lie, header=show)), log.trust


@stops_at(5)
def a_leaf_in_the_wrong_bucket() -> tuple[bytes, bytes]:
    """Beside an absent lot stands a leaf that does not begin as its bucket does."""
    log = SmallLog()
    never = log.subject("holder", "lot", "NEVER")
    strange = {forge.digest(never)[:4] + "00" * 30: bytes(96)}
    return log.bundle(Lies(leaves=lambda leaves: leaves.update(strange)), absent=[never]), log.trust
