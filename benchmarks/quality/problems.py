"""The families of problems, each a name, its dimension, the function, its bounds and its lowest value."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Point = NDArray[np.float64]
Function = Callable[[Point], float]


@dataclass(frozen=True)
class Problem:
    """One function to be minimised.

    Attributes
    ----------
    family, name : str
        Where it belongs, and what it is called there.
    f : callable
        The function, of points of shape (d,).
    bounds : ndarray of shape (d, 2)
        Lower and upper bounds.
    lowest : float
        The lowest value, as published or as found in long runs.
    scale : float
        Unit of the targets: 1, or what makes them comparable.
    """

    family: str
    name: str
    f: Function
    bounds: NDArray[np.float64]
    lowest: float
    scale: float = 1.0

    @property
    def dims(self) -> int:
        """Number of parameters."""
        return len(self.bounds)


def _box(dims: int, half: float) -> NDArray[np.float64]:
    return np.array([(-half, half)] * dims)


def bbob(functions: range, dims: tuple[int, ...], instances: tuple[int, ...], family: str) -> Iterator[Problem]:
    """Functions of the BBOB suite (Hansen et al., Optim. Methods Softw. 36, 114, 2021), by ioh."""
    import ioh

    for d in dims:
        for number in functions:
            for instance in instances:
                f = ioh.get_problem(number, instance, d, ioh.ProblemClass.BBOB)
                yield Problem(family, f"f{number} i{instance} d{d}", f, _box(d, 5.0), f.optimum.y)


def many_affine(ids: range, dims: tuple[int, ...]) -> Iterator[Problem]:
    """Affine mixtures of BBOB functions (Vermetten et al., AutoML 2023), by ioh."""
    import ioh

    for d in dims:
        for i in ids:
            f = ioh.problem.ManyAffine(i, d)
            yield Problem("MA-BBOB", f"id{i} d{d}", f, _box(d, 5.0), f.optimum.y)


def clusters(sizes: tuple[int, ...]) -> Iterator[Problem]:
    """Lennard-Jones clusters of the library: all 3 n coordinates are free, in a cube that holds the cluster."""
    from glompo.problems import LennardJones

    for n in sizes:
        energy = LennardJones(n)
        assert energy.min_fx is not None, n
        yield Problem("Lennard-Jones", f"LJ{n}", energy, np.array(energy.bounds), energy.min_fx)


def _levy(z: Point) -> float:
    w = 1.0 + z / 4.0
    middle = ((w[:-1] - 1) ** 2 * (1 + 10 * np.sin(np.pi * w[:-1] + 1) ** 2)).sum()
    return float(np.sin(np.pi * w[0]) ** 2 + middle + (w[-1] - 1) ** 2 * (1 + np.sin(2 * np.pi * w[-1]) ** 2))


def _schwefel(z: Point) -> float:
    y = z + 420.968746
    inside = np.clip(y, -500, 500)
    beyond = np.maximum(0.0, np.abs(y) - 500)
    waves = (inside * np.sin(np.sqrt(np.abs(inside)))).sum()
    return float(418.9828872724339 * len(z) - waves + (beyond**2).sum() / 100)


CLASSICAL: dict[str, tuple[Function, float]] = {
    "ackley": (
        lambda z: float(20 + np.e - 20 * np.exp(-0.2 * np.sqrt((z * z).mean())) - np.exp(np.cos(2 * np.pi * z).mean())),
        32.0,
    ),
    "bohachevsky": (
        lambda z: float(
            (z[:-1] ** 2 + 2 * z[1:] ** 2 + 0.7).sum()
            - (0.3 * np.cos(3 * np.pi * z[:-1]) + 0.4 * np.cos(4 * np.pi * z[1:])).sum()
        ),
        15.0,
    ),
    "griewank": (
        lambda z: float(1 + (z * z).sum() / 4000 - np.prod(np.cos(z / np.sqrt(np.arange(1, len(z) + 1))))),
        600.0,
    ),
    "levy": (_levy, 10.0),
    "rastrigin": (lambda z: float((10 + z * z - 10 * np.cos(2 * np.pi * z)).sum()), 5.12),
    "rosenbrock": (lambda z: float((100 * (z[1:] + 1 - (z[:-1] + 1) ** 2) ** 2 + z[:-1] ** 2).sum()), 5.0),
    "schwefel": (_schwefel, 500.0),
}
"""With their minimum at the origin, and half the width of their box."""


def classical(dims: tuple[int, ...], seeds: tuple[int, ...]) -> Iterator[Problem]:
    """The classical functions under random shifts, as they are and rotated; Schwefel's as it is."""
    for d in dims:
        for name, (f, half) in CLASSICAL.items():
            for seed in seeds:
                rng = np.random.default_rng([seed, d])
                shift = rng.uniform(-0.6 * half, 0.6 * half, d)
                turned = np.linalg.qr(rng.standard_normal((d, d)))[0]
                if name == "schwefel":
                    yield Problem(
                        "classical", f"{name} d{d} s{seed}", lambda x, f=f: f(x - 420.968746), _box(d, half), 0.0
                    )
                    continue
                for word, q in (("shifted", np.eye(d)), ("rotated", turned)):
                    yield Problem(
                        f"classical, {word}" if word == "rotated" else "classical",
                        f"{name} {word} d{d} s{seed}",
                        lambda x, f=f, q=q, shift=shift: f(q @ (x - shift)),
                        _box(d, half),
                        0.0,
                    )


def noisy(levels: tuple[float, ...], dims: tuple[int, ...]) -> Iterator[Problem]:
    """Smooth functions with relative noise that depends on the point alone, as that of a solver does."""
    for d in dims:
        for name in ("rosenbrock", "rastrigin", "ackley", "griewank", "levy"):
            f, half = CLASSICAL[name]
            shift = np.random.default_rng(d).uniform(-0.5 * half, 0.5 * half, d)
            for level in levels:

                def value(x: Point, f: Function = f, shift: Point = shift, level: float = level) -> float:
                    true = f(x - shift)
                    return (1.0 + true) * (1.0 + level * math.sin(1e9 * float((x * np.arange(1, len(x) + 1)).sum())))

                yield Problem("noisy", f"{name} {level:g} d{d}", value, _box(d, half), 1.0 - level)


def calibrations() -> Iterator[Problem]:
    """Fits of models to data that they made themselves: an epidemic, a reaction with solver noise, two of molecules."""
    yield _epidemic()
    yield _kinetics()
    yield _damping()
    yield _force_field()


def _epidemic() -> Problem:
    """Susceptible, exposed, infectious, removed: six parameters on a logarithmic scale, daily counts of 60 days."""
    days = 60

    def course(p: Point) -> NDArray[np.float64]:
        beta, sigma, gamma, first, fading, share = 10.0**p
        s, e, i, r, counts = 1.0 - first, 0.0, first, 0.0, []
        for day in range(days):
            new = 0.0
            for _ in range(4):
                infected = beta * math.exp(-fading * day) * s * i / 4
                fell_ill, recovered = sigma * e / 4, gamma * i / 4
                s, e, i, r = s - infected, e + infected - fell_ill, i + fell_ill - recovered, r + recovered
                new += fell_ill
            counts.append(share * new)
        return np.array(counts)

    bounds = np.array([(-1.5, 0.7), (-1.5, 0.3), (-1.5, 0.3), (-6.0, -2.0), (-4.0, -1.0), (-1.5, 0.0)])
    truth = np.array([-0.2, -0.6, -0.8, -4.0, -1.7, -0.5])
    data = course(truth)

    def misfit(p: Point) -> float:
        found = course(p)
        return float((((found - data) / data.max()) ** 2).sum()) if np.isfinite(found).all() else math.inf

    return Problem("calibration", "epidemic", misfit, bounds, 0.0, 1e-2)


def _kinetics() -> Problem:
    """A -> B -> C with a reversible step, integrated with a step control whose noise shows in the sum of squares."""
    from scipy.integrate import solve_ivp

    times = np.linspace(0.0, 10.0, 12)

    def course(p: Point) -> NDArray[np.float64]:
        k1, k2, k3, k4 = 10.0**p
        rates = lambda _, y: (-k1 * y[0] + k2 * y[1], k1 * y[0] - (k2 + k3) * y[1] + k4 * y[2], k3 * y[1] - k4 * y[2])  # noqa: E731
        solved = solve_ivp(rates, (0.0, 10.0), (1.0, 0.0, 0.0), t_eval=times, rtol=1e-4, atol=1e-6)
        return solved.y if solved.success else np.full((3, 12), np.nan)  # type: ignore[no-any-return]

    data = course(np.array([0.1, -0.5, -0.3, -1.2]))

    def misfit(p: Point) -> float:
        off = float(((course(p) - data) ** 2).sum())
        return off if math.isfinite(off) else math.inf

    return Problem("calibration", "kinetics", misfit, np.array([(-3.0, 2.0)] * 4), 0.0, 1e-2)


MOLECULES = {
    "water": ((8, 1, 1), ((0, 0, 0), (0.757, 0.586, 0), (-0.757, 0.586, 0))),
    "methane": (
        (6, 1, 1, 1, 1),
        ((0, 0, 0), (0.63, 0.63, 0.63), (-0.63, -0.63, 0.63), (-0.63, 0.63, -0.63), (0.63, -0.63, -0.63)),
    ),
    "ammonia": ((7, 1, 1, 1), ((0, 0, 0), (0.94, 0, -0.38), (-0.47, 0.81, -0.38), (-0.47, -0.81, -0.38))),
}
"""Atomic numbers and places in Å."""

BOHR, HARTREE = 1.8897259886, 627.509
"""One Å in units of length of the program, and its unit of energy in kcal/mol."""


def _damping() -> Problem:
    """Damping of D4 dispersion: s8, s9, a1 and a2 from the dispersion energies of twelve pairs of molecules, by dftd4.

    The data are those of the parameters for PBE (Caldeweyher et al., J. Chem. Phys. 150, 154122, 2019).
    """
    from dftd4.interface import DampingParam, DispersionModel

    pairs = []
    for numbers, places in MOLECULES.values():
        one = np.array(places) * BOHR
        alone = DispersionModel(np.array(numbers), one)
        for apart in (3.0, 3.4, 4.0, 5.0):
            both = np.concatenate([one, one + np.array([0, 0, apart * BOHR])])
            pairs.append((DispersionModel(np.array(numbers * 2), both), alone))

    def energies(p: Point) -> NDArray[np.float64]:
        damping = DampingParam(s6=1.0, s8=p[0], s9=p[1], a1=p[2], a2=p[3])
        together, alone = np.array(
            [[m.get_dispersion(damping, grad=False)["energy"] for m in pair] for pair in pairs]
        ).T
        return (together - 2 * alone) * HARTREE  # type: ignore[no-any-return]

    data = energies(np.array([0.95948085, 1.0, 0.38574991, 4.80688534]))

    def misfit(p: Point) -> float:
        off = float(((energies(p) - data) ** 2).sum())
        return off if math.isfinite(off) else math.inf

    return Problem(
        "calibration", "dispersion", misfit, np.array([(0.0, 4.0), (0.0, 2.0), (0.0, 1.0), (1.0, 9.0)]), 0.0, 1e-2
    )


EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SMALL = ("water", "methanol", "formaldehyde")
FITTED = (
    "off_diagonal C-O ro_sigma",
    "bond C-O De_sigma",
    "bond C-H De_sigma",
    "bond O-H De_sigma",
    "angle H-C-H theta_00",
)


def _force_field() -> Problem:
    """Five numbers of the ReaxFF of `examples/reaxff_cho`, from its energies of 51 geometries of small molecules."""
    sys.path += [str(folder) for folder in (EXAMPLES / "reaxff_cho", EXAMPLES) if str(folder) not in sys.path]
    import cho
    import scans

    from glompo.calibration import Parameters

    model = cho.CHO()
    known = Parameters.read(cho.PARAMETERS)
    fitted = [known[name] for name in FITTED]
    wanted = {f"energy:{cho.name_of(one)}": np.array([]) for one in scans.read() if one.molecule in SMALL}

    origins = {name: ":".join(name.split(":")[:2]) for name in wanted}

    def energies(p: Point) -> NDArray[np.float64]:
        found = model(dict(zip(FITTED, p.tolist(), strict=True)), wanted)
        return np.array([found[name] - found[origin] for name, origin in origins.items()])

    data = energies(np.array([one.value for one in fitted]))
    tolerances = cho.TOLERANCE_FLOOR + cho.TOLERANCE_SLOPE * np.abs(data)

    def misfit(p: Point) -> float:
        off = float(np.mean(((energies(p) - data) / tolerances) ** 2))
        return off if math.isfinite(off) else math.inf

    bounds = np.array([(one.lower, one.upper) for one in fitted])
    return Problem("calibration", "force field", misfit, bounds, 0.0, 1e-2)


def developed_on() -> Iterator[Problem]:
    """The problems on which choices were made."""
    yield from bbob(range(1, 15), (5, 10), (1,), "BBOB f1-f14")
    yield from bbob(range(15, 25), (5, 10), (1,), "BBOB f15-f24")
    yield from many_affine(range(1, 11), (5, 10))
    yield from clusters((8,))
    yield from classical((5,), (1,))


def left_out() -> Iterator[Problem]:
    """The problems that were only ever measured."""
    yield from bbob(range(1, 15), (3, 8), (4,), "BBOB f1-f14")
    yield from bbob(range(15, 25), (3, 8), (4,), "BBOB f15-f24")
    yield from bbob(range(2, 15, 4), (20,), (5,), "BBOB f1-f14")
    yield from bbob(range(16, 25, 4), (20,), (5,), "BBOB f15-f24")
    yield from many_affine(range(30, 50), (5, 10))
    yield from clusters((7, 9))
    yield from classical((4, 8), (7,))
    yield from noisy((1e-8, 1e-4, 1e-2), (5,))
    yield from calibrations()


def wide() -> Iterator[Problem]:
    """Two and forty parameters, with twice the budget; only ever measured."""
    yield from bbob((1, 3, 6, 8, 10, 12), (2, 40), (5,), "BBOB f1-f14")
    yield from bbob((15, 17, 20, 21), (2, 40), (5,), "BBOB f15-f24")


def fast() -> Iterator[Problem]:
    """A few of each family, for a look within minutes."""
    yield from bbob(range(1, 15, 4), (5,), (4,), "BBOB f1-f14")
    yield from bbob(range(15, 25, 4), (5,), (4,), "BBOB f15-f24")
    yield from many_affine(range(30, 33), (5,))
    yield from classical((4,), (7,))
    yield from calibrations()


SUITES: dict[str, Callable[[], Iterator[Problem]]] = {
    "developed-on": developed_on,
    "left-out": left_out,
    "wide": wide,
    "fast": fast,
}
