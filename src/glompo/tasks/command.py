"""A task that is a program: one run of it per evaluation."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from glompo.errors import SettingError, SettingTypeError
from glompo.evaluators.pool.lifeline import tie_group
from glompo.evaluators.pool.limits import Limits
from glompo.evaluators.pool.process_tree import await_end, output_tail, process_trees, signal_name, signal_tree
from glompo.function import EvaluationError, Status, assess, kept_in
from glompo.tasks.program_io import Reading, check_places, rendered
from glompo.tasks.quantities import Quantities, Wanted

Keep = Literal["failed", "all", "none"]
"""Which scratch directories are kept."""


class CommandTask:
    """Run a program for each evaluation, in a scratch directory of its own.

    The scratch directory is the program's working directory; name other files by absolute paths. Its output is kept
    there in ``stdout`` and ``stderr`` while it runs. It leads a process group of its own, which is ended with it, also
    when this process vanishes. It holds plain data only and can be sent to any evaluator. Where the evaluator has a
    deadline as well, let it be the later one: it ends the program too, but leaves the scratch directory.

    Parameters
    ----------
    command : str or sequence of str
        Program and arguments. A string is split as a shell would; no shell is run. A relative path to a program counts
        from the present directory.
    template : path, optional
        A text file that is written into the scratch directory with ``{name}``, or ``{name:format}``, replaced by the
        values; a last ``.template`` is left out of its name. Arguments of the command take values in the same way.
    names : sequence of str, optional
        Names of the parameters; by default x0, x1, ...
    stdin : {"json", None}
        With ``"json"``, the program reads ``{"name": value, ...}`` from its standard input; ``{"x": [...]}`` without
        `names`.
    output : str
        Where the value is: ``"stdout"`` for the last number printed there, or ``"json:FILE:key"``. For a model of a
        calibration, where its quantities are: ``"json:FILE"`` for an object of numbers and lists, or
        ``"columns:FILE"`` for a text with a line of names above columns of numbers.
    at : str, optional
        Name of the list or column that says where the values of the others are, such as a time; values between two rows
        are interpolated. In columns it is the first one by default. In JSON lists have one number for each place that
        is wanted by default.
    timeout : float, optional
        Seconds that the program may take; then its group gets SIGTERM, and SIGKILL after `grace` seconds.
    grace : float
        Seconds from SIGTERM to SIGKILL.
    keep : {"failed", "all", "none"}
        Which scratch directories are kept; the error of an evaluation names its own.
    directory : path, optional
        Where scratch directories are made; by default where the system keeps temporary files.

    Raises
    ------
    SettingError, SettingTypeError
        If a setting cannot be used, or a parameter would not reach the program.
    """

    def __init__(
        self,
        command: str | Sequence[str],
        *,
        template: str | os.PathLike[str] | None = None,
        names: Sequence[str] | None = None,
        stdin: Literal["json"] | None = None,
        output: str = "stdout",
        at: str | None = None,
        timeout: float | None = None,
        grace: float = 2.0,
        keep: Keep = "failed",
        directory: str | os.PathLike[str] | None = None,
    ) -> None:
        self._command = _arguments(command)
        self.__module__, self.__qualname__ = "command", Path(self._command[0]).name  # what the run calls this task
        self._template = None if template is None else _template(Path(template))
        self._names = None if names is None else _names(names)
        self._limits = Limits(timeout=timeout, grace=grace)
        self._reading = reading_of(output, at)
        self._directory = None if directory is None else str(Path(directory).absolute())
        if keep not in get_args(Keep):
            raise SettingError(f"keep is {keep!r}; it is one of {', '.join(map(repr, get_args(Keep)))}")
        if stdin not in (None, "json"):
            raise SettingError(f"stdin is {stdin!r}; it is 'json' or None")
        self._keep = keep
        self._stdin = stdin
        if stdin is None:
            check_places([*self._command, self._template[1] if self._template else ""], self._names)

    def __repr__(self) -> str:
        return f"CommandTask({shlex.join(self._command)!r})"

    def resume_key(self) -> dict[str, Any]:
        """Return what makes this task another one: the command, the template, how values get in and the result out.

        Of absolute paths only the last part counts, so that a run can be resumed where its files lie elsewhere.
        """
        words = [os.path.basename(word) if os.path.isabs(word) else word for word in self._command]
        name, text = self._template or ("", "")
        return {
            "command": shlex.join(words),
            "template": name,
            "template text": text.encode(),
            "names": self._names,
            "stdin": self._stdin or "",
            "output": self._reading.told,
        }

    def __call__(self, x: NDArray[np.float64] | Mapping[str, float], wanted: Wanted | None = None) -> Any:
        """Return what the program computes at `x`, shape (d,).

        As the model of a calibration it is called with values by name, and with the places at which quantities are
        wanted, and returns a mapping.

        Raises
        ------
        EvaluationError
            If it gives no value; the status says how it ended, the reason ends with the last lines of its output.
        ValueError
            If `x` has not as many values as there are names.
        """
        values = self._named(x)
        if self._directory is not None:
            os.makedirs(self._directory, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="evaluation-", dir=self._directory))
        failed = True
        try:
            self._write(folder, values)
            self._run(folder, [rendered(argument, values) for argument in self._command])
            value = self._value(folder, wanted)
            if wanted is None:
                failed = assess(value).status is not Status.OK
                return value
            unusable = [one for one in value.values() if isinstance(one, ValueError)]
            failed = bool(unusable) or not wanted.keys() <= value.keys()
            for one in unusable if self._keep != "none" else ():
                one.args = (kept_in(str(one), folder),)
            return value
        except EvaluationError as error:
            reason = f"{error.reason}{_tail(folder)}"
            kept = reason if self._keep == "none" else kept_in(reason, folder)
            raise EvaluationError(error.status, kept) from error.__cause__
        finally:
            if self._keep == "none" or (self._keep == "failed" and not failed):
                shutil.rmtree(folder, ignore_errors=True)

    def _named(self, x: NDArray[np.float64] | Mapping[str, float]) -> dict[str, float]:
        if isinstance(x, Mapping):
            return dict(x)
        names = [f"x{i}" for i in range(len(x))] if self._names is None else self._names
        if len(names) != len(x):
            raise ValueError(f"the command takes {len(names)} parameters ({', '.join(names)}), the point has {len(x)}")
        return dict(zip(names, x.tolist(), strict=True))

    def _write(self, folder: Path, values: dict[str, float]) -> None:
        if self._template is not None:
            name, text = self._template
            (folder / name).write_text(rendered(text, values), encoding="utf-8")
        if self._stdin == "json":
            content = {"x": list(values.values())} if self._names is None else values
            (folder / "stdin").write_text(json.dumps(content), encoding="utf-8")

    def _run(self, folder: Path, command: list[str]) -> None:
        process, lifeline = self._started(folder, command)
        descendants: list[int] = []
        in_time = False
        try:
            in_time = await_end(process, self._limits.timeout)
            if not in_time:
                descendants = process_trees([process.pid])[process.pid]
                signal_tree(process.pid, signal.SIGTERM, descendants)
                await_end(process, self._limits.grace)
        finally:
            signal_tree(process.pid, signal.SIGKILL, descendants)  # also what it has left behind
            code = process.wait()
            os.close(lifeline)
        if not in_time:
            raise EvaluationError(
                Status.TIMEOUT, f"{command[0]} was ended at its deadline of {self._limits.timeout:g} s"
            )
        if code < 0:
            raise EvaluationError(Status.CRASHED, f"{command[0]} was killed by {signal_name(-code)}")
        if code:
            raise EvaluationError(Status.FAILED, f"{command[0]} ended with exit code {code}")

    def _started(self, folder: Path, command: list[str]) -> tuple[subprocess.Popen[bytes], int]:
        """Return the running program and a descriptor that it ends with."""
        stdin = folder / "stdin" if self._stdin else Path(os.devnull)
        reading, writing = os.pipe()
        try:
            with ExitStack() as files:
                process = subprocess.Popen(
                    command,
                    stdin=files.enter_context(stdin.open("rb")),
                    stdout=files.enter_context((folder / "stdout").open("wb")),
                    stderr=files.enter_context((folder / "stderr").open("wb")),
                    cwd=folder,
                    process_group=0,
                    pass_fds=(reading,),
                )
            tie_group(reading, process.pid)
        except OSError as error:
            os.close(writing)
            raise EvaluationError(Status.FAILED, f"{command[0]} cannot be run: {error.strerror}") from error
        finally:
            os.close(reading)
        return process, writing

    def _value(self, folder: Path, wanted: Wanted | None) -> Any:
        try:
            if isinstance(self._reading, Quantities):
                return self._reading.values(folder, wanted)
            return self._reading.value(folder, folder / "stdout")
        except (ValueError, OSError) as error:
            reason = f"{self._command[0]} gave no value: {error}"
            raise EvaluationError(Status.INVALID, reason) from error


def reading_of(output: str, at: str | None) -> Reading | Quantities:
    """Return where the value is, or the quantities are."""
    found = Quantities.of(output, at)
    if found is not None:
        return found
    if at is not None:
        raise SettingError(f"at is {at!r}, but output is {output!r}; it goes with 'json:FILE' and 'columns:FILE'")
    return Reading.of(output)


def _arguments(command: str | Sequence[str]) -> tuple[str, ...]:
    try:
        parts = shlex.split(command) if isinstance(command, str) else list(command)
    except TypeError:
        parts = []
    except ValueError as error:
        raise SettingError(f"the command {command!r} cannot be split: {error}; give a list of texts") from None
    if not parts or not all(isinstance(part, str) for part in parts):
        raise SettingTypeError(f"the command is {command!r}; give a program and its arguments, as a text or a list")
    if os.sep in parts[0]:
        parts[0] = str(Path(parts[0]).absolute())
    return tuple(parts)


def _names(given: Sequence[str]) -> tuple[str, ...]:
    names = () if isinstance(given, str) or not isinstance(given, Sequence) else tuple(map(str, given))
    if not names or len(set(names)) != len(names):
        raise SettingTypeError(f"names are {given!r}; give a list of different texts, one for each parameter")
    return names


def _template(path: Path) -> tuple[str, str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"the template {path} cannot be read: {error}; give a text file") from error
    return path.name.removesuffix(".template"), text


def _tail(folder: Path) -> str:
    """Return the end of what the program said, in one line."""
    for name in ("stderr", "stdout"):
        with suppress(FileNotFoundError), (folder / name).open("rb") as file:  # none if it could not be run
            if tail := output_tail(file.fileno(), name):
                return tail
    return ""
