"""The script of the documentation under mpiexec."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import PATIENCE

pytest.importorskip("mpi4py", reason="mpi4py is not installed")
MPIEXEC = Path(sys.executable).with_name("mpiexec")
PAGE = Path(__file__).parents[2] / "docs" / "clusters.md"


@pytest.mark.skipif(not MPIEXEC.exists(), reason="there is no mpiexec beside the interpreter")
def test_a_run_evaluates_on_the_ranks_of_an_mpi_job(tmp_path):
    (tmp_path / "job.py").write_text(PAGE.read_text().partition('title="job.py"\n')[2].partition("```")[0])
    command = [MPIEXEC, "-n", "3", sys.executable, "-m", "mpi4py.futures", "job.py"]
    done = subprocess.run(command, cwd=tmp_path, env=dict(os.environ), capture_output=True, text=True, timeout=PATIENCE)
    assert done.stdout == "evaluations: 60\n", done.stderr
