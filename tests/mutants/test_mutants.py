"""The default run finds planted faults."""

import shutil

import pytest

from tests.machine import lack
from tests.mutants.faults import FAULTS, Fault
from tests.mutants.planting import copy_checkout, plant, run_tests

pytestmark = pytest.mark.full


def can_run(fault: Fault) -> bool:
    return "/e2e/" not in fault.test or not lack("browser")


@pytest.fixture
def checkout(tmp_path):
    folder = tmp_path / "checkout"
    copy_checkout(folder)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("name", FAULTS)
def test_planted_fault_fails_its_test(checkout, name):
    fault = FAULTS[name]
    if not can_run(fault):
        pytest.skip("there is no Chromium")
    plant(fault, checkout)

    done = run_tests(checkout, fault.test)

    assert done.returncode == 1, done.stdout + done.stderr
    assert f"FAILED {fault.test}" in done.stdout


def test_every_named_test_passes_without_a_fault(checkout):
    tests = {fault.test for fault in FAULTS.values() if can_run(fault)}

    done = run_tests(checkout, *sorted(tests))

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(tests)} passed" in done.stdout
    assert "deselected" not in done.stdout


def test_fault_without_its_text_is_an_error(tmp_path):
    (tmp_path / "module.py").write_text("a = 1\na = 1\n")

    for old in ("b = 1", "a = 1"):
        with pytest.raises(LookupError, match=r"module\.py"):
            plant(Fault("module.py", old, "", ""), tmp_path)


def test_there_are_at_least_25_faults():
    assert len(FAULTS) >= 25
