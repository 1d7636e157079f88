"""`otc doctor`: whether this installation can be trusted to keep a log and to verify one."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

from api.cli.terminal import Arguments, add_report, arguments, print_json, say
from ledger.errors import LedgerError

DISTRIBUTION: Final = "otc-ledger"
FLOORS: Final = ("ledger", "corridor", "certifiers", "api", "simulations")
OLDEST_PYTHON: Final = (3, 11)
OLDEST_SQLITE: Final = (3, 24, 0)
"""The first with ON CONFLICT DO UPDATE, which the store writes."""
SYNCHRONOUS_FULL: Final = 2
"""What `PRAGMA synchronous` reads back when every commit waits for the disk."""
FREE_BYTES: Final = 2**30
"""A gigabyte: room for some hundred thousand events, and for a backup's working copy."""

RFC8032_SEED: Final = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
RFC8032_KEY: Final = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
RFC8032_SIGNATURE: Final = bytes.fromhex(
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
    "d25bf5f0595bbe24655141438e7a100b"
)
"""RFC 8032, section 7.1, test 1: the signature over no bytes at all."""

WORDS: Final = {
    "en": {"ok": "ok", "warning": "warning", "fault": "FAULT", "sum": "{faults} faults, {warnings} warnings"},
    "fr": {
        "ok": "bon",
        "warning": "attention",
        "fault": "DÉFAUT",
        "sum": "{faults} défauts, {warnings} avertissements",
    },
}


@dataclass(frozen=True, slots=True)
class Examined:
    """One thing looked at: its name, how it is (`ok`, `warning` or `fault`), and what was found."""

    name: str
    status: str
    found: str


def main(argv: Sequence[str]) -> int:
    """Examine everything; return 1 if anything is at fault."""
    given = _parser().parse_args(argv)
    seen = list(examine(given.data))
    words = WORDS[given.lang]
    faults = sum(each.status == "fault" for each in seen)
    if given.json:
        checks = [{"name": each.name, "status": each.status, "found": each.found} for each in seen]
        print_json({"ok": not faults, "checks": checks})
    else:
        for each in seen:
            say(f"{words[each.status]:<9}  {each.name}: {each.found}")
        say(words["sum"].format(faults=faults, warnings=sum(each.status == "warning" for each in seen)))
    return 1 if faults else 0


def examine(data: Path) -> Iterator[Examined]:
    """Yield what is found of interpreter, packages, engines, SQLite and the folder in which a log would live."""
    yield _python()
    yield _ourselves()
    yield from _dependencies()
    yield from _owners()
    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("canonical JSON (orjson)", _canonical),
        ("signatures (PyNaCl)", lambda: _signs("pynacl_engine")),
        ("signatures (cryptography)", lambda: _signs("cryptography_engine")),
        ("SQLite", _sqlite),
        ("SQLite durability", _durability),
        ("folder", lambda: _writes(data)),
    )
    for name, check in checks:
        yield _tried(name, check)
    yield _free_disk(data)


def _tried(name: str, check: Callable[[], str]) -> Examined:
    """Run one check; whatever it raises is a fault, in words."""
    try:
        return Examined(name, "ok", check())
    except (LedgerError, OSError, ImportError, AttributeError, ValueError) as fault:
        return Examined(name, "fault", str(fault))


def _python() -> Examined:
    version = ".".join(map(str, sys.version_info[:3]))
    return Examined("Python", "ok" if sys.version_info >= OLDEST_PYTHON else "fault", version)


def _ourselves() -> Examined:
    try:
        return Examined(DISTRIBUTION, "ok", metadata.version(DISTRIBUTION))
    except metadata.PackageNotFoundError:
        return Examined(DISTRIBUTION, "warning", "not installed; run from its source folder")


def _dependencies() -> Iterator[Examined]:
    """Yield each package that ours asks for in every installation, with its version or that it is missing."""
    try:
        asked = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return
    for line in asked:
        if "extra ==" in line:
            continue
        name = re.split(r"[ ;<>=!~\[(]", line, maxsplit=1)[0]
        if "sys_platform" in line and sys.platform == "win32":
            continue
        try:
            yield Examined(name, "ok", metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Examined(name, "fault", "not installed")


def _owners() -> Iterator[Examined]:
    """Yield a fault for each of our folder names that another distribution installs as well."""
    owners = metadata.packages_distributions()
    for floor in FLOORS:
        others = sorted({name for name in owners.get(floor, ()) if name != DISTRIBUTION})
        if others:
            found = f"also installed by {', '.join(others)}: one of the two is overwritten; use separate environments"
            yield Examined(f"package {floor}", "fault", found)
        else:
            where = importlib.import_module(floor).__file__ or ""
            yield Examined(f"package {floor}", "ok", str(Path(where).parent))


def _canonical() -> str:
    """Write what RFC 8785 sorts and escapes, and compare."""
    from ledger.canonical import write  # noqa: PLC0415  # a broken package is a finding, not a failed start

    if write({"b": "é\n", "a": [1, True]}) != '{"a":[1,true],"b":"é\\n"}'.encode():
        raise ValueError("orjson writes other bytes than RFC 8785")
    return metadata.version("orjson")


def _signs(engine_name: str) -> str:
    """Verify the first vector of RFC 8032 with one engine, refuse it for other bytes, and make it ourselves."""
    from ledger import keys  # noqa: PLC0415  # as above

    engine: keys.Engine = getattr(keys, engine_name)
    right = keys.SigningKey(RFC8032_SEED).sign(b"") == RFC8032_SIGNATURE
    holds = keys.verify(RFC8032_KEY, b"", RFC8032_SIGNATURE, engine=engine)
    if not (right and holds) or keys.verify(RFC8032_KEY, b"x", RFC8032_SIGNATURE, engine=engine):
        raise ValueError("the engine disagrees with RFC 8032")
    return "agrees with RFC 8032"


def _sqlite() -> str:
    import sqlite3  # noqa: PLC0415  # as above

    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise ValueError(f"{sqlite3.sqlite_version} is too old")
    return sqlite3.sqlite_version


def _durability() -> str:
    """Make a log's database, which refuses to go on unless SQLite took every setting, and read two of them back."""
    from ledger.store.sql import SqlStore  # noqa: PLC0415  # as above
    from ledger.store.sqlite import connect  # noqa: PLC0415  # as above

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "examined.db"
        SqlStore.create(path).close()
        engine = connect(path)
        with engine.connect() as connection:
            wal = connection.exec_driver_sql("PRAGMA journal_mode").scalar() in {"wal", b"wal"}
            level = connection.exec_driver_sql("PRAGMA synchronous").scalar()
        engine.dispose()
    if not wal or level != SYNCHRONOUS_FULL:
        raise ValueError("SQLite does not keep what it acknowledges: WAL or synchronous=FULL is refused")
    return "journal_mode=WAL, synchronous=FULL"


def _writes(data: Path) -> str:
    """Make a private file, sync it, and see that its mode is kept."""
    with tempfile.NamedTemporaryFile(dir=data, prefix=".otc-doctor-") as file:
        file.write(b"x")
        file.flush()
        os.fsync(file.fileno())
        mode = os.stat(file.name).st_mode & 0o777  # noqa: PTH116  # the file that is open, by its name
    if mode & 0o077:
        raise ValueError(f"{data.absolute()}: others can read new private files (mode {mode:o})")
    return f"{data.absolute()} can be written to, private files stay private"


def _free_disk(data: Path) -> Examined:
    free = shutil.disk_usage(data if data.is_dir() else Path.cwd()).free
    return Examined("free disk", "ok" if free >= FREE_BYTES else "warning", f"{free // 2**20:,} MiB")


def _parser() -> Arguments:
    parser = arguments(
        "doctor",
        "Examine this installation: interpreter, packages and who else owns their names, signature engines,\n"
        "SQLite and the durability it promises, the folder's permissions and free space.",
        ["otc doctor", "otc doctor --data log --json"],
        more="Exit code 0: nothing at fault; 1: something is.",
    )
    parser.add_argument(
        "--data", type=Path, default=Path(), metavar="DIR", help="the folder in which a log lives (.)"
    )
    add_report(parser)
    return parser
