import difflib
import io
import json
import os
import sys
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from catalog.curation.changeset import Curation
from catalog.models import Change, ChangeBatch, Conflict, Issue, Publication, Tag
from readingroom.quickstart import BUNDLED_CATALOG
from tests.catalog.interchange.formats.pages import GOOD, TIDES, page, spoiled

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


def test_a_path_that_is_not_a_file_is_refused(run, tmp_path):
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

    done = run("dump_catalog", "--for-others")

    assert done.out.encode() == BUNDLED_CATALOG.read_bytes()
    assert done.err == ""


def test_a_dump_names_its_room_in_one_line_that_stays(run):
    run("load_catalog", BUNDLED_CATALOG)

    first, second = run("dump_catalog").out, run("dump_catalog").out

    assert first == second
    assert '"room": "' in first.splitlines()[2]


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


@pytest.fixture
def curated(run, tmp_path):
    """The bundled catalog as a file that was loaded, changed here, and then in the file."""
    path = tmp_path / "catalog.json"
    path.write_bytes(BUNDLED_CATALOG.read_bytes())
    run("load_catalog", path)
    issue = Issue.objects.get(slug="openais-o1-using-search-was-a-psyop")
    assert issue.tier != 2
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(issue, {"tier": 2})
    text = json.loads(path.read_text())
    for cluster in text["publications"][0]["clusters"]:
        for each in cluster["issues"]:
            if each["slug"] == issue.slug:
                each["tier"] = 1
    path.write_text(json.dumps(text))
    return SimpleNamespace(path=path, issue=issue, tier=lambda: Issue.objects.get(pk=issue.pk).tier)


def test_a_conflict_is_told_and_the_curators_value_stands(run, curated):
    done = run("load_catalog", curated.path)

    assert done.code == 0
    assert "conflicts, changed here and in the file: 1" in done.out
    assert "tier: “2” here, “1” in the file; the curators' stands" in done.out
    assert "--theirs or --ours" in done.out
    assert curated.tier() == 2


@pytest.mark.parametrize(("side", "tier"), [("--theirs", 1), ("--ours", 2)])
def test_conflicts_are_settled_on_request(run, curated, side, tier):
    run("load_catalog", curated.path)

    done = run("load_catalog", curated.path, side)

    assert done.code == 0
    assert curated.tier() == tier
    assert not Conflict.objects.exists()


def test_both_sides_at_once_are_refused(run, curated):
    assert run("load_catalog", curated.path, "--theirs", "--ours").code != 0


def test_prune_archives_issues_missing_from_the_file(run, curated):
    text = json.loads(curated.path.read_text())
    gone = text["publications"][0]["clusters"][0]["issues"].pop()
    curated.path.write_text(json.dumps(text))

    first = run("load_catalog", curated.path, "--prune", "--dry-run")
    assert "archived, for the file lacks them: 1 issues" in first.out
    assert not Issue.objects.exclude(archived_at=None).exists()
    run("load_catalog", curated.path, "--prune")

    assert Issue.objects.exclude(archived_at=None).get().slug == gone["slug"]


def test_one_changed_tier_is_one_changed_line_of_a_dump_and_loads_as_just_that(run, tmp_path):
    run("load_catalog", BUNDLED_CATALOG)
    before = run("dump_catalog").out
    issue = Issue.objects.get(slug="openais-o1-using-search-was-a-psyop")
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(issue, {"tier": 2})
    after = run("dump_catalog").out

    lines = [line for line in difflib.ndiff(before.splitlines(), after.splitlines())
             if line[0] in "+-"]  # fmt: skip
    assert len(lines) == 2
    assert '"tier": 2' in lines[1]

    edited = tmp_path / "edited.json"
    edited.write_text(after.replace(lines[1][2:], lines[1][2:].replace("2", "3"), 1))
    changes = Change.objects.count()
    done = run("load_catalog", edited)

    assert "issues: 0 created, 1 changed, 285 unchanged" in done.out
    assert Issue.objects.get(pk=issue.pk).tier == 3
    log = Change.objects.order_by("id")[changes:]
    assert [(each.field, each.before, each.after) for each in log] == [("tier", 2, 3)]
