import io
import json
import os
import sys
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from catalog.models import Issue, Publication, Tag
from readingroom.quickstart import BUNDLED_CATALOG
from tests.catalog.formats.pages import GOOD, TIDES, page, spoiled

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(capsys):
    """Run a command; return its exit code, standard output and standard error."""

    def run_command(*words):
        code = 0
        try:
            call_command(*map(str, words))
        except SystemExit as stop:
            code = stop.code
        except CommandError as error:
            code = error.returncode
            sys.stderr.write(str(error))
        told = capsys.readouterr()
        return SimpleNamespace(code=code, out=told.out, err=told.err)

    return run_command


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "good.txt"
    path.write_text(page(*GOOD))
    return path


def test_a_page_is_loaded_and_the_summary_says_what_was_done(run, good):
    first, second = run("load_catalog", good), run("load_catalog", good)

    assert (first.code, second.code) == (0, 0)
    assert "issues: 3 created, 0 changed, 0 unchanged, 0 missing from the file" in first.out
    assert "issues: 0 created, 0 changed, 3 unchanged, 0 missing from the file" in second.out
    assert first.err == second.err == ""
    assert Issue.objects.count() == 3


def test_a_refused_file_changes_nothing_and_names_file_line_and_card(run, tmp_path):
    path = tmp_path / "bad.txt"
    path.write_bytes(spoiled(TIDES[1], "TIER 7 Nov 24, 2023"))

    done = run("load_catalog", path)

    assert done.code == 1
    assert (
        done.err == f"{path}:19: error: “Why tides come twice”: tier “7” found, expected 1 to 5\n"
    )
    assert done.out == ""
    assert not Publication.objects.exists()


def test_a_warning_is_told_and_the_file_is_loaded(run, tmp_path):
    path = tmp_path / "odd.txt"
    path.write_bytes(spoiled(GOOD[4], "9 issues · 7 keepers · 1 tier-5 · 2 tier-4"))

    done = run("load_catalog", path)

    assert done.code == 0
    assert f"{path}:9: warning: " in done.err
    assert Issue.objects.count() == 3


@pytest.mark.parametrize("bad", [False, True])
def test_a_dry_run_ends_as_the_load_would_and_leaves_nothing(run, tmp_path, bad):
    path = tmp_path / "page.txt"
    path.write_bytes(spoiled(TIDES[1], "TIER 7 Nov 24, 2023") if bad else page(*GOOD).encode())

    done = run("load_catalog", "--dry-run", path)

    assert done.code == (1 if bad else 0)
    assert not Publication.objects.exists()
    assert not Tag.objects.exists()


def test_what_is_no_file_is_refused(run, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)

    for path, told in [
        (tmp_path / "missing", "cannot be read: No such file or directory"),
        (tmp_path, "is a folder; expected a file"),
        (fifo, "is not a regular file; expected a file"),
        ("/dev/zero", "is not a regular file; expected a file"),
    ]:
        done = run("load_catalog", path)
        assert done.code == 1
        assert done.err == f"{path}: error: {told}\n"


def test_one_bad_file_among_several_does_not_keep_the_others_out(run, good, tmp_path):
    done = run("load_catalog", tmp_path / "missing", good)

    assert done.code == 1
    assert Issue.objects.count() == 3


def test_standard_input_is_a_file_too(run, monkeypatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(page(*GOOD).encode())))

    done = run("load_catalog", "-")

    assert done.code == 0
    assert "standard input: loaded" in done.out


def test_a_format_that_is_none_is_wrong_usage(good):
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("load_catalog", good, "--format", "yaml")


def test_a_dump_is_the_document_and_nothing_else(run):
    run("load_catalog", BUNDLED_CATALOG)

    done = run("dump_catalog")

    assert done.out.encode() == BUNDLED_CATALOG.read_bytes()
    assert done.err == ""


def test_a_page_dump_tells_what_a_page_cannot_hold(run, tmp_path):
    run("load_catalog", BUNDLED_CATALOG)
    path = tmp_path / "page.txt"

    done = run("dump_catalog", "--publication", "interconnects", "--format", "page", "-o", path)

    assert done.code == 0
    assert done.out == ""
    assert "100" in done.err
    assert path.read_text().count("\nTIER ") == 186


def test_an_empty_catalog_is_dumped_as_such(run):
    assert json.loads(run("dump_catalog").out)["publications"] == []


def test_an_unknown_publication_is_named_with_those_there_are(run, good):
    run("load_catalog", good)

    done = run("dump_catalog", "--publication", "nothing")

    assert done.code == 1
    assert "'nothing'" in done.err
    assert "shoreline-letters" in done.err


@pytest.mark.parametrize("name", ["json", "csv", "page"])
def test_a_dump_loads_into_the_same_catalog(run, good, tmp_path, name):
    run("load_catalog", good)
    path = tmp_path / "dump"
    run("dump_catalog", "--format", name, "--publication", "shoreline-letters", "-o", path)

    done = run("load_catalog", path)

    assert "issues: 0 created, 0 changed, 3 unchanged, 0 missing from the file" in done.out, done
