"""Where results go: written beside their place under another name, and moved there when whole."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from .demonstrations import ConversionError


@contextlib.contextmanager
def whole(path: Path, overwrite: bool) -> Iterator[Path]:
    """A place to write to; what lies there afterwards becomes `path` at once, or not at all."""
    path = Path(path)
    if path.exists() and not overwrite:
        raise ConversionError(f"{path} is there already; --overwrite replaces it")
    if not path.parent.is_dir():
        raise ConversionError(f"{path}: there is no folder {path.parent}")
    remove_abandoned(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield draft
        if draft.is_dir() and path.exists():
            former = path.with_name(f".{path.name}.{os.getpid()}.former")
            path.rename(former)
            draft.rename(path)
            remove(former)
        else:
            if path.is_dir():
                raise ConversionError(f"{path} is a folder, but a file is to be written")
            os.replace(draft, path)
    finally:
        remove(draft)


def remove_abandoned(path: Path) -> None:
    """Removes what was left beside a place by processes that were killed."""
    for draft in path.parent.glob(f".{glob.escape(path.name)}.*.partial"):
        process = draft.name.removesuffix(".partial").rpartition(".")[2]
        try:
            os.kill(int(process), 0)
        except ProcessLookupError:
            remove(draft)
        except (ValueError, PermissionError):
            pass  # Another's name, or a process that lives.


def remove(path: Path) -> None:
    """Removes a file or folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


class Progress:
    """A line on a terminal that tells how far it is and never wraps; nothing where output is piped."""

    def __init__(self, total: int, quiet: bool = False):
        self.total = total
        self.done = 0
        self.shows = not quiet and sys.stderr.isatty()
        self.next = 0.0

    def step(self) -> None:
        """One more episode is done."""
        self.done += 1
        now = time.monotonic()
        if self.shows and (now >= self.next or self.done == self.total):
            self.next = now + 0.2
            width = shutil.get_terminal_size().columns
            text = f"convert: {self.done}/{self.total} episodes"
            room = width - len(text) - 4
            if room >= 10:
                full = room * self.done // max(self.total, 1)
                text += " [" + "#" * full + " " * (room - full) + "]"
            sys.stderr.write("\r\x1b[K" + text[: width - 1])
            sys.stderr.flush()

    def end(self) -> None:
        """Takes the line away."""
        if self.shows:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
