"""The machine that runs the tests: what it has, and processes on it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
IS_CI = os.environ.get("CI") == "true"


def chromium() -> str | None:
    """Return the path of Chromium, or None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def lack(marker: str) -> str | None:
    """Return what a test with this marker lacks here, or None where it can run."""
    from django.db import connection

    if marker == "browser" and chromium() is None:
        return "there is no Chromium"
    if marker == "curl" and shutil.which("curl") is None:
        return "there is no curl"
    if marker == "postgres" and connection.vendor != "postgresql":
        return "there is no PostgreSQL: DATABASE_URL=postgres://… names one"
    return None


def missing_program(name: str) -> str | None:
    """Return why a program of others cannot run here, or None where it can.

    `vnu` is the Nu Html Checker: a jar, which the variable VNU_JAR names, and Java.
    """
    if name == "vnu":
        if not Path(os.environ.get("VNU_JAR", "")).is_file():
            return "VNU_JAR does not name the jar of the Nu Html Checker"
        name = "java"
    return None if program(name) else f"there is no {name}"


def program(name: str) -> str | None:
    """Return the path of a program: one beside this Python, where packages put theirs, or any."""
    beside = shutil.which(name, path=str(Path(sys.executable).parent))
    return beside or shutil.which(name)


def manage(
    *words: str, data: Path, runs: Callable[..., Any] = subprocess.run, **environment: str
) -> Any:
    """Run manage.py as a process of its own, in an environment that says only this."""
    ours = ("DATABASE_URL", "PYTHONDONTWRITEBYTECODE")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("READINGROOM_", "DJANGO_")) and name not in ours
    }
    # Where a shell forbids Python to keep what it compiles, each process would compile Django
    # anew, which takes longer than all that it is started for. It is kept from run to run.
    kept["PYTHONPYCACHEPREFIX"] = str(ROOT / ".pytest_cache" / "bytecode")
    return runs(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=kept | {"READINGROOM_DATA": str(data)} | environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
