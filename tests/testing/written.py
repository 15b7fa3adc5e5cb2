"""Optimizers as users write them: one from the seed's text, one in the earlier spelling."""

from __future__ import annotations

from glompo import BaseOptimizer, MinimizeResult


class FromTheSeed(BaseOptimizer):
    """Compass search: look around along each axis, halve the step where nothing is better.

    Everything that the seed's text asks for, and nothing else: its constructor, check_messages, message_manager and
    the pause signal in the loop, callstop, the result, and a search that goes on from a saved state.
    """

    def __init__(
        self,
        _opt_id=None,
        _signal_pipe=None,
        _results_queue=None,
        _pause_flag=None,
        _is_log_detailed=False,
        _workers=1,
        _backend="threads",
        **kwargs,
    ):
        super().__init__(
            _opt_id, _signal_pipe, _results_queue, _pause_flag, _is_log_detailed, _workers, _backend, **kwargs
        )
        self.step = kwargs.get("step", 0.2)
        self.tolerance = kwargs.get("tolerance", 1e-4)
        self.looked = 0  # directions since the last success
        self.direction = 0
        self.stopped = False

    def minimize(self, function, x0, bounds):
        if not self.is_restart:
            self.incumbent = {"x": x0, "fx": function(x0)}
        while self.step > self.tolerance and not self.stopped:
            self.check_messages()
            self._pause_signal.wait()
            if self.stopped:
                break
            self.look(function, bounds)
        if not self.stopped:
            self.message_manager(0)
        self.message_manager(9, f"ended with a step of {self.step}")
        return MinimizeResult(
            success=not self.stopped,
            x=self.incumbent["x"],
            fx=self.incumbent["fx"],
            stats={"step": self.step},
            origin={"opt_id": self.opt_id},
        )

    def look(self, function, bounds):
        axis, sign = divmod(self.direction, 2)
        low, high = bounds[axis]
        x = self.incumbent["x"].copy()
        x[axis] += (1 if sign else -1) * self.step * (high - low)
        fx = function(x)
        if fx < self.incumbent["fx"]:
            self.incumbent = {"x": x, "fx": fx}
            self.looked = 0
            return
        self.looked += 1
        self.direction = (self.direction + 1) % (2 * len(bounds))
        if self.looked >= 2 * len(bounds):
            self.step /= 2
            self.looked = 0

    def callstop(self, reason):
        self.stopped = True


class InTheEarlierSpelling(BaseOptimizer):
    """The same search as earlier versions had it: positional arguments, callbacks, no word about the random stream."""

    def __init__(
        self,
        opt_id=None,
        signal_pipe=None,
        results_queue=None,
        pause_flag=None,
        workers=1,
        backend="processes",
        is_log_detailed=False,
        step=0.2,
        **kw,
    ):
        super().__init__(opt_id, signal_pipe, results_queue, pause_flag, workers, backend, is_log_detailed, **kw)
        self.step = step
        self.halted = False

    def minimize(self, function, x0, bounds, callbacks=None, **kw):
        x, fx = x0.copy(), function(x0)
        while not self.halted and self.step > 1e-4:
            better = False
            for i, (low, high) in enumerate(bounds):
                for sign in (1, -1):
                    y = x.copy()
                    y[i] = min(max(y[i] + sign * self.step * (high - low), low), high)
                    fy = function(y)
                    self._pause_signal.wait()
                    self.check_messages()
                    if fy < fx:
                        x, fx, better = y, fy, True
                        if fx < self.incumbent["fx"]:
                            self.incumbent = {"x": x, "fx": fx}
                    if self.halted or (callbacks and callbacks(x, fx)):
                        return MinimizeResult(False, x, fx)
            self.step *= 1 if better else 0.5
        self.message_manager(0, "Step below tolerance")
        return MinimizeResult(True, x, fx)

    def callstop(self, *args):
        self.halted = True
