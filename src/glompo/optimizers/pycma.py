"""The package cma, of which two modules are executed only when something asks for what is in them.

``import cma`` takes ten times as long as what a search needs of it: its module of surrogates draws in all of
scipy.stats for a rank correlation, and its shortcuts for interactive use matplotlib.pyplot. No search of ours calls
either.
"""

from __future__ import annotations

from glompo.optimizers.later import imported

cma = imported("cma", ("cma.fitness_models", "cma.s"))
