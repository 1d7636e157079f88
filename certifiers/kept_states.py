"""Every subject's last state in little memory: the latest ones as values, the others as their bytes.

An audit goes through all subjects of a log, and most of them rest for ever after a few events. Example: with room for
two, after states of a, b and c, that of a is kept as JSON and read again when it is asked for.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Final

from corridor.states import State, read_state, write_state

AT_HAND: Final = 4_096
"""States kept as values: some kilobytes each, so that they stay below some twenty megabytes."""


class KeptStates:
    """Subjects with their last states."""

    def __init__(self, at_hand: int = AT_HAND) -> None:
        self._most = at_hand
        self._at_hand: OrderedDict[str, State] = OrderedDict()
        self._at_rest: dict[str, bytes] = {}

    def get(self, subject: str) -> State | None:
        """Give a subject's state, None if there is none."""
        state = self._at_hand.get(subject)
        if state is not None:
            self._at_hand.move_to_end(subject)
            return state
        data = self._at_rest.get(subject)
        if data is not None:
            state = read_state(data)
            self.update({subject: state})
        return state

    def update(self, changes: Mapping[str, State]) -> None:
        """Take over new states."""
        for subject, state in changes.items():
            self._at_hand[subject] = state
            self._at_hand.move_to_end(subject)
        while len(self._at_hand) > self._most:
            subject, state = self._at_hand.popitem(last=False)
            self._at_rest[subject] = write_state(state)

    def items(self) -> Iterator[tuple[str, bytes]]:
        """Give every subject with its state's bytes, subjects ascending."""
        for subject in sorted(self._at_rest.keys() | self._at_hand.keys()):
            state = self._at_hand.get(subject)
            yield subject, self._at_rest[subject] if state is None else write_state(state)
