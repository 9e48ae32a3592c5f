# SPDX-License-Identifier: Apache-2.0
"""A small file system of its own, which a test can fill."""
import os
import subprocess

import pytest


class SmallDisk:
    """Mounted at `folder`, which is made, until close() or the end of a `with`."""

    def __init__(self, folder, size):
        if os.geteuid() != 0:
            pytest.skip("only root can mount a small disk")
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "none",
                        str(folder)], check=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def fill(self):
        with open(self.folder / "filler", "wb", buffering=0) as file:
            size = 1 << 20
            while size:
                try:
                    size = size if file.write(b"x" * size) == size else size // 2
                except OSError:
                    size //= 2

    def fill_but(self, size):
        """Leaves so many bytes."""
        self.fill()
        filler = self.folder / "filler"
        os.truncate(filler, max(0, filler.stat().st_size - size))

    def free(self):
        (self.folder / "filler").unlink()

    def close(self):
        subprocess.run(["umount", "-l", str(self.folder)], check=True)
