"""HTTP routes, a module for each thing they serve; they hold no rules."""
