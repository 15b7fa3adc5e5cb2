"""How a command answers signals concerns its process alone: not the forks of its task, nor who called it."""

import signal
import subprocess
import sys

import pytest

from glompo.signal_handlers import SIGNALS

from .projects import PATIENCE

TASK = """
import multiprocessing, os, signal

FORK = multiprocessing.get_context("fork")


def of_a_process():
    child = FORK.Process(target=signal.pause)
    child.start()
    child.terminate()
    child.join()
    return -child.exitcode


def of_a_bare_fork():
    child = os.fork()
    if child == 0:
        signal.pause()
    os.kill(child, signal.SIGTERM)
    return -os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def other_than_sigterm():
    return float(sum(number != signal.SIGTERM for number in (of_a_process(), of_a_bare_fork())))


BEFORE_THE_RUN = other_than_sigterm()


def imported(x):
    return BEFORE_THE_RUN


def called(x):
    return other_than_sigterm()
"""


@pytest.mark.parametrize("task", ["imported", "called"])
def test_a_task_of_a_command_may_terminate_a_fork(tmp_path, task):
    (tmp_path / "forking_task.py").write_text(TASK)
    config = tmp_path / "fit.toml"
    config.write_text(
        f'task = "forking_task:{task}"\nbounds = [[0, 1]]\nmax_evaluations = 3\nmax_jobs = 1\n'
        'optimizers = ["RandomSampling"]\nworking_dir = "run"\n'
    )
    command = [sys.executable, "-m", "glompo", "run", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    assert "fx: 0.0\n" in done.stdout


def test_a_command_gives_back_the_handlers_that_there_were(glompo):
    def handlers():
        return [signal.getsignal(number) for number in SIGNALS]

    before = handlers()
    assert glompo("components", "stoppers").returncode == 0
    assert handlers() == before
