import stat

import pytest
from django.core.exceptions import ImproperlyConfigured

from readingroom import settings
from tests.machine import manage


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


@pytest.mark.parametrize(
    "value", ["ftp://example.org", "example.org", "https://a@example.org", "https://"]
)
def test_an_address_that_is_none_is_refused(monkeypatch, value):
    monkeypatch.setenv("READINGROOM_URL", value)

    with pytest.raises(ImproperlyConfigured, match="READINGROOM_URL"):
        settings.env_url("READINGROOM_URL")


@pytest.mark.parametrize("rest", ["/room", "/reading/", "/?x=1", "/#top"])
def test_a_path_below_the_host_is_named_as_unsupported(monkeypatch, rest):
    monkeypatch.setenv("READINGROOM_URL", f"https://example.org{rest}")

    with pytest.raises(ImproperlyConfigured, match="A path below the host is not supported"):
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
    done = manage("check", data=tmp_path, **{name: value})

    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert name.removeprefix("READINGROOM_") in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_data_folder_that_cannot_be_made_is_one_clear_line(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")

    done = manage("check", data=blocked / "data")

    assert done.returncode == 2
    assert done.stderr.startswith(f"error: The data folder {blocked / 'data'} cannot be used: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_key_that_was_never_written_whole_is_not_used(tmp_path):
    (tmp_path / "secret_key").write_text("")

    with pytest.raises(ImproperlyConfigured, match="secret_key"):
        settings.secret_key(tmp_path)


def test_a_missing_driver_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://room@localhost/room")
    monkeypatch.setattr(settings, "find_spec", lambda name: None)

    with pytest.raises(ImproperlyConfigured, match="psycopg"):
        settings.env_database(tmp_path / "db")


def test_a_data_folder_may_have_any_name(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    odd = tmp_path / "my 100% room?#"

    assert settings.env_database(odd / "db")["NAME"] == str(odd / "db")


@pytest.mark.full
def test_https_turns_on_all_that_goes_with_tls(tmp_path):
    plain = manage("check", "--deploy", "--tag", "security", data=tmp_path)
    tls = manage(
        "check", "--deploy", "--fail-level", "WARNING",
        data=tmp_path, READINGROOM_URL="https://reading.example.org",
    )  # fmt: skip

    assert "security.W012" in plain.stderr
    assert tls.returncode == 0, tls.stderr
