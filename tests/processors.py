"""Runs tests as on other processors: ``python tests/processors.py [ARGUMENTS OF PYTEST]``.

NumPy, OpenBLAS and the C library choose among several versions of the same function by what the processor can do, and
these round differently. Each can be told to do with less. Without arguments, the tests run in which numbers are
compared.
"""

import os
import subprocess
import sys

import numpy as np

WHERE_NUMBERS_ARE_COMPARED = [
    *("tests/optimizers/test_golden.py", "tests/optimizers/test_convergence.py", "tests/optimizers/test_sampling.py"),
    *("tests/optimizers/test_least_squares.py", "tests/optimizers/test_parts.py", "tests/optimizers/test_stopping.py"),
    *("tests/problems", "tests/histories", "tests/stoppers", "tests/selectors", "tests/generators", "tests/allocators"),
    *("tests/engine", "tests/show", "tests/manager", "README.md", "docs", "src/glompo"),
]


def processors() -> dict[str, dict[str, str]]:
    """Return the environment that makes each processor of this one."""
    simd: list[str] = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    newest = [name for name in simd if name.startswith("AVX512") or name == "X86_V4"]
    old = {"OPENBLAS_CORETYPE": "Nehalem", "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX,-AVX2,-FMA,-FMA4,-AVX512F"}
    all_of_them = {
        "without AVX": {"NPY_DISABLE_CPU_FEATURES": " ".join(simd), **old},
        "with AVX2, as AMD's Zen": {"NPY_DISABLE_CPU_FEATURES": " ".join(newest), "OPENBLAS_CORETYPE": "Zen"},
    }
    if newest:
        all_of_them["with AVX-512"] = {"OPENBLAS_CORETYPE": "SkylakeX"}
    return all_of_them


def main(arguments: list[str]) -> int:
    """Run the tests as on each processor; return how many of them failed."""
    failed = 0
    for name, environment in processors().items():
        print(f"== {name}", flush=True)
        command = [sys.executable, "-m", "pytest", *(arguments or WHERE_NUMBERS_ARE_COMPARED)]
        failed += subprocess.run(command, env={**os.environ, **environment}).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
