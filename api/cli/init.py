"""`otc init`: begins a log, with demonstration roots, by a ceremony of real ones, or from a simulation's folder."""

from __future__ import annotations

import secrets
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from api.ceremony import DRAFT, copy_log, finish_ceremony, prepare_ceremony, write_demonstration_keys
from api.cli.terminal import Arguments, add_report, arguments, print_json, say, tell
from api.clocks import wall_ms
from api.founding import (
    ROOT_DELAY_S,
    Founded,
    FoundingKeys,
    FoundingRefused,
    Terms,
    found,
    majority,
    refuse_folder_in_use,
)
from api.keyfiles import read_inception
from ledger.errors import ProofError
from ledger.note import VerifierKey
from ledger.quorum import TrustedWitness

ENTROPY_BYTES = 32


def main(argv: Sequence[str]) -> int:
    """Begin a log; print its genesis hash and the vkey of its checkpoints."""
    parser = _parser()
    given = parser.parse_args(argv)
    _check_ways(parser, given)
    now_ms = wall_ms()
    if given.root_key and not given.genesis:
        return _prepare(given, now_ms)
    if given.genesis:
        founded = finish_ceremony(given.data, given.genesis, at_ms=now_ms, witnesses=_witnesses(given))
    elif given.source:
        founded = copy_log(given.data, given.source, witnesses=_witnesses(given))
    else:
        founded = _demonstrate(given, now_ms)
    return _report(given, founded)


def _check_ways(parser: Arguments, given: Namespace) -> None:
    """Refuse options of two ways at once, and a way without what it needs."""
    if sum(map(bool, (given.origin, given.genesis, given.source))) != 1:
        parser.error("give one of --origin, --genesis and --from")
    if given.root_key and not given.origin:
        parser.error("--root-key goes with --origin")
    if given.introducer and not given.root_key:
        parser.error("--introducer goes with --root-key")
    if given.root_key and given.witness:
        parser.error("name the witnesses in the call that finishes, with --genesis")


def _demonstrate(given: Namespace, now_ms: int) -> Founded:
    """Begin a log whose founders are made here, and say where their keys are."""
    refuse_folder_in_use(given.data)
    keys = FoundingKeys.from_entropy(secrets.token_bytes(ENTROPY_BYTES))
    folder = write_demonstration_keys(given.data, keys)
    try:
        founded = found(
            given.data,
            origin=given.origin,
            keys=keys,
            at_ms=now_ms,
            witnesses=_witnesses(given),
            root_delay_s=given.root_delay,
            entries_public_after_s=given.public_after,
        )
    except Exception:
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
        raise
    tell(
        f"demonstration only: the keys of {len(keys.roots)} roots and {len(keys.introducers)} introducers are in "
        f"{folder}; a real log has people who keep theirs (--root-key)"
    )
    return founded


def _prepare(given: Namespace, now_ms: int) -> int:
    """Leave the genesis for its founders to sign."""
    threshold = given.root_threshold or majority(len(given.root_key))
    operator_folder = prepare_ceremony(
        given.data,
        Terms(given.origin, threshold, given.root_delay, given.public_after),
        roots=[read_inception(path) for path in given.root_key],
        introducers=[read_inception(path) for path in given.introducer],
        entropy=secrets.token_bytes(ENTROPY_BYTES),
        at_ms=now_ms,
    )
    draft = given.data / DRAFT
    if given.json:
        print_json({"draft": str(draft), "operator_keys": str(operator_folder)})
    else:
        say(str(draft))
    tell(f"each root and introducer signs it: otc sign {draft} --key FILE --out SIGNED")
    tell(f"then: otc init --data {given.data} --genesis SIGNED…  (within 30 days)")
    tell(f"the operator's next key is in {operator_folder}: keep it in another place")
    return 0


def _witnesses(given: Namespace) -> list[TrustedWitness]:
    return [_witness(*words) for words in given.witness]


def _witness(name: str, vkey: str, url: str) -> TrustedWitness:
    try:
        return TrustedWitness(name, VerifierKey.parse(vkey), url)
    except ProofError as error:
        raise FoundingRefused("founding.refused", f"Witness {name}: {error.detail}") from error


def _report(given: Namespace, founded: Founded) -> int:
    if given.json:
        print_json({"genesis": founded.genesis_id, "vkey": founded.vkey, "data": str(given.data)})
    else:
        say(f"genesis {founded.genesis_id}")
        say(f"vkey    {founded.vkey}")
    return 0


def _parser() -> Arguments:
    parser = arguments(
        "init",
        "Begin a log in a new or empty folder; print its genesis hash and the vkey of its checkpoints.",
        [
            "otc init --data log --origin try.demo",
            "otc init --data log --origin log.example/otc --root-key r1.inception r2.inception r3.inception",
            "otc init --data log --genesis by-root-1 by-root-2 by-root-3 --witness customs VKEY https://w.example",
            "otc init --data copy --from season/ledger",
        ],
        more="Three ways. With --origin alone, roots and introducers are made here, for demonstrations; their keys\n"
        "go beside the folder, not into it. With --root-key, genesis.draft is left for each root and introducer to\n"
        "`otc sign`, and a second call with --genesis finishes. With --from, an empty log with the genesis and keys\n"
        "of a simulation's folder.",
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the log's folder")
    parser.add_argument("--origin", metavar="NAME", help="the log's name for ever, such as log.example/otc")
    _add_files(parser, "--root-key", "INCEPTION", "FILE.inception of a root (`otc keygen --inception`)")
    _add_files(parser, "--introducer", "INCEPTION", "FILE.inception of a first introducer")
    _add_files(
        parser, "--genesis", "SIGNED", "the signed genesis, whole or in parts, that finishes a ceremony"
    )
    parser.add_argument(
        "--from", type=Path, dest="source", metavar="DIR2", help="a simulation's folder (.demo)"
    )
    parser.add_argument(
        "--witness",
        nargs=3,
        action="append",
        default=[],
        metavar=("NAME", "VKEY", "URL"),
        help="a witness for trust.policy; a majority of them must cosign",
    )
    parser.add_argument(
        "--root-threshold", type=int, metavar="N", help="roots that act together (a majority)"
    )
    parser.add_argument(
        "--root-delay",
        type=int,
        default=ROOT_DELAY_S,
        metavar="SECONDS",
        help="time in which one root can veto the others (a week)",
    )
    parser.add_argument(
        "--public-after",
        type=int,
        default=0,
        metavar="SECONDS",
        help="delay after which entries are public (0)",
    )
    add_report(parser, lang=False)
    return parser


def _add_files(parser: Arguments, option: str, metavar: str, about: str) -> None:
    parser.add_argument(
        option, type=Path, nargs="+", action="extend", default=[], metavar=metavar, help=about
    )
