"""Evaluations in guarded processes of this machine."""
