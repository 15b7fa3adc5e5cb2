"""Runs that are watched while they go on."""

from __future__ import annotations

from ..cli.conftest import launch, project

__all__ = ["launch", "project"]
