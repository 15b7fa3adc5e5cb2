"""One judgment per file; none knows another. :mod:`glompo.core.decide` asks them in order."""
