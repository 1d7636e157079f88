"""Mutants of honest bundles and trust files, drawn by seeded dice: each is a bundle and a trust file.

Some hurt bytes, as a bad disk would; some edit one place and keep the form, as a careful forger without keys would;
some are by a crooked operator, who signs everything above the place that was edited. Most are refused somewhere, a
few are good: the only promise about them is that two verifiers say the same.
"""

from __future__ import annotations

import base64
import gzip
import json
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any

import forge
from forge import ZERO, Lies, Payload, canonical

if TYPE_CHECKING:
    from conftest import Season

Mutant = tuple[bytes, bytes]

PLAIN = ("train", "held", "scrap", "disclosed", "with absent", "never begun")
"""Bundles that random mutants are made of: large and small, with everything that a header can hold."""


# --- bytes --------------------------------------------------------------------------------------------------------


def flip(dice: Random, data: bytes) -> bytes:
    """Flip one bit."""
    at = dice.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :]


def hurt(dice: Random, data: bytes) -> bytes:
    """Hurt the bytes of a file."""
    at, to = sorted(dice.randrange(len(data) + 1) for _ in range(2))
    lines = data.splitlines(keepends=True)
    here, there = (dice.randrange(len(lines)) for _ in range(2))
    swapped = [*lines]
    swapped[here], swapped[there] = lines[there], lines[here]
    return dice.choice([
        lambda: flip(dice, data),
        lambda: flip(dice, data),
        lambda: data[:at] + data[at + 1 :],
        lambda: data[:at] + dice.choice([b" ", b"0", b'"', b"\n", b"\r\n", b"\x00", b"}", b"\xff"]) + data[at:],
        lambda: data[:at] + data[to:],
        lambda: data[:at],
        lambda: b"".join([*lines[:here], *lines[here + 1 :]]),
        lambda: b"".join([*lines[: here + 1], *lines[here:]]),
        lambda: b"".join(swapped),
        lambda: data[:-1],
        lambda: data + dice.choice([b"\n", b"{}\n", b" "]),
        lambda: b"\xef\xbb\xbf" + data,
        lambda: data.replace(b"\n", b"\r\n"),
    ])()  # fmt: skip


def bytes_mutant(dice: Random, season: Season) -> Mutant:
    """Hurt a file, plain or gzipped, before or after packing."""
    data = season.bundles[dice.choice(PLAIN)]
    packed = dice.choice([
        lambda: hurt(dice, data),
        lambda: hurt(dice, data),
        lambda: gzip.compress(hurt(dice, data)),
        lambda: flip(dice, gzip.compress(data)),
        lambda: gzip.compress(data) + dice.choice([b"\0", b"\n", gzip.compress(b"")]),
        lambda: gzip.compress(data)[: -dice.randrange(1, 12)],
        lambda: gzip.compress(data[: len(data) // 2]) + gzip.compress(data[len(data) // 2 :]),
    ])  # fmt: skip
    return packed(), season.trust


# --- one line, its form kept --------------------------------------------------------------------------------------


def hash_edit(dice: Random, text: str) -> str:
    """Drop, double, swap or hurt one hash of a proof."""
    data = base64.b64decode(text)
    hashes = [data[at : at + 32] for at in range(0, len(data), 32)]
    at = dice.randrange(len(hashes) + 1)
    swapped = [*hashes]
    if len(hashes) > 1:
        first, second = dice.sample(range(len(hashes)), 2)
        swapped[first], swapped[second] = hashes[second], hashes[first]
    changed = dice.choice([
        hashes[:at] + hashes[at + 1 :],
        [*hashes[:at], bytes(32), *hashes[at:]],
        [*hashes[:at], *hashes[max(at - 1, 0) :]],
        swapped,
        [flip(dice, one) if index == at else one for index, one in enumerate(hashes)],
    ])  # fmt: skip
    return forge.b64(b"".join(changed) + dice.choice([b"", b"", b"", b"\0"]))


def hex_edit(dice: Random, text: str) -> str:
    """Change one hex digit, or the number or case of them."""
    at = dice.randrange(len(text))
    return dice.choice(
        [text[:at] + dice.choice("0123456789abcdef") + text[at + 1 :]] * 4 + [text[:-1], text.upper()]
    )


def number_edit(dice: Random, number: int) -> object:
    """Change a number, or its type."""
    return dice.choice([number + 1, number - 1, 0, number * 2, 2**53 - 1, 2**53, -1, str(number), True])


def list_edit(dice: Random, items: list[Any]) -> None:
    """Drop, double, swap or move items."""
    if not items:
        return
    at, to = (dice.randrange(len(items)) for _ in range(2))
    match dice.randrange(4):
        case 0:
            del items[at]
        case 1:
            items.insert(at, items[at])
        case 2:
            items[at], items[to] = items[to], items[at]
        case _:
            items.append(items.pop(at))


def heads_edit(dice: Random, header: dict[str, Any]) -> None:
    """Edit one place of the heads."""
    heads = header["heads"]
    bucket = dice.choice(heads["buckets"])
    leaf = dice.choice(bucket["leaves"]) if bucket["leaves"] else None
    match dice.randrange(10):
        case 0:
            heads["proof"] = hash_edit(dice, heads["proof"])
        case 1:
            bucket["proof"] = hash_edit(dice, bucket["proof"])
        case 2:
            bucket["size"] = number_edit(dice, bucket["size"])
        case 3:
            bucket["bucket"] = number_edit(dice, bucket["bucket"])
        case 4 if leaf:
            leaf["index"] = number_edit(dice, leaf["index"])
        case 5 if leaf:
            leaf["leaf"] = hex_edit(dice, leaf["leaf"])
        case 6:
            list_edit(dice, bucket["leaves"])
        case 7:
            list_edit(dice, heads["buckets"])
        case 8:
            bucket.pop(dice.choice([*bucket]))
        case _:
            dice.choice([heads, bucket, leaf or heads])["more"] = 1


def text_edit(dice: Random, text: str) -> str:
    """Edit a checkpoint's three lines."""
    origin, size, root = text.removesuffix("\n").split("\n")
    sizes = [
        str(int(size) + 1),
        str(int(size) - 1),
        f"0{size}",
        "0",
        "1",
        "",
        "-2",
        f"{size} ",
        "9" * 30,
        str(2**60),
    ]
    roots = [
        forge.b64(bytes(32)),
        root[:-1],
        f"{root}=",
        forge.b64(bytes(31)),
        "",
        f"{root}\nextension",
        f"{root}\t",
    ]
    origins = ["", f"{origin}x", f"{origin} ", "other.example"]
    match dice.randrange(3):
        case 0:
            origin = dice.choice(origins)
        case 1:
            size = dice.choice(sizes)
        case _:
            root = dice.choice(roots)
    return f"{origin}\n{size}\n{root}\n"


def note_edit(dice: Random, note: str) -> str:
    """Edit a checkpoint without its keys."""
    text, _, tail = note.partition("\n\n")
    lines = tail.splitlines(keepends=True)
    unknown = [
        f"— unknown.example {forge.b64(bytes(68))}\n",
        "— a b c\n",
        "- x AAAAAAA=\n",
        "— x AAAAAA==\n",
        "\n",
    ]
    match dice.randrange(9):
        case 0 | 1:
            return text_edit(dice, text) + "\n" + tail
        case 2 | 3:
            list_edit(dice, lines)
        case 4:
            del lines[dice.randrange(len(lines)) :]
        case 5:
            lines.insert(dice.randrange(len(lines) + 1), dice.choice(unknown))
        case 6:
            lines *= dice.choice([2, 16, 17])
        case 7:
            at = dice.randrange(len(lines))
            head, _, blob = lines[at].rstrip("\n").rpartition(" ")
            lines[at] = f"{head} {forge.b64(flip(dice, base64.b64decode(blob)))}\n"
        case _:
            cut = note[: dice.randrange(len(note))]
            return dice.choice(
                [cut, note[:-1], note + "\n", note.replace("— ", "- "), note.replace("\n", "\r\n")]
            )
    return f"{text}\n\n{''.join(lines)}"


def disclosures_edit(dice: Random, header: dict[str, Any]) -> None:
    """Edit, add or drop a disclosure."""
    if not header["disclosures"]:
        header["disclosures"] = [{"event": header["log"], "name": "supplier", "salt": ZERO, "value": 1}]
        return
    one = header["disclosures"][0]
    more = dice.choice([
        {**one, "name": "aaa"},
        {**one, "event": "ff" * 32},
        {**one, "salt": hex_edit(dice, one["salt"])},
        {**one, "value": dice.choice(["other", {"deep": [1]}, True])},
        {**one, "event": hex_edit(dice, one["event"])},
        {**one, "name": dice.choice(["Supplier", "driver", "", 1])},
    ])  # fmt: skip
    header["disclosures"] = dice.choice([[more], [one, more], [more, one], [one, one], []])


def header_edit(dice: Random, header: dict[str, Any]) -> None:  # noqa: C901  # one case a place
    """Edit one place of a header."""
    match dice.randrange(16):
        case 0:
            list_edit(dice, header["indexes"])
        case 1 | 2:
            at = dice.randrange(len(header["indexes"]))
            header["indexes"][at] = number_edit(dice, header["indexes"][at])
        case 3 | 4:
            header["proof"] = hash_edit(dice, header["proof"])
        case 5 | 6 | 7:
            heads_edit(dice, header)
        case 8 | 9:
            header["checkpoint"] = note_edit(dice, header["checkpoint"])
        case 10:
            disclosures_edit(dice, header)
        case 11:
            lots = ["lot:" + "a" * 32 + "/NONE", "log", "lot:x", "site:" + "a" * 32 + "/S-1", 7]
            header["lot"] = dice.choice(lots)
        case 12:
            header["log"] = hex_edit(dice, header["log"])
        case 13:
            absent = header["absent"]
            header["absent"] = dice.choice(
                [absent[1:], absent[::-1], absent * 2, [*absent, header["lot"]], ["log"]]
            )
        case 14:
            header["v"] = number_edit(dice, header["v"])
        case _:
            dice.choice([lambda: header.pop(dice.choice([*header])), lambda: header.update(more=1)])()


def payload_edit(dice: Random, payload: Payload) -> None:
    """Edit one place of a payload."""
    name = dice.choice([*payload])
    value = payload[name]
    if isinstance(value, list) and value and dice.random() < 0.7:
        list_edit(dice, value)
    elif isinstance(value, int):
        payload[name] = number_edit(dice, value)
    elif name in {"log", "after"}:
        payload[name] = dice.choice([hex_edit(dice, value), ZERO])
    elif name == "claimed_at":
        payload[name] = dice.choice(
            ["2026-02-30T00:00:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00", value]
        )
    elif name == "body" and dice.random() < 0.7:
        odd = [
            {"Upper": 1},
            {"deep": _deep(20)},
            {"x": 1.5},
            {"x": None},
            {"contained_mg": {"Cu": 1}},
            {"é": 1},
        ]
        payload[name] = {**value, **dice.choice([*odd, {"x": 2**53}, {"payloadType": ""}, {"x": "\u0000é"}])}
    else:
        payload[name] = dice.choice([{}, [], "log", 0, "x" * 50_000])
    if dice.random() < 0.1:
        payload[dice.choice(["after", "commitments", "more"])] = dice.choice(
            [{}, ZERO, {"a": ZERO}, {"A": ZERO}]
        )


def _deep(levels: int) -> object:
    return [_deep(levels - 1)] if levels else []


def entry_edit(dice: Random, line: bytes) -> bytes:
    """Edit one place of an entry, without its signers."""
    entry = json.loads(line)
    event = entry["event"]
    one = dice.choice(event["signatures"])
    match dice.randrange(10):
        case 0:
            entry["at"] = number_edit(dice, entry["at"])
        case 1 | 2:
            list_edit(dice, event["signatures"])
        case 3:
            one["sig"] = forge.b64(
                dice.choice([flip(dice, base64.b64decode(one["sig"])), bytes(63), bytes(64)])
            )
        case 4:
            one["keyid"] = dice.choice([one["keyid"][:-1], one["keyid"][::-1], ""])
        case 5:
            batch = one.setdefault("batch", {"index": 0, "path": forge.b64(bytes(32)), "size": 2})
            name = dice.choice([*batch])
            batch[name] = hash_edit(dice, batch[name]) if name == "path" else number_edit(dice, batch[name])
        case 6:
            event["payloadType"] = dice.choice(["", "application/json", 1])
        case 7:
            dice.choice([entry, event, one])[dice.choice(["more", "at", "v"])] = 1
        case _:
            payload = forge.payload_of(line)
            payload_edit(dice, payload)
            event["payload"] = forge.b64(canonical(payload))
    return canonical(entry)


def line_mutant(dice: Random, season: Season) -> Mutant:
    """Edit a header or an entry and write it canonically."""
    header, *lines = season.bundles[dice.choice(PLAIN)].splitlines()
    if dice.random() < 0.75:
        edited = json.loads(header)
        header_edit(dice, edited)
        header = canonical(edited)
    else:
        at = dice.randrange(len(lines))
        lines[at] = entry_edit(dice, lines[at])
    return b"".join(line + b"\n" for line in [header, *lines]), season.trust


# --- trust files --------------------------------------------------------------------------------------------------


def trust_mutant(dice: Random, season: Season) -> Mutant:
    """Edit a trust file."""
    lines = season.trust.decode().splitlines(keepends=True)
    at = dice.randrange(len(lines))
    words = lines[at].rstrip("\n").split(" ")
    more = [
        "\n", "# log\n", " #otc more\n", "#otc\n", "#otcish x\n", "\t# otc genesis\n", "quorum none\n", "log\n", "x\n",
        "#otc genesis other.example " + ZERO + "\n", "#otc issued 2026-02-30T00:00:00Z\n", "#otc distrust log 1\n",
        "#otc distrust party:" + "a" * 32 + " 12\n", "#otc distrust party:" + "a" * 32 + " 012\n",
        "group others any customs\n", "group others 0 customs\n", "group others 01 ngo\n", "group none any ngo\n",
        "group others all customs customs\n", "witness ngo x\n", "witness x\n", "é\n", "# é\n", "\x7f\n", "\x0b\n",
    ]  # fmt: skip
    match dice.randrange(8):
        case 0:
            list_edit(dice, lines)
        case 1 | 2:
            lines.insert(at, dice.choice(more))
        case 3:
            words[-1] = hurt(dice, words[-1].encode()).decode("latin-1") if words[-1] else "x"
            lines[at] = " ".join(words) + "\n"
        case 4:
            list_edit(dice, words)
            lines[at] = " ".join(words) + "\n"
        case 5:
            quorum = ["none", "ngo", "enough", "nobody", "all", "enough extra"]
            lines[-1] = f"quorum {dice.choice(quorum)}\n"
        case 6:
            group = dice.choice(
                [
                    "any customs ngo",
                    "all customs mirror ngo",
                    "3 customs mirror ngo",
                    "4 ngo customs",
                    "2 ngo",
                ]
            )
            lines[-2] = f"group enough {group}\n"
        case _:
            lines[at] = dice.choice([lines[at].replace(" ", "\t "), " " + lines[at], lines[at].rstrip("\n")])
    bundle = season.bundles[dice.choice(PLAIN)]
    return bundle, "".join(lines).encode(dice.choice(["utf-8", "utf-8", "latin-1"]), "replace")


# --- by a crooked operator ----------------------------------------------------------------------------------------


def leaves_lie(dice: Random, leaves: dict[str, bytes]) -> None:
    """Change a leaf of the heads, move it, take it away, or add one."""
    key = dice.choice(sorted(leaves))
    leaf = leaves[key]
    match dice.randrange(5):
        case 0:
            leaves[key] = leaf[:32] + bytes(32) + leaf[64:]
        case 1:
            leaves[key] = leaf[:64] + bytes(32)
        case 2:
            del leaves[key]
        case 3:
            leaves[key] = flip(dice, leaf)
        case _:
            leaves[dice.randbytes(32).hex()] = dice.randbytes(96)


def statement_lie(dice: Random, payload: Payload) -> None:
    """Change the operator's statement before it is signed."""
    body = payload["body"]
    match dice.randrange(8):
        case 0:
            body["size"] = number_edit(dice, body["size"])
        case 1:
            body["root"] = hex_edit(dice, body["root"])
        case 2:
            body["more"] = 1
        case 3:
            body.pop(dice.choice([*body]))
        case 4:
            payload["type"] = "log.operated"
        case 5:
            payload["log"] = ZERO
        case 6:
            payload["links"] = [{"prev": ZERO, "subject": "lot:" + "a" * 32 + "/X"}]
        case _:
            payload["about"] = [dice.choice(["log", "lot:" + "a" * 32 + "/X"])]


def log_lie(dice: Random, season: Season, entries: list[bytes], bundled: list[int]) -> None:  # noqa: C901  # one case a lie
    """Change one entry of the log, and sign it again where it has to be."""
    at = dice.choice(bundled)
    entry, keys = entries[at], [*season.forger.keys]
    match dice.randrange(10):
        case 0:
            early, late = dice.choice([*pairwise(bundled)])
            entries[early] = _at(entries[early], forge.time_of(entries[late]) + dice.choice([0, 1]))
        case 1:
            entries[at] = _signature(dice, entry)
        case 2:
            entries.append(_at(entry, forge.time_of(entries[-1])))
        case 3:
            links = [{"prev": dice.choice([ZERO, "11" * 32]), "subject": _stranger(dice, season)}]
            entries.append(
                season.forger.resigned(entries[-1], lambda said: said.update(about=[], links=links))
            )
        case 4:
            entries.append(
                season.forger.resigned(entry, lambda said: said.update(counter=said["counter"] + 1))
            )
        case 5:
            key, party = dice.choice(keys), "party:" + "b" * 32
            signers = [{"key": key, "party": party}]
            entries[at] = season.forger.resigned(
                entry, lambda said: said.update(signers=signers, actor=party)
            )
        case 6:
            entries[at] = season.forger.resigned(entry, lambda said: said.update(log=ZERO))
        case 7:
            entries[at] = season.forger.resigned(
                entry, lambda said: said.update(after=dice.choice([ZERO, season.genesis]))
            )
        case 8:
            payloads = [forge.payload_of(entry), forge.payload_of(entries[-1])]
            if len(payloads[0]["signers"]) == 1:
                entries[at] = forge.entry_of(season.forger.batch(payloads)[0], forge.time_of(entry))
        case _:
            abouts = [dice.choice(["log", _stranger(dice, season)])]
            entries.append(
                season.forger.resigned(entries[-1], lambda said: said.update(about=abouts, links=[]))
            )


def _at(entry: bytes, at: int) -> bytes:
    return canonical({**json.loads(entry), "at": at})


def _signature(dice: Random, entry: bytes) -> bytes:
    value = json.loads(entry)
    one = dice.choice(value["event"]["signatures"])
    one["sig"] = forge.b64(flip(dice, base64.b64decode(one["sig"])))
    return canonical(value)


def _stranger(dice: Random, season: Season) -> str:
    """Name a subject: of the log, never heard of, or one that a stranger begins."""
    named = sorted({subject for entry in season.entries[-30:] for subject in forge.facts(entry).subjects})
    return dice.choice([*named, "party:" + "c" * 32, "site:" + "c" * 32 + "/X", season.lots["scrap"] + "-B"])


def forged_mutant(dice: Random, season: Season) -> Mutant:
    """Have the operator lie in one place and sign everything above it."""
    name = dice.choice(["held", "scrap", "scrap", "cobalt"])
    lot, entries = season.lots[name], [*season.entries]
    subjects = season.subjects[name]
    bundled = [index for index, entry in enumerate(entries) if forge.facts(entry).subjects & subjects]
    lies, absent, shown = Lies(), set[str](), set(subjects)
    match dice.randrange(12):
        case 0 | 1 | 2 | 3:
            log_lie(dice, season, entries, bundled)
        case 4 | 5:
            lies.leaves = lambda leaves: leaves_lie(dice, leaves)
        case 6:
            lies.statement = lambda payload: statement_lie(dice, payload)
        case 7:
            shown -= set(dice.sample(sorted(shown), dice.randrange(1, 4)))
        case 8:
            lies.omit = dice.sample([*bundled, len(entries)], 1)
            lies.add = dice.sample(range(len(entries)), dice.randrange(3))
        case 9:
            lies.unshown = dice.sample(sorted(shown), 1)
        case 10:
            absent = {_stranger(dice, season), *(f"{lot}-{number}" for number in range(dice.randrange(4)))}
        case _:
            old = dice.choice(season.old_heads)
            lies.later, entries = entries[old + 1 :], entries[:old]
    if dice.random() < 0.05:
        lies.text = lambda text: text_edit(dice, text)
    data = season.forger.bundle(entries, lot, shown, absent=absent, lies=lies)
    return data, season.trust


MAKERS = (bytes_mutant, line_mutant, line_mutant, trust_mutant, forged_mutant, forged_mutant)


def draw(seed: int, season: Season) -> Mutant:
    """Draw the mutant of a number: the same number gives the same mutant."""
    dice = Random(seed)
    return dice.choice(MAKERS)(dice, season)
