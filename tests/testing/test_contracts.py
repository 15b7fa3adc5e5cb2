"""Every bundled policy keeps the contract that users' policies are held to."""

import pytest

from glompo import allocators, exit_conditions, freezers, generators, selectors, stoppers
from glompo.testing import (
    AllocatorContract,
    ExitConditionContract,
    FreezerContract,
    GeneratorContract,
    SelectorContract,
    StopperContract,
)

from .samples import name, samples


class TestStoppers(StopperContract):
    @pytest.fixture(params=samples(stoppers), ids=name)
    def stopper(self, request):
        return request.param


class TestExitConditions(ExitConditionContract):
    @pytest.fixture(params=samples(exit_conditions), ids=name)
    def exit_condition(self, request):
        return request.param


class TestGenerators(GeneratorContract):
    @pytest.fixture(params=samples(generators), ids=name)
    def generator(self, request):
        return request.param


class TestSelectors(SelectorContract):
    @pytest.fixture(params=samples(selectors, selectors.BaseSelector), ids=name)
    def selector(self, request):
        return request.param


class TestAllocators(AllocatorContract):
    @pytest.fixture(params=samples(allocators), ids=name)
    def allocator(self, request):
        return request.param


class TestFreezers(FreezerContract):
    @pytest.fixture(params=samples(freezers), ids=name)
    def freezer(self, request):
        return request.param
