"""Where optimizers live."""
