"""Integrands that come with resonaut: toys with known integrals, and hard processes at tree level.

One a file, found by name in `lookup`; docs/integration.md describes them.
"""
