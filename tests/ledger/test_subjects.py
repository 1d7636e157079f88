"""Subjects: ids that say who began what, short codes for people, and the digests that commit to hidden values."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
import rfc8785
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger import subjects
from ledger.errors import FormError

PARTY = "party:mfrggzdfmztwq2lknnwg23tpobyxe43u"
HEX_A, HEX_B = "0a" * 32, "0b" * 32
KEY = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
KINDS_WITH_A_CODE = ["site", "lot", "tag", "account", "certificate", "incident", "policy"]

party_codes = st.binary(min_size=20, max_size=20).map(lambda raw: base64.b32encode(raw).decode().lower())
codes = st.from_regex(r"[A-Z0-9][A-Z0-9._-]{0,63}", fullmatch=True)
subject_ids = (
    st.just("log")
    | party_codes.map("party:{}".format)
    | st.builds("{}:{}/{}".format, st.sampled_from(KINDS_WITH_A_CODE), party_codes, codes)
)


@given(subject_ids)
def test_every_subject_tells_its_kind_and_who_began_it(subject: str) -> None:
    """An id of the given form is a subject, of the kind before the colon, begun by the party after it."""
    assert subjects.check_subject(subject, "") == subject
    assert subjects.kind_of(subject) in subjects.KINDS
    if subject != "log":
        kind, _, rest = subject.partition(":")
        assert subjects.kind_of(subject) == kind
        assert subjects.party_of(subject) == "party:" + rest[:32]


def test_the_log_is_begun_by_no_single_party() -> None:
    """Asking which party began `log` is a mistake that is told."""
    with pytest.raises(FormError, match=r"form\.subject"):
        subjects.party_of("log")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Log",
        "log:",
        "log\n",
        PARTY[:-1],
        PARTY + "a",
        PARTY + "/A",
        PARTY.upper(),
        PARTY[:-1] + "1",
        PARTY[:-1] + "8",
        PARTY[:-1] + "=",
        "lot:" + PARTY[6:],
        "lot:" + PARTY[6:] + "/",
        "lot:" + PARTY[6:] + "/a",
        "lot:" + PARTY[6:] + "/-A",
        "lot:" + PARTY[6:] + "/.A",
        "lot:" + PARTY[6:] + "/A/B",
        "lot:" + PARTY[6:] + "/A B",
        "lot:" + PARTY[6:] + "/É",
        "lot:" + PARTY[6:] + "/\uff21",
        "lot:" + PARTY[6:] + "/" + "A" * 65,
        "lot:" + PARTY[6:] + "/A\n",
        "mine:" + PARTY[6:] + "/A",
    ],
)
def test_what_is_no_subject_is_refused(text: str) -> None:
    """Other kinds, cases, lengths, alphabets and anything behind the end are `form.subject` at the given place."""
    with pytest.raises(FormError) as refused:
        subjects.check_subject(text, "/links/0/subject")
    assert (refused.value.code, refused.value.pointer) == ("form.subject", "/links/0/subject")


def test_a_party_is_named_by_its_inception_object() -> None:
    """The id is 160 bits of SHA-256 over the tag and the canonical object, in lower-case base32."""
    inception = rfc8785.dumps({"identity": HEX_A, "key": KEY, "next": HEX_B})
    digest = hashlib.sha256(b"otc/party/v1\n" + inception).digest()
    expected = "party:" + base64.b32encode(digest[:20]).decode().lower()
    assert subjects.party_id(HEX_A, KEY, HEX_B) == expected
    assert subjects.check_subject(expected, "") == expected
    assert len({expected, subjects.party_id(HEX_B, KEY, HEX_B), subjects.party_id(HEX_A, KEY, HEX_A)}) == 3


def test_the_next_key_is_committed_by_its_text() -> None:
    """The digest of the next key is what `sha256sum` gives for its text."""
    assert subjects.next_digest(KEY) == hashlib.sha256(KEY.encode()).hexdigest()


@given(st.binary(min_size=32, max_size=32), st.text("ab", max_size=3), st.text("ab", max_size=3))
def test_commitments_bind_salt_actor_name_and_value(salt: bytes, name: str, value: str) -> None:
    """A commitment is SHA-256 over tag, salt and canonical object, and so is a party's identity."""
    hidden = rfc8785.dumps({"actor": PARTY, "name": name, "value": {"said": value}})
    expected = hashlib.sha256(b"otc/commitment/v1\n" + salt + hidden).hexdigest()
    assert subjects.commitment(salt, PARTY, name, {"said": value}) == expected
    identity = rfc8785.dumps({"name": name})
    expected = hashlib.sha256(b"otc/identity/v1\n" + salt + identity).hexdigest()
    assert subjects.identity_digest(salt, {"name": name}) == expected


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_salt_has_32_bytes(length: int) -> None:
    """With a salt of another length, bytes could move between salt and value."""
    with pytest.raises(FormError, match=r"form\.salt"):
        subjects.commitment(bytes(length), PARTY, "price", 1)
    with pytest.raises(FormError, match=r"form\.salt"):
        subjects.identity_digest(bytes(length), 1)


@given(subject_ids)
def test_a_short_code_is_the_first_50_bits_and_a_check(subject: str) -> None:
    """Ten Crockford digits of SHA-256(subject), and that number mod 29 as the eleventh, in groups of 4, 4, 3."""
    code = subjects.short_code(subject)
    number = int(hashlib.sha256(subject.encode()).hexdigest()[:13], 16) >> 2
    assert re.fullmatch("[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{3}", code)
    digits = code.replace("-", "")
    assert sum(CROCKFORD.index(digit) * 32**place for place, digit in enumerate(digits[9::-1])) == number
    assert CROCKFORD.index(digits[10]) == number % 29
    assert subjects.read_short_code(code) == number


@given(subject_ids)
def test_a_short_code_is_read_as_people_write_it(subject: str) -> None:
    """Small letters, missing dashes and the lookalikes I, L and O make no difference."""
    code = subjects.short_code(subject)
    number = subjects.read_short_code(code)
    assert subjects.read_short_code(code.lower()) == number
    assert subjects.read_short_code(code.replace("-", "")) == number
    assert subjects.read_short_code(code.replace("0", "O").replace("1", "l")) == number
    assert subjects.read_short_code(code.replace("0", "o").replace("1", "I")) == number


@given(subject_ids, st.integers(0, 9), st.sampled_from(CROCKFORD))
def test_a_wrong_character_shows(subject: str, place: int, wrong: str) -> None:
    """A digit read wrongly is noticed, unless it is off by exactly the modulus (0 for X, 1 for Y, 2 for Z)."""
    digits = subjects.short_code(subject).replace("-", "")
    off = abs(CROCKFORD.index(digits[place]) - CROCKFORD.index(wrong))
    assume(off not in {0, 29})
    with pytest.raises(FormError, match=r"form\.short_code"):
        subjects.read_short_code(digits[:place] + wrong + digits[place + 1 :])


@given(subject_ids, st.integers(0, 8))
def test_swapped_neighbours_show(subject: str, place: int) -> None:
    """Two neighbouring digits swapped are noticed: 32 - 1 is no multiple of 29, nor is their difference below 29."""
    digits = subjects.short_code(subject).replace("-", "")
    first, second = digits[place], digits[place + 1]
    assume(abs(CROCKFORD.index(first) - CROCKFORD.index(second)) not in {0, 29})
    with pytest.raises(FormError, match=r"form\.short_code"):
        subjects.read_short_code(digits[:place] + second + first + digits[place + 2 :])


@pytest.mark.parametrize(
    "text", ["", "0000-0000-00", "0000-0000-0000", "UUUU-UUUU-UUU", "0000-0000-00é", "0000-0000-0\u017fS"]
)
def test_what_is_no_short_code_is_refused(text: str) -> None:
    """Other lengths and characters are `form.short_code`, even a long s, whose capital is S."""
    assert subjects.read_short_code("0000-0000-0SS") == 25
    with pytest.raises(FormError, match=r"form\.short_code"):
        subjects.read_short_code(text)
