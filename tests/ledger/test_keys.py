"""Keys: one text each, admission of strong ones only, and one signature rule for every engine."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import ed25519, engines, keys
from ledger.errors import SignatureRefused
from ledger.keys import SigningKey, cryptography_engine, pynacl_engine

ROOT = Path(__file__).parents[2]
VECTORS = ROOT.parent / "shared" / "vectors"
ENGINES = [pytest.param(pynacl_engine, id="pynacl"), pytest.param(cryptography_engine, id="cryptography")]
MESSAGE = b"24500 g"


def load_edwards() -> ModuleType:
    """Load the arithmetic beside this file: tests are no package."""
    spec = importlib.util.spec_from_file_location("edwards", Path(__file__).with_name("edwards.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["edwards"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


edwards = load_edwards()
SMALL_ORDER = [edwards.encode(point) for point in edwards.T]
HONEST = edwards.Forger()
MIXED = [edwards.Forger(key_part=part) for part in edwards.T[1:]]


def vectors(path: str) -> Any:  # noqa: ANN401  # whatever JSON the file holds
    """Read a public vector file, or skip where the folder is absent."""
    file = VECTORS / path
    if not file.exists():
        pytest.skip(f"public vectors are not here: {path}")
    return json.loads(file.read_bytes())


def sealed_by_nobody() -> bytes:
    """Sign without any private key: under a key of small order, [k]A often vanishes."""
    return edwards.encode(edwards.B) + (1).to_bytes(32, "little")


def refused_signatures() -> Iterator[Any]:
    """Yield (public key, signature of MESSAGE), each outside the rule for the reason that is its id."""
    good = HONEST.sign(MESSAGE)
    s = int.from_bytes(good[32:], "little")
    for times in range(1, (2**256 - s) // edwards.L + 1):
        raised = (s + times * edwards.L).to_bytes(32, "little")
        yield pytest.param(HONEST.public, good[:32] + raised, id=f"S+{times}L")
    for order, part in enumerate(edwards.T):
        if order:
            yield pytest.param(HONEST.public, HONEST.sign(MESSAGE, r_part=part), id=f"mixed-R-{order}")
        yield pytest.param(HONEST.public, HONEST.sign(MESSAGE, nonce=0, r_part=part), id=f"small-R-{order}")
        key = SMALL_ORDER[order]
        yield pytest.param(key, sealed_by_nobody(), id=f"small-A-{order}")
        yield pytest.param(key, key + bytes(32), id=f"small-A-and-R-{order}")
    for y in (0, 1, *range(3, 19)):
        twice = (edwards.P + y).to_bytes(32, "little")
        yield pytest.param(twice, sealed_by_nobody(), id=f"second-spelling-of-A-{y}")
        k = edwards.challenge(twice, HONEST.public, MESSAGE)
        signature = twice + (k * HONEST.scalar % edwards.L).to_bytes(32, "little")
        yield pytest.param(HONEST.public, signature, id=f"second-spelling-of-R-{y}")
    negative_zero = (1 + (1 << 255)).to_bytes(32, "little")
    yield pytest.param(negative_zero, sealed_by_nobody(), id="negative-zero-A")
    yield pytest.param(HONEST.public, good[:63], id="a-byte-short")
    yield pytest.param(HONEST.public, good + b"\x00", id="a-byte-long")
    yield pytest.param(HONEST.public[:31], good, id="key-a-byte-short")
    yield pytest.param(HONEST.public, b"", id="empty")


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_accepts_what_the_textbook_signs(engine: keys.Engine) -> None:
    """A signature made by plain arithmetic on an honest key holds, whatever the library."""
    for scalar, nonce in [(1, 1), (2, 3), (edwards.L - 1, 5), (0x1EAF, edwards.L - 1)]:
        signer = edwards.Forger(scalar)
        assert keys.verify(signer.public, MESSAGE, signer.sign(MESSAGE, nonce), engine=engine)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("public", "signature"), list(refused_signatures()))
def test_every_engine_refuses_what_the_rule_refuses(
    engine: keys.Engine, public: bytes, signature: bytes
) -> None:
    """Small-order, doubly spelt and cofactored points and raised scalars fail under each engine alike."""
    assert not keys.verify(public, MESSAGE, signature, engine=engine)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("which", range(7))
def test_the_equation_alone_decides_for_a_mixed_order_key(engine: keys.Engine, which: int) -> None:
    """Without cofactor it holds only where [k]A happens to stay in the subgroup, in each engine alike."""
    forger = MIXED[which]
    signed = [(message, forger.sign(message)) for message in (b"%d g" % mass for mass in range(24))]
    verdicts = [keys.verify(forger.public, *pair, engine=engine) for pair in signed]
    assert set(verdicts) == {True, False}
    assert verdicts[:4] == [forger.holds_without_cofactor(*pair) for pair in signed[:4]]
    with pytest.raises(SignatureRefused):  # that it can hold at all is why admission stands beside the rule
        keys.check_public_key(forger.public)


@pytest.fixture(params=["libsodium", "arithmetic"])
def subgroup_check(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ask once libsodium and once our own arithmetic about the subgroup."""
    if request.param == "libsodium":
        assert engines.SODIUM_KNOWS_SUBGROUPS, "this PyNaCl stands on a libsodium with CVE-2025-69277"
    monkeypatch.setattr(engines, "SODIUM_KNOWS_SUBGROUPS", request.param == "libsodium")
    keys._is_strong.cache_clear()
    yield
    keys._is_strong.cache_clear()


@pytest.mark.usefixtures("subgroup_check")
def test_admission_refuses_every_key_that_is_not_of_prime_order() -> None:
    """Mixed, small and doubly spelt points, and bytes that are no point at all, never become keys."""
    off_curve = next(y for y in range(2, 100) if edwards.point_with(y, odd=False) is None)
    weak = [forger.public for forger in MIXED] + SMALL_ORDER
    weak += [(edwards.P + y).to_bytes(32, "little") for y in range(19)]
    weak += [off_curve.to_bytes(32, "little"), b"\xff" * 32]
    for public in weak:
        with pytest.raises(SignatureRefused) as refused:
            keys.admit_key(keys.encode_multikey(public), "/payload/signers/0/key")
        assert (refused.value.code, refused.value.pointer) == ("key.weak", "/payload/signers/0/key")


@pytest.mark.usefixtures("subgroup_check")
def test_admission_takes_every_honest_key() -> None:
    """Multiples of the base point are admitted, their negatives too."""
    for scalar in (1, 2, 0x1EAF, edwards.L - 1, edwards.L - 2):
        public = edwards.Forger(scalar).public
        assert keys.admit_key(keys.encode_multikey(public)) == public


def test_the_small_order_list_is_the_textbooks() -> None:
    """The y values that the rule refuses are those of the eight points whose order divides 8."""
    assert {y for _, y in edwards.T} == ed25519.SMALL_ORDER_Y
    assert not any(ed25519.is_strict_encoding(encoded) for encoded in SMALL_ORDER)


class CofactoredEngine:
    """Verifies [8][S]B = [8]R + [8][k]A, as libsodium's development branch does."""

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """Say whether the difference of the two sides has small order."""
        a, r = (
            edwards.point_with(int.from_bytes(part, "little") % 2**255, odd=part[31] >= 128)
            for part in (public, signature[:32])
        )
        k = edwards.challenge(signature[:32], public, message)
        s = int.from_bytes(signature[32:], "little")
        left = edwards.multiply(8 * s, edwards.B)
        return bool(left == edwards.multiply(8, edwards.add(r, edwards.multiply(k, a))))


def test_the_probes_unmask_a_library_that_verifies_with_cofactor() -> None:
    """An engine with cofactor takes the second probe and so is never chosen; ours do not."""
    assert CofactoredEngine().verify(engines.PROBE_KEY, b"", engines.PROBE_COFACTORED)
    assert not engines.verifies_without_cofactor(CofactoredEngine())
    assert engines.verifies_without_cofactor(pynacl_engine)
    assert engines.verifies_without_cofactor(cryptography_engine)


def test_the_mixed_probe_is_the_base_point_plus_the_point_of_order_two() -> None:
    """The point by which an old libsodium is found out is what its comment says."""
    assert edwards.encode(edwards.add(edwards.B, (0, edwards.P - 1))) == engines.PROBE_MIXED_POINT


def test_without_pynacl_everything_still_works() -> None:
    """Where PyNaCl cannot be loaded, `cryptography` signs and verifies, and arithmetic admits keys."""
    program = (
        "import sys; sys.modules['nacl'] = None\n"
        "from ledger import engines, keys\n"
        "key = keys.SigningKey.from_seed(bytes(32))\n"
        "assert keys.DEFAULT_ENGINE is keys.cryptography_engine\n"
        "assert not engines.SODIUM_KNOWS_SUBGROUPS\n"
        "assert keys.verify(keys.admit_key(key.text), b'm', key.sign(b'm'))\n"
        "print(key.sign(b'm').hex())\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout.strip() == SigningKey.from_seed(bytes(32)).sign(b"m").hex()


@pytest.mark.parametrize("engine", ENGINES)
def test_wycheproof(engine: keys.Engine) -> None:
    """All 151 Wycheproof cases come out as published, under each engine."""
    cases = [
        (group["publicKey"]["pk"], test)
        for group in vectors("tlog/wycheproof/ed25519_test.json")["testGroups"]
        for test in group["tests"]
    ]
    assert len(cases) == 151
    for public, test in cases:
        holds = keys.verify(
            bytes.fromhex(public), bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"]), engine=engine
        )
        assert holds == (test["result"] == "valid"), test["tcId"]


@pytest.mark.parametrize("engine", ENGINES)
def test_rfc_8032_section_7_1(engine: engines.SigningEngine) -> None:
    """Public keys and signatures of the RFC's own examples are reproduced byte for byte, by each engine."""
    for case in vectors("tlog/known-answers/rfc8032_section7_1.json"):
        seed, message = bytes.fromhex(case["seed"]), bytes.fromhex(case["msg"])
        key = SigningKey.from_seed(seed)
        assert key.public.hex() == engine.public_key(seed).hex() == case["public"]
        assert key.sign(message).hex() == engine.sign(seed, message).hex() == case["sig"]
        assert keys.verify(key.public, message, key.sign(message), engine=engine)
        assert keys.admit_key(key.text) == key.public


@pytest.mark.parametrize("engine", ENGINES)
@given(bit=st.integers(0, 8 * (32 + 64 + len(MESSAGE)) - 1))
def test_no_bit_can_be_flipped(engine: keys.Engine, bit: int) -> None:
    """A change of any one bit of key, signature or message is refused."""
    whole = bytearray(HONEST.public + HONEST.sign(MESSAGE) + MESSAGE)
    whole[bit // 8] ^= 1 << bit % 8
    public, signature, message = bytes(whole[:32]), bytes(whole[32:96]), bytes(whole[96:])
    assert not keys.verify(public, message, signature, engine=engine)


def test_a_multikey_of_the_w3c() -> None:
    """The published key pair of the W3C's data-integrity vectors is read and written alike."""
    pair = vectors("interop/w3c-vc-di-eddsa/keyPair.json")
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    secret = 0
    for digit in pair["privateKeyMultibase"][1:]:
        secret = secret * 58 + alphabet.index(digit)
    seed = secret.to_bytes(34, "big")[2:]  # behind 80 26, the code of an Ed25519 private key
    assert SigningKey.from_seed(seed).text == pair["publicKeyMultibase"]
    assert keys.decode_multikey(pair["publicKeyMultibase"]) == SigningKey.from_seed(seed).public


@given(raw=st.binary(min_size=32, max_size=32))
def test_a_key_has_one_text_of_48_characters(raw: bytes) -> None:
    """Any 32 bytes become one text, which begins with z6Mk and is read back as those bytes."""
    text = keys.encode_multikey(raw)
    assert len(text) == 48
    assert text.startswith("z6Mk")
    assert keys.decode_multikey(text) == raw


@given(st.text("z6Mk1ozZ0OIl", min_size=46, max_size=49) | st.from_regex(r"z6M[j-m][1-9A-HJ-NP-Za-km-z]{44}"))
def test_no_second_text_is_read_as_a_key(text: str) -> None:
    """What is read as a key is written as the same text; all else is `key.form` at the given place."""
    try:
        read_as = keys.encode_multikey(keys.decode_multikey(text, "/keyid"))
    except SignatureRefused as refused:
        read_as = f"{refused.code} at {refused.pointer}"
    assert read_as in {text, "key.form at /keyid"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "z",
        "z6Mk",
        "1" * 48,
        "z" * 48,
        "z" + "1" * 47,
        "z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc",  # X25519 (did:key specification)
        "zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv",  # P-256 (did:key specification)
        "u7QGwCjjcB5zTd2ZL3zC4hLGN9pZJXKIrPXQUMmnKsG6s3Q",  # base64url
        "Z6MKRJVNAZKEFZDQYMZU1CGJG7K1PZZ6PVBQ7XJPT4SWBTQ2",
        " z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
        "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2\n",
    ],
)
def test_what_is_no_ed25519_key_text(text: str) -> None:
    """Other lengths, alphabets, key types and spellings are `key.form`."""
    with pytest.raises(SignatureRefused) as refused:
        keys.decode_multikey(text)
    assert refused.value.code == "key.form"


def test_lengths_of_keys_seeds_and_entropy_are_checked() -> None:
    """Too short a key, seed or handful of dice is refused before anything is made of it."""
    for code, make in [
        ("key.form", lambda: keys.encode_multikey(bytes(31))),
        ("key.form", lambda: SigningKey.from_seed(bytes(33))),
        ("key.entropy", lambda: SigningKey.generate(bytes(31))),
    ]:
        with pytest.raises(SignatureRefused) as refused:
            make()
        assert refused.value.code == code


def test_a_generated_key_follows_from_its_entropy_alone() -> None:
    """The same dice give the same key and other dice another, so that simulations repeat."""
    first, again = SigningKey.generate(b"a" * 32), SigningKey.generate(b"a" * 32)
    assert first.text == again.text != SigningKey.generate(b"a" * 33).text
    assert keys.admit_key(first.text) == first.public


def test_a_signing_key_shows_only_its_public_text() -> None:
    """Neither repr nor str of a private key holds its seed."""
    seed = bytes(range(32))
    key = SigningKey.from_seed(seed)
    assert repr(key) == str(key) == f"SigningKey({key.text})"
    assert not hasattr(key, "__dict__")


RFC_8410 = b"""-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
"""


def test_the_key_file_of_rfc_8410() -> None:
    """The RFC's example file (section 10.3) gives its public key (section 10.1), and is what we write."""
    key = SigningKey.read_pem(RFC_8410)
    assert key.public.hex() == "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1"
    assert key.write_pem() == RFC_8410


def foreign_key_files() -> Iterator[Any]:
    """Yield files that hold no usable key."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    locked = serialization.BestAvailableEncryption(b"sesame")
    yield pytest.param(Ed25519PrivateKey.generate().private_bytes(pem, pkcs8, locked), id="encrypted")
    curve = ec.generate_private_key(ec.SECP256R1())
    yield pytest.param(curve.private_bytes(pem, pkcs8, serialization.NoEncryption()), id="another-kind")
    yield pytest.param(RFC_8410[:60], id="cut")
    yield pytest.param(b"", id="empty")
    yield pytest.param(b"sesame\xff\x00", id="noise")


@pytest.mark.parametrize("pem", list(foreign_key_files()))
def test_an_unusable_key_file_is_explained(pem: bytes) -> None:
    """A locked, foreign, cut or empty key file gives `key.file` and a sentence without its content."""
    with pytest.raises(SignatureRefused) as refused:
        SigningKey.read_pem(pem)
    assert refused.value.code == "key.file"
    assert refused.value.detail.endswith(".")
    assert "sesame" not in str(refused.value)
