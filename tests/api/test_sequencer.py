"""The sequencer: group commit, checkpoints in their rhythm, cosignatures, the clock, and what stops it."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from api import settings
from api.founding import FoundingKeys, found
from api.publisher import Publisher, Rhythm
from api.refusal import RequestRefused
from api.sequencer import Sequencer
from api.wiring import Ledger, open_ledger
from conftest import ORIGIN, QUICK, START_MS, STRICT_ORIGIN, Author, HandClock, id_of, witness_vkey, witnessing
from corridor.journal import Committed, NotCommitted, Outcome, read_signed
from ledger.checkpoint import read_checkpoint
from ledger.envelope import read_entry
from ledger.errors import LedgerError, StoreError
from ledger.note import read_note
from ledger.quorum import judge
from ledger.trust_file import TrustedWitness
