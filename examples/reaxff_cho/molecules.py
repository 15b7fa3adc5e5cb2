"""The molecules of the reference set: where each relaxation starts and which coordinates are scanned.

A molecule is written as a Z-matrix, one atom per line:

    symbol  [bonded atom, distance/Å  [angle atom, angle/degree  [dihedral atom, dihedral/degree]]]

Atoms are counted from 0. The numbers are textbook bond lengths and angles in the conformation
that is lowest; the relaxation only has to tidy them up.
"""

from __future__ import annotations

from dataclasses import dataclass

STRETCH = (-0.14, -0.07, 0.07, 0.15, 0.25, 0.4)  # Å
BEND = (-20.0, -10.0, 10.0, 20.0)  # degree
METHYL_TURN = (20.0, 40.0, 60.0)  # degree; a methyl group repeats every 120 and is even
HALF_TURN = (30.0, 60.0, 90.0, 120.0, 150.0, 180.0)  # degree; the other half is its mirror image (planar start)
FROM_GAUCHE = (-60.0, -30.0, 30.0, 60.0, 90.0, 120.0)  # degree; from eclipsed through gauche to trans


@dataclass(frozen=True, slots=True)
class Scan:
    """One coordinate that is moved away from the relaxed geometry while everything else is kept rigid.

    Attributes
    ----------
    atoms
        Two atoms (bond), three (angle, the vertex in the middle) or four (torsion about the middle bond).
        The part of the molecule that hangs on the last atom moves.
    displacements
        Distances from the relaxed value, in Å for a bond, else in degrees.
    """

    atoms: tuple[int, ...]
    displacements: tuple[float, ...]

    @property
    def kind(self) -> str:
        """Return ``bond``, ``angle`` or ``torsion``."""
        return {2: "bond", 3: "angle", 4: "torsion"}[len(self.atoms)]


@dataclass(frozen=True, slots=True)
class Molecule:
    """A molecule's start geometry, its scans, and whether it is fitted or held out."""

    name: str
    zmatrix: str
    scans: tuple[Scan, ...]
    split: str = "training"


MOLECULES = (
    Molecule(
        "water",
        """
        O
        H 0 0.96
        H 0 0.96 1 104.5
        """,
        (Scan((0, 1), STRETCH), Scan((1, 0, 2), BEND)),
    ),
    Molecule(
        "methane",
        """
        C
        H 0 1.09
        H 0 1.09 1 109.47
        H 0 1.09 1 109.47 2 120.0
        H 0 1.09 1 109.47 2 240.0
        """,
        (Scan((0, 1), STRETCH), Scan((1, 0, 2), BEND)),
    ),
    Molecule(
        "ethane",
        """
        C
        C 0 1.53
        H 0 1.09 1 111.0
        H 0 1.09 1 111.0 2 120.0
        H 0 1.09 1 111.0 2 240.0
        H 1 1.09 0 111.0 2 180.0
        H 1 1.09 0 111.0 2 300.0
        H 1 1.09 0 111.0 2 60.0
        """,
        (Scan((0, 1), STRETCH), Scan((0, 1, 5), BEND), Scan((2, 0, 1, 5), METHYL_TURN)),
    ),
    Molecule(
        "methanol",
        """
        C
        O 0 1.42
        H 1 0.96 0 108.0
        H 0 1.09 1 107.0 2 180.0
        H 0 1.09 1 112.0 2 61.5
        H 0 1.09 1 112.0 2 298.5
        """,
        (
            Scan((0, 1), STRETCH),
            Scan((1, 2), STRETCH),
            Scan((0, 1, 2), BEND),
            Scan((1, 0, 3), BEND),
            Scan((3, 0, 1, 2), METHYL_TURN),
        ),
    ),
    Molecule(
        "ethanol",
        """
        C
        C 0 1.52
        O 1 1.42 0 108.0
        H 2 0.96 1 108.0 0 60.0
        H 0 1.09 1 110.5 2 180.0
        H 0 1.09 1 110.5 2 60.0
        H 0 1.09 1 110.5 2 300.0
        H 1 1.09 0 110.0 2 120.0
        H 1 1.09 0 110.0 2 240.0
        """,
        (
            Scan((0, 1), STRETCH),
            Scan((0, 1, 2), BEND),
            Scan((0, 1, 2, 3), FROM_GAUCHE),
            Scan((2, 1, 0, 4), METHYL_TURN),
        ),
    ),
    Molecule(
        "dimethyl ether",
        """
        O
        C 0 1.41
        C 0 1.41 1 111.5
        H 1 1.09 0 107.5 2 180.0
        H 1 1.09 0 111.0 2 60.0
        H 1 1.09 0 111.0 2 300.0
        H 2 1.09 0 107.5 1 180.0
        H 2 1.09 0 111.0 1 60.0
        H 2 1.09 0 111.0 1 300.0
        """,
        (Scan((0, 1), STRETCH), Scan((1, 0, 2), BEND), Scan((1, 0, 2, 6), METHYL_TURN)),
    ),
    Molecule(
        "formaldehyde",
        """
        C
        O 0 1.21
        H 0 1.11 1 122.0
        H 0 1.11 1 122.0 2 180.0
        """,
        (Scan((0, 1), STRETCH), Scan((0, 2), STRETCH), Scan((1, 0, 2), BEND)),
    ),
    Molecule(
        "acetaldehyde",
        """
        C
        O 0 1.21
        C 0 1.50 1 124.0
        H 0 1.11 1 120.0 2 180.0
        H 2 1.09 0 110.0 1 0.0
        H 2 1.09 0 110.0 1 121.0
        H 2 1.09 0 110.0 1 239.0
        """,
        (Scan((0, 2), STRETCH), Scan((1, 0, 2), BEND), Scan((1, 0, 2, 4), METHYL_TURN)),
    ),
    Molecule(
        "formic acid",
        """
        C
        O 0 1.20
        O 0 1.34 1 125.0
        H 0 1.10 1 124.0 2 180.0
        H 2 0.97 0 106.5 1 0.0
        """,
        (Scan((0, 2), STRETCH), Scan((1, 0, 2), BEND), Scan((0, 2, 4), BEND), Scan((1, 0, 2, 4), HALF_TURN)),
    ),
    Molecule(
        "glycolaldehyde",
        """
        C
        O 0 1.21
        C 0 1.50 1 122.0
        H 0 1.10 1 120.0 2 180.0
        O 2 1.40 0 112.0 1 0.0
        H 4 0.97 2 106.0 0 0.0
        H 2 1.10 0 108.0 1 122.0
        H 2 1.10 0 108.0 1 238.0
        """,
        (
            Scan((0, 2), STRETCH),
            Scan((2, 4), STRETCH),
            Scan((0, 2, 4), BEND),
            Scan((1, 0, 2, 4), HALF_TURN),
            Scan((0, 2, 4, 5), HALF_TURN),
        ),
        split="validation",
    ),
    Molecule(
        "propane",
        """
        C
        C 0 1.53
        C 1 1.53 0 112.0
        H 1 1.09 0 109.0 2 122.0
        H 1 1.09 0 109.0 2 238.0
        H 0 1.09 1 111.0 2 180.0
        H 0 1.09 1 111.0 2 60.0
        H 0 1.09 1 111.0 2 300.0
        H 2 1.09 1 111.0 0 180.0
        H 2 1.09 1 111.0 0 60.0
        H 2 1.09 1 111.0 0 300.0
        """,
        (Scan((0, 1), STRETCH), Scan((0, 1, 2), BEND), Scan((0, 1, 2, 8), METHYL_TURN)),
        split="validation",
    ),
)
