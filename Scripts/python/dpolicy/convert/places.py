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
    """How far it is, on standard error: a line on a terminal that never wraps, elsewhere one line in ten seconds."""

    def __init__(self, total: int, quiet: bool = False):
        self.total = total
        self.done = 0
        self.quiet = quiet
        self.is_terminal = sys.stderr.isatty()
        self.start = time.monotonic()
        self.next = self.start + (0 if self.is_terminal else 10)

    def step(self) -> None:
        """One more episode is done."""
        self.done += 1
        now = time.monotonic()
        if self.quiet or now < self.next:
            return
        self.next = now + (0.2 if self.is_terminal else 10)
        left = max(self.total - self.done, 0) * (now - self.start) / self.done
        minutes, seconds = divmod(round(left), 60)
        parts = [f"{self.done}/{self.total} episodes", f"{minutes}:{seconds:02} left"]
        if self.is_terminal:
            sys.stderr.write(f"\r\x1b[K{self.line(parts, columns())}")
        else:
            sys.stderr.write(f"convert: {'  '.join(parts)}\n")
        sys.stderr.flush()

    def line(self, parts: list[str], width: int) -> str:
        """The longest text that stands in a line; from 20 columns there is a bar."""
        share = self.done / max(self.total, 1)

        def bar(size: int) -> str:
            full = min(size, int(size * share))
            return "█" * full + "░" * (size - full)

        texts = [f"convert {bar(size)} {'  '.join(parts[:count])}" for count in (2, 1) for size in (24, 12)]
        texts += [f"convert {bar(size)} {int(100 * share)} %" for size in (12, 5)]
        # The last column stays empty: some terminals wrap when it is written.
        return next((text for text in texts if len(text) < width), f"{int(100 * share)} %"[: max(width - 1, 0)])

    def end(self) -> None:
        """Takes the line away."""
        if self.is_terminal and not self.quiet:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def columns() -> int:
    """How wide the terminal is that standard error goes to, wherever standard output goes."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
