"""Durable files of a run: the journal and its readers, the lease of its writer, disposable snapshots."""
