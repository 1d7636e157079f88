"""Two verifiers, written apart from one page, say the same of any bytes.

`second_verifier` knows nothing of the project. Where the two differ, one of them or the page is wrong: bundles that
honest software makes, attacks with a name and the step that must stop them, and mutants drawn by seeded dice. The
environment variable OTC_MUTANTS says how many mutants there are (1,500 if it says nothing).
"""

from __future__ import annotations

import gzip
import os
from collections import Counter
from typing import TYPE_CHECKING, Any

import attack_tools
import forge
import mutants
import pytest
import second_verifier

from certifiers.examined import Examined, Failure
from certifiers.steps import StepError, examine, step_1
from ledger.errors import LedgerError
from ledger.trust_file import read_trust

if TYPE_CHECKING:
    from conftest import Season

pytestmark = pytest.mark.slow

MUTANTS = int(os.environ.get("OTC_MUTANTS", "1500"))
PARTS = 10


def project_says(data: bytes, trust: bytes, lot: str | None = None) -> dict[str, Any]:
    """Put what the project's verifier finds in the second one's words; the trust file is read in step 2."""
    try:
        believed = read_trust(trust)
    except LedgerError:
        try:
            step_1(data, lot)
        except StepError:
            return {"ok": False, "step": 1}
        return {"ok": False, "step": 2}
    found = examine(data, believed, lot=lot)
    return {"ok": False, "step": found.step} if isinstance(found, Failure) else _shown(found)


def _shown(found: Examined) -> dict[str, Any]:
    return {
        "ok": True,
        "size": found.size,
        "root": found.entries[found.size].envelope.payload.body["root"],
        "lot": found.lot,
        "subjects": {subject: list(indexes) for subject, indexes in found.chains.items()},
        "files": {subject: list(indexes) for subject, indexes in found.files.items()},
        "absent": sorted(found.absent),
    }


def test_both_accept_what_honest_software_makes(season: Season) -> None:
    """Each lot of the season, with disclosures, absences and cuts, plain and gzipped: good, and read alike."""
    for name, data in season.bundles.items():
        said = second_verifier.examine(data, season.trust)
        assert (name, said["ok"]) == (name, True)
        assert said == project_says(data, season.trust)
        assert said == second_verifier.examine(gzip.compress(data), season.trust)
        assert said == project_says(gzip.compress(data), season.trust)


def test_chains_and_files_are_those_of_the_log(season: Season) -> None:
    """What both show of a subject is every entry of the log that links it, and every one about it."""
    shown = second_verifier.examine(season.bundles["coltan"], season.trust)
    facts = [forge.facts(entry) for entry in season.entries]
    assert shown["size"] == len(season.entries)
    for subject, chain in shown["subjects"].items():
        assert chain == [index for index, said in enumerate(facts) if subject in said.chains]
        assert shown["files"][subject] == [index for index, said in enumerate(facts) if subject in said.files]


def test_a_third_hand_writes_the_same_bytes(season: Season) -> None:
    """The forger, when it does not lie, writes bundles that equal the project's byte for byte."""
    for name, lot in season.lots.items():
        assert season.forger.bundle(season.entries, lot, season.subjects[name]) == season.bundles[name]


def test_another_lot_than_the_one_asked_for_is_refused(season: Season) -> None:
    """The header's lot is the bearer's choice; who asks for one gets a refusal for any other."""
    asked, other = season.lots["train"], season.lots["stones"]
    for says in (second_verifier.examine, project_says):
        assert says(season.bundles["train"], season.trust, asked)["ok"]
        assert says(season.bundles["train"], season.trust, other) == {"ok": False, "step": 1}


@pytest.mark.parametrize("name", attack_tools.ATTACKS)
def test_an_attack_is_stopped_where_the_page_says(name: str) -> None:
    """Both verifiers stop each named attack at the step that the page names, and let good oddities pass."""
    step, attack = attack_tools.ATTACKS[name]
    data, trust = attack()
    said = second_verifier.examine(data, trust)
    assert step == said.get("step", 0)
    assert said == project_says(data, trust)


@pytest.mark.parametrize("part", range(PARTS))
def test_mutants_are_judged_alike(part: int, season: Season) -> None:
    """No mutant is good for one and bad for the other, or stopped at another step, or shows another thing."""
    for seed in range(part, MUTANTS, PARTS):
        data, trust = mutants.draw(seed, season)
        said = second_verifier.examine(data, trust)
        assert (seed, said) == (seed, project_says(data, trust))


def test_mutants_reach_every_step(season: Season) -> None:
    """The dice are worth throwing: of 200 mutants some die at each of the five steps, and some live."""
    drawn = (mutants.draw(seed, season) for seed in range(200))
    reached = Counter(second_verifier.examine(*mutant).get("step", 0) for mutant in drawn)
    assert {0, 1, 2, 3, 4, 5} == set(reached)
