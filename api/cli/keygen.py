"""`otc keygen`: a private key in a file of its owner's, and what a party begins with."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from api.cli.terminal import Arguments, add_report, arguments, print_json, say, tell
from api.keyfiles import PRIVATE_MODE, Founder, write_founder, write_new
from ledger.errors import FormError
from ledger.keys import SigningKey
from ledger.note import COSIGNATURE_V1, VerifierKey, is_key_name
from ledger.subjects import SALT_BYTES
from ledger.values import Value

ENTROPY_BYTES: Final = 32


def main(argv: Sequence[str]) -> int:
    """Make a key (and with --inception a party's beginning); print the public key."""
    given = _parser().parse_args(argv)
    key = _new_key()
    report: dict[str, object] = {"key": key.text}
    if given.vkey is not None:
        report["vkey"] = str(_witness_vkey(given.vkey, key))
    if given.inception:
        founder = Founder(key, _new_key(), secrets.token_bytes(SALT_BYTES), _identity(given.identity))
        made = write_founder(given.out, founder)
        report["party"] = founder.party
    else:
        if given.identity:
            _parser().error("--identity goes with --inception")
        made = [given.out]
        write_new(given.out, key.write_pem(), PRIVATE_MODE)
    report["files"] = [str(path) for path in made]
    if given.json:
        print_json(report)
        return 0
    say(key.text)
    if "vkey" in report:
        say(f"vkey {report['vkey']}")
    if given.inception:
        tell(f"party: {report['party']}")
        tell(f"keep {given.out}.next and {given.out}.identity in another place: you need them later, not now")
    return 0


def _parser() -> Arguments:
    parser = arguments(
        "keygen",
        "Make an Ed25519 private key (PKCS #8 in PEM, mode 0600) and print its public key, z6Mk…",
        [
            "otc keygen --out phone.key",
            "otc keygen --out mine.key --inception --identity name='Coopérative Exemple'",
            "otc keygen --out w.key --vkey w.example/1",
        ],
        more="With --inception three files are made beside it: FILE.next, the key that will follow (0600);\n"
        "FILE.inception, for an introducer or a log's founder; FILE.identity, which opens the identity (0600).",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where the private key goes")
    parser.add_argument("--inception", action="store_true", help="make what a party begins with, too")
    parser.add_argument(
        "--identity",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="who the party is; only a salted digest of it is ever published",
    )
    parser.add_argument(
        "--vkey",
        metavar="NAME",
        help="print, too, the vkey of a witness of that name, which `otc init --witness` takes",
    )
    add_report(parser, lang=False)
    return parser


def _witness_vkey(name: str, key: SigningKey) -> VerifierKey:
    """Return the vkey under which a witness of that name will cosign, for the founders of a log to name."""
    if not is_key_name(name):
        raise FormError("note.vkey", "A witness's name has no spaces, plus signs or control characters.")
    return VerifierKey.of(name, COSIGNATURE_V1, key.public)


def _new_key() -> SigningKey:
    return SigningKey.generate(secrets.token_bytes(ENTROPY_BYTES))


def _identity(words: Sequence[str]) -> Value:
    """Read NAME=VALUE words into the value that the identity commits to."""
    value: dict[str, Value] = {}
    for word in words:
        name, equals, said = word.partition("=")
        if not equals:
            raise FormError("form.syntax", "An identity is given as NAME=VALUE.")
        value[name] = said
    return value
