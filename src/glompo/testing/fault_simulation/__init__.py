"""Simulated runs under faults."""
