"""The peer: Optuna's `TPESampler()` with its defaults, one trial after another.

Usage: default_tpe.py OBJECTIVE TRIALS SEEDS. Prints a JSON list of lists: the regret of each trial, by seed.
"""

from __future__ import annotations

import json
import sys

import optuna
from objectives import OBJECTIVES


def main(name: str, trials: int, seeds: int) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    objective = OBJECTIVES[name]

    def regret(trial: optuna.Trial) -> float:
        return objective.regret([trial.suggest_float(f"x{axis}", *of) for axis, of in enumerate(objective.bounds)])

    found = []
    for seed in range(seeds):
        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
        study.optimize(regret, n_trials=trials)
        found.append([trial.value for trial in study.trials])
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
