"""Canonical JSON: one value has one byte string, and every other byte string has its own problem code."""

from __future__ import annotations

import base64
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from ledger import canonical, diagnosis
from ledger.canonical import MAX_DEPTH, MAX_INTEGER, Value, read, write
from ledger.errors import FormError
from ledger.values import NameRule

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "interop" / "rfc8785"
ROOMY = 2**20

names = st.from_regex(r"[a-z][a-z0-9_]{0,11}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
integers = st.integers(-MAX_INTEGER, MAX_INTEGER)
analyte_masses = st.dictionaries(st.from_regex(r"[A-Za-z0-9_]{1,32}", fullmatch=True), integers, max_size=4)
values = st.recursive(
    texts | integers | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(names, inner, max_size=4)
        | st.fixed_dictionaries({"contained_mg": analyte_masses})
    ),
    max_leaves=20,
)


def refusal_of(data: bytes, *, max_bytes: int = ROOMY) -> tuple[str, str]:
    """Give code and pointer of the error with which `data` is refused."""
    with pytest.raises(FormError) as refused:
        read(data, max_bytes=max_bytes)
    return refused.value.code, refused.value.pointer


@given(values)
def test_rfc_8785_writes_the_same_bytes(value: Value) -> None:
    """Inside the profile, an independent implementation of RFC 8785 agrees byte for byte."""
    assert write(value) == rfc8785.dumps(value)


@given(values)
def test_what_is_written_is_read(value: Value) -> None:
    """A value survives being written and read."""
    assert read(write(value), max_bytes=ROOMY) == value


@given(values, st.integers(0, 3), st.booleans(), st.booleans())
def test_another_spelling_is_not_canonical(value: Value, indent: int, ascii_only: bool, spaced: bool) -> None:  # noqa: FBT001  # drawn by hypothesis
    """Any other way of writing a value that we allow is refused as not canonical, and as nothing worse."""
    separators = (", ", ": ") if spaced else (",", ":")
    spelt = json.dumps(
        value, indent=indent or None, ensure_ascii=ascii_only, separators=separators, sort_keys=False
    ).encode()
    if spelt == rfc8785.dumps(value):
        assert read(spelt, max_bytes=ROOMY) == value
    else:
        assert refusal_of(spelt)[0] == "form.not_canonical"


@given(values, st.integers(0), st.binary(max_size=3), st.integers(0, 3))
def test_a_damaged_text_is_refused_or_says_exactly_itself(
    value: Value, at: int, patch: bytes, cut: int
) -> None:
    """Whatever is done to canonical bytes, they are refused with a form error, or are canonical again."""
    data = write(value)
    at %= len(data) + 1
    damaged = data[:at] + patch + data[at + cut :]
    try:
        assert rfc8785.dumps(read(damaged, max_bytes=ROOMY)) == damaged
    except FormError as refused:
        assert refused.code.startswith("form.")  # noqa: PT017  # the other outcome is as good


@given(st.binary(max_size=60))
def test_no_bytes_cause_any_other_error(data: bytes) -> None:
    """Arbitrary bytes are canonical or give a form error; nothing else is ever raised."""
    try:
        assert rfc8785.dumps(read(data, max_bytes=ROOMY)) == data
    except FormError as refused:
        assert refused.code.startswith("form.")  # noqa: PT017  # the other outcome is as good


@given(values)
def test_the_explainer_never_accepts(value: Value) -> None:
    """Even for bytes without a fault the explainer has only an error to give."""
    error = diagnosis.explain(write(value), max_depth=MAX_DEPTH, pointer="")
    assert error.code == "form.not_canonical"


@given(values)
def test_the_explainer_blames_no_place_without_a_fault(value: Value) -> None:
    """The explainer, a reader of its own, sees no deviation in bytes that RFC 8785's own author wrote."""
    error = diagnosis.explain(rfc8785.dumps(value), max_depth=MAX_DEPTH, pointer="/payload")
    assert (error.pointer, error.detail) == (
        "/payload",
        "The bytes are not the canonical form of their value.",
    )


@pytest.mark.parametrize(
    ("data", "code", "pointer"),
    [
        (b"", "form.syntax", ""),
        (b"\xef\xbb\xbf{}", "form.bom", ""),
        (b"\xff\xfe{\x00}\x00", "form.encoding", ""),
        (b'{"a":"\xff"}', "form.encoding", ""),
        (b'{"a":"\xc0\xaf"}', "form.encoding", ""),
        (b'{"a":"\xf4\x90\x80\x80"}', "form.encoding", ""),
        (b'{"a":"\xed\xa0\x80"}', "form.surrogate", "/a"),
        (b'{"a":"\xed\xa0\xbd\xed\xb8\x80"}', "form.surrogate", "/a"),
        (rb'{"a":["\ud83d"]}', "form.surrogate", "/a/0"),
        (rb'{"a":"\ude00\ud83d"}', "form.surrogate", "/a"),
        (rb'{"a":"\ud83d\u0041"}', "form.surrogate", "/a"),
        (rb'{"a":"\ud83d\ude00"}', "form.not_canonical", "/a"),
        (rb'{"\ud83d":1}', "form.surrogate", ""),
        (b"{", "form.syntax", ""),
        (b'{"a"', "form.syntax", "/a"),
        (b'{"a":', "form.syntax", "/a"),
        (b'{"a":1', "form.syntax", ""),
        (b'{"a":1,', "form.syntax", ""),
        (b'{"a":1,}', "form.syntax", ""),
        (b'{"a" 1}', "form.syntax", "/a"),
        (b"{a:1}", "form.syntax", ""),
        (b"{'a':1}", "form.syntax", ""),
        (b"[1,]", "form.syntax", "/1"),
        (b"[,1]", "form.syntax", "/0"),
        (b"[1 2]", "form.syntax", ""),
        (b"[1", "form.syntax", ""),
        (b'"a', "form.syntax", ""),
        (b'"a\\', "form.syntax", ""),
        (rb'"\x41"', "form.syntax", ""),
        (rb'"\u00g0"', "form.syntax", ""),
        (rb'"\u12"', "form.syntax", ""),
        (b'"\x1f"', "form.syntax", ""),
        (b'"\n"', "form.syntax", ""),
        (b"[01]", "form.syntax", ""),
        (b"[+1]", "form.syntax", "/0"),
        (b"[-]", "form.syntax", "/0"),
        (b"[.5]", "form.syntax", "/0"),
        (b"[1.]", "form.syntax", ""),
        (b"[1e]", "form.syntax", ""),
        (b"[0x10]", "form.syntax", ""),
        (b"[True]", "form.syntax", "/0"),
        (b"[nul]", "form.syntax", "/0"),
        (b"[undefined]", "form.syntax", "/0"),
        (b"[\x00]", "form.syntax", "/0"),
        (b"/**/1", "form.syntax", ""),
        (b'{"a":1,"a":1}', "form.duplicate_key", "/a"),
        (b'{"b":{"a":1,"c":2,"a":3}}', "form.duplicate_key", "/b/a"),
        (rb'{"a":1,"\u0061":1}', "form.duplicate_key", "/a"),
        (b'{"a":1.5}', "form.float", "/a"),
        (b'{"a":1.0}', "form.float", "/a"),
        (b'{"a":1e2}', "form.float", "/a"),
        (b'{"a":1E+2}', "form.float", "/a"),
        (b'{"a":-0.0}', "form.float", "/a"),
        (b'{"a":1e400}', "form.float", "/a"),
        (b'{"a": 1.5}', "form.float", "/a"),
        (b'{"a":null}', "form.null", "/a"),
        (b"null", "form.null", ""),
        (b'{"a":NaN}', "form.not_a_number", "/a"),
        (b"[Infinity]", "form.not_a_number", "/0"),
        (b"[-Infinity]", "form.not_a_number", "/0"),
        (b'{"a":9007199254740992}', "form.integer_range", "/a"),
        (b'{"a":-9007199254740992}', "form.integer_range", "/a"),
        (b'{"a":18446744073709551616}', "form.integer_range", "/a"),
        (b"1" * 5000, "form.integer_range", ""),
        (b'{"A":1}', "form.key_name", ""),
        (b'{"a":{"_b":1}}', "form.key_name", "/a"),
        (b'{"":1}', "form.key_name", ""),
        (b'{"1":1}', "form.key_name", ""),
        (b'{"a-b":1}', "form.key_name", ""),
        (b'{"a\\n":1}', "form.key_name", ""),
        ('{"é":1}'.encode(), "form.key_name", ""),
        (b'{"contained_mg":{"Cu+":1}}', "form.key_name", "/contained_mg"),
        (b'{"contained_mg":{"":1}}', "form.key_name", "/contained_mg"),
        (b'{"contained_mg":{"C' + b"u" * 32 + b'":1}}', "form.key_name", "/contained_mg"),
        (b'{"contained_mg":{"Cu":{"Cu":1}}}', "form.key_name", "/contained_mg/Cu"),
        (b'{"contained_mg":[{"Cu":1}]}', "form.key_name", "/contained_mg/0"),
        (b'{"a":1 }', "form.not_canonical", ""),
        (b' {"a":1}', "form.not_canonical", ""),
        (b'{"a":1}\n', "form.not_canonical", ""),
        (b'{"a": 1}', "form.not_canonical", "/a"),
        (b'{"b":1,"a":1}', "form.not_canonical", "/a"),
        (b'{"a":1}{"a":1}', "form.not_canonical", ""),
        (b'{"a":1}\x00', "form.not_canonical", ""),
        (b'{"a":-0}', "form.not_canonical", "/a"),
        (rb'{"a":"\/"}', "form.not_canonical", "/a"),
        (rb'{"a":"\u0041"}', "form.not_canonical", "/a"),
        (rb'{"a":"\u00e9"}', "form.not_canonical", "/a"),
        (rb'{"a":"\u000a"}', "form.not_canonical", "/a"),
        (rb'{"a":"\u0022"}', "form.not_canonical", "/a"),
        (rb'{"a":"\u001F"}', "form.not_canonical", "/a"),
        (rb'{"a":"\u007f"}', "form.not_canonical", "/a"),
        (rb'{"\u0061":1}', "form.not_canonical", ""),
    ],
)
def test_each_fault_has_its_code_and_place(data: bytes, code: str, pointer: str) -> None:
    """Each way of leaving the form is told apart, with a pointer to where it happens."""
    assert refusal_of(data) == (code, pointer)


@pytest.mark.parametrize(
    "data",
    [
        b"{}",
        b"[]",
        b'""',
        b"0",
        b"-1",
        b"true",
        b"false",
        b"9007199254740991",
        b"-9007199254740991",
        b'{"contained_mg":{"2Cu_O":1,"Ta2O5":2}}',
        b'{"payloadType":"application/vnd.otc.event+json"}',
        rb'"\"\\\b\f\n\r\t\u0000\u001f"',
        b'"\x7f/\xc2\x80\xe2\x80\xa8"',
        '"Kolwezi, Mutoshi · 科卢韦齐 · 😀"'.encode(),
    ],
)
def test_the_edges_of_the_form_are_inside(data: bytes) -> None:
    """The largest integers, every short escape, every allowed name and any character are read."""
    assert rfc8785.dumps(read(data, max_bytes=len(data))) == data


def test_sixteen_levels_are_read_and_seventeen_are_not() -> None:
    """Depth counts arrays and objects, the outermost too."""
    assert read(b"[" * 16 + b"]" * 16, max_bytes=ROOMY) is not None
    assert read(b"[" * 15 + b'{"a":1}' + b"]" * 15, max_bytes=ROOMY) is not None
    assert refusal_of(b"[" * 17 + b"]" * 17) == ("form.depth", "/0" * 16)
    assert refusal_of(b'{"a":' * 17 + b"1" + b"}" * 17) == ("form.depth", "/a" * 16)
    assert read(b"[[]]", max_bytes=ROOMY, max_depth=2) == [[]]
    with pytest.raises(FormError, match=r"form\.depth"):
        read(b"[[]]", max_bytes=ROOMY, max_depth=1)


def test_a_wall_of_brackets_is_too_deep() -> None:
    """40 KiB of opening brackets are a depth error, not a crash of any reader."""
    assert refusal_of(b"[" * 40 * 1024)[0] == "form.depth"
    assert refusal_of(b'{"a":' * 8 * 1024)[0] == "form.depth"


def test_size_is_checked_before_anything_is_read() -> None:
    """One byte too many is a size error whatever the bytes are."""
    assert read(b'"abc"', max_bytes=5) == "abc"
    assert refusal_of(b'"abcd"', max_bytes=5) == ("form.size", "")
    assert refusal_of(b"\xff" * 6, max_bytes=5) == ("form.size", "")


def test_a_pointer_is_prefixed_by_where_the_bytes_came_from() -> None:
    """Whoever reads bytes from inside another form gets pointers that start there."""
    for data in [b"", b"\xef\xbb\xbf", b"\xff", b"[null]", b'{"b":1,"a":2}', b"1" * ROOMY]:
        with pytest.raises(FormError) as refused:
            read(data, max_bytes=1000, pointer="/payload")
        assert refused.value.pointer.startswith("/payload")


@given(st.text("<script>", min_size=5, max_size=40).map(lambda text: text + "é"))
@example("secret_" * 40)
def test_an_error_repeats_no_input(canary: str) -> None:
    """Foreign names and texts do not travel into errors: only names that a schema of ours could have."""
    for value in ({canary: 1.5}, {"a": {canary: None}}, [canary, None]):
        with pytest.raises(FormError) as refused:
            read(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), max_bytes=ROOMY)
        assert canary not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "code", "pointer"),
    [
        (None, "form.null", ""),
        ({"a": [None]}, "form.null", "/a/0"),
        ({"a": 0.5}, "form.float", "/a"),
        ([2**53], "form.integer_range", "/0"),
        ([-(2**63)], "form.integer_range", "/0"),
        ({"Cu": 1}, "form.key_name", ""),
        ({"a": {"b": [{"C": 1}]}}, "form.key_name", "/a/b/0"),
        ([[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]], "form.depth", "/0" * 16),
        ([float("nan")], "form.null", "/0"),
        ([-(2**70)], "form.type", ""),
        ({"a": "\ud83d"}, "form.type", ""),
        ({"a": {1: 1}}, "form.type", ""),
        ({"a": b"bytes"}, "form.type", ""),
        ({"a": {"b"}}, "form.type", ""),
        ([date(2026, 1, 17)], "form.type", ""),
    ],
)
def test_what_is_outside_the_profile_is_not_written(value: Any, code: str, pointer: str) -> None:  # noqa: ANN401  # that is the point
    """The writer refuses what the reader would, at the same place, and what no JSON can say."""
    with pytest.raises(FormError) as refused:
        write(value)
    assert (refused.value.code, refused.value.pointer) == (code, pointer)


def test_a_value_within_itself_is_not_written() -> None:
    """The writer goes round in no circle."""
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(FormError, match=r"form\.type"):
        write(circle)


def test_a_rule_of_names_remembers_only_so_many() -> None:
    """However many and however long names come, the memory of a rule stays small, and its answers right."""
    rule = NameRule("[a-z][a-z0-9_]*")
    for n in range(1500):
        assert rule.allows({f"name_{n}": 1, "a" * 64: 1, "a" * (65 + n): 1})
        assert not rule.allows({f"name_{n}": 1, "Name": 1})
    assert len(rule._known) <= 1024
    assert max(map(len, rule._known)) == 64


@pytest.mark.parametrize(
    ("name", "pointer"), [("arrays", "/1"), ("french", ""), ("structures", ""), ("unicode", "")]
)
def test_the_published_vectors_of_rfc_8785(name: str, pointer: str) -> None:
    """All published objects have names that ours cannot have, and are refused so; their texts are written alike."""
    if not VECTORS.exists():
        pytest.skip("public vectors are not here: interop/rfc8785")
    published = (VECTORS / "output" / f"{name}.json").read_bytes()
    assert refusal_of(published) == ("form.key_name", pointer)
    for text in texts_of(json.loads(published)):
        assert write(text) in published
        assert read(write(text), max_bytes=ROOMY) == text


def texts_of(value: Any) -> list[str]:  # noqa: ANN401  # any JSON
    """Collect every string of a JSON value, names too."""
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in texts_of(part)]
    if isinstance(value, list):
        return [text for item in value for text in texts_of(item)]
    return [value] if isinstance(value, str) else []


def code_and_pointer(error: pytest.ExceptionInfo[FormError]) -> tuple[str, str]:
    """Give what a program would look at."""
    return error.value.code, error.value.pointer


def test_members_are_neither_missing_nor_unknown() -> None:
    """An object has each required member, may have the optional ones, and has no other."""
    assert canonical.members({"a": 1, "b": 2}, "", ("a",), ("b", "c")) == {"a": 1, "b": 2}
    for value, code, pointer in [
        ({}, "form.missing_member", "/x/a"),
        ({"a": 1, "d": 2}, "form.unknown_member", "/x/d"),
        ({"a": 1, "d" * 65: 2}, "form.unknown_member", "/x"),
        ([], "form.type", "/x"),
        ("a", "form.type", "/x"),
    ]:
        with pytest.raises(FormError) as refused:
            canonical.members(value, "/x", ("a",), ("b",))
        assert code_and_pointer(refused) == (code, pointer)


def test_a_boolean_is_no_integer() -> None:
    """True is not 1, although Python says so; bounds are included."""
    assert canonical.integer(0, "", minimum=0) == 0
    assert canonical.integer(7, "", maximum=7) == 7
    for value, code in [(True, "form.type"), ("1", "form.type"), (-1, "form.range"), (8, "form.range")]:
        with pytest.raises(FormError) as refused:
            canonical.integer(value, "/n", minimum=0, maximum=7)
        assert code_and_pointer(refused) == (code, "/n")


def test_texts_and_arrays_keep_their_bounds() -> None:
    """A text matches its pattern to the last character; an array has no more items than allowed."""
    digits = re.compile("[0-9]+")
    assert canonical.text("12", "", pattern=digits) == "12"
    assert canonical.array([1, 2], "", max_items=2) == [1, 2]
    for read_it, code in [
        (lambda: canonical.text("12\n", "/t", pattern=digits, like="12"), "form.text"),
        (lambda: canonical.text(12, "/t"), "form.type"),
        (lambda: canonical.array([1, 2, 3], "/t", max_items=2), "form.too_many"),
        (lambda: canonical.array("ab", "/t"), "form.type"),
        (lambda: canonical.mapping([], "/t"), "form.type"),
    ]:
        with pytest.raises(FormError) as refused:
            read_it()
        assert code_and_pointer(refused) == (code, "/t")


@given(st.lists(st.text("abc", max_size=3), max_size=5))
def test_a_set_ascends_without_doubles(items: list[str]) -> None:
    """Exactly the lists that equal their own sorted set are sets."""
    if items == sorted(set(items)):
        canonical.check_set(items, "")
    else:
        with pytest.raises(FormError, match=r"form\.not_a_set at /s/[1-4]"):
            canonical.check_set(items, "/s")


@given(st.binary(max_size=40))
def test_hex_digests_have_one_spelling(raw: bytes) -> None:
    """Lower-case digits for the right number of bytes are read; others are `form.hex`."""
    assert canonical.hex_digest(raw.hex(), "", octets=len(raw)) == raw
    spellings = {raw.hex().upper(), raw.hex(" "), raw.hex() + "00", raw.hex()[:-1] + "g"} - {raw.hex()}
    for spelling in spellings:
        with pytest.raises(FormError, match=r"form\.hex at /h"):
            canonical.hex_digest(spelling, "/h", octets=len(raw))


@given(st.binary(max_size=40))
def test_base64_has_one_spelling(raw: bytes) -> None:
    """What the standard library writes is read; the same without padding, with line ends or with spare bits is not."""
    good = base64.b64encode(raw).decode()
    assert canonical.base64_bytes(good, "") == raw
    assert canonical.base64_text(raw) == good
    for bad in {good.rstrip("="), good + "\n", good + "=", " " + good, good + "é"} - {good}:
        with pytest.raises(FormError, match=r"form\.base64 at /b"):
            canonical.base64_bytes(bad, "/b")


@pytest.mark.parametrize("bad", ["AB==", "AAF=", "A===", "AA=A", "AA==AA==", "-_--", "AAAA=", "AA\n==", "A"])
def test_base64_with_spare_bits_or_foreign_characters_is_refused(bad: str) -> None:
    """RFC 4648 section 3: no non-zero spare bits, no padding inside, no other alphabet."""
    with pytest.raises(FormError, match=r"form\.base64"):
        canonical.base64_bytes(bad, "")
