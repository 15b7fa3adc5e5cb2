"""The summary of a run as a file for people, in YAML."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from glompo.core.state.lifecycle import How
from glompo.errors import UserError
from glompo.read.result import Result
from glompo.storage.directory import SUMMARY
from glompo.storage.files import atomic_write


def write_summary(
    result: Result, settings: Mapping[str, Any], folder: Path | None, facts: Mapping[str, Any] | None = None
) -> Path:
    """Write ``glompo_manager_log.yml`` into `folder` and return its path.

    Parameters
    ----------
    result : Result
        What the run gave.
    settings : mapping
        Its settings in plain data.
    folder : Path
        Where to write; it is made if need be.
    facts : mapping, optional
        Further sections, in plain data: of the checkpoints, the machine and what was used of it.

    Raises
    ------
    UserError
        If `folder` is None.
    StoreError
        If the file cannot be written.
    """
    if folder is None:
        raise UserError("this result was not recorded in a directory; name a folder for its summary")
    path = folder / SUMMARY
    with atomic_write(path, "name another folder") as draft:
        draft.write_text("\n".join(_lines({**_contents(result, settings), **(facts or {})})) + "\n", encoding="utf-8")
    return path


def _contents(result: Result, settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "settings": dict(settings),
        "counters": {
            "function_evaluations": result.nfev,
            "optimizers_started": result.stats["opts_started"],
            "optimizers_stopped": result.stats["opts_killed"],
            "optimizers_converged": result.stats["opts_conv"],
            "ends": {str(how): sum(row.how == how for row in result.optimizers) for how in How},
        },
        "result": {
            "success": result.success,
            "status": result.status,
            "end_condition": result.message,
            "fx": result.fx,
            "x": None if result.x is None else result.x.tolist(),
            "origin": result.origin,
        },
        "optimizers": [
            {
                "opt_id": row.opt_id,
                "type": row.kind,
                "label": row.label,
                "regime": row.regime,
                "settings": dict(row.config),
                "slots": row.slots,
                "started_because": row.started_because,
                "x0": row.x0.tolist(),
                "started_at": row.started_at,
                "ended_at": row.ended_at,
                "evaluations": row.evaluations,
                "best_fx": row.best_f,
                "end": row.ending,
            }
            for row in result.optimizers
        ],
        "dates": {"opened": result.date, "seconds": result.seconds},
        "run_dir": None if result.run_dir is None else str(result.run_dir),
    }


def _lines(value: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    for name, item in value.items():
        if isinstance(item, Mapping) and item:
            yield f"{indent}{_scalar(name)}:"
            yield from _lines(item, indent + "  ")
        elif isinstance(item, Sequence) and item and isinstance(item[0], Mapping):
            yield f"{indent}{_scalar(name)}:"
            for entry in item:
                first, *rest = _lines(entry, "")
                yield f"{indent}- {first}"
                yield from (f"{indent}  {line}" for line in rest)
        else:
            yield f"{indent}{_scalar(name)}: {_flow(item)}"


def _flow(item: Any) -> str:
    if isinstance(item, Mapping):
        return "{" + ", ".join(f"{_scalar(name)}: {_flow(value)}" for name, value in item.items()) + "}"
    if isinstance(item, (list, tuple)):
        return "[" + ", ".join(map(_flow, item)) + "]"
    return _scalar(item)


def _scalar(value: Any) -> str:
    """Return a scalar that readers of YAML 1.1 and 1.2 understand alike."""
    if value is None or isinstance(value, (bool, int)):
        return json.dumps(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
        mantissa, e, exponent = repr(value).partition("e")
        return mantissa + ("" if "." in mantissa else ".0") + e + exponent  # YAML 1.1 wants the point
    text = str(value)
    plain = text.replace("_", "").isalnum() and not text[0].isdigit() and text.lower() not in _WORDS
    return text if plain and text.isascii() else _quoted(text)


def _quoted(text: str) -> str:
    """Return a text in double quotes, in which YAML permits printable characters only, unlike JSON."""
    return "".join(c if c.isprintable() else _escape(c) for c in json.dumps(text, ensure_ascii=False))


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


_WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"])
