"""`otc`: finds the command's module, loads that alone, and turns what goes wrong into a sentence and an exit code.

    otc verify lot.bundle --trust trust.policy

A command is a module with `main(argv) -> int`. Exit codes: 0 as promised, 1 the answer is no, 2 it could not be
done (each command's help says what its answer is), 130 interrupted. A traceback is never shown, unless the
environment has OTC_TRACE=1. Nothing here may load a framework: `otc verify` runs without web and database code.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Final, NamedTuple

from api.cli.terminal import say, sentence, tell
from ledger.errors import LedgerError

OK: Final = 0
FAILED: Final = 2
INTERRUPTED: Final = 130
"""What shells give for a program ended by SIGINT: 128 and its number."""
PIPE_CLOSED: Final = 141
"""As above, for SIGPIPE: whoever read our output has left."""

TRACE_SETTING: Final = "OTC_TRACE"


class Command(NamedTuple):
    """Where a command's `main` is, what it does in one line, and an example."""

    module: str
    en: str
    fr: str
    example: str


COMMANDS: Final[dict[str, Command]] = {
    "demo": Command(
        "api.cli.demo",
        "lots travel four real corridors, cheats are caught: the main job",
        "des lots parcourent quatre corridors réels, les fraudes sont prises",
        "otc demo --seed 7",
    ),
    "keygen": Command(
        "api.cli.keygen",
        "make a private key, and what a party begins with",
        "créer une clé privée, et de quoi commencer une partie",
        "otc keygen --out mine.key --inception",
    ),
    "init": Command(
        "api.cli.init",
        "begin a new log",
        "commencer un nouveau registre",
        "otc init --data log --origin try.demo",
    ),
    "serve": Command(
        "api.cli.serve",
        "run the HTTP server of a log",
        "lancer le serveur HTTP d'un registre",
        "otc serve --data log --port 8000",
    ),
    "act": Command(
        "api.cli.act",
        "build an event from plain words, sign it and post it",
        "composer un événement en mots simples, le signer et l'envoyer",
        "otc act lot.stored lot=KOL-1 post=CD-KOLWEZI --key mine.key --url http://127.0.0.1:8000",
    ),
    "sign": Command(
        "api.cli.sign",
        "add signatures to a payload or a draft",
        "ajouter des signatures à un contenu ou à un brouillon",
        "otc sign genesis.draft --key root.key --out genesis.signed",
    ),
    "submit": Command(
        "api.cli.submit",
        "post signed events from a file, a verdict for each line",
        "envoyer les événements signés d'un fichier, un verdict par ligne",
        "otc submit events.ndjson --url http://127.0.0.1:8000",
    ),
    "bundle": Command(
        "api.cli.bundle",
        "fetch the bundle that proves a lot offline",
        "obtenir le dossier qui prouve un lot hors ligne",
        "otc bundle lot:mfrg…/KOL-1 --url http://127.0.0.1:8000 --out kol-1.bundle",
    ),
    "verify": Command(
        "certifiers.cli",
        "verify a bundle offline, in ten steps",
        "vérifier un dossier hors ligne, en dix étapes",
        "otc verify kol-1.bundle --trust log/trust.policy --require origin",
    ),
    "audit": Command(
        "api.cli.audit",
        "replay a whole log and name what is wrong",
        "rejouer tout un registre et nommer ce qui est faux",
        "otc audit --data log",
    ),
    "witness": Command(
        "api.cli.witness",
        "run a witness that cosigns checkpoints",
        "lancer un témoin qui cosigne les états signés du registre",
        "otc witness --key w.key --name w.example/1 --state w.state --log VKEY --port 8090",
    ),
    "explain": Command(
        "api.cli.explain",
        "say what a finding, a refusal or a problem code means",
        "dire ce que signifie un code de constat, de refus ou de problème",
        "otc explain site.unlawful_sale",
    ),
    "doctor": Command(
        "api.cli.doctor",
        "check this installation",
        "examiner cette installation",
        "otc doctor",
    ),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command of `otc` with its arguments (the process's own if None); return the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    name = arguments[0] if arguments else "--help"
    if name in {"-h", "--help", "help"}:
        say(overview("fr" if "fr" in arguments else "en"))
        return OK
    if name == "--version":
        say(f"otc {version()}")
        return OK
    command = COMMANDS.get(name)
    if command is None:
        _complain("otc", "there is no such command; see otc --help")
        return FAILED
    return _run(name, command, arguments[1:])


def overview(lang: str) -> str:
    """Say what every command does, a line each, with an example."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {getattr(command, lang)}" for name, command in COMMANDS.items()]
    examples = [f"  {command.example}" for command in COMMANDS.values()]
    usage, lists, shown, more = _FRAME[lang]
    return "\n".join([usage, "", lists, *lines, "", shown, *examples, "", more])


_FRAME: Final = {
    "en": (
        "Usage: otc COMMAND [argument …]",
        "Commands:",
        "Examples:",
        "`otc COMMAND --help` says more; `otc --help --lang fr` en français; `otc --version`.",
    ),
    "fr": (
        "Usage : otc COMMANDE [argument …]",
        "Commandes :",
        "Exemples :",
        "`otc COMMANDE --help` en dit plus (en anglais) ; `otc --version`.",
    ),
}


def version() -> str:
    """Return the installed distribution's version, or say that the tree was never installed."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415  # it takes 20 ms

    try:
        return version("otc-ledger")
    except PackageNotFoundError:
        return "(not installed)"


def _run(name: str, command: Command, arguments: list[str]) -> int:
    """Run a command; whatever it raises becomes one sentence."""
    try:
        return _call(command, arguments)
    except LedgerError as error:
        _complain(f"otc {name}", sentence(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the interpreter flushes once more
        return PIPE_CLOSED
    except OSError as fault:
        where = f"{fault.filename}: " if fault.filename else ""
        _complain(f"otc {name}", f"{where}{fault.strerror or type(fault).__name__}.")
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as fault:  # the last resort: users get a sentence, whatever we got wrong
        if os.environ.get(TRACE_SETTING):
            raise
        detail = (
            f"a fault of ours ({type(fault).__name__}); please report it with what {TRACE_SETTING}=1 shows"
        )
        _complain(f"otc {name}", detail)
    return FAILED


def _call(command: Command, arguments: list[str]) -> int:
    """Load a command's module and run it; argparse leaves by SystemExit."""
    try:
        code: int = importlib.import_module(command.module).main(arguments)
        sys.stdout.flush()
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else OK
    return code


def _complain(who: str, what: str) -> None:
    tell(f"{who}: {what}")
