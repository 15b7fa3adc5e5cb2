"""Tasks that are programs."""
