"""One trial: the regret of an objective at a point. Numbers alone, so that what is measured is everything around it."""

import argparse

from objectives import OBJECTIVES

parser = argparse.ArgumentParser()
parser.add_argument("--objective", choices=OBJECTIVES, required=True)
for axis in ("x0", "x1", "x2"):
    parser.add_argument(f"--{axis}", type=float, default=0)
arguments = parser.parse_args()
objective = OBJECTIVES[arguments.objective]
point = [arguments.x0, arguments.x1, arguments.x2][: len(objective.bounds)]
print(f"regret={objective.regret(point):.9e}")
