"""The loop: receive, record, decide, record, act."""
