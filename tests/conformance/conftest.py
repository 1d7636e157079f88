"""A season of all four stories, played in memory into one log, and the bundles of its lots.

Beside the stories there is what they lack: a declared lot with a commitment and an `after`, events signed in a batch,
and checkpoints in between, so that there are old heads.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
import simpy

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode gives a test folder no place on the path

from forge import COSIGNED_AT_S, Forger, batch_envelopes  # noqa: E402  # from this folder

from api.client import Client, ClientProblem, Receipt  # noqa: E402  # after the path
