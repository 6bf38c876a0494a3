"""Facts that the bundled summaries state, checked against the bundled dates."""

import datetime
import json
from pathlib import Path

import pytest

import catalog

PATH = Path(catalog.__file__).parent / "data" / "interconnects.json"


@pytest.fixture(scope="module")
def keepers():
    (publication,) = json.loads(PATH.read_text())["publications"]
    found = [issue for cluster in publication["clusters"] for issue in cluster["issues"]]
    return {issue["title"]: issue for issue in found}


def test_the_summary_that_names_the_oldest_keeper_is_of_the_oldest_keeper(keepers):
    oldest = min(keepers.values(), key=lambda issue: issue["date"])

    assert oldest["summary"].startswith("The oldest of the keepers sorts out")
    assert "oldest piece in the catalog" not in PATH.read_text()


def test_a_companion_that_is_said_to_be_five_days_older_is(keepers):
    companion = keepers["What comes next with reinforcement learning"]
    taxonomy = keepers["A taxonomy for next-generation reasoning models"]

    assert companion["summary"].endswith("the taxonomy published five days earlier.")
    days = [datetime.date.fromisoformat(issue["date"]) for issue in (taxonomy, companion)]
    assert (days[1] - days[0]).days == 5


def test_the_summary_of_the_recipe_review_is_whole(keepers):
    review = keepers["Frontier post-training recipe review with Finbarr Timbers"]

    assert review["summary"].endswith("what has been kept and what has been replaced.")
