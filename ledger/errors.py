"""What can go wrong on the ground floor: one root, few classes, each able to explain itself.

An error names a place (a JSON pointer, a line, an index) and a rule; it never repeats the input, so that
hostile text cannot travel into logs, terminals or answers.
"""

from __future__ import annotations


class LedgerError(Exception):
    """Bytes, a signature, a proof or a store broke a rule.

    `code` is stable and documented (docs/reference/problems.md); `detail` is one English sentence;
    `pointer` is a JSON pointer (RFC 6901) into what was read, or empty; `hint` says what to do.
    """

    def __init__(self, code: str, detail: str, *, pointer: str = "", hint: str = "") -> None:
        super().__init__(code, detail, pointer, hint)
        self.code = code
        self.detail = detail
        self.pointer = pointer
        self.hint = hint

    def __str__(self) -> str:
        where = f" at {self.pointer}" if self.pointer else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.code}{where}: {self.detail}{hint}"


class FormError(LedgerError):
    """Bytes that are not in the one form of PROTOCOL section 2 (codes `form.*`)."""


class SignatureRefused(LedgerError):
    """A key or a signature that the one signature rule refuses (codes `key.*` and `signature.*`)."""


class ProofError(LedgerError):
    """A tree, note, checkpoint, quorum or heads proof that does not hold (codes `proof.*`, `note.*`, …)."""


class StoreError(LedgerError):
    """A store that cannot be trusted or used: behind its head file, locked, of another log (codes `store.*`)."""
