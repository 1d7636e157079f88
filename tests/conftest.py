"""Settings that hold for all tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# No test is timed: how fast a machine draws examples says nothing about a promise (benchmarks measure ratios).
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
