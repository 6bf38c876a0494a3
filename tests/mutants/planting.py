"""Plant a fault in a copy of the checkout, and run tests there.

    uv run python -m tests.mutants.planting NAME TESTS

plants one fault of the table and lists which of these tests fail: files, folders or single tests.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.machine import ROOT
from tests.mutants.faults import FAULTS, Fault

COPIED = (
    "accounts", "catalog", "readingroom", "static", "templates", "tests",
    "docs", "README.md", "CHANGELOG.md", "manage.py", "pyproject.toml",
)  # fmt: skip


def copy_checkout(folder: Path) -> None:
    """Copy the files that tests read, with their bytecode: a fault then compiles one module."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        elif source.exists():
            shutil.copy2(source, folder / name)


def plant(fault: Fault, folder: Path) -> None:
    """Replace the text of a fault; raises LookupError where it does not occur exactly once."""
    path = folder / fault.path
    source = path.read_text()
    if source.count(fault.old) != 1:
        raise LookupError(f"{fault.path} has {fault.old!r} {source.count(fault.old)} times")
    path.write_text(source.replace(fault.old, fault.new))


def run_tests(folder: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """Run tests of the default run in a copy of the checkout, in one process."""
    variables = {
        name: value
        for name, value in os.environ.items()
        if name not in ("CI", "DATABASE_URL", "PYTEST_ADDOPTS", "VNU_JAR")
        and not name.startswith(("DJANGO_", "PYTEST_XDIST_", "PYTEST_CURRENT_"))
    }
    # Django blocks synchronous calls where a browser test of this process has allowed them.
    variables.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
    options = ["-n0", "-p", "no:cacheprovider", "-rf", "--tb=line"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=folder, env=variables, capture_output=True, text=True, timeout=600,
    )  # fmt: skip


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        copy_checkout(Path(temporary))
        plant(FAULTS[sys.argv[1]], Path(temporary))
        print(run_tests(Path(temporary), *sys.argv[2:]).stdout)  # noqa: T201
