"""Published lowest energies of Lennard-Jones clusters, in units of the pair's well depth.

Source: Wales and Doye, J. Phys. Chem. A 101, 5111 (1997), and the Cambridge Cluster Database of Wales, Doye et al.,
table "Lennard-Jones clusters". Six decimals, so that a computed minimum may lie up to 5·10⁻⁷ higher or lower: a target
needs that much room. They are the lowest anybody has found; beyond a few atoms none is proven.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CLUSTER_MINIMA: Mapping[int, float] = MappingProxyType(
    {
        2: -1.0,
        3: -3.0,
        4: -6.0,
        5: -9.103852,
        6: -12.712062,
        7: -16.505384,
        8: -19.821489,
        9: -24.113360,
        10: -28.422532,
        11: -32.765970,
        12: -37.967600,
        13: -44.326801,  # icosahedron
        14: -47.845157,
        15: -52.322627,
        16: -56.815742,
        17: -61.317995,
        18: -66.530949,
        19: -72.659782,
        20: -77.177043,
        21: -81.684571,
        22: -86.809782,
        23: -92.844472,
        24: -97.348815,
        25: -102.372663,
        26: -108.315616,
        30: -128.286571,
        38: -173.928427,  # face-centred cubic truncated octahedron; the icosahedral funnel is wider
        55: -279.248470,  # Mackay icosahedron
        75: -397.492331,  # Marks decahedron
        98: -543.665361,  # Leary tetrahedron
    }
)
