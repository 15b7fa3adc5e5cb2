"""The package scipy.optimize, without the translator of Fortran that numpy brings along.

SciPy looks at all that numpy has, and with that imports ``numpy.f2py``, a sixth of the time that the import takes.
"""

from __future__ import annotations

from glompo.optimizers.later import imported

optimize = imported("scipy.optimize", ("numpy.f2py",))
