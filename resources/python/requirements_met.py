"""Tells whether everything in a requirements.txt is installed already: exit status 0 if so, 1 if pip has to look.

Asking pip costs a second and, where something is missing, a network; most jobs need neither. Whatever is not a plain
``name[==version]`` line (an option, an address, an extra) is left to pip.
"""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version


def is_met(line: str) -> bool:
    """Whether one line of a requirements file asks for nothing that is not there.

    >>> is_met("# a comment"), is_met("surely-not-installed"), is_met("-r other.txt")
    (True, False, False)
    """
    text = line.split(" #")[0].strip()
    if not text or text.startswith("#"):
        return True
    try:
        from packaging.requirements import InvalidRequirement, Requirement
    except ImportError:
        try:
            from pip._vendor.packaging.requirements import InvalidRequirement, Requirement
        except ImportError:  # Debian's pip is a package of its own, and may be missing.
            return False
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return False
    if requirement.marker is not None and not requirement.marker.evaluate():
        return True
    if requirement.url or requirement.extras:
        return False
    try:
        return requirement.specifier.contains(version(requirement.name), prereleases=True)
    except PackageNotFoundError:
        return False


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        sys.exit(0 if all(is_met(line) for line in file) else 1)
