"""What gets an optimizer out of the task: no Exception, so that code that survives exceptions does not survive it."""


class Cut(BaseException):
    """The optimizer was asked to stop and went on: it is unwound from inside the task."""


class Refused(Cut):
    """The task is not what it says; the optimizer is unwound, and the run ends with this reason."""


class OutsideError(BaseException):
    """An optimizer asks for nothing but points outside the bounds: it has failed, also if it survives exceptions."""
