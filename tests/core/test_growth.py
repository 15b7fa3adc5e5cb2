"""What a decision looks at is what has happened, not what lives."""

from glompo.allocators import EvenAllocator
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.optimizers import RandomSampling
from glompo.testing import simulate


class Counting(EvenAllocator):
    """Counts how many optimizers it is shown."""

    def __init__(self):
        super().__init__()
        self.shown = 0

    def allocate(self, view, limit):
        self.shown += sum(1 for _ in view.changed)
        return super().allocate(view, limit)


def shown(living):
    allocator = Counting()
    simulate([RandomSampling], MaxTotalFunctionCalls(5 * living), max_jobs=living, allocator=allocator, seconds=1.0)
    return allocator.shown / living


def test_each_start_looks_at_one_optimizer_however_many_live():
    assert shown(100) <= 1.2 * shown(10)
