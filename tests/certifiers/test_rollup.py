"""The roll-up: three verdicts out of 21 claims, as PROTOCOL section 9 words it, whatever the claims are."""

from __future__ import annotations

from importlib import resources

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certifiers.claims import CLAIMS
from certifiers.extent import Extent, Part
from certifiers.outcome import Outcome, Status
from certifiers.rollup import GROUPS, ROLLUP_VERSION, Standing, Verdict, roll_up

PPM = 1_000_000

# As the protocol's paragraph "Roll-up" has them.
CLAIMS_OF = {
    "origin": ["O1", "O2", "O3", "O4", "O5"],
    "transit": ["T1", "T2", "T3", "T4", "T5"],
    "certification": ["K1", "K2", "K3", "K4", "K5"],
}
REQUIRED_BY = {
    "origin": {"O1", "O2", "O4", "G1"},
    "transit": {"T1", "G1"},
    "certification": {"K1", "K2", "K5", "G1"},
}
ORDER = ["attested", "consistent", "proved"]

statuses = st.fixed_dictionaries({code: st.sampled_from(Status) for code in CLAIMS})
coverages = st.fixed_dictionaries({code: st.integers(1, 100) for code in CLAIMS})


def outcomes(states: dict[str, Status], covered: dict[str, int] | None = None) -> list[Outcome]:
    """Claims of given statuses, each covering so many of 100 g."""
    return [
        Outcome(code, states.get(code, Status.PROVED), Extent(Part((covered or {}).get(code, 100), 100)))
        for code in CLAIMS
    ]


def verdict(name: str, states: dict[str, Status], *, held: bool = False) -> Verdict:
    """One verdict, all claims proved but some."""
    return next(one for one in roll_up(outcomes(states), held=held) if one.name == name)


def test_the_data_are_the_protocol_s() -> None:
    """Version 1: which claims each verdict has and requires stands in the data, not in code."""
    assert ROLLUP_VERSION == 1
    assert {name: list(group.claims) for name, group in GROUPS.items()} == CLAIMS_OF
    assert {name: set(group.required) for name, group in GROUPS.items()} == REQUIRED_BY
    raw = orjson.loads(resources.files("certifiers").joinpath("data/rollup.json").read_bytes())
    assert raw["version"] == ROLLUP_VERSION


def test_everything_proved_is_shown() -> None:
    """Three verdicts in their order, shown for the whole, resting on proofs."""
    found = roll_up(outcomes({}), held=False)
    assert [(one.name, one.standing, one.share_ppm, one.weakest) for one in found] == [
        (name, Standing.SHOWN, PPM, Status.PROVED) for name in ("origin", "transit", "certification")
    ]


@pytest.mark.parametrize(
    ("claim", "status", "standing"),
    [
        ("O5", Status.REFUTED, Standing.CONTRADICTED),
        ("O1", Status.REFUTED, Standing.CONTRADICTED),
        ("O1", Status.NOT_SHOWN, Standing.NOT_SHOWN),
        ("O1", Status.WITHHELD, Standing.NOT_SHOWN),
        ("O1", Status.NOT_APPLICABLE, Standing.SHOWN),
        ("O3", Status.NOT_SHOWN, Standing.SHOWN),
        ("G1", Status.NOT_SHOWN, Standing.NOT_SHOWN),
        ("V3", Status.REFUTED, Standing.SHOWN),
        ("T1", Status.NOT_SHOWN, Standing.SHOWN),
    ],
)
def test_one_claim_decides_what_it_may(claim: str, status: Status, standing: Standing) -> None:
    """Any of its claims contradicts origin, only the required ones leave it not shown, the others' never touch it."""
    assert verdict("origin", {claim: status}).standing is standing


@pytest.mark.parametrize("name", GROUPS)
def test_a_hold_stands_above_everything(name: str) -> None:
    """Held is neither shown nor contradicted, whatever the claims are."""
    assert verdict(name, {}, held=True).standing is Standing.HELD
    assert (
        verdict(name, {"O1": Status.REFUTED, "T1": Status.REFUTED, "K1": Status.REFUTED}, held=True).share_ppm
        == 0
    )


def test_the_weakest_is_named() -> None:
    """One attested claim among proved ones: the verdict is shown and says on what it rests."""
    found = verdict("certification", {"K2": Status.ATTESTED, "K5": Status.CONSISTENT})
    assert (found.standing, found.weakest, found.because) == (Standing.SHOWN, Status.ATTESTED, ("K2",))


def test_below_the_whole_is_in_part() -> None:
    """62 of 100 g of one required claim: shown in part, for 620,000 ppm."""
    found = roll_up(outcomes({}, {"O1": 62}), held=False)
    assert (found[0].standing, found[0].share_ppm) == (Standing.IN_PART, 620_000)
    assert found[1].standing is Standing.SHOWN


@given(states=statuses, covered=coverages, held=st.booleans())
def test_the_protocol_s_sentence_decides(
    states: dict[str, Status], covered: dict[str, int], *, held: bool
) -> None:
    """Held; else contradicted by any claim of its own; else not shown by a required one; else in part; else shown."""
    for found in roll_up(outcomes(states, covered), held=held):
        own = {states[code].value for code in CLAIMS_OF[found.name]}
        required = {code: states[code].value for code in REQUIRED_BY[found.name]}
        shown = [code for code, status in required.items() if status in ORDER]
        if held:
            expected = "held"
        elif "refuted" in own or "refuted" in required.values():
            expected = "contradicted"
        elif {"not_shown", "withheld"} & set(required.values()):
            expected = "not_shown"
        elif min((covered[code] for code in shown), default=100) < 100:
            expected = "shown_in_part"
        else:
            expected = "shown"
        assert found.standing.value == expected
        if expected.startswith("shown") and shown:
            assert found.weakest == min((required[code] for code in shown), key=ORDER.index)
