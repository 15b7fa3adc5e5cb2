import numpy as np
import pytest

from glompo.core.streams import Streams, entropy_of


def draw(streams, *address):
    return streams.generator(*address).random(4).tolist()


def test_a_stream_is_addressed_not_advanced():
    streams = Streams((1, 2, 3, 4))
    assert draw(streams, "optimizer", 7) == draw(streams, "optimizer", 7) == draw(Streams((1, 2, 3, 4)), "optimizer", 7)


def test_streams_differ_by_seed_name_and_key():
    addresses = [("a",), ("b",), ("a", 0), ("a", 1), ("a", 0, 1)]
    draws = [draw(Streams((1, 2)), *address) for address in addresses] + [draw(Streams((1, 3)), "a")]
    assert len({tuple(d) for d in draws}) == len(draws)


@pytest.mark.parametrize(
    "rng", [3, [1, 2], np.random.SeedSequence(3), lambda: np.random.default_rng(3), lambda: np.random.PCG64(3)]
)
def test_the_same_seed_in_any_form_of_spec_7_gives_the_same_run(rng):
    first, second = (entropy_of(rng() if callable(rng) else rng) for _ in range(2))
    assert first == second
    assert all(0 <= word < 2**32 for word in first)


def test_a_generator_is_advanced_so_that_two_runs_differ():
    rng = np.random.default_rng(1)
    assert entropy_of(rng) != entropy_of(rng)


def test_no_seed_gives_a_new_one_each_time():
    assert entropy_of(None) != entropy_of(None)


def test_the_global_state_stays_untouched():
    before = np.random.get_state()[1].tolist()
    draw(Streams(entropy_of(5)), "x")
    assert np.random.get_state()[1].tolist() == before
