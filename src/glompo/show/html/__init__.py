"""Runs as HTML: the page of a report, and what a notebook shows. Whatever comes from a run is text there."""
