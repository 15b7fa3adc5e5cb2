"""Evaluations on Dask clusters."""
