"""The search of one hyperparameter tuning job: Optuna, asked and told over lines of JSON.

On stdin the search comes first (SearchSpec of src/sandbox/engines/tuning.ts), then any number of {"ask": index} and
{"tell": index, "value": number or null}. On stdout there is {"optuna": version} at once, {"sampler": words, "used":
entries of the history that lie in the ranges} when the search is ready, and {"parameters": {name: value}} for each ask.
It ends with stdin.

A trial is known by its index. What is suggested for it depends on the seed, the index and the results so far alone: a
search that is begun anew with its history goes on as if nothing had happened.
"""

from __future__ import annotations

import inspect
import itertools
import json
import random
import sys
import warnings
from collections.abc import Iterator
from typing import Any, Callable

import optuna
from optuna.samplers import BaseSampler, GridSampler, RandomSampler, TPESampler
from optuna.trial import Trial, TrialState

# By seed.
SamplerOf = Callable[[int], BaseSampler]

# Hyperparameters as the API has them: every value a string.
Values = dict[str, str]

# Results before the Gaussian process takes over. Optuna's default of ten leaves a search of twelve trials random.
GP_STARTUP_TRIALS = 4

# In a space of few combinations: how often one is drawn that has been there already, before the rest is listed.
DRAWS = 100


class Parameter:
    """One hyperparameter: its range as Optuna searches it, its values as the API writes them."""

    def __init__(self, described: dict[str, Any]) -> None:
        self.name: str = described["name"]
        self.kind: str = described["kind"]
        self.choices: list[str] = described.get("values", [])
        self.low: float = described.get("min", 0)
        self.high: float = described.get("max", 0)
        self.reverse = described.get("scaling") == "ReverseLogarithmic"
        self.log = self.reverse or described.get("scaling") == "Logarithmic"

    def suggest(self, trial: Trial) -> str:
        if self.kind == "categorical":
            return trial.suggest_categorical(self.name, self.choices)
        if self.kind == "integer":
            return str(trial.suggest_int(self.name, int(self.low), int(self.high), log=self.log))
        low, high = (1 - self.high, 1 - self.low) if self.reverse else (self.low, self.high)
        value = trial.suggest_float(self.name, low, high, log=self.log)
        # 1 - (1 - x) may leave the range by a rounding error.
        return repr(min(max(1 - value if self.reverse else value, self.low), self.high))

    def internal(self, value: str) -> str | int | float:
        """The value as Optuna has it. Raises ValueError when it does not lie in the range."""
        if self.kind == "categorical":
            if value not in self.choices:
                raise ValueError(value)
            return value
        number = int(value) if self.kind == "integer" else float(value)
        if not self.low <= number <= self.high:
            raise ValueError(value)
        return 1 - number if self.reverse else number

    def values(self) -> list[str]:
        """Every value of a parameter that is not continuous."""
        if self.kind == "categorical":
            return self.choices
        return [str(number) for number in range(int(self.low), int(self.high) + 1)]


class Search:
    def __init__(self, described: dict[str, Any]) -> None:
        self.seed: int = described["seed"]
        self.parameters = [Parameter(parameter) for parameter in described["parameters"]]
        self.finite = all(parameter.kind != "continuous" for parameter in self.parameters)
        self.description, self.sampler = choose_sampler(described["strategy"], described["trials"])
        self.study = optuna.create_study(direction=described["direction"].lower())
        self.grid = self.grid_order() if described["strategy"] == "Grid" else None
        # Trials of this search by index, and their combinations: none is tried twice.
        self.trials: dict[int, Trial] = {}
        self.tried: set[tuple[str, ...]] = set()

    def remember(self, entry: dict[str, Any]) -> bool:
        """Takes over what is known already, here or from a parent's search; False when it is not in the ranges."""
        try:
            trial = self.fixed_trial(entry["parameters"])
        except (KeyError, ValueError):
            return False
        if "index" in entry:
            self.trials[entry["index"]] = trial
            self.tried.add(self.combination(entry["parameters"]))
        if "value" in entry:
            self.finish(trial, entry["value"])
        return True

    def ask(self, index: int) -> Values:
        if self.grid is not None:
            values = next(values for values in self.grid if self.combination(values) not in self.tried)
            self.trials[index] = self.study.ask()
        else:
            self.study.sampler = self.sampler(self.seed_of(index))
            trial = self.study.ask()
            values = self.suggest(trial)
            if self.finite and self.combination(values) in self.tried:
                self.finish(trial, None)
                values = self.untried(index)
                trial = self.fixed_trial(values)
            self.trials[index] = trial
        self.tried.add(self.combination(values))
        return values

    def tell(self, index: int, value: float | None) -> None:
        self.finish(self.trials[index], value)

    def finish(self, trial: Trial, value: float | None) -> None:
        if value is None:
            self.study.tell(trial, state=TrialState.FAIL)
        else:
            self.study.tell(trial, value)

    def suggest(self, trial: Trial) -> Values:
        return {parameter.name: parameter.suggest(trial) for parameter in self.parameters}

    def fixed_trial(self, values: Values) -> Trial:
        """A trial with these values. Raises KeyError or ValueError when they do not lie in the ranges."""
        fixed = {parameter.name: parameter.internal(values[parameter.name]) for parameter in self.parameters}
        self.study.sampler = RandomSampler()  # No model is fitted for what is known.
        self.study.enqueue_trial(fixed)
        trial = self.study.ask()
        self.suggest(trial)
        return trial

    def untried(self, index: int) -> Values:
        """A combination of a space that has few left."""
        for draw in range(DRAWS):
            values = self.suggest(optuna.create_study(sampler=RandomSampler(self.seed_of(index, draw))).ask())
            if self.combination(values) not in self.tried:
                return values
        every = itertools.product(*(parameter.values() for parameter in self.parameters))
        chosen = random.Random(self.seed_of(index)).choice([one for one in every if one not in self.tried])
        return {parameter.name: value for parameter, value in zip(self.parameters, chosen)}

    def grid_order(self) -> Iterator[Values]:
        space = {parameter.name: parameter.choices for parameter in self.parameters}
        # A study of its own that is told nothing: telling it the last one is an error outside of `optimize`
        # (optuna/optuna#4121).
        study = optuna.create_study(sampler=GridSampler(space, seed=self.seed_of()))
        while True:
            yield self.suggest(study.ask())

    def combination(self, values: Values) -> tuple[str, ...]:
        return tuple(values[parameter.name] for parameter in self.parameters)

    def seed_of(self, *path: int) -> int:
        """For numpy: 32 bits that have nothing in common with those of the next index."""
        return random.Random(repr((self.seed, *path))).getrandbits(32)


def choose_sampler(strategy: str, trials: int) -> tuple[str, SamplerOf]:
    """The sampler in words, and what makes it."""
    if strategy == "Grid":
        return "GridSampler", RandomSampler
    if strategy == "Random":
        return "RandomSampler", RandomSampler
    reason = gp_refusal()
    if reason is None:
        return f"GPSampler(n_startup_trials={GP_STARTUP_TRIALS})", gp_sampler(GP_STARTUP_TRIALS)
    # A fifth of the budget, and no more than Optuna's default.
    startup = min(max(3, trials // 5), 10)
    options: dict[str, Any] = {"multivariate": True, "constant_liar": True, "n_startup_trials": startup}
    # Of few trials, Optuna's tenth leaves a model of one or two good ones. (The setting is to go with Optuna 6.)
    if "gamma" in inspect.signature(TPESampler).parameters:
        options["gamma"] = best_fifth
    words = ", ".join(f"{name}={getattr(value, '__name__', value)}" for name, value in options.items())
    return f"TPESampler({words}), since GPSampler does not run here: {reason}", tpe_sampler(options)


def best_fifth(trials: int) -> int:
    """How many of the results count as good ones."""
    return min(-(-trials // 5), 25)


def tpe_sampler(options: dict[str, Any]) -> SamplerOf:
    return lambda seed: TPESampler(seed=seed, **options)


def gp_sampler(startup: int) -> SamplerOf:
    sampler = optuna.samplers.GPSampler  # There from Optuna 3.6 on.
    return lambda seed: sampler(n_startup_trials=startup, seed=seed)


def gp_refusal() -> str | None:
    """Why the Gaussian process does not run here. Only running it tells: with torch 1.13 it fails in the middle."""
    try:
        study = optuna.create_study(sampler=gp_sampler(1)(0))
        study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=2)
    except Exception as error:  # noqa: BLE001 (whatever it raises is the reason)
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return None


def main() -> None:
    answers, sys.stdout = sys.stdout, sys.stderr  # What libraries print is no answer.

    def answer(message: dict[str, Any]) -> None:
        print(json.dumps(message), file=answers, flush=True)

    warnings.simplefilter("ignore")  # Optuna's, about features that it calls experimental.
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    answer({"optuna": optuna.__version__})
    described = json.loads(sys.stdin.readline())
    search = Search(described)
    answer({"sampler": search.description, "used": sum(search.remember(entry) for entry in described["history"])})
    for line in sys.stdin:
        message = json.loads(line)
        if "ask" in message:
            answer({"parameters": search.ask(message["ask"])})
        else:
            search.tell(message["tell"], message["value"])


if __name__ == "__main__":
    main()
