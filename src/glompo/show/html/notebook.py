"""What a notebook shows of a run: a summary, a picture, and the first optimizers."""

from __future__ import annotations

from glompo.errors import GlompoError
from glompo.read import History, Result, RunStatus, load
from glompo.read.result_text import causes, census
from glompo.safe_text import PAGE
from glompo.show import formatting as fmt
from glompo.show.html.chapters import optimizers
from glompo.show.html.parts import facts, image, paragraphs, text
from glompo.show.plots import trajectories

ROWS = 20
"""Optimizers in the table: the first ones, and the owner of the best point."""

STYLE = """
.glompo-run dl{display:flex;flex-wrap:wrap;gap:6px 28px;margin:6px 0 10px}.glompo-run dt{opacity:.65;font-weight:400}
.glompo-run dd{margin:0;font-weight:600}.glompo-run img{max-width:100%;background:#fff;border-radius:6px}
.glompo-run .scroll{overflow-x:auto}
.glompo-run td,.glompo-run th{text-align:left;vertical-align:top;padding:3px 14px 3px 0}
.glompo-run .n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
"""
"""It sets no colours but that behind the picture, so it is legible in light and in dark notebooks."""


def notebook_html(run: Result | History) -> str:
    """Return a run as HTML for the output of a cell; of a run that is not recorded without the picture."""
    result = run.result if isinstance(run, History) else run
    told = {
        "best value": fmt.value(result.fx),
        "evaluations": f"{result.nfev:,}",
        "run time": fmt.clock(result.seconds),
        "optimizers": census(result.optimizers),
        "state": RunStatus(result.status).word,
    }
    told |= {"failed evaluations": causes(result.failures)} if result.failures else {}
    title = f"<p><strong>{text(result.label)}</strong></p>" if result.label else ""
    where = f"<p><code>{text(result.run_dir, PAGE)}</code></p>" if result.run_dir is not None else ""
    table = optimizers(result.optimizers, result.origin["opt_id"], ROWS)
    return (
        f'<style>{STYLE}</style><div class="glompo-run">{title}{facts(told)}{paragraphs([result.message])}'
        f"{_picture(run)}{table}{where}</div>"
    )


def _picture(run: Result | History) -> str:
    """Return the picture; where there is none, why."""
    if isinstance(run, Result) and (run.run_dir is None or not run.nfev):
        return ""
    try:
        history = run if isinstance(run, History) else load(run.run_dir or "")
        if not history.view.candidates:
            return ""
        return image(trajectories(history, size=(9.0, 4.6), dpi=72.0), "trajectories")
    except GlompoError as error:  # matplotlib is missing, or the directory is gone
        return paragraphs([error])
