"""Code lists: the words in which events speak of minerals, roles, places and acts.

Each list names the public source whose codes or terms it carries; a code is data and never a key of an event.
Example: an event that says `"hs": "261590"` and `"custody_model": "segregated"` speaks of
`COMMODITIES["261590"]` (mineral `coltan`) and of `CustodyModel.SEGREGATED`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

# ISO 3166-1 alpha-2, the 249 officially assigned codes. A code says where, and takes no side: EH and MA are
# both in the standard and both stand here.
_ASSIGNED: Final = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT "
    "BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH "
    "ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT "
    "HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS "
    "LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI "
    "NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG "
    "SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG "
    "UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
)
COUNTRIES: Final = frozenset(_ASSIGNED.split())


class Mineral(StrEnum):
    """What accreditations, policies and certificates are scoped by.

    The first four are the designated minerals of the ICGLR certification manual.
    """

    GOLD = "gold"
    CASSITERITE = "cassiterite"
    WOLFRAMITE = "wolframite"
    COLTAN = "coltan"
    COPPER = "copper"
    COBALT = "cobalt"
    LITHIUM = "lithium"
    GRAPHITE = "graphite"
    MANGANESE = "manganese"
    IRON = "iron"
    BAUXITE = "bauxite"


class LotForm(StrEnum):
    """What a lot is made of, from rock to metal and back."""

    ORE = "ore"
    CONCENTRATE = "concentrate"
    OXIDE = "oxide"
    HYDROXIDE = "hydroxide"
    SULPHATE = "sulphate"
    BLISTER = "blister"
    CATHODE = "cathode"
    METAL = "metal"  # ingot, doré, powder
    SCRAP = "scrap"
    TAILINGS = "tailings"


class Analyte(StrEnum):
    """What a laboratory reports a grade of: the element, or the oxide in which the trade counts it."""

    AU = "Au"
    SN = "Sn"
    WO3 = "WO3"
    TA2O5 = "Ta2O5"
    NB2O5 = "Nb2O5"
    CU = "Cu"
    CO = "Co"
    LI2O = "Li2O"
    FIXED_CARBON = "C_fixed"
    MN = "Mn"
    FE = "Fe"
    AL2O3 = "Al2O3"


@dataclass(frozen=True, slots=True)
class Commodity:
    """One HS 2022 six-digit code: what is traded under it, its mineral, and which grades are possible.

    `analyte` is what the goods are paid for. `ceilings_ppm` holds, in ppm of dry mass, the most of an analyte
    that the goods can contain; an analyte that is not named there is bounded by the whole alone.
    """

    hs: str
    name: str
    mineral: Mineral
    analyte: Analyte
    ceilings_ppm: Mapping[str, int] = field(default_factory=dict)


# Ceilings by stoichiometry, from IUPAC's abridged standard atomic weights (2021), raised to the next ppm. Each
# is that of the richest ore mineral or salt traded under the code, so that nothing possible is refused:
#   SnO2 cassiterite     Sn     118.710 / 150.708 = 0.787 683
#   CaWO4 scheelite      WO3    231.837 / 287.914 = 0.805 231  (wolframite stays below)
#   MnTa2O6 tantalite    Ta2O5  441.891 / 512.828 = 0.861 675
#   MnNb2O6 columbite    Nb2O5  265.807 / 336.744 = 0.789 345
#   Cu2O cuprite         Cu     127.092 / 143.091 = 0.888 191
#   CoOOH heterogenite   Co      58.933 /  91.939 = 0.641 002
#   CoO                  Co      58.933 /  74.932 = 0.786 487
#   CoSO4                Co      58.933 / 154.989 = 0.380 240  (its hydrates stay below)
#   LiAlSiO4 eucryptite  Li2O    29.879 / 252.006 = 0.118 565  (spodumene stays below)
#   Mn3O4 hausmannite    Mn     164.814 / 228.810 = 0.720 310
#   Fe3O4 magnetite      Fe     167.535 / 231.531 = 0.723 597
#   AlOOH diaspore       Al2O3  101.961 / 119.976 = 0.849 845  (gibbsite stays below)
# Native metals, metals, scrap and graphite have no ceiling below the whole. Tin, tungsten and tantalum ores
# share theirs: each is the others' co-product.
_3T: Final[Mapping[str, int]] = MappingProxyType(
    {Analyte.SN: 787_683, Analyte.WO3: 805_231, Analyte.TA2O5: 861_675, Analyte.NB2O5: 789_345}
)

# Names follow the HS 2022 headings in short. The codes of the designated minerals are those of the ICGLR's
# draft data standard; the others are from memory, to be checked before a customs system relies on them.
COMMODITIES: Final[Mapping[str, Commodity]] = MappingProxyType(
    {
        commodity.hs: commodity
        for commodity in (
            Commodity("250410", "natural graphite", Mineral.GRAPHITE, Analyte.FIXED_CARBON),
            Commodity("253090", "lithium ores", Mineral.LITHIUM, Analyte.LI2O, {Analyte.LI2O: 118_565}),
            Commodity("260111", "iron ores", Mineral.IRON, Analyte.FE, {Analyte.FE: 723_597}),
            Commodity("260200", "manganese ores", Mineral.MANGANESE, Analyte.MN, {Analyte.MN: 720_310}),
            Commodity("260300", "copper ores", Mineral.COPPER, Analyte.CU, {Analyte.CU: 888_191}),
            Commodity("260500", "cobalt ores", Mineral.COBALT, Analyte.CO, {Analyte.CO: 641_002}),
            Commodity("260600", "bauxite", Mineral.BAUXITE, Analyte.AL2O3, {Analyte.AL2O3: 849_845}),
            Commodity("260900", "tin ores", Mineral.CASSITERITE, Analyte.SN, _3T),
            Commodity("261100", "tungsten ores", Mineral.WOLFRAMITE, Analyte.WO3, _3T),
            Commodity("261590", "tantalum and niobium ores", Mineral.COLTAN, Analyte.TA2O5, _3T),
            Commodity("261690", "precious-metal ores", Mineral.GOLD, Analyte.AU),
            Commodity("282200", "cobalt hydroxide", Mineral.COBALT, Analyte.CO, {Analyte.CO: 786_487}),
            Commodity("283329", "cobalt sulphate", Mineral.COBALT, Analyte.CO, {Analyte.CO: 380_240}),
            Commodity("710812", "gold, unwrought", Mineral.GOLD, Analyte.AU),
            Commodity("740200", "copper blister and anodes", Mineral.COPPER, Analyte.CU),
            Commodity("740311", "copper cathodes", Mineral.COPPER, Analyte.CU),
            Commodity("740400", "copper scrap", Mineral.COPPER, Analyte.CU),
            Commodity("810520", "cobalt, unwrought", Mineral.COBALT, Analyte.CO),
            Commodity("810530", "cobalt scrap", Mineral.COBALT, Analyte.CO),
        )
    }
)


class AssayBasis(StrEnum):
    """The mass to which a grade refers."""

    DRY = "dry"
    AS_RECEIVED = "as_received"


class Unit(StrEnum):
    """Units of mass by their UN/ECE Recommendation 20 common codes."""

    GRAM = "GRM"
    KILOGRAM = "KGM"
    TONNE = "TNE"
    POUND = "LBR"


class Role(StrEnum):
    """What an accredited party may do; one party can hold several."""

    INTRODUCER = "introducer"  # admits and accredits others
    AUTHORITY = "authority"  # a state's mines authority: sites, policies, holds
    INSPECTOR = "inspector"  # visits sites
    TAGGING_AGENT = "tagging_agent"  # issues and voids tags
    CERTIFIER = "certifier"  # issues mineral certificates
    LABORATORY = "laboratory"  # assays
    CUSTOMS = "customs"  # border crossings, seals
    TRANSPORT_OFFICER = "transport_officer"  # passages at control posts
    TAX_OFFICE = "tax_office"  # receipts
    AUDITOR = "auditor"  # verifications on the record
    INTERMEDIARY = "intermediary"  # opens incidents, shields the reporter


class SiteStatus(StrEnum):
    """Mine-site status of the ICGLR certification manual."""

    GREEN = "green"  # conforms
    YELLOW = "yellow"  # sells while it mends what was found
    RED = "red"  # no sale
    BLUE = "blue"  # not inspected yet


SALE_ALLOWED: Final = frozenset({SiteStatus.GREEN, SiteStatus.YELLOW})
"""The statuses under which a site may sell (claim O2)."""


class TransportMode(StrEnum):
    """Modes of transport; beside each its UN/ECE Recommendation 19 code."""

    SEA = "sea"  # 1
    RAIL = "rail"  # 2
    ROAD = "road"  # 3
    AIR = "air"  # 4
    INLAND_WATER = "inland_water"  # 8


class CustodyModel(StrEnum):
    """Chain-of-custody models of ISO 22095, strongest first: downstream a lot's model only weakens."""

    IDENTITY_PRESERVED = "identity_preserved"
    SEGREGATED = "segregated"
    CONTROLLED_BLENDING = "controlled_blending"
    MASS_BALANCE = "mass_balance"
    BOOK_AND_CLAIM = "book_and_claim"

    @property
    def weakness(self) -> int:
        """Its place in the order of strength: 0 is the strongest."""
        return _BY_STRENGTH.index(self)


_BY_STRENGTH: Final = tuple(CustodyModel)


def weakest_model(*models: CustodyModel) -> CustodyModel:
    """Return the model that goods of all these `models` (at least one) have once they are put together."""
    return max(models, key=lambda model: model.weakness)


class SealAct(StrEnum):
    """What is done to a seal."""

    APPLIED = "applied"
    VERIFIED = "verified"
    BROKEN = "broken"


class SealClass(StrEnum):
    """Mechanical freight seals by the mark that ISO 17712 puts on them."""

    INDICATIVE = "I"
    SECURITY = "S"
    HIGH_SECURITY = "H"


class IncidentClass(StrEnum):
    """The risks of the OECD Due Diligence Guidance for minerals, Annex II, in its order."""

    TORTURE = "torture"  # paragraph 1, cruel, inhuman and degrading treatment
    FORCED_LABOUR = "forced_labour"  # 1
    WORST_CHILD_LABOUR = "worst_child_labour"  # 1
    GROSS_ABUSES = "gross_abuses"  # 1, such as widespread sexual violence
    WAR_CRIMES = "war_crimes"  # 1
    NON_STATE_ARMED_GROUPS = "non_state_armed_groups"  # 3
    SECURITY_FORCES = "security_forces"  # 5
    BRIBERY = "bribery"  # 11
    FALSE_ORIGIN = "false_origin"  # 11, fraudulent misrepresentation of origin
    MONEY_LAUNDERING = "money_laundering"  # 13
    UNPAID_DUES = "unpaid_dues"  # 14, taxes, fees and royalties


CRITICAL_INCIDENTS: Final = frozenset(
    {
        IncidentClass.TORTURE,
        IncidentClass.FORCED_LABOUR,
        IncidentClass.WORST_CHILD_LABOUR,
        IncidentClass.GROSS_ABUSES,
        IncidentClass.WAR_CRIMES,
        IncidentClass.NON_STATE_ARMED_GROUPS,
    }
)
"""Where Annex II (paragraphs 2 and 4) asks a buyer to suspend at once; the others ask for a plan."""


class LossKind(StrEnum):
    """Why dry mass left a lot; moisture is none of it."""

    HANDLING = "handling"
    SPILLAGE = "spillage"
    DUST = "dust"
    SAMPLING = "sampling"
    TAILINGS = "tailings"
    SLAG = "slag"
    VOLATILE = "volatile"  # driven off by heat: sulphur, crystal water
    THEFT = "theft"
    SEIZURE = "seizure"
    DESTRUCTION = "destruction"


class Process(StrEnum):
    """Transformations from ore to metal, in the usual terms of mineral processing."""

    SORTING = "sorting"
    CRUSHING = "crushing"
    WASHING = "washing"
    DRYING = "drying"
    GRAVITY_SEPARATION = "gravity_separation"
    MAGNETIC_SEPARATION = "magnetic_separation"
    FLOTATION = "flotation"
    ROASTING = "roasting"
    LEACHING = "leaching"
    PRECIPITATION = "precipitation"
    CRYSTALLISATION = "crystallisation"
    SMELTING = "smelting"
    ELECTROWINNING = "electrowinning"
    REFINING = "refining"


UNKNOWN: Final = "unknown"
"""The origin class of mass whose origin nobody has shown; it never disappears by blending (rule R17)."""

ORIGIN_CLASS: Final = re.compile(
    r"country:[A-Z]{2}|recycled:[A-Z]{2}|site:[a-z2-7]{32}/[A-Z0-9][A-Z0-9._-]{0,63}|unknown"
)
"""An origin class key (PROTOCOL section 2): a country, a collection country, a site's subject, or unknown."""


def is_origin_class(key: str) -> bool:
    """Tell whether `key` names an origin class whose country, if it has one, exists."""
    if ORIGIN_CLASS.fullmatch(key) is None:
        return False
    kind, _, country = key.partition(":")
    return kind in {"site", UNKNOWN} or country in COUNTRIES


_CONTAINER: Final = re.compile(r"[A-Z]{3}[JUZ][0-9]{7}")
_LETTERS: Final = "0123456789A?BCDEFGHIJK?LMNOPQRSTU?VWXYZ"
"""A character's place here is its ISO 6346 value: letters begin at 10 and skip the multiples of 11."""


def container_check_digit(code: str) -> int:
    """Return the ISO 6346 check digit of the first ten characters of a container `code` (CSQU305438 has 3)."""
    weighted = sum(_LETTERS.index(character) << place for place, character in enumerate(code[:10]))
    return weighted % 11 % 10


def is_container(code: str) -> bool:
    """Tell whether `code` is a container number of ISO 6346, with the right check digit."""
    return _CONTAINER.fullmatch(code) is not None and container_check_digit(code) == int(code[10])
