"""The ground: who said what, in what order, and proof that nobody changed it. It knows no minerals."""
