"""Named, counted random streams from one seed.

A stream is addressed, not advanced: the same seed, name and key always give the same generator, so that asking a
question twice gives the same answer, a resumed run draws what it would have drawn, and optimizers never share one.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np


class Streams:
    """All random streams of a run.

    Parameters
    ----------
    entropy : sequence of int
        32-bit words of the run's seed, see :func:`entropy_of`.
    """

    __slots__ = ("_entropy",)

    def __init__(self, entropy: Sequence[int]) -> None:
        self._entropy = tuple(entropy)

    def of(self, part: str) -> Streams:
        """Return streams of their own for a part of the run."""
        return Streams(tuple(int(word) for word in self.sequence(f"part:{part}").generate_state(4)))

    def sequence(self, name: str, *key: int) -> np.random.SeedSequence:
        """Return the seed sequence of the stream `name` with whole-number `key`."""
        digest = blake2b(name.encode(), digest_size=8).digest()
        return np.random.SeedSequence(self._entropy, spawn_key=(int.from_bytes(digest, "little"), *key))

    def generator(self, name: str, *key: int) -> np.random.Generator:
        """Return a fresh generator at the beginning of the stream `name` with `key`."""
        return np.random.Generator(np.random.PCG64(self.sequence(name, *key)))


def entropy_of(rng: object) -> tuple[int, ...]:
    """Return the 32-bit words that seed a run from what a user gave as `rng` (SPEC 7).

    Parameters
    ----------
    rng : None, int, sequence of int, SeedSequence, BitGenerator or Generator
        A generator is advanced by one draw, so that two runs from one generator differ.

    Raises
    ------
    TypeError, ValueError
        As numpy raises them for a seed that it cannot take.
    """
    if isinstance(rng, np.random.BitGenerator):
        rng = np.random.Generator(rng)
    if isinstance(rng, np.random.Generator):
        return tuple(int(word) for word in rng.integers(0, 2**32, size=4))
    sequence = rng if isinstance(rng, np.random.SeedSequence) else np.random.SeedSequence(rng)  # type: ignore[arg-type]
    return tuple(int(word) for word in sequence.generate_state(4))
