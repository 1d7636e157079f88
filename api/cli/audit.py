"""`otc audit`: a whole log read once and computed again, from its folder or over HTTP; what is wrong is named."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from api.cli.audit_sources import Audited, audit_folder, audit_url
from api.cli.explain import explain
from api.cli.terminal import Arguments, Progress, add_report, arguments, print_json, say, tell
from api.keyfiles import read_file
from certifiers.audit import Problem
from certifiers.audit_words import PROBLEMS
from ledger.errors import StoreError
from ledger.quorum import TrustFile, read_trust
from ledger.trust_file import MAX_TRUST_BYTES

MAX_SHOWN: Final = 100
"""Problems shown one by one; a log with more is not repaired by reading on. --json has all."""

WORDS: Final = {
    "en": {
        "entry": "entry {index}",
        "event": " (event {event_id})",
        "table": "table {table}",
        "about": "about: {subjects}",
        "more": "… and {count:,} problems more",
        "sound": "{audited:,} entries audited: nothing is wrong",
        "wrong": "{audited:,} entries audited: {count:,} problems ({codes})",
        "public": "audited what is public: {audited:,} of {size:,} entries",
        "not_compared": "not compared, as it is not there: {name}",
    },
    "fr": {
        "entry": "entrée {index}",
        "event": " (événement {event_id})",
        "table": "table {table}",
        "about": "concerne : {subjects}",
        "more": "… et {count:,} problèmes de plus",
        "sound": "{audited:,} entrées examinées : rien à signaler",
        "wrong": "{audited:,} entrées examinées : {count:,} problèmes ({codes})",
        "public": "examiné ce qui est public : {audited:,} de {size:,} entrées",
        "not_compared": "non comparé, car absent : {name}",
    },
}


def main(argv: Sequence[str]) -> int:
    """Audit one log; return 0 if nothing is wrong, 1 if something is."""
    parser = _parser()
    given = parser.parse_args(argv)
    if (given.data is None) + (given.db is None) + (given.url is None) != 2:  # noqa: PLR2004  # one of three is given
        parser.error("give one of --data, --db and --url")
    if given.db is not None:
        hint = "Give the folder with --data."
        raise StoreError("store.foreign", "This release keeps a log in SQLite only.", hint=hint)
    if given.key is not None:
        hint = "Without a key what is public is audited."
        raise StoreError("store.foreign", "Reading restricted entries comes with a later release.", hint=hint)
    progress = Progress("entries")
    audited = (
        audit_folder(given.data, _trust(given), workers=given.workers, progress=progress.show)
        if given.data is not None
        else audit_url(given.url, _trust(given), progress=progress.show)
    )
    progress.close()
    if given.json:
        print_json(_as_json(audited, given.lang))
    else:
        _print(audited, given.lang)
    return 1 if audited.problems else 0


def _trust(given: Namespace) -> TrustFile | None:
    """Read the trust file that is named, else the one of the log's folder."""
    path = given.trust
    if path is None and given.data is not None and (given.data / "trust.policy").exists():
        path = given.data / "trust.policy"
    return None if path is None else read_trust(read_file(path, MAX_TRUST_BYTES))


def _sentence(problem: Problem, lang: str) -> str:
    phrase = PROBLEMS.get(problem.code)
    if phrase is None:
        return explain(problem.code, lang).sentence
    return phrase.fr if lang == "fr" else phrase.en


def _print(audited: Audited, lang: str) -> None:
    words, count = WORDS[lang], len(audited.problems)
    for problem in audited.problems[:MAX_SHOWN]:
        for line in _lines(problem, lang):
            say(line)
    if count > MAX_SHOWN:
        say(words["more"].format(count=count - MAX_SHOWN))
    if audited.audited < audited.size:
        tell(words["public"].format(audited=audited.audited, size=audited.size))
    for name in audited.not_compared:
        tell(words["not_compared"].format(name=name))
    codes = Counter(problem.code for problem in audited.problems)
    listed = ", ".join(f"{code} {number:,}" for code, number in codes.most_common())
    say(words["wrong" if count else "sound"].format(audited=audited.audited, count=count, codes=listed))


def _lines(problem: Problem, lang: str) -> Iterator[str]:
    """Yield where a problem is and what it is, then whom it concerns."""
    words = WORDS[lang]
    where = words["table"].format(table=problem.table)
    if problem.index is not None:
        event = words["event"].format(event_id=problem.event_id) if problem.event_id else ""
        where = f"{words['entry'].format(index=problem.index)}{event}, {where}"
    detail = f" ({problem.detail})" if problem.detail else ""
    yield f"{where}: {_sentence(problem, lang)}{detail} [{problem.code}]"
    if problem.subjects:
        yield f"  {words['about'].format(subjects=', '.join(problem.subjects))}"


def _as_json(audited: Audited, lang: str) -> dict[str, object]:
    return {
        "ok": not audited.problems,
        "size": audited.size,
        "audited": audited.audited,
        "not_compared": list(audited.not_compared),
        "problems": [
            {**asdict(problem), "sentence": _sentence(problem, lang)} for problem in audited.problems
        ],
    }


def _parser() -> Arguments:
    parser = arguments(
        "audit",
        "Replay a whole log: bytes, signatures, rules, chains, files, tree, heads, checkpoints, and every table that\n"
        "follows from them. Each problem is named with its index, event and table.",
        [
            "otc audit --data log",
            "otc audit --data log --workers 2 --json",
            "otc audit --url https://log.example --trust trust.policy",
        ],
        more="Exit code 0: nothing is wrong; 1: something is; 2: the log could not be read.",
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="the log's folder")
    parser.add_argument("--db", metavar="URL", help="a database elsewhere (a later release)")
    parser.add_argument("--url", help="address of the log's server: what is public is audited")
    parser.add_argument("--key", type=Path, metavar="FILE", help="who may read more (a later release)")
    parser.add_argument("--trust", type=Path, metavar="FILE", help="the trust file (DIR/trust.policy)")
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes that check signatures, with --data (1)"
    )
    add_report(parser)
    return parser
