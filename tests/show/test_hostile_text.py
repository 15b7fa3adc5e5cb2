"""Texts of others are shown such that they move no cursor, hide nothing, and stay on their line."""

from __future__ import annotations

import csv
import io
import logging
import sys
from dataclasses import replace

import pytest
from rich.console import Console

import glompo
from glompo.cli import main
from glompo.cli.component_list import Line, _block
from glompo.cli.doctor import Finding
from glompo.errors import SettingError
from glompo.exit_conditions import BaseExitCondition
from glompo.loggers import library_logger
from glompo.optimizers import RandomSampling
from glompo.read import History, load, rows, summarize
from glompo.safe_text import LINE, legible, legible_lines
from glompo.show import Progress, best_so_far, trajectories
from glompo.show.live import present
from glompo.stoppers import BaseStopper
from glompo.storage.checkpoint_writer import pack_directory

ATTACKS = (
    "\x1b]0;owned\x07\x1b[2J",  # a title, a cleared screen
    "\x9b31m\x85",  # the same in C1
    "\u202egpj.exe\u202c \u2066x\u2069",  # order
    "one\ntwo\rthree\x0b\x0c\u2028\u2029",
    "a\u200bb\ufeff\u00ad\u3164\u115f\ufe0f\U000e0041",  # nothing to be seen
    "[red]rich[/red] [/nothing]",
    "$\\frac{x}$ $_",
    "\udc80\ud800",
    "\x00\x08\x7f",
)
HOSTILE = " ".join(ATTACKS)


def seen(text: str) -> bool:
    """Say whether everything of a text of several lines can be seen, and none of them is of its making."""
    unseen = set("\u3164\u115f\ufe0f\u2800\u034f")
    lines = text.split("\n")
    return all(c.isprintable() and c not in unseen for line in lines for c in line) and "two" not in {
        line[:3] for line in lines
    }


class Reason(BaseStopper):
    def __init__(self):
        self.label = HOSTILE

    def judge(self, view, opt=None):
        return self.verdict(len(view[opt]) >= 3, HOSTILE)


class Enough(BaseExitCondition):
    def judge(self, view, opt=None):
        return self.verdict(view.calls >= 40, HOSTILE)


class Raising(BaseExitCondition):
    def __call__(self, manager):
        raise ValueError(HOSTILE)


class Task:
    def __call__(self, x):
        return self.detailed_call(x)[0]

    def detailed_call(self, x):
        if x[0] > 0.5:
            raise ValueError(HOSTILE)
        return float(x @ x), HOSTILE, {HOSTILE: [HOSTILE]}

    def headers(self):
        return {HOSTILE: str, "b" + HOSTILE: dict}


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    folder = (
        tmp_path_factory.mktemp("hostile")
        / HOSTILE.replace("\x00", "").replace("/", "").encode("utf-8", "ignore").decode()
    )
    named = type(HOSTILE.replace("\x00", "").encode("utf-8", "ignore").decode(), (RandomSampling,), {})
    underscored = type("_$Mine$[red]", (RandomSampling,), {})
    glompo.minimize(
        Task(),
        [(-1, 1)] * 2,
        optimizers=[named, underscored(iters=12)],
        stoppers=Reason(),
        stopper_interval=1,
        exit_conditions=Enough(),
        names=["x" + HOSTILE.encode("utf-8", "ignore").decode(), "y"],
        is_log_detailed=True,
        max_jobs=2,
        rng=1,
        working_dir=folder,
        summary_files=1,
        evaluator="inline",
    )
    return folder


@pytest.fixture(scope="module")
def history(run_dir) -> History:
    return load(run_dir)


@pytest.fixture
def command(monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["glompo", *map(str, arguments)])
        with pytest.raises(SystemExit):
            main()
        output = capsys.readouterr()
        return output.out + output.err

    return run


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_hostile_text_is_shown_on_one_line_in_which_everything_can_be_seen(attack):
    shown = legible(attack)
    assert seen(shown)
    assert "\n" not in shown


def test_an_ordinary_text_is_shown_as_it_is():
    for text in ("σ = 0.5 µm × λ², Ångström", "C:\\path", "日本語", "ok: 3.2 < 4", "Привет", "e\u0301"):
        assert legible(text) == text


def test_control_characters_are_written_as_python_writes_them():
    assert legible("\x1b[2J\n\t\u202e\U000e0041\ud800\x85") == "\\x1b[2J\\n\\t\\u202e\\U000e0041\\ud800\\x85"


def test_of_a_long_text_the_beginning_is_shown_and_how_much_follows():
    assert legible("x" * (LINE + 1234)) == "x" * LINE + "... (1,234 more characters)"
    assert legible_lines("ab\ncd\x1b") == "ab\ncd\\x1b"
    assert legible_lines("abcdef", 4) == "abcd... (2 more characters)"


def test_a_result_and_its_rows(history):
    assert seen(str(history.result))
    for row in history.result.optimizers:
        assert "\x1b" not in repr(row)


@pytest.mark.parametrize("arguments", [("status",), ("status", "--json"), ("export",)])
def test_commands_that_read_a_run(command, run_dir, arguments):
    assert seen(command(arguments[0], run_dir, *arguments[1:]))


def test_the_table_on_standard_output_keeps_its_rows(command, run_dir):
    text = command("export", run_dir, "-")
    assert not {"\x1b", "\x9b", "\u202e", "\r", "\x07"} & set(text)
    assert "\\x1b]0;owned" in text
    read = list(csv.reader(io.StringIO(text)))
    assert len(read) == 1 + len(list(rows(run_dir)))
    assert len({len(row) for row in read}) == 1


def test_the_status_of_a_checkpoint_and_errors_about_paths(command, run_dir, tmp_path):
    path = pack_directory(run_dir, tmp_path / "a\x1b[2J\n.glompo")
    assert seen(command("status", path))
    assert seen(command("status", tmp_path / HOSTILE.replace("\x00", "").replace("/", "")))
    assert seen(command("run", tmp_path / "\x1b[2J.toml"))
    assert seen(command("doctor", "\x1b[2J:\u202eX"))


def test_what_an_error_says_in_a_second_line_does_not_pass_for_another_message(command, tmp_path):
    (tmp_path / "forged\nglompo: all is well").mkdir()
    lines = command("status", tmp_path / "forged\nglompo: all is well").splitlines()
    assert [line for line in lines if line.startswith("glompo: all")] == []


def test_errors_in_python(tmp_path):
    assert str(SettingError("\x1b[2J\u202e")) == "\\x1b[2J\\u202e"
    with pytest.raises(glompo.UserError) as caught:
        glompo.minimize(lambda x: 0.0, [(0, 1)], **{"\x1b[2J": 1})
    assert seen(str(caught.value))
    with pytest.raises(glompo.UserError) as caught:
        glompo.minimize(lambda x: 0.0, [(0, 1)], exit_conditions=Raising(), working_dir=tmp_path)
    assert "\x1b" not in str(caught.value)


def test_components_and_findings_of_the_doctor():
    assert seen(_block("stoppers", [Line(HOSTILE, HOSTILE, HOSTILE)]))
    assert seen(str(Finding("failed", "it works", HOSTILE)))


def test_pictures_read_no_mathematics_in_names(run_dir, tmp_path):
    for draw in (trajectories, best_so_far):
        draw(run_dir, tmp_path / "picture.png", headline=True)


def test_plain_progress(history):
    stream = io.StringIO()
    Progress(stream=stream).close(history.view)
    assert seen(stream.getvalue())


def test_live_progress_reads_no_markup_in_names(history):
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, color_system=None, width=4000, legacy_windows=False)
    living = summarize(history.view)
    console.print(present(replace(living, living=history.result.optimizers, best_kind="[red]Mine[/red]")))
    shown = stream.getvalue()
    assert "[red]Mine[/red]" in shown
    assert "[red]rich[/red] [/nothing]" in shown
    assert not {"\x1b", "\x9b", "\u202e", "\x07"} & set(shown)


def test_log_records_and_their_tracebacks():
    stream = io.StringIO()
    logger, handler = library_logger("glompo.for_a_test"), logging.StreamHandler(stream)
    logger.addHandler(handler)
    try:
        try:
            raise ValueError(HOSTILE)
        except ValueError as error:
            logger.exception("it said %s, %s, %d", HOSTILE, error, 3)
    finally:
        logger.removeHandler(handler)
    assert seen(stream.getvalue().replace("\ntwo", "\n two"))  # a traceback has lines
    assert stream.getvalue().splitlines()[0].endswith(", 3")


def test_the_summary_file_is_yaml_whatever_the_names(run_dir):
    text = (run_dir / "glompo_manager_log.yml").read_text(encoding="utf-8")
    assert not {"\x1b", "\x9b", "\u202e", "\r", "\x07"} & set(text)
