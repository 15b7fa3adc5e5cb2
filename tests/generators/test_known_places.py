"""Starts that follow from where others have been."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from glompo.function import Status
from glompo.generators import (
    BaseGenerator,
    BestSampledGenerator,
    CrossoverGenerator,
    FarFromKnown,
)
from glompo.testing.histories import History, history

from ..stoppers.runs import KINDS, Story, offsets, powers, stories

BOX = [(0.0, 1.0), (0.0, 100.0)]


def place(generator: BaseGenerator, run: History) -> Any:
    return generator.place(run.manager())


def end_at(run: History, *points: Any, f: float = 1.0) -> None:
    for x in points:
        opt = run.start()
        run.evaluate(opt, f, x)
        run.converge(opt)


class TestFarFromKnown:
    def test_before_anybody_has_ended_it_is_a_plain_sequence(self) -> None:
        run = history(BOX, slots=99)
        points = []
        for _ in range(16):
            points.append(place(FarFromKnown(candidates=1), run) / [1, 100])
            run.start()
        assert np.ptp(points, axis=0).min() > 0.8
        assert np.abs(np.mean(points, axis=0) - 0.5).max() < 0.05  # 16 points of a Sobol sequence are balanced

    def test_of_the_candidates_the_farthest_from_all_ends_is_taken(self) -> None:
        run = history(BOX, slots=99)
        end_at(run, (0.1, 10.0), (0.9, 80.0), (0.5, 20.0))
        ends = np.array([(0.1, 0.1), (0.9, 0.8), (0.5, 0.2)])
        far = FarFromKnown()
        chosen = place(far, run) / [1, 100]
        points = far._points(run.manager())
        distances = np.linalg.norm(points[:, None] - ends, axis=2).min(axis=1)
        assert chosen.tolist() == pytest.approx(points[distances.argmax()].tolist())
        assert len({tuple(point) for point in points}) == 10

    def test_starts_choose_among_points_that_no_other_start_had(self) -> None:
        run = history(BOX, slots=99)
        far, seen = FarFromKnown(), []
        for _ in range(5):
            seen.extend(map(tuple, far._points(run.manager())))
            run.start()
        assert len(set(seen)) == 50

    def test_streams_with_different_names_are_scrambled_differently(self) -> None:
        run = history(BOX)
        assert place(FarFromKnown(), run).tolist() == place(FarFromKnown(stream=""), run).tolist()
        assert place(FarFromKnown(), run).tolist() != place(FarFromKnown(stream="large"), run).tolist()

    def test_who_lives_or_found_nothing_is_no_known_minimum(self) -> None:
        run = history(BOX, slots=9)
        run.evaluate(run.start(), 1.0, (0.5, 50.0))
        failed = run.start()
        run.evaluate(failed, np.nan, (0.5, 50.0))
        run.crash(failed)
        assert FarFromKnown().explain(run.manager()) == "point 20 of a Sobol sequence"
        run.converge(1)
        assert "the farthest from 1 known minima" in FarFromKnown().explain(run.manager())

    def test_among_many_parameters_distances_say_nothing(self) -> None:
        for dims, says in ((20, True), (21, False)):
            run = history([(0.0, 1.0)] * dims + [(3.0, 3.0)] * 5)
            end_at(run, np.r_[np.full(dims, 0.5), np.full(5, 3.0)])
            assert ("known minima" in FarFromKnown().explain(run.manager())) is says

    def test_each_parameter_counts_in_units_of_its_range(self) -> None:
        """Scaling one parameter of the task scales the start, and changes nothing else."""
        starts = []
        for top in (1.0, 1024.0):
            run = history([(0.0, 1.0), (0.0, top)])
            end_at(run, (0.2, 0.1 * top), (0.7, 0.9 * top))
            starts.append(place(FarFromKnown(), run) / [1.0, top])
        assert starts[0] == pytest.approx(starts[1])


class TestBestSampled:
    def run(self) -> History:
        run = history(BOX, slots=9)
        sampler = run.start("RandomSampling")
        X = [(0.1, 1.0), (0.2, 2.0), (0.3, 3.0), (0.4, 4.0)]
        status = [Status.OK, Status.OK, Status.OK, Status.FAILED]
        run.evaluate(sampler, [5.0, 3.0, 4.0, 0.0], X, status=status)
        run.converge(sampler)
        return run

    def test_the_best_points_are_used_one_after_the_other(self) -> None:
        run = self.run()
        starts = []
        for _ in range(3):
            starts.append(place(BestSampledGenerator(), run).tolist())
            run.start("Scipy", x0=starts[-1])
        assert starts == [[0.2, 2.0], [0.3, 3.0], [0.1, 1.0]]
        assert "the pool is empty" in BestSampledGenerator().explain(run.manager())
        assert place(BestSampledGenerator(), run).tolist() not in starts

    def test_samplers_that_end_later_add_to_the_pool(self) -> None:
        run = self.run()
        run.start("Scipy", x0=(0.2, 2.0))
        second = run.start("RandomSampling")
        run.evaluate(second, [3.5, 9.0], [(0.8, 8.0), (0.9, 9.0)])
        assert place(BestSampledGenerator(), run).tolist() == [0.3, 3.0]  # it is not done yet
        run.converge(second)
        assert place(BestSampledGenerator(), run).tolist() == [0.8, 8.0]
        assert BestSampledGenerator().explain(run.manager()) == f"a point sampled by optimizer {second}"

    def test_where_a_sampler_began_can_be_used(self) -> None:
        run = history(BOX)
        run.evaluate(run.start("RandomSampling", x0=(0.3, 3.0)), [1.0, 2.0], [(0.3, 3.0), (0.5, 5.0)])
        run.converge(1)
        assert place(BestSampledGenerator(), run).tolist() == [0.3, 3.0]

    def test_the_sampler_is_named_by_its_class(self) -> None:
        class Other:
            pass

        run = self.run()
        assert BestSampledGenerator(Other).sampler == "Other"
        assert "empty" in BestSampledGenerator(Other).explain(run.manager())


class TestCrossover:
    def test_starts_lie_between_two_of_the_best_minima(self) -> None:
        for seed in range(50):
            run = history(BOX, slots=9, seed=seed)
            end_at(run, (0.2, 80.0), (0.4, 20.0), f=1.0)
            end_at(run, (0.9, 90.0), f=5.0)
            x = place(CrossoverGenerator(best=2), run)
            assert 0.2 <= x[0] <= 0.4
            assert 20.0 <= x[1] <= 80.0

    def test_all_pairs_occur(self) -> None:
        pairs = set()
        for seed in range(60):
            run = history(BOX, slots=9, seed=seed)
            end_at(run, (0.1, 10.0), (0.5, 50.0), (0.9, 90.0))
            pairs.add(frozenset(CrossoverGenerator().explain(run.manager())[-7:].split(" and ")))
        assert pairs == {frozenset("12"), frozenset("13"), frozenset("23")}

    def test_one_minimum_cannot_be_crossed(self) -> None:
        run = history(BOX)
        end_at(run, (0.5, 50.0))
        assert "fewer than two" in CrossoverGenerator().explain(run.manager())


@settings(max_examples=20)
@given(stories, powers, offsets)
def test_scale_and_offset_move_no_start_and_asked_twice_it_is_the_same(story: Story, power: int, offset: int) -> None:
    for generator in (FarFromKnown(), CrossoverGenerator(3), BestSampledGenerator("Scipy")):
        told = story.told(KINDS)
        expected = place(generator, told).tolist()
        assert place(generator, told).tolist() == expected
        assert place(generator, story.told(KINDS, scale=2.0**power)).tolist() == expected
        assert place(generator, story.told(KINDS, offset=offset)).tolist() == expected
