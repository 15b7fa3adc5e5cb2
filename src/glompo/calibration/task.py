"""A calibration: a task that is made of a model, a table of parameters and a table of data."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.calibration.data import AnswerError, Data
from glompo.calibration.known import check_parameters, check_quantities
from glompo.calibration.losses import SUM, loss_of
from glompo.calibration.parameters import Parameters
from glompo.calibration.report import Report, reported
from glompo.errors import SettingError, SettingTypeError, TaskContractError

Vector = NDArray[np.float64]
Model = Callable[[Mapping[str, float], Mapping[str, Vector]], Mapping[str, Any]]

ROUNDING = 1e-9
"""Share of its range by which a parameter may be moved when it is scaled and scaled back."""

PRIORS = "prior"
"""Group of the residuals that are no comparison with data."""


class Calibration:
    """How far a model is from data, as a function of its active parameters.

    It is a task like any other, and brings with it what :func:`glompo.minimize` needs to know: bounds, starting point,
    names, scales and residuals.

    Parameters
    ----------
    model : callable, class, or functools.partial of a class
        ``model(values, wanted)`` returns a mapping from quantities to numbers and arrays. ``values`` has all parameters
        by name. ``wanted`` has the quantities that are needed, each with the places of its series in rising order, an
        empty array for a single number. Of a class each process constructs as many instances as it calls at once; one
        thread after another may call an instance, two at once never do. If the model has attributes `quantities` and
        `parameters`, each a collection of names or a function that says whether it knows one, rows with other names are
        refused. A quantity that could not be computed may be given as the exception that says why.
    parameters : Parameters, what :meth:`Parameters.read` takes, or lmfit.Parameters
        Which numbers are fitted.
    data : Data, or what :meth:`Data.read` takes
        What the model is compared with. Rows for validation are never fitted.
    loss : {'sse', 'sae', 'rmse', 'huber'}
        What is minimised: the sum of squares of the weighted residuals, of their absolute values, the root of their
        mean square, or squares that go over into absolute values. Least squares can use the first and the last.
    record_residuals : bool
        Whether the residuals of every evaluation are recorded, beside the sums by group.

    Raises
    ------
    SettingError, SettingTypeError
        Naming file, line, value and remedy; the model has not been called.

    Notes
    -----
    The values in the table of parameters must be answered: with as many finite numbers as are wanted. If the first
    answer is of another kind, the task raises TaskContractError, with file and line of the row, which ends a run and
    leaves nothing of it; where that answer was about another point, the model is called once more, about those values.
    Any other answer of no use is a failed evaluation.

    Examples
    --------
    >>> from glompo.calibration import Entry, Parameter
    >>> def line(values, wanted):
    ...     return {"y": values["slope"] * wanted["y"] + values["offset"]}
    >>> parameters = Parameters([Parameter("slope", 1.0, -5.0, 5.0), Parameter("offset", 0.0, active=False)])
    >>> fit = Calibration(line, parameters, Data([Entry("y", 2.0, 0.5, at=1.0), Entry("y", 4.0, 0.5, at=2.0)]))
    >>> fit([1.0]), fit.residuals([1.0]).tolist(), fit.names
    (20.0, [-2.0, -4.0], ('slope',))
    """

    is_log_detailed = True
    """Sums by group are recorded with every evaluation."""

    _answered = False  # whether an answer had all that was wanted

    def __init__(
        self,
        model: Any,
        parameters: Any,
        data: Any,
        *,
        loss: str = "sse",
        record_residuals: bool = False,
    ) -> None:
        self.parameters = _parameters(parameters)
        self.data = data if isinstance(data, Data) else Data.read(data)
        self._loss = loss_of(loss)
        self._keeps = record_residuals
        if not callable(model):
            raise SettingTypeError(f"the model is {model!r}, which cannot be called; give model(values, wanted)")
        self.model = model
        training = self.data.of("training")
        if training is None:
            raise SettingError(f"none of the {len(self.data)} rows of data is for training; give some split = training")
        self.training, self.validation = training, self.data.of("validation")
        self._forget()
        with self._lent() as one:
            if (known := getattr(one, "quantities", None)) is not None:
                check_quantities(self.data, known)
            if (taken := getattr(one, "parameters", None)) is not None:
                check_parameters(self.parameters, taken)

    def __repr__(self) -> str:
        rows = len(self.validation or ())
        return (
            f"<Calibration of {len(self.parameters.active)} parameters by {len(self.training)} rows"
            f"{f', {rows} for validation' if rows else ''}, loss {self._loss.name}>"
        )

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in ("_idle", "_answered")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget()

    def resume_key(self) -> dict[str, Any]:
        """Return what makes this task another one; where a fit began does not."""
        fixed = [(p.name, "" if p.active else repr(p.value), str(p.prior)) for p in self.parameters]
        return {
            "model": self.model,
            "parameters": repr((fixed, self.parameters.derived)),
            "data": self.training.to_csv() + repr(self.training.weights),
            "loss": self._loss.name,
        }

    @property
    def bounds(self) -> list[tuple[float, float]]:
        """Ranges of the active parameters."""
        return [(low, high) for low, high in self.parameters.bounds.tolist()]

    @property
    def x0(self) -> Vector:
        """Values of the active parameters in the table, shape (d,)."""
        return self.parameters.x0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the active parameters."""
        return self.parameters.names

    @property
    def scaler(self) -> tuple[str, ...]:
        """Scales of the active parameters."""
        return self.parameters.scales

    @property
    def loss(self) -> str:
        """Name of the loss."""
        return self._loss.name

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups of the training data; that of the priors comes last, if there are any."""
        priors = any(row.prior is not None for row in self.parameters.active)
        return (*self.training.groups, PRIORS) if priors else self.training.groups

    @property
    def residuals(self) -> Callable[[Any], Vector]:
        """Function of `x`, shape (d,), that returns the vector of which the sum of squares is the loss, shape (n,).

        A loss that is no such sum has none, and the attribute is missing.
        """
        if not self._loss.squares:
            raise AttributeError(self.without_residuals)
        return lambda x: self._loss.roots(self.weighted(x))

    @property
    def without_residuals(self) -> str:
        """Why the task has no residuals; empty if it has."""
        if self._loss.squares:
            return ""
        return f"the loss {self._loss.name!r} is no sum of squares; use loss='sse' or 'huber'"

    def __call__(self, x: Any) -> float:
        """Return the loss at `x`, shape (d,)."""
        return self._loss(self.weighted(x))

    def detailed_call(self, x: Any) -> tuple[Any, ...]:
        """Return the loss at `x`, shape (d,), and what `headers` names."""
        residuals = self.weighted(x)
        roots = self._loss.roots(residuals)
        kept = (roots if self._loss.squares else residuals,) if self._keeps else ()
        return (self._loss(residuals), *self.extras_of(roots), *kept)

    def headers(self) -> dict[str, type]:
        """Return name and type of the extra values: the sum of the shares of each group in the loss."""
        sums: dict[str, type] = {f"{SUM}{group}": float for group in self.groups}
        kept = "residuals" if self._loss.squares else "weighted_residuals"
        return sums | ({kept: np.ndarray} if self._keeps else {})

    def extras_of(self, residuals: Vector) -> tuple[float, ...]:
        """Return the extra values that follow from residuals alone: the sums of the groups."""
        return tuple(float(part @ part) for part in (residuals[members] for members in self._members))

    def weighted(self, x: Any) -> Vector:
        """Return the weighted residuals of the training data at `x`, shape (d,), and those of priors behind, (n,)."""
        point = np.asarray(x, dtype=np.float64)
        found = self.training.residuals(self.predictions(point, "training"))
        return np.concatenate([found, self.parameters.priors(point)])

    def predictions(self, x: Any, split: str = "training") -> Vector:
        """Return what the model gives for each row of 'training' or 'validation' at `x`, shape (d,) to (n,)."""
        data = self.training if split == "training" else self.validation
        if data is None:
            raise SettingError("no row of the data is for validation; give some split = validation")
        try:
            found = self._compared(x, data)
        except AnswerError as error:
            if not self._answered and self._fails_at_start(x, data, error):
                raise TaskContractError(str(error)) from error
            raise
        self._answered = True
        return found

    def validation_loss(self, x: Any) -> float:
        """Return the loss of the validation data at `x`, shape (d,); nan if there are none."""
        if self.validation is None:
            return float("nan")
        return self._loss(self.validation.residuals(self.predictions(x, "validation")))

    def shares(self, residuals: Vector) -> Vector:
        """Return what each of the weighted residuals adds to the loss, shape (n,); of their mean, with 'rmse'."""
        return np.asarray(self._loss.shares(residuals))

    def total(self, residuals: Vector) -> float:
        """Return the loss of weighted residuals, shape (n,)."""
        return self._loss(residuals)

    def report(self, at: Any = None, **settings: Any) -> Report:
        """Return how the model compares with the data at a point, by group and by row.

        Parameters
        ----------
        at : array-like of shape (d,), or Result, optional
            The point; the values in the table by default. With the result of a run, its best point; the points by which
            the run improved are then judged by the validation data.
        **settings
            See :func:`~glompo.calibration.report.reported`.
        """
        return reported(self, at, **settings)

    def _compared(self, x: Any, data: Data) -> Vector:
        with self._lent() as model:
            return data.predictions(model(self.parameters.values(x), data.wanted))

    def _fails_at_start(self, x: Any, data: Data, error: AnswerError) -> bool:
        """Return whether the values in the table have no answer either: then it is not the point `x` that is wrong."""
        low, high = np.array(self.bounds).T
        if (np.abs(np.asarray(x) - self.x0) <= ROUNDING * (high - low)).all():
            return True
        if error.there:
            return False
        try:
            self._compared(self.x0, data)
        except AnswerError:
            return True
        except Exception:  # whatever a model raises where it cannot be computed
            return False
        self._answered = True
        return False

    @functools.cached_property
    def _members(self) -> list[NDArray[np.bool_]]:
        priors = np.zeros(len(self.parameters.priors(self.x0)), dtype=bool)
        data = [np.concatenate([self.training.members(group), priors]) for group in self.training.groups]
        return [*data, ~np.any(data, axis=0)][: len(self.groups)]

    def _maker(self) -> Any:
        """Return the class of the model, if it is to be constructed; else the model."""
        return self.model.func if isinstance(self.model, functools.partial) else self.model

    @contextmanager
    def _lent(self) -> Iterator[Model]:
        """Lend the model; if it is a class, an instance that no other call has."""
        if not inspect.isclass(self._maker()):
            yield self.model
            return
        idle = self._idle.setdefault(os.getpid(), [])  # what a library holds may not survive a fork
        try:
            one = idle.pop()
        except IndexError:
            one = self.model()
        try:
            yield one
        finally:
            idle.append(one)

    def _forget(self) -> None:
        self._idle: dict[int, list[Model]] = {}
        self._answered = False


def _parameters(given: Any) -> Parameters:
    if isinstance(given, Parameters):
        return given
    if isinstance(given, Mapping):  # of names, as lmfit has it
        if not all(hasattr(one, "vary") for one in given.values()):
            raise SettingTypeError(
                "parameters are a mapping; give a Parameters, a file, a list of rows, or lmfit.Parameters"
            )
        return Parameters.from_lmfit(given)
    return Parameters.read(given)
