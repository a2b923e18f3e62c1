"""Unpacks a deployment package: ``python unpack_package.py <zip> <folder>``.

``zipfile`` keeps every entry inside of the folder; what it leaves out are permissions, which programs need, and
symbolic links, as which ``zip --symlinks`` packs libraries: it makes files of them, with the target's name in it.
"""

from __future__ import annotations

import os
import stat
import sys
import zipfile


def main(package: str, folder: str) -> None:
    links: dict[str, str] = {}
    with zipfile.ZipFile(package) as archive:
        for entry in archive.infolist():
            file = archive.extract(entry, folder)
            mode = entry.external_attr >> 16
            if stat.S_ISLNK(mode):
                links[file] = archive.read(entry).decode()
            elif mode & 0o777:
                # Lambda refuses what others may not read; here there are no others.
                os.chmod(file, mode & 0o777 | 0o600 | (0o100 if entry.is_dir() else 0))
    # Last, so that no entry is written through a link.
    for file, target in links.items():
        os.remove(file)
        os.symlink(target, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
