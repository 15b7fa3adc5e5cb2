"""Recorded evaluations: rows, blocks and curves."""
