"""Contracts of optimizers and policies as checks."""
