"""Unpacks a deployment package: ``python unpack_package.py <zip> <folder>``.

``zipfile`` keeps every entry inside of the folder; what it leaves out are permissions, which programs need.
"""

from __future__ import annotations

import os
import sys
import zipfile


def main(package: str, folder: str) -> None:
    with zipfile.ZipFile(package) as archive:
        for entry in archive.infolist():
            file = archive.extract(entry, folder)
            mode = entry.external_attr >> 16 & 0o777
            if mode:
                # Lambda refuses what others may not read; here there are no others.
                os.chmod(file, mode | 0o600 | (0o100 if entry.is_dir() else 0))


if __name__ == "__main__":
    main(*sys.argv[1:])
