"""Where the program `dpolicy` is."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def program() -> str:
    """The program: what `DPOLICY` names, else in the PATH, else the release build that this folder belongs to.

    Raises FileNotFoundError with what would help.
    """
    given = os.environ.get("DPOLICY")
    if given:
        if not os.access(given, os.X_OK):
            raise FileNotFoundError(f"DPOLICY is {given}, which is no program")
        return given
    found = shutil.which("dpolicy")
    if found:
        return found
    built = Path(__file__).resolve().parents[3] / ".build/release/dpolicy"
    if os.access(built, os.X_OK):
        return str(built)
    raise FileNotFoundError("there is no dpolicy: build it (swift build -c release), and name it in DPOLICY or PATH")
