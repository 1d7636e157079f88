"""`otc act`: from plain words to a signed and posted event, said back in words before it is signed."""

from __future__ import annotations

import os
import secrets
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from api.cli.intent import Intent, read_intent
from api.cli.phrases import describe
from api.cli.placement import place, type_of, with_heads
from api.cli.terminal import Arguments, add_report, arguments, is_interactive, print_json, say, sentence, tell
from api.client import Client, ClientProblem, Receipt
from api.clocks import wall_ms
from api.compose import compose
from api.keyfiles import (
    PRIVATE_MODE,
    FileProblem,
    beside,
    party_of,
    peek_counter,
    read_file,
    read_inception,
    read_key,
    take_counter,
    write_new,
)
from ledger.canonical import write
from ledger.envelope import event_id, sign
from ledger.errors import FormError
from ledger.keys import SigningKey
from ledger.payload import Signer, read_payload
from ledger.subjects import SALT_BYTES, check_subject, commitment
from ledger.times import parse_time
from ledger.values import Value

MAX_DOCUMENT_BYTES = 256 * 2**20
"""A document is read whole to be digested; for a larger one give digest, length and media type."""

REFUSED = 1

ASK = {
    "en": ("Sign and post it? [y/N] ", {"y", "yes"}, "nothing was signed"),
    "fr": ("Signer et envoyer ? [o/N] ", {"o", "oui"}, "rien n'a été signé"),
}
DONE = {
    "en": "{kind} is {status} at index {index}: {event_id}",
    "fr": "{kind} est à l'index {index} ({status}) : {event_id}",
}


@dataclass(frozen=True, slots=True)
class Hand:
    """A key of ours, the file that it came from, and the party for which it signs."""

    file: Path
    key: SigningKey
    party: str


@dataclass(frozen=True, slots=True)
class Secret:
    """A field that travels as a commitment: what opens it."""

    name: str
    salt: bytes
    value: Value


def main(argv: Sequence[str]) -> int:
    """Compose, say, sign and post one event; return 1 if the log refuses it."""
    parser = _parser()
    given = parser.parse_intermixed_args(argv)
    if given.cosigner and not (given.draft or given.dry_run):
        parser.error("others must sign too: use --draft, then `otc sign`")
    hands = [_hand(given, path) for path in given.key]
    now_ms = given.now or wall_ms()
    with Client(given.url) as client:
        intent = read_intent(
            type_of(given.type), given.words, actor=hands[0].party, now_ms=now_ms, load=_load
        )
        secret = [Secret(name, secrets.token_bytes(SALT_BYTES), text) for name, text in intent.hidden.items()]
        payload = _compose(given, hands, intent, secret, client, now_ms)
        for line in describe(read_payload(payload), given.lang):
            tell(line)
        if given.dry_run:
            say(payload.decode())
            return 0
        if not (given.draft or given.yes or _agreed(given.lang)):
            return REFUSED
        _keep_disclosures(hands[0], event_id(payload), secret)
        return _leave_draft(given, payload) if given.draft else _post(given, hands, payload, client)


def _hand(given: Namespace, path: Path) -> Hand:
    """Read a key and find its party: by FILE.inception beside it, else --party, else that of the first key."""
    key = read_key(path)
    for candidate in (path, given.key[0]):
        inception = beside(candidate, "inception")
        if inception.exists() and (candidate == path or given.party is None):
            return Hand(path, key, party_of(read_inception(inception)))
    if given.party is None:
        hint = "Name its party: --party party:…, or --party FILE.inception."
        raise FileProblem("file.unreadable", f"There is no {beside(path, 'inception')}.", hint=hint)
    return Hand(path, key, _party(given.party))


def _party(text: str) -> str:
    """Return the party that a text names: an id, or the file of an inception."""
    return check_subject(text, "") if text.startswith("party:") else party_of(read_inception(Path(text)))


def _cosigner(text: str) -> Signer:
    """Read KEY=PARTY."""
    key, equals, party = text.partition("=")
    if not equals:
        raise FormError("form.value", "A cosigner is given as KEY=PARTY.")
    return Signer(key, _party(party))


def _compose(
    given: Namespace,
    hands: Sequence[Hand],
    intent: Intent,
    secret: Sequence[Secret],
    client: Client,
    now_ms: int,
) -> bytes:
    """Return the payload, built on the heads of now; a counter is taken only once it is known to be good."""
    actor = hands[0].party
    holds = None if given.holder is None else given.holder == "yes"
    placement = place(intent, actor, client, holds=holds)
    signers = [*(Signer(hand.key.text, hand.party) for hand in hands), *map(_cosigner, given.cosigner)]
    commitments = {one.name: commitment(one.salt, actor, one.name, one.value) for one in secret}
    body, log_id = with_heads(intent, client), client.genesis()
    claimed_at_ms = parse_time(given.at) if given.at else now_ms

    def build(counter: int) -> bytes:
        return compose(
            intent.kind,
            log_id=log_id,
            actor=actor,
            signers=signers,
            body=body,
            links=placement.links,
            about=placement.about,
            claimed_at_ms=claimed_at_ms,
            counter=counter,
            after=given.after,
            commitments=commitments,
        )

    if given.counter is not None:
        return build(given.counter)
    payload = build(peek_counter(hands[0].file))
    return payload if given.dry_run else build(take_counter(hands[0].file))


def _load(name: str) -> bytes:
    return read_file(Path(name), MAX_DOCUMENT_BYTES)


def _agreed(lang: str) -> bool:
    """Ask a person; nobody at the terminal has agreed by calling."""
    question, yes, otherwise = ASK[lang]
    if not is_interactive():
        return True
    sys.stderr.write(question)
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() in yes:
        return True
    tell(otherwise)
    return False


def _keep_disclosures(hand: Hand, event: str, secret: Sequence[Secret]) -> None:
    """Keep what opens the commitments beside the key, for whom it concerns."""
    if not secret:
        return
    path = beside(hand.file, "disclosures")
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_MODE), "wb") as file:
        for one in secret:
            opened: Value = {"event": event, "name": one.name, "salt": one.salt.hex(), "value": one.value}
            file.write(write(opened) + b"\n")
    tell(f"what opens the commitments was added to {path}")


def _leave_draft(given: Namespace, payload: bytes) -> int:
    """Write the payload for everybody to sign."""
    path = given.out or Path(f"{given.type}-{event_id(payload)[:8]}.draft")
    write_new(path, payload)
    say(str(path))
    tell(f"each signer: otc sign {path} --key FILE --out SIGNED; then: otc submit SIGNED --url {given.url}")
    return 0


def _post(given: Namespace, hands: Sequence[Hand], payload: bytes, client: Client) -> int:
    """Sign, post and print the receipt; a refusal of the log's is the answer no."""
    envelope = sign(payload, [hand.key for hand in hands])
    try:
        receipt = client.post(envelope, wait_published=given.wait, now_ms=given.now)
    except ClientProblem as problem:
        if not problem.status:
            raise
        if given.json:
            print_json({"code": problem.code, "detail": problem.detail, "hint": problem.hint})
        tell(f"otc act: {sentence(problem)}")
        return REFUSED
    _print_receipt(given, receipt)
    return 0


def _print_receipt(given: Namespace, receipt: Receipt) -> None:
    if given.json:
        said = {name: getattr(receipt, name) for name in ("event_id", "index", "at", "status", "created")}
        print_json(said)
    else:
        say(
            DONE[given.lang].format(
                kind=given.type, status=receipt.status, index=receipt.index, event_id=receipt.event_id
            )
        )


def _parser() -> Arguments:
    parser = arguments(
        "act",
        "Build an event from plain words, say in words what will be signed, sign it, post it, print the receipt.",
        [
            "otc act lot.extracted lot=KOL-1 site=party32/SITE-7 hs=261590 form=concentrate \\",
            "    custody_model=segregated wet=52.4kg moisture=8.5% grade.Ta2O5=30% \\",
            "    mined_from=2026-01-10 mined_until=2026-01-16 --key mine.key --url http://127.0.0.1:8000",
            "otc act lot.measured lot=KOL-1 gross=52.4kg tare=0.4kg moisture=8.5% …",
            "otc act lot.handed_over lot=KOL-1 receiver=party:… given.wet=52.4kg … --cosigner z6Mk…=party:… --draft …",
            "otc act site.inspected site=… status=green inspected_at=now report=@visit.pdf --key officer.key …",
        ],
        more="Subjects: a whole id, <party>/<CODE>, or CODE for the actor's own. Members by their names, with or without\n"
        "the unit at their end; inner ones by dots (weight.wet, lots.1.received.wet), and short where only one fits.\n"
        "Masses: g, kg, t, lb; shares: % or ppm; places in degrees; lists by commas; a time, a day, or `now`.\n"
        "@FILE is a document's digest, or JSON for a member of several parts. A field that may stay secret (driver,\n"
        "vehicle, supplier, reporter) is committed to, and what opens it is kept in FILE.disclosures.\n"
        "--draft leaves a file for the others to `otc sign`; drafts on the server come in a later release.\n"
        "Exit code 0: in the log; 1: refused by it, or by you; 2: it could not be built or sent.",
    )
    parser.add_argument("type", metavar="TYPE", help="type of the event, such as lot.measured")
    parser.add_argument("words", metavar="key=value", nargs="*", help="what it says")
    parser.add_argument(
        "--key",
        type=Path,
        action="append",
        required=True,
        metavar="FILE",
        help="who signs; the first is the actor's",
    )
    parser.add_argument("--url", required=True, help="address of the log's server")
    parser.add_argument("--party", help="party of a key that has no FILE.inception beside it")
    parser.add_argument(
        "--cosigner", action="append", default=[], metavar="KEY=PARTY", help="who else signs (--draft)"
    )
    parser.add_argument(
        "--holder", choices=("yes", "no"), help="whether the actor holds the lot (else the log is asked)"
    )
    parser.add_argument("--at", metavar="TIME", help="when it happened (now)")
    parser.add_argument("--after", metavar="EVENT", help="a log.heads or the genesis: it happened after that")
    parser.add_argument("--counter", type=int, metavar="N", help="instead of the one kept in FILE.counter")
    parser.add_argument(
        "--draft", action="store_true", help="write the payload for other signers; post nothing"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="name of the draft")
    parser.add_argument(
        "--dry-run", action="store_true", help="print the payload and the words; sign nothing"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--wait", action="store_true", help="wait until it is published")
    parser.add_argument("--now", type=int, metavar="MS", help="the clock of a log that is a play, in ms")
    add_report(parser)
    return parser
