"""What other libraries call the settings of a run, and what to give here instead.

None of these names is accepted: each is an error that tells the present name, or that there is no such thing and what
to do instead. The libraries are SciPy, Optuna, pycma, lmfit and their relatives, whose spellings differ in case and
underscores only; so names are compared without them.
"""

from __future__ import annotations

from difflib import get_close_matches

OF_AN_OPTIMIZER = (
    "this is a setting of an optimizer, not of the run: give it there, for example optimizers=CMAOptimizer(popsize=20)"
)

REMEDIES = {
    "seed, seeds, random_state, random_seed, np_random, prng, rng_seed": (
        "the seed of a run is called rng here: rng=1"
    ),
    "workers, n_jobs, n_workers, num_workers, max_workers, n_parallel, parallel, n_processes, processes, nproc, "
    "n_threads, num_threads, n_procs, max_nbr_workers, parallel_objective": (
        "how many evaluations are in flight at once is called max_jobs here, for a run: max_jobs=4, or -1 for all "
        "processors; with evaluator='pool' each has a process of its own"
    ),
    "maxfev, max_nfev, maxfun, max_fun, maxfunevals, max_evals, maxevals, max_eval, max_fevals, maxfevals, nfev, "
    "n_evals, n_trials, trials, n_calls, budget, max_calls, max_trials, num_trials, n_evaluations": (
        "calls of the task are limited for the whole run, exactly: max_evaluations=1000"
    ),
    "maxiter, max_iter, max_iterations, iterations, n_iter, niter, nit, max_nit, maxgen, generations, n_gen, "
    "n_generations": (
        "iterations mean another thing to each optimizer and are not counted; limit the run by max_evaluations or "
        "max_seconds"
    ),
    "timeout, max_time, maxtime, time_limit, timelimit, time_budget, max_runtime, walltime, seconds": (
        "the seconds of a run are limited by max_seconds, those of one evaluation by evaluation_timeout"
    ),
    "method, algorithm, algo, solver, minimizer, minimiser, sampler, local_optimizer, engine": (
        "what searches is given to the run as optimizers, for example optimizers=Scipy('Nelder-Mead') from "
        "glompo.optimizers; without it a portfolio searches"
    ),
    "options, opts, solver_options, optimizer_kwargs, minimizer_kwargs, fit_kws, method_options, inopts, bipop, "
    "CMA_elitist, CMA_diagonal": (
        "options belong to an optimizer: optimizers=Scipy('Nelder-Mead', options={'xatol': 1e-6}) or "
        "optimizers=CMAOptimizer(cma_options={'tolx': 1e-9})"
    ),
    "popsize, pop_size, population, population_size, sigma0, sigma, mutation, recombination, strategy, cma_options, "
    "initial_temp, temperature, restart_temp_ratio, visit, accept, stepsize, step_size, accept_test, "
    "n_startup_trials": (OF_AN_OPTIMIZER),
    "tol, ftol, xtol, gtol, atol, rtol, fatol, xatol, tolfun, tolx, abstol, reltol, f_tol, x_tol, eps": (
        "each optimizer converges by tolerances of its own, for example optimizers=Scipy('Nelder-Mead', "
        "options={'xatol': 1e-6}); a run ends by target=, a budget, or exit_conditions="
    ),
    "ftarget, f_target, stopval, stop_val, f_opt, target_value, goal, fmin": (
        "the value at which a run ends is called target here: target=1e-6"
    ),
    "restarts, n_restarts, n_starts, multistart, starts, niter_success": (
        "optimizers that have come to an end are replaced until the run ends, without a setting; give the run a limit"
        " such as max_evaluations"
    ),
    "constraints, constraint, nonlinear_constraint, nonlinear_constraints, constraints_func, cons, ineq, expr": (
        "there are no constraints but bounds; let the task return a penalty, or math.inf, for points that are not "
        "allowed"
    ),
    "jac, jacobian, gradient, grad, fprime, derivative, Dfun": (
        "a task that knows its slopes has a method gradient(x), which is called by the optimizers that use one; of "
        "another task they take differences, which count as evaluations"
    ),
    "hess, hessp, hessian": ("no optimizer takes second derivatives here; leave it out"),
    "integer, integers, is_integer, integer_variables, int_vars, discrete": (
        "whole numbers are asked for by integrality: integrality=[0, 1], which rounds the second parameter"
    ),
    "categories, categorical, choices": (
        "a choice is a whole number here: bounds (0, how many - 1) with integrality=1 for it, and the task looks it up"
    ),
    "args, kws, kwargs, fcn_args, fcn_kws, extra_args, userkws": (
        "there is no setting for further arguments of the task; bind them: functools.partial(task, key=value), or "
        "lambda x: task(x, a, b)"
    ),
    "fun, func, fcn, f, function, objective, objective_function, objfun, userfcn, target_function, cost, loss": (
        "what is minimised is called task here, and comes first"
    ),
    "lb, ub, lower, upper, lower_bound, upper_bound, lower_bounds, upper_bounds, xmin, xmax, limits, ranges, pbounds,"
    " space, search_space, dimensions, domain, params, parameters, distributions": (
        "where to search is called bounds here, and comes second: one (min, max) for each parameter, or "
        "scipy.optimize.Bounds(lower, upper); and names=[...] for what they are called"
    ),
    "param_names, parameter_names, var_names, variables, variable_names, keys, columns": (
        "what the parameters are called is given as names: names=['a', 'b']"
    ),
    "guess, initial_guess, x_init, p0, start, initial, init, x_start, initial_point, initial_points, "
    "points_to_evaluate, enqueue": ("where to start is called x0 here, one point or several"),
    "x0s, warm_start, warmstart, evaluated_points, evaluated_rewards, initial_values, y0, prior": (
        "what is known before is given as known_points: known_points=(points, values), or an earlier run"
    ),
    "x_scale, scale, scales, log, log_scale, transform, parametrization, scaling, scaling_of_variables": (
        "the scale of the parameters is called scaler here: scaler='log', or one for each"
    ),
    "direction, directions, maximize, maximise, minimize, sense": (
        "a task is always minimised; to maximise, return the negative of its value"
    ),
    "callbacks, iter_cb, on_step, hook, hooks": (
        "a function that is called as the run goes on is given as callback: callback=function, of one argument"
    ),
    "pruner, pruners, prune, pruning": (
        "a task returns one value, and nothing to prune by before that; optimizers that will not win are stopped by "
        "stoppers="
    ),
    "storage, load_if_exists, database, db, journal, restart_from, restore": (
        "a run is stored in its directory: working_dir='fit', and with resume='auto' the same call goes on with it"
    ),
    "study_name, experiment_name, run_name, title, name": ("what a run is called is given as label: label='fit'"),
    "outdir, out_dir, output_dir, output, outputs, directory, folder, path, logdir, log_dir, save_path, filename, "
    "verb_filenameprefix": ("the directory of a run is called working_dir here"),
    "disp, verbose, verbosity, iprint, verb_disp, print_level, show_progress_bar, show_progress, progress_bar, "
    "progressbar, pbar, full_output, retall": ("progress=True shows how a run goes on, print(result) what came of it"),
    "logger, logging, log_level, loglevel, verb_log": (
        "messages go to the standard logging, below the logger 'glompo'; see the page about that"
    ),
    "catch, nan_policy, on_error, error_score, raise_on_error, penalty": (
        "an evaluation that fails is recorded, and the run goes on; what its optimizer gets is said by failure_policy="
    ),
    "vectorized, vectorised, vectorize, batch, batch_size, n_points, updating": (
        "a task takes one point of shape (d,); how many are evaluated at once is said by max_jobs="
    ),
    "noise, noisy, noise_handling, finite_diff_rel_step, polish, workers_timeout, gc_after_trial, user_attrs": (
        "nothing here corresponds to it; leave it out"
    ),
}
"""What to do instead, by the names to which it is the answer."""


FUNCTIONS = {
    "differential_evolution, dual_annealing, basinhopping, shgo, direct, brute": (
        "there is one function: glompo.minimize(task, bounds, optimizers=Scipy('differential_evolution')), with Scipy "
        "from glompo.optimizers"
    ),
    "least_squares, curve_fit, leastsq": (
        "there is one function: glompo.minimize(task, bounds, optimizers=LeastSquares()), for a task with residuals(x)"
    ),
    "fmin, fmin2, CMAEvolutionStrategy, minimize_scalar, Minimizer, gp_minimize, optimize": (
        "there is one function: glompo.minimize(task, bounds)"
    ),
    "create_study, load_study, Study, Trial": (
        "there are no studies: glompo.minimize(task, bounds, working_dir='fit', resume='auto') begins a run or goes on "
        "with it"
    ),
    "Parameters, Parameter, Bounds": "parameters are bounds=[(min, max), ...] and names=[...] of glompo.minimize",
}
"""What to call instead of a function or class of another library, by its names."""


def function_for(name: str) -> str | None:
    """Return what to call instead of what other libraries know by this name; None if none does."""
    return next((remedy for names, remedy in FUNCTIONS.items() if name in names.split(", ")), None)


def _folded(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


_REMEDY_OF = {_folded(name): remedy for names, remedy in REMEDIES.items() for name in names.split(", ")}


def remedy_for(name: str) -> str | None:
    """Return what to give instead of a setting that other libraries know by this name; None if none does."""
    return _REMEDY_OF.get(_folded(name))


def remedy_near(name: str) -> str | None:
    """Return the same for a name that is misspelt; None if it is like none of them."""
    near = get_close_matches(_folded(name), _REMEDY_OF, 1, 0.8)
    return _REMEDY_OF[near[0]] if near else None
