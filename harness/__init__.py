"""Evaluation and regression tests for systems of agents."""

from harness.system.loading import System

__all__ = ["System"]
