"""Curators' pages of tags: the list, merging, renaming, splitting, deleting, likely duplicates."""

import datetime

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.interchange import document
from catalog.loading.loader import load
from catalog.models import Change, ChangeBatch, DismissedPair, Issue, Tag
from catalog.search import indexing
from catalog.text import tag_key
from tests.factories import make_user

pytestmark = pytest.mark.django_db

LIST = reverse("admin:catalog_tag_changelist")
MERGE = reverse("desk:tag_merge")
DUPLICATES = reverse("desk:duplicates")


@pytest.fixture(autouse=True)
def _kept_in_step(db):
    """Whatever a test does, what search and facets read is in step with it afterwards."""
    yield
    assert indexing.check() == []


@pytest.fixture
def curator(client):
    user = make_user(is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))
    client.force_login(user)
    return user


@pytest.fixture
def onlooker(client):
    """One of the staff who may look at tags and change none."""
    user = make_user(is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_tag"))
    client.force_login(user)
    return user


def fill(**tags_by_title):
    """Load a file of one publication: each issue's title and its tags."""
    issues = [
        document.IssueEntry(title=title, date=datetime.date(2024, 5, day), tier=4, tags=tags)
        for day, (title, tags) in enumerate(tags_by_title.items(), 1)
    ]
    shoreline = document.PublicationEntry(
        name="Shoreline", category="Science", author="The Editors", clusters=[], issues=issues
    )
    load(document.Document(publications=[shoreline]), source="a.json")


def tag(name):
    return Tag.objects.get(key=tag_key(name))


def page_of(name):
    return reverse("admin:catalog_tag_change", args=[tag(name).pk])


def desk(act, *names):
    return reverse(f"desk:{act}", args=[tag(name).pk for name in names])


def tags_of(title):
    return [spelling for spelling, _ in Issue.objects.get(title=title).tag_list]


def merge(client, *names, into, **fields):
    ids = [tag(name).pk for name in names]
    return client.post(MERGE, {"tag": ids, "into": tag(into).pk} | fields)


def said(response):
    """Return what the page that follows would say, its buttons left out."""
    return [str(each).split("<form")[0].strip() for each in get_messages(response.wsgi_request)]


def undo(client, batch=None):
    batch = batch or ChangeBatch.objects.latest("id")
    return client.post(reverse("desk:batch_revert", args=[batch.pk]), headers={"Referer": LIST})


def rows(response):
    """Return the list's rows: (name, issues, names that stand for it, named by a curator)."""
    model_admin = response.context["cl"].model_admin
    return [
        (each.name, each.uses, model_admin.names(each), each.is_named)
        for each in response.context["cl"].result_list
    ]


def queries(client, address):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


class TestTheList:
    def test_it_shows_uses_names_and_what_a_curator_named_the_most_used_first(
        self, client, curator
    ):
        fill(Tides=["sea", "moon", "brine"], Waves=["sea", "wind"], Foam=["ocean"])
        merge(client, "brine", "ocean", "sea", into="sea")
        client.post(desk("tag_rename", "moon"), {"name": "Moon"})

        shown = rows(client.get(LIST))

        assert shown == [
            ("sea", 3, "brine, ocean", False),
            ("Moon", 1, "", True),
            ("wind", 1, "", False),
        ]

    def test_archived_issues_are_not_counted(self, client, curator):
        fill(Tides=["sea"], Waves=["sea"])
        Issue.objects.filter(title="Waves").update(archived_at=timezone.now())
        indexing.rebuild()

        assert rows(client.get(LIST)) == [("sea", 1, "", False)]

    def test_names_that_stand_for_others_show_only_where_they_are_asked_for(self, client, curator):
        fill(Tides=["sea", "moon"], Waves=["ocean"])
        merge(client, "sea", "ocean", into="ocean")
        client.post(desk("tag_delete", "moon"))

        assert [row[0] for row in rows(client.get(LIST))] == ["ocean"]
        names = client.get(LIST, {"kind": "names"})
        assert rows(names) == [("sea", 0, "stands for ocean", False)]
        assert [row[0] for row in rows(client.get(LIST, {"kind": "deleted"}))] == ["moon"]
        choices = names.context["cl"].filter_specs[0].choices(names.context["cl"])
        assert [(each["display"], each["selected"]) for each in choices] == [
            ("Tags", False),
            ("Tags that a curator named", False),
            ("Names that stand for others", True),
            ("Deleted", False),
        ]

    @pytest.mark.parametrize("text", ["open sea", "OPEN-SEA", "pen se", "brine"])
    def test_it_is_searched_by_any_spelling_and_by_earlier_names(self, client, curator, text):
        fill(Tides=["Open Sea"], Waves=["brine"], Foam=["moon"])
        merge(client, "Open Sea", "brine", into="Open Sea")

        assert [row[0] for row in rows(client.get(LIST, {"q": text}))] == ["Open Sea"]

    def test_tags_that_a_curator_named_are_found(self, client, curator):
        fill(Tides=["sea", "moon"])
        client.post(desk("tag_rename", "moon"), {"name": "moon"})

        assert [row[0] for row in rows(client.get(LIST, {"kind": "named"}))] == ["moon"]

    def test_it_is_put_in_another_order_by_its_columns(self, client, curator):
        fill(Tides=["sea", "moon"], Waves=["moon", "ape"])

        # The first column is the box by which a tag is chosen.
        assert [row[0] for row in rows(client.get(LIST, {"o": "1"}))] == ["ape", "moon", "sea"]
        assert [row[0] for row in rows(client.get(LIST, {"o": "2"}))][-1] == "moon"

    def test_a_search_for_what_no_name_holds_finds_nothing(self, client, curator):
        fill(Tides=["sea"])

        assert rows(client.get(LIST, {"q": "--"})) == []

    def test_its_queries_do_not_grow_with_it(self, client, curator):
        fill(Tides=["sea", "brine", "moon"])
        merge(client, "brine", "sea", into="sea")
        few = queries(client, LIST)
        fill(Waves=[f"tag {n}" for n in range(60)], Foam=[f"name {n}" for n in range(20)])
        for n in range(20):
            merge(client, f"name {n}", f"tag {n}", into=f"tag {n}")

        assert queries(client, LIST) == few
        assert len(rows(client.get(LIST))) == 62

    def test_it_shows_a_hundred_a_page(self, client, curator):
        fill(Tides=[f"tag {n}" for n in range(130)])

        assert len(rows(client.get(LIST))) == 100
        assert len(rows(client.get(LIST, {"p": 2}))) == 30

    def test_the_action_leads_to_a_preview_and_changes_nothing(self, client, curator):
        fill(Tides=["sea", "ocean"])
        ids = [tag("sea").pk, tag("ocean").pk]

        response = client.post(LIST, {"action": "merge", "_selected_action": ids})

        assert response.status_code == 302
        preview = client.get(response.url)
        assert preview.status_code == 200
        assert {row[0].pk for row in preview.context["rows"]} == set(ids)
        assert not Change.objects.filter(kind="tag").exists()

    def test_one_tag_alone_is_not_merged(self, client, curator):
        fill(Tides=["sea"])

        response = client.post(LIST, {"action": "merge", "_selected_action": [tag("sea").pk]})

        assert said(response) == ["Choose 2 to 100 tags to merge."]

    def test_who_may_only_look_has_no_action(self, client, onlooker):
        fill(Tides=["sea"])

        response = client.get(LIST)

        assert response.status_code == 200
        assert "action" not in (response.context["action_form"] or {})


class TestMerging:
    def test_the_preview_tells_what_each_choice_comes_to_the_most_used_first(self, client, curator):
        fill(Tides=["sea"], Waves=["sea", "ocean"], Foam=["ocean"], Surf=["ocean"], Sand=["wind"])
        Issue.objects.filter(title="Surf").update(archived_at=timezone.now())
        indexing.rebuild()

        response = client.get(MERGE, {"tag": [tag("sea").pk, tag("ocean").pk]})

        assert response.context["rows"] == [(tag("ocean"), 3, 2), (tag("sea"), 2, 3)]
        assert (response.context["reach"].issues, response.context["reach"].together) == (4, 1)
        html = response.content.decode()
        chosen = f'value="{tag("ocean").pk}" id="into-{tag("ocean").pk}" required checked'
        assert chosen in html
        assert html.count(" checked") == 1

    def test_many_become_one_in_one_batch_with_one_undo_and_a_reason(self, client, curator):
        fill(Tides=["sea", "wind"], Waves=["brine", "ocean"], Foam=["ocean"])
        before = list(Issue.objects.order_by("id").values_list("tag_list", flat=True))

        response = merge(
            client, "sea", "brine", "ocean", into="ocean", reason="They are the same water."
        )

        assert response.url == LIST
        assert said(response) == ["“sea” and “brine” are names for “ocean” now; 2 issues changed."]
        batch = ChangeBatch.objects.latest("id")
        assert (batch.user, batch.source, batch.reason) == (
            curator, "admin", "They are the same water.",
        )  # fmt: skip
        assert ChangeBatch.objects.count() == 2
        assert (tags_of("Tides"), tags_of("Waves")) == (["ocean", "wind"], ["ocean"])

        undo(client, batch)
        assert list(Issue.objects.order_by("id").values_list("tag_list", flat=True)) == before
        assert not Tag.objects.retired().exists()

    def test_the_list_offers_the_undo(self, client, curator):
        fill(Tides=["sea"], Waves=["ocean"])

        response = client.post(
            MERGE, {"tag": [tag("sea").pk, tag("ocean").pk], "into": tag("sea").pk}, follow=True
        )

        batch = ChangeBatch.objects.latest("id")
        assert f'action="{reverse("desk:batch_revert", args=[batch.pk])}"' in (
            response.content.decode()
        )

    @pytest.mark.parametrize("into", ["", "moon", "x"])
    def test_one_of_the_chosen_has_to_stay(self, client, curator, into):
        fill(Tides=["sea", "moon"], Waves=["ocean"])
        chosen = tag("moon").pk if into == "moon" else into

        response = client.post(MERGE, {"tag": [tag("sea").pk, tag("ocean").pk], "into": chosen})

        assert response.status_code == 422
        assert "into" in response.context["form"].errors
        assert not Tag.objects.retired().exists()

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_tag_that_was_merged_meanwhile_is_named(self, client, curator, method):
        fill(Tides=["sea"], Waves=["ocean"], Foam=["moon"])
        merge(client, "sea", "ocean", into="ocean")
        number = ChangeBatch.objects.count()

        response = getattr(client, method)(
            MERGE, {"tag": [tag("sea").pk, tag("moon").pk], "into": tag("moon").pk}
        )

        assert response.url == LIST
        assert said(response)[-1] == ("Nothing was changed: “sea” is now another name for “ocean”.")
        assert ChangeBatch.objects.count() == number

    @pytest.mark.parametrize("ids", [["x", "1"], ["999999", "1"], ["9" * 30, "1"]])
    def test_what_is_no_tag_is_not_found(self, client, curator, ids):
        fill(Tides=["sea"])

        assert client.get(MERGE, {"tag": ids}).status_code == 404
        assert client.post(MERGE, {"tag": ids, "into": "1"}).status_code == 404

    def test_a_preview_of_one_leads_back(self, client, curator):
        fill(Tides=["sea"])

        assert client.get(MERGE, {"tag": [tag("sea").pk]}).url == LIST

    def test_the_queries_of_the_preview_do_not_grow_with_the_tags(self, client, curator):
        fill(Tides=[f"tag {n}" for n in range(40)])
        ids = list(Tag.objects.values_list("pk", flat=True))

        assert queries(client, f"{MERGE}?tag={ids[0]}&tag={ids[1]}") == queries(
            client, f"{MERGE}?{'&'.join(f'tag={pk}' for pk in ids)}"
        )


class TestATagsPage:
    def test_it_shows_uses_and_the_names_that_stand_for_it(self, client, curator):
        fill(Tides=["sea"], Waves=["ocean"])
        merge(client, "sea", "ocean", into="ocean")

        html = client.get(page_of("ocean")).content.decode()

        assert "<strong>2</strong> issues" in html
        assert desk("tag_restore", "sea") in html
        assert tag("ocean").get_absolute_url() in html

    def test_a_name_that_stands_for_another_is_made_a_tag_again(self, client, curator):
        fill(Tides=["sea"], Waves=["ocean"])
        merge(client, "sea", "ocean", into="ocean")
        assert desk("tag_restore", "sea") in client.get(page_of("sea")).content.decode()

        response = client.post(desk("tag_restore", "sea"))

        assert said(response)[-1] == "“sea” is a tag of its own again."
        assert tag("sea").retired_at is None
        assert not tag("ocean").aliases.exists()
        undo(client)
        assert tag("sea").stands_for.get() == tag("ocean")

    def test_a_tag_is_no_name_to_be_made_a_tag(self, client, curator):
        fill(Tides=["sea"])

        response = client.post(desk("tag_restore", "sea"))

        assert said(response) == ["There was nothing to change."]

    def test_who_may_only_look_is_offered_nothing(self, client, onlooker):
        fill(Tides=["sea"])

        html = client.get(page_of("sea")).content.decode()

        assert html.count("<form") == 1  # that which signs out
        assert "Rename" not in html

    def test_it_is_only_looked_at(self, client, curator):
        fill(Tides=["sea"])

        assert client.post(page_of("sea"), {"name": "x"}).status_code == 405
        assert tag("sea").name == "sea"

    @pytest.mark.parametrize("key", ["999999", "x", "9" * 30])
    def test_what_is_no_tag_is_not_found(self, client, curator, key):
        address = reverse("admin:catalog_tag_change", args=["0"]).replace("0", key)

        assert client.get(address).status_code == 404


class TestRenaming:
    def test_the_preview_counts_and_the_act_is_one_batch_with_one_undo(self, client, curator):
        fill(Tides=["sea", "moon"], Waves=["sea"])

        preview = client.get(desk("tag_rename", "sea"), {"name": "Salt water"})
        assert preview.context["reach"].issues == 2
        assert "<strong>2</strong> issues" in preview.content.decode()
        assert tags_of("Waves") == ["sea"]
        response = client.post(
            desk("tag_rename", "sea"), {"name": "Salt water", "reason": "Clearer."}
        )

        assert said(response) == ["“sea” is called “Salt water” now."]
        assert tags_of("Tides") == ["Salt water", "moon"]
        assert ChangeBatch.objects.latest("id").reason == "Clearer."
        undo(client)
        assert tags_of("Tides") == ["sea", "moon"]
        assert tag("sea").retired_at is None

    def test_the_preview_tells_that_the_name_of_another_tag_is_a_merge(self, client, curator):
        fill(Tides=["sea", "ocean"], Waves=["ocean"], Foam=["sea"])

        preview = client.get(desk("tag_rename", "sea"), {"name": "Ocean"})

        assert preview.context["other"] == tag("ocean")
        assert (preview.context["reach"].issues, preview.context["reach"].together) == (3, 1)
        assert "is a tag already" in preview.content.decode()

    def test_the_preview_tells_of_a_name_that_stood_for_another_tag(self, client, curator):
        fill(Tides=["sea"], Waves=["ocean"], Foam=["moon"])
        merge(client, "sea", "ocean", into="ocean")

        html = client.get(desk("tag_rename", "moon"), {"name": "sea"}).content.decode()

        assert "stands for “ocean” so far" in html

    def test_another_spelling_is_told_to_be_one(self, client, curator):
        fill(Tides=["sea"])

        preview = client.get(desk("tag_rename", "sea"), {"name": "Sea"})
        client.post(desk("tag_rename", "sea"), {"name": "Sea"})

        assert "spelt just so" in preview.content.decode()
        assert (tag("sea").name, tags_of("Tides")) == ("Sea", ["Sea"])

    @pytest.mark.parametrize("name", ["", "---", "x" * 101, "Ti\u202edes"])
    def test_a_name_that_is_none_is_refused_beside_its_field(self, client, curator, name):
        fill(Tides=["sea"])

        shown = client.get(desk("tag_rename", "sea"), {"name": name})
        sent = client.post(desk("tag_rename", "sea"), {"name": name})

        assert (shown.status_code, sent.status_code) == (200, 422)
        assert "name" in sent.context["form"].errors
        assert ChangeBatch.objects.count() == 1

    def test_a_tag_that_was_deleted_meanwhile_is_named(self, client, curator):
        fill(Tides=["sea"])
        client.post(desk("tag_delete", "sea"))

        for method in (client.get, client.post):
            response = method(desk("tag_rename", "sea"), {"name": "ocean"})
            assert response.url == page_of("sea")
            assert said(response)[-1] == "Nothing was changed: “sea” has been deleted meanwhile."
        assert not Tag.objects.filter(key="ocean").exists()


class TestSplitting:
    def test_the_preview_counts_and_the_act_is_one_batch_with_one_undo(self, client, curator):
        fill(Tides=["sea and sky", "moon"], Waves=["sky"])
        names = {"names": "sea\r\n\r\nSky\r\nsky", "reason": "Two things."}

        preview = client.get(desk("tag_split", "sea and sky"), names)
        assert preview.context["parts"] == [("sea", None, 0), ("Sky", tag("sky"), 1)]
        assert preview.context["number"] == 1
        response = client.post(desk("tag_split", "sea and sky"), names)

        assert said(response) == ["“sea and sky” is “sea” and “Sky” now; 1 issue changed."]
        assert tags_of("Tides") == ["sea", "sky", "moon"]
        undo(client)
        assert tags_of("Tides") == ["sea and sky", "moon"]

    def test_the_preview_tells_where_the_name_stays(self, client, curator):
        fill(Tides=["sea"])

        html = client.get(desk("tag_split", "sea"), {"names": "sea\nwater"}).content.decode()

        assert "which keeps its name" in html
        assert "gives it that one alone" in html

    @pytest.mark.parametrize("names", ["", "sea", "sea\nSEA", "sea\n---", "sea\n" + "x" * 101])
    def test_fewer_than_two_names_are_refused_beside_the_field(self, client, curator, names):
        fill(Tides=["sea and sky"])

        response = client.post(desk("tag_split", "sea and sky"), {"names": names})

        assert response.status_code == 422
        assert "names" in response.context["form"].errors
        assert ChangeBatch.objects.count() == 1


class TestDeleting:
    def test_the_count_is_shown_and_the_act_is_one_batch_with_one_undo(self, client, curator):
        fill(Tides=["sea", "moon"], Waves=["sea"])

        preview = client.get(desk("tag_delete", "sea"))
        assert preview.context["number"] == 2
        assert tags_of("Waves") == ["sea"]
        response = client.post(desk("tag_delete", "sea"), {"reason": "Too wide."})

        assert said(response) == ["“sea” is deleted; 2 issues changed."]
        assert (tags_of("Tides"), tags_of("Waves")) == (["moon"], [])
        assert Tag.objects.filter(key="sea").exists()
        undo(client)
        assert (tags_of("Tides"), tags_of("Waves")) == (["sea", "moon"], ["sea"])

    def test_no_row_is_deleted_even_by_a_superuser(self, client):
        client.force_login(make_user(is_superuser=True))
        fill(Tides=["sea"])

        address = reverse("admin:catalog_tag_delete", args=[tag("sea").pk])
        assert client.post(address, {"post": "yes"}).status_code == 403
        assert Tag.objects.exists()


class TestLikelyDuplicates:
    def test_pairs_are_shown_with_reasons_counts_and_issues(self, client, curator):
        fill(
            One=["open model"], Two=["open models"], Three=["open models"], Four=["open models"],
            Five=["open models", "open model"], Six=["wind"],
        )  # fmt: skip

        (pair,) = client.get(DUPLICATES).context["pairs"]

        assert (pair.away.name, pair.away.count) == ("open model", 2)
        assert (pair.into.name, pair.into.count) == ("open models", 4)
        assert pair.reasons == ("differs in a plural",)
        assert pair.together == 1
        assert [[issue.title for issue in issues] for _, issues in pair.sides] == [
            ["Five", "One"],
            ["Five", "Four", "Three"],
        ]

    def test_archived_issues_are_no_examples(self, client, curator):
        fill(One=["open model"], Two=["open models"], Three=["open models"], Four=["open models"])
        Issue.objects.filter(title="Four").update(archived_at=timezone.now())
        indexing.rebuild()

        (pair,) = client.get(DUPLICATES).context["pairs"]

        assert [[issue.title for issue in issues] for _, issues in pair.sides] == [
            ["One"],
            ["Three", "Two"],
        ]

    def test_a_pair_is_merged_and_the_next_one_follows(self, client, curator):
        fill(One=["open model"], Two=["open models"], Three=["Agents", "agent"], Four=["agents"])
        first, second = client.get(DUPLICATES).context["pairs"]
        assert first.next == second.key

        response = client.post(
            reverse("desk:pair_merge", args=[first.away.id, first.into.id]) + f"?next={first.next}"
        )

        assert response.url == f"{DUPLICATES}#pair-{second.key}"
        assert said(response) == [
            f"“{first.away.name}” is a name for “{first.into.name}” now; 1 issue changed."
        ]
        assert Tag.objects.get(pk=first.away.id).stands_for.get().pk == first.into.id
        assert [pair.key for pair in client.get(DUPLICATES).context["pairs"]] == [second.key]
        undo(client)
        assert len(client.get(DUPLICATES).context["pairs"]) == 2

    def test_a_pair_is_merged_the_other_way_round(self, client, curator):
        fill(One=["open model"], Two=["open models"], Three=["open models"])

        client.post(desk("pair_merge", "open models", "open model"))

        assert tags_of("Two") == tags_of("Three") == ["open model"]
        assert tag("open models").stands_for.get() == tag("open model")

    def test_a_dismissed_pair_is_proposed_no_more_until_it_is_brought_back(self, client, curator):
        fill(One=["open model"], Two=["open models"])
        (pair,) = client.get(DUPLICATES).context["pairs"]

        response = client.post(desk("pair_dismiss", "open models", "open model"))

        assert said(response) == ["“open models” and “open model” are kept apart."]
        assert DismissedPair.objects.get().first == tag("open model")
        page = client.get(DUPLICATES)
        assert page.context["pairs"] == []
        assert desk("pair_restore", "open model", "open models") in page.content.decode()
        assert not Tag.objects.retired().exists()

        response = client.post(desk("pair_restore", "open models", "open model"))
        assert not DismissedPair.objects.exists()
        assert [each.key for each in client.get(DUPLICATES).context["pairs"]] == [pair.key]

    def test_a_dismissal_offers_its_undo(self, client, curator):
        fill(One=["open model"], Two=["open models"])

        page = client.post(desk("pair_dismiss", "open models", "open model"), follow=True)

        action = desk("pair_restore", "open models", "open model")
        assert f'<form class="undo" action="{action}"' in page.content.decode()

    def test_dismissing_twice_is_dismissing_once(self, client, curator):
        fill(One=["open model"], Two=["open models"])

        client.post(desk("pair_dismiss", "open models", "open model"))
        client.post(desk("pair_dismiss", "open model", "open models"))

        assert DismissedPair.objects.count() == 1

    @pytest.mark.parametrize("act", ["pair_merge", "pair_dismiss"])
    def test_a_pair_whose_tag_is_gone_meanwhile_is_told(self, client, curator, act):
        fill(One=["open model"], Two=["open models"], Three=["wind"])
        merge(client, "open model", "wind", into="wind")
        number = ChangeBatch.objects.count()

        response = client.post(desk(act, "open model", "open models"))

        assert said(response)[-1] == (
            "Nothing was changed: “open model” is now another name for “wind”."
        )
        assert ChangeBatch.objects.count() == number
        assert not DismissedPair.objects.exists()

    def test_names_in_it_are_text(self, client, curator):
        fill(One=["<b>bold</b> move"], Two=["<b>bold</b> moves"])

        html = client.get(DUPLICATES).content.decode()
        client.post(desk("pair_dismiss", "<b>bold</b> move", "<b>bold</b> moves"))
        after = client.get(DUPLICATES).content.decode()

        assert "<b>bold" not in html + after
        assert "&lt;b&gt;bold" in html

    @pytest.mark.parametrize("following", ["1-2-3", "x", "//evil.example", "1-2#x"])
    def test_where_it_goes_on_is_a_pair_or_the_page(self, client, curator, following):
        fill(One=["open model"], Two=["open models"])

        response = client.post(
            desk("pair_dismiss", "open model", "open models"), query_params={"next": following}
        )

        assert response.url == DUPLICATES

    def test_its_queries_do_not_grow_with_the_pairs(self, client, curator):
        fill(One=["open model"], Two=["open models"], Three=["lone tide"], Four=["lone tides"])
        client.post(desk("pair_dismiss", "lone tide", "lone tides"))
        few = queries(client, DUPLICATES)
        words = ["moon", "star", "tree", "rock", "lamp", "boat", "bell", "drum", "coin", "door"]
        fill(
            **{f"{word} {n}": [f"{word} {n}" for word in words] for word in words for n in (1,)},
            **{f"{word}": [f"{word} harbour"] for word in words},
            **{f"{word}s": [f"{word} harbours"] for word in words},
        )
        for word in words[:3]:
            client.post(desk("pair_dismiss", f"{word} harbour", f"{word} harbours"))

        assert queries(client, DUPLICATES) == few
        assert len(client.get(DUPLICATES).context["pairs"]) > 5

    def test_only_the_likeliest_are_shown_and_the_rest_are_counted(
        self, client, curator, monkeypatch
    ):
        monkeypatch.setattr("catalog.admin.tag_pairs.PAIRS_ON_PAGE", 1)
        fill(One=["open model"], Two=["open models"], Three=["lone tide"], Four=["lone tides"])

        page = client.get(DUPLICATES)

        assert len(page.context["pairs"]) == 1
        assert "The 1 likeliest of 2 pairs" in page.content.decode()

    def test_who_may_only_look_has_no_buttons(self, client, onlooker):
        fill(One=["open model"], Two=["open models"])

        page = client.get(DUPLICATES)

        assert len(page.context["pairs"]) == 1
        assert "formaction" not in page.content.decode()


WRITES = {
    "tag_merge": (),
    "tag_rename": ("open model",),
    "tag_split": ("open model",),
    "tag_delete": ("open model",),
    "tag_restore": ("open model",),
    "pair_merge": ("open model", "open models"),
    "pair_dismiss": ("open model", "open models"),
    "pair_restore": ("open model", "open models"),
}


class TestWhoMayWhat:
    @pytest.mark.parametrize("act", WRITES)
    def test_who_may_only_look_changes_nothing(self, client, onlooker, act):
        fill(One=["open model"], Two=["open models"])

        assert client.post(desk(act, *WRITES[act])).status_code == 403
        assert ChangeBatch.objects.count() == 1
        assert not DismissedPair.objects.exists()

    @pytest.mark.parametrize("act", WRITES)
    def test_who_is_none_of_the_staff_is_led_to_sign_in(self, client, act):
        fill(One=["open model"], Two=["open models"])
        client.force_login(make_user())

        response = client.post(desk(act, *WRITES[act]))

        assert response.status_code == 302
        assert "/login/" in response.url or "/sign-in/" in response.url
        assert ChangeBatch.objects.count() == 1

    def test_who_may_not_look_at_tags_sees_none(self, client):
        fill(One=["open model"])
        client.force_login(make_user(is_staff=True))

        addresses = [LIST, page_of("open model"), DUPLICATES, MERGE]
        assert [client.get(each).status_code for each in addresses] == [403] * 4

    @pytest.mark.parametrize("act", ["tag_restore", "pair_merge", "pair_dismiss", "pair_restore"])
    def test_asking_changes_nothing(self, client, curator, act):
        fill(One=["open model"], Two=["open models"])

        assert client.get(desk(act, *WRITES[act])).status_code == 405

    @pytest.mark.parametrize("act", [act for act in WRITES if act != "tag_merge"])
    def test_what_is_no_tag_is_not_found(self, client, curator, act):
        fill(One=["open model"])
        ids = [999_999, tag("open model").pk][: len(WRITES[act])]

        response = client.post(reverse(f"desk:{act}", args=ids), {"name": "x", "names": "x\ny"})

        assert response.status_code == 404
        assert ChangeBatch.objects.count() == 1
