"""Quality of minima for the same number of evaluations: ours beside those of the peers.

``python -m benchmarks.quality run CONTESTANT … --families … --seeds …`` appends one line for each problem, seed and
contestant to ``benchmarks/quality/results/CONTESTANT.jsonl`` and leaves out those that are there already;
``python -m benchmarks.quality table`` writes ``docs/quality.md`` and its curves from these files. A contestant that is
not installed is named and left out; ``python -m benchmarks.quality environment
DIRECTORY`` makes an environment that has them all.

Every contestant is called by its public interface with its own defaults, gets the same function, bounds and seed, and
is counted from outside: what it says of its evaluations is not asked. The function raises once the budget is used.
"""
