"""Under mpiexec, the whole job aborts when one of its processes dies: the guard keeps it alive."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ..endings import PATIENCE

pytest.importorskip("mpi4py", reason="mpi4py is not installed")
MPIEXEC = Path(sys.executable).with_name("mpiexec")
pytestmark = pytest.mark.skipif(not MPIEXEC.exists(), reason="there is no mpiexec beside the interpreter")


def test_a_guarded_mpi_job_survives_what_a_pool_survives(tmp_path, notes):
    script = tmp_path / "job.py"
    script.write_text(
        textwrap.dedent(
            """
            import numpy as np, troubles as t
            from mpi4py.futures import MPIPoolExecutor
            from glompo.evaluators.executor import ExecutorEvaluator

            if __name__ == "__main__":
                with MPIPoolExecutor() as executor:
                    evaluator = ExecutorEvaluator(executor, "troubles:task", timeout=2.0, memory_limit=200 * 2**20)
                    troubles = [t.HANG_IN_C, t.HANG_WITH_GRANDCHILD, t.KILL_SELF, t.SEGFAULT, t.HOG, t.VALUE]
                    futures = [evaluator.submit(np.array([one, 2.0])) for one in troubles]
                    print(*[future.result().status.name for future in futures], executor.num_workers)
                    evaluator.close()
            """
        )
    )
    environment = {**os.environ, "PYTHONPATH": sys.path[0]}
    command = [MPIEXEC, "-n", "3", sys.executable, "-m", "mpi4py.futures", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=2 * PATIENCE)
    assert done.stdout == "TIMEOUT TIMEOUT CRASHED CRASHED OUT_OF_MEMORY OK 2\n", done.stderr
    assert notes.survivors == []
