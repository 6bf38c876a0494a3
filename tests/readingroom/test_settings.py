import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from readingroom import settings

ROOT = Path(__file__).parents[2]


def run_check(tmp_path, **environment):
    """Run `manage.py check` with this environment, and return what became of it."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("READINGROOM_")}
    clean.pop("DATABASE_URL", None)
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=clean | {"READINGROOM_DATA": str(tmp_path / "data")} | environment,
        capture_output=True,
        text=True,
    )


def test_the_secret_key_is_made_once_and_readable_by_its_owner_only(tmp_path):
    first = settings.secret_key(tmp_path)

    assert settings.secret_key(tmp_path) == first
    assert len(first) >= 50
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_a_key_from_the_environment_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setenv("READINGROOM_SECRET_KEY", "k" * 40)

    assert settings.secret_key(tmp_path) == "k" * 40
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("value", ["ftp://example.org", "example.org", "https://example.org/room"])
def test_an_address_that_is_none_is_refused(monkeypatch, value):
    monkeypatch.setenv("READINGROOM_URL", value)

    with pytest.raises(ImproperlyConfigured, match="READINGROOM_URL"):
        settings.env_url("READINGROOM_URL")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("READINGROOM_PUBLIC", "yes"),
        ("READINGROOM_SECRET_KEY", "short"),
        ("DATABASE_URL", "mysql://localhost/room"),
        ("DATABASE_URL", "nonsense"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(tmp_path, name, value):
    done = run_check(tmp_path, **{name: value})

    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert name.removeprefix("READINGROOM_") in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_data_folder_that_cannot_be_made_is_one_clear_line(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")

    done = run_check(tmp_path, READINGROOM_DATA=str(blocked / "data"))

    assert done.returncode == 2
    assert "cannot be used" in done.stderr
    assert "Traceback" not in done.stderr
