"""The commands, their options and their exit codes.

Exit codes: 0, the command did what it was asked for; 1, a run ended without success, or something failed; 2, a
mistake in what was given, and nothing was written; 75, told to stop by SIGTERM or SIGUSR1, as batch queues do before
they kill a job: requeue it; 130, interrupted otherwise. After the last two the result so far was printed, and the run
can be resumed.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glompo._version import __version__
from glompo.cli.arguments import KINDS, Directory, NoWait, Optimizer, RunOrFile
from glompo.cli.decision_commands import explain, whatif
from glompo.cli.exit_codes import BAD_INPUT, FAILURE, SUCCESS
from glompo.cli.exporting import export
from glompo.cli.filming import film
from glompo.cli.fit_commands import report, sensitivity
from glompo.cli.plotting import plot
from glompo.cli.watching import watch
from glompo.errors import EndedError, GlompoError, UserError
from glompo.safe_text import PAGE, legible

if TYPE_CHECKING:
    from glompo.manager import Control

app = typer.Typer(
    help="Run several optimizers on one expensive function, and look at what they did.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: glompo run fit.toml",
    rich_markup_mode=None,  # rich would be loaded for --help
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Carry out the command line of this process and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a result must not be lost to a σ in an ASCII terminal
    try:
        app(prog_name="glompo")
    except GlompoError as error:
        # lines after the first are set in, so that none of them passes for another message
        typer.echo("\n    ".join(f"glompo: {error}".split("\n")), err=True)
        sys.exit(exit_code(error))


def exit_code(error: GlompoError) -> int:
    """Return the exit code for an error: 2 if nothing was written because of what was given, else 1."""
    began = isinstance(error, EndedError) and error.on_record
    return BAD_INPUT if isinstance(error, UserError) and not began else FAILURE


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"glompo {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Run several optimizers on one expensive function, and look at what they did."""


@app.command(epilog="Example: glompo run fit.toml --max-evaluations 5000")
def run(
    config: Annotated[Path, typer.Argument(metavar="CONFIG.toml", help="Settings of the run.")],
    working_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Directory of the run, instead of the one in the configuration.")
    ] = None,
    max_evaluations: Annotated[
        int | None, typer.Option(metavar="N", help="max_evaluations, instead of those in the configuration.")
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Evaluate on a cluster: dask://host:port, or slurm; as the key evaluator."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Set a run in that directory aside, into its folder 'replaced'.")
    ] = False,
) -> None:
    """Run what a configuration file describes.

    Its keys are the arguments of glompo.minimize and GloMPOManager.setup; a task is an import path,
    "module:function", looked for beside the file first. Ctrl-C ends the run in order and prints what it found; a
    second one does not wait for evaluations under way.

    SIGTERM and SIGUSR1 act as Ctrl-C does.

    Exit codes: 0 success, 1 the run ended without success, 2 bad input, 75 suspended by SIGTERM or SIGUSR1, 130
    interrupted.
    """
    from glompo.cli.runs import named_cluster, run_configuration

    overrides: dict[str, Any] = {}
    if working_dir is not None:
        overrides["working_dir"] = str(working_dir.absolute())
    if max_evaluations is not None:
        overrides["max_evaluations"] = max_evaluations
    if cluster is not None:
        overrides["evaluator"] = named_cluster(cluster)
    if overwrite:
        overrides["overwrite_existing"] = True
    raise typer.Exit(run_configuration(config, overrides))


@app.command(epilog="Example: glompo resume fit_run --set max_evaluations=5000")
def resume(
    directory: RunOrFile,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Another value for a key of the configuration, written as in TOML, such as max_evaluations=5000 or "
            "stoppers.2.calls=80.",
        ),
    ] = None,
) -> None:
    """Go on with a run that ended before its time, or has got a larger budget.

    Its configuration was kept in DIR. All but bounds and seed may change. A checkpoint file is unpacked first.

    Exit codes: as for run.
    """
    from glompo.cli.config import assignments
    from glompo.cli.runs import resume_directory

    raise typer.Exit(resume_directory(directory, assignments(settings or [], "--set")))


@app.command(epilog="Example: glompo stop fit_run --optimizer 3")
def stop(
    directory: Directory,
    optimizer: Annotated[
        int | None, typer.Option(metavar="N", help="Stop this optimizer only; the run goes on.")
    ] = None,
    no_wait: NoWait = False,
) -> None:
    """End a living run in order, as if its exit condition held; or stop one of its optimizers."""
    if optimizer is None:
        _ask(directory, no_wait, "The run ends.", lambda run: run.end())
    else:
        _ask(directory, no_wait, f"Optimizer {optimizer} is stopped.", lambda run: run.stop(optimizer))


@app.command(epilog="Example: glompo suspend fit_run")
@app.command("leave", hidden=True)  # its earlier name
def suspend(directory: Directory, no_wait: NoWait = False) -> None:
    """End the session of a living run in order, as Ctrl-C does there; glompo resume goes on with it."""
    _ask(directory, no_wait, "The session ends; the run can be resumed.", lambda run: run.suspend())


@app.command(epilog="Example: glompo pause fit_run 3")
def pause(directory: Directory, optimizer: Optimizer, no_wait: NoWait = False) -> None:
    """Let an optimizer of a living run rest until unpause; its slots are free for others."""
    _ask(directory, no_wait, f"Optimizer {optimizer} is put to rest.", lambda run: run.pause(optimizer))


@app.command(epilog="Example: glompo unpause fit_run 3")
@app.command("go-on", hidden=True)  # its earlier name
def unpause(directory: Directory, optimizer: Optimizer, no_wait: NoWait = False) -> None:
    """Let a resting optimizer go on; if no slots are free for it, the youngest others rest until there are."""
    _ask(directory, no_wait, f"Optimizer {optimizer} goes on.", lambda run: run.unpause(optimizer))


@app.command(epilog="Example: glompo slots fit_run 4")
def slots(
    directory: Directory,
    number: Annotated[int, typer.Argument(metavar="N", help="Evaluations in flight at once.")],
    no_wait: NoWait = False,
) -> None:
    """Change the number of evaluations that a living run has in flight, for the rest of its session."""
    _ask(directory, no_wait, f"The run has {number} slots.", lambda run: run.slots(number))


@app.command(epilog="Example: glompo budget fit_run 5000")
def budget(
    directory: Directory,
    number: Annotated[int, typer.Argument(metavar="N", help="Evaluations of the run in all.")],
    no_wait: NoWait = False,
) -> None:
    """Change the number of evaluations that a living run may make, for the rest of its session."""
    _ask(directory, no_wait, f"The run may make {number} evaluations.", lambda run: run.budget(number))


@app.command(epilog="Example: glompo inject fit_run 0.5 -2", context_settings={"ignore_unknown_options": True})
def inject(
    directory: Directory,
    point: Annotated[list[str], typer.Argument(metavar="X...", help="A number per parameter, or NAME=NUMBER of each.")],
    no_wait: NoWait = False,
) -> None:
    """Let a living run evaluate a point; worse optimizers are told of it, and the next one starts there."""
    from glompo.manager.injected_point import point_of_text

    x = point_of_text(" ".join(point))
    _ask(directory, no_wait, "The point is evaluated.", lambda run: run.inject(x))


@app.command(epilog="Example: glompo checkpoint fit_run -o fit.ckpt")
def checkpoint(
    directory: Directory,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="The file, for a run that is not alive.")
    ] = None,
    no_wait: NoWait = False,
) -> None:
    """Make a checkpoint of a run, alive or not: one file, which can be moved and resumed; print its path."""
    from glompo.cli.runs import make_checkpoint

    path = make_checkpoint(directory, output, wait=not no_wait)
    typer.echo("The request lies in the inbox of the run." if path is None else legible(path, PAGE))


def _ask(directory: Path, no_wait: bool, done: str, request: Callable[[Control], None]) -> None:
    """Ask a run for something, and say that it was taken."""
    from glompo.manager.live_control import PATIENCE, control

    request(control(directory, 0.0 if no_wait else PATIENCE))
    typer.echo("The request lies in the inbox of the run." if no_wait else done)


@app.command(epilog="Example: glompo status fit_run --json")
def status(
    directory: RunOrFile,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON, for programs.")] = False,
) -> None:
    """Print where a run stands: alive, finished, suspended or killed; what it found; what became of its optimizers.

    Of a checkpoint file it prints what the file holds; none of its code is run.
    """
    from glompo.cli.inspection import status_json, status_text

    typer.echo(status_json(directory) if as_json else status_text(directory))


app.command(epilog="Example: glompo watch fit_run")(watch)


@app.command(epilog="Example: glompo dashboard fit_run")
def dashboard(
    directories: Annotated[
        list[Path],
        typer.Argument(metavar="DIR...", help="Working directories of runs, alive or not, or directories above them."),
    ],
    port: Annotated[int, typer.Option(metavar="N", help="Where the pages are served; any free port by default.")] = 0,
    dark: Annotated[bool, typer.Option("--dark", help="Light letters on a dark ground.")] = False,
    token_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keeps the secret of the address, so that it stays; made if it is missing."),
    ] = None,
    proxy: Annotated[
        str, typer.Option(metavar="URL", help="Address at which a reverse proxy passes the pages on, with its path.")
    ] = "",
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address.")] = False,
) -> None:
    """Show runs in a browser while they go on, and steer them; print the address. Ctrl-C ends the pages, not the runs.

    The pages are served on this machine alone. Needs Bokeh: pip install 'glompo[dashboard]'.
    """
    from glompo.cli.dashboard import serve

    serve(directories, port, token_file, proxy, dark, not no_browser)


@app.command("list", epilog="Example: glompo list fits")
def list_(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Directory below which to look.")] = Path("."),
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON, for programs.")] = False,
) -> None:
    """List the runs in a directory and up to three levels below it: name, state, evaluations, best value, beginning."""
    from glompo.cli.run_list import list_json, list_text

    typer.echo(list_json(folder) if as_json else list_text(folder))


@app.command(epilog="Example: glompo clean --finished --dry-run")
def clean(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Directory below which to look.")] = Path("."),
    finished: Annotated[bool, typer.Option("--finished", help="Also longer runs that have finished.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Also runs that were suspended or killed, and could be resumed.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be removed.")] = False,
) -> None:
    """Remove runs that were given no working_dir: those that were over within a minute, or more if asked.

    Only directories in a folder glompo_runs are removed, with all that is in them; never one in which a process works.
    """
    from glompo.cli.run_list import clean as cleaned

    for line in cleaned(folder, finished, everything, dry_run):
        typer.echo(line)


app.command(epilog="Example: glompo whatif fit_run --stoppers 'CatchUp(kappa=1)'")(whatif)
app.command(epilog="Example: glompo explain fit_run 3")(explain)
app.command(epilog="Example: glompo plot fit_run --picture best -o best.pdf --no-headline --ylabel energy --yunit eV")(
    plot
)
app.command(epilog="Example: glompo film fit_run -o fit.gif --against time --seconds 8")(film)


app.command(epilog="Example: glompo export fit_run fit.parquet")(export)


@app.command(epilog="Example: glompo minima fit_run -o minima.csv")
def minima(
    directory: RunOrFile,
    tol: Annotated[
        float,
        typer.Option(metavar="SHARE", help="Share of a parameter's range within which ends are one."),
    ] = 0.01,
    converged: Annotated[bool, typer.Option("--converged", help="Only ends of optimizers that converged.")] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE.csv", help="Write them as CSV, and print the path.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON, for programs.")] = False,
) -> None:
    """Print the distinct minima of a run: value, point, how often optimizers ended there, and which."""
    from glompo.cli.inspection import minima_text

    typer.echo(minima_text(directory, tol, converged, output, as_json))


app.command(epilog="Example: glompo report fit_run --at validation -o report.html")(report)
app.command(epilog="Example: glompo sensitivity fit_run")(sensitivity)


@app.command(epilog="Example: glompo components stoppers")
def components(
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="[KIND]",
            help=f"{', '.join(KINDS)}.",
            autocompletion=lambda incomplete: [kind for kind in KINDS if kind.startswith(incomplete)],
        ),
    ] = None,
) -> None:
    """List all components that a configuration can name: their source, and what they are in one line.

    Plug-ins of other installed distributions are imported for that; one that cannot be is named, with the reason, and
    disables only itself.
    """
    from glompo.cli.component_list import listed

    typer.echo(listed(kind))


@app.command(epilog="Example: glompo doctor CMAOptimizer --option sigma0=0.3")
def doctor(
    component: Annotated[str, typer.Argument(metavar="COMPONENT", help="Import path module:Class, or a name.")],
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A setting that it is constructed with, written as in TOML."),
    ] = None,
    knob: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="A setting of the contract, such as dims=5 for an optimizer or bounds=[[0, 1]] for a policy.",
        ),
    ] = None,
) -> None:
    """Check whether a component of your own keeps the contract of its kind.

    The module is looked for in the current directory first. Each line is one check: ok, failed with the reason, or
    skipped because it does not apply.

    Exit codes: 0 no check failed, 1 one did, 2 bad input.
    """
    from glompo.cli.doctor import BROKEN, check, subject_of

    one = subject_of(component, option or [], knob or [])
    typer.echo(one.headline)
    failed = 0
    for finding in check(one):
        typer.echo(finding)
        failed += finding.outcome == BROKEN
    raise typer.Exit(FAILURE if failed else SUCCESS)
