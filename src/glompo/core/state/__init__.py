"""The fold of a run's events: its state, the life of optimizers, sessions, checkpoints, snapshots."""
