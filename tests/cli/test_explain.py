"""``glompo explain``: a page of text about one optimizer."""

from __future__ import annotations

import pytest

from .test_what_if import STOPPED


@pytest.fixture
def run_dir(inside, project):
    assert inside("run", project.config(STOPPED))[0] == 0
    return project.run_dir


def test_a_page_about_one_optimizer(inside, run_dir):
    code, told, errors = inside("explain", run_dir, 1)
    assert (code, errors) == (0, "")
    assert told.startswith("optimizer 1 (RandomSampling): ")
    assert "MaxFuncCalls(max_pts=30): 10 calls, 30 are allowed" in told


def test_rules_can_be_given(inside, run_dir):
    code, told, _ = inside("explain", run_dir, 1, "--stoppers", "MaxFuncCalls(15)")
    assert code == 0
    assert "15 are allowed" in told


def test_mistakes_are_bad_input(inside, run_dir, project):
    for arguments, complaint in [((run_dir, 99), "has no optimizer 99"), ((project.folder, 1), "holds no run")]:
        code, told, errors = inside("explain", *arguments)
        assert (code, told) == (2, "")
        assert complaint in errors
