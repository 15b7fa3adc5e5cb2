"""One judgment per file; none knows another. :mod:`glompo.core.decisions.decide` asks them in order."""
