"""The pure heart of a run: events in, commands out. No clock, file, thread, logger or global random state."""
