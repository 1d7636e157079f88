"""The balance check (rule R5): edges and losses out of each input sum to it exactly, in grams and milligrams.

Beside it the limit that chemistry sets to a grade (rule R8), so that metal cannot be moved without the ore around it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from corridor.lineage import Flow
from corridor.quantities import contained_mg as metal_at
from corridor.quantities import grade_ceiling_ppm
from corridor.refusals import refuse
from corridor.states import Holding


def check_balance(inputs: Mapping[str, Holding], outputs: frozenset[str], flows: Sequence[Flow]) -> None:
    """Refuse flows between other lots than the event's, and any gram or milligram created or lost.

    `flows` are the body's edges followed by its losses; pointers name /body/edges.
    """
    for position, flow in enumerate(flows):
        if flow.source not in inputs or (flow.target and flow.target not in outputs):
            refuse("mass.edge", f"/body/edges/{position}" if flow.target else "/body/losses")
    if outputs - {flow.target for flow in flows}:
        refuse("mass.edge", "/body/edges", hint="Every output needs an edge.")
    for subject, holding in inputs.items():
        mine = [flow for flow in flows if flow.source == subject]
        if sum(flow.dry_mass_g for flow in mine) != holding.dry_mass_g:
            refuse("mass.not_balanced", "/body/edges", subject=subject)
        analytes = {analyte for flow in mine for analyte in flow.contained_mg} | set(holding.contained_mg)
        for analyte in analytes:
            out_mg = sum(flow.contained_mg.get(analyte, 0) for flow in mine)
            if out_mg != holding.contained_mg.get(analyte, 0):
                refuse("mass.not_balanced", "/body/edges", subject=subject)


def check_available(holding: Holding, dry_mass_g: int, contained_mg: Mapping[str, int], pointer: str) -> None:
    """Refuse to take more than is there: nothing goes below zero."""
    if dry_mass_g > holding.dry_mass_g:
        refuse("mass.insufficient", f"{pointer}/dry_mass_g")
    for analyte, mg in contained_mg.items():
        if mg > holding.contained_mg.get(analyte, 0):
            refuse("mass.insufficient", f"{pointer}/contained_mg/{analyte}")


def check_grades(hs: str, dry_mass_g: int, contained_mg: Mapping[str, int], pointer: str) -> None:
    """Refuse more of an analyte than goods of the HS code can hold (rule R8: SnO2 has at most 78.8 % of tin)."""
    for analyte, mg in contained_mg.items():
        if mg > metal_at(dry_mass_g, grade_ceiling_ppm(hs, analyte)):
            refuse(
                "grade.impossible", f"{pointer}/{analyte}", hint="Check the unit and the basis of the assay."
            )
