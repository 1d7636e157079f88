"""The wheel: what is installed on somebody's machine, and nothing else."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

FLOORS = {"ledger", "corridor", "certifiers", "api", "simulations"}


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names in a wheel built from this folder as it is."""
    folder = tmp_path_factory.mktemp("wheel")
    (built,) = WheelBuilder(str(root)).build(directory=str(folder), versions=["standard"])
    return zipfile.ZipFile(built).namelist()


def test_the_wheel_holds_the_five_floors_only(wheel: list[str]) -> None:
    """Five packages and their metadata: no tests, no caches, nothing that overwrites somebody else's."""
    tops = {name.partition("/")[0] for name in wheel}
    metadata = {top for top in tops if top.endswith(".dist-info")}
    assert len(metadata) == 1
    assert tops - metadata == FLOORS
    assert not [name for name in wheel if "__pycache__" in name or name.endswith(".pyc")]


def test_the_wheel_holds_the_data_and_the_licence(wheel: list[str]) -> None:
    """Each data file of each floor travels with the code, so do the type marks and the licence."""
    assert "corridor/data/corridors.json" in wheel
    assert {f"{floor}/py.typed" for floor in FLOORS} <= set(wheel)
    assert [name for name in wheel if name.endswith(".dist-info/licenses/LICENSE")]
    assert [name for name in wheel if name.endswith(".dist-info/entry_points.txt")]


def test_every_file_of_a_floor_is_in_the_wheel(root: Path, wheel: list[str]) -> None:
    """Nothing is forgotten by the build: what lies in a package's folder is installed with it."""
    ours = {
        file.relative_to(root).as_posix()
        for floor in FLOORS
        for file in (root / floor).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert ours - set(wheel) == set()
