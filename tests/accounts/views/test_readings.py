import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Act, Reading, State
from accounts.partial_dates import UNKNOWN, PartialDate
from accounts.reading import marking
from tests.factories import make_cluster, make_issue, make_note, make_reading, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def reader(client):
    user = make_user(time_zone="Europe/Paris")
    client.force_login(user)
    return user


def state(user, issue):
    return marking.state_of(list(Reading.objects.of(user).filter(issue=issue)))


def mark(client, issue, to, seen="unread", **more):
    data = {"mark": f"{issue.pk}:{to}:{seen}", "next": "/queue/", **more}
    headers = HTMX if "show" in more else {}
    return client.post(reverse("accounts:reading_mark"), data, **headers)


def said(client, response):
    return [str(message) for message in client.get(response["Location"]).context["messages"]]


def test_a_mark_by_a_plain_form_goes_back_and_says_what_was_done(client, reader):
    issue = make_issue(title="On kerbs")

    response = mark(client, issue, "queued")

    assert response["Location"] == "/queue/"
    page = client.get("/queue/").content.decode()
    assert "“On kerbs” is queued." in page
    assert f'action="{reverse("accounts:act_undo", args=[Act.objects.get().pk])}"' in page
    assert state(reader, issue) == State.QUEUED


def test_a_plain_form_on_a_page_of_cards_comes_back_to_the_card(client, reader):
    issue = make_issue()
    data = {"mark": f"{issue.pk}:read:unread", "next": "/tags/stone/", "show": "list"}

    response = client.post(reverse("accounts:reading_mark"), data)

    assert response["Location"] == f"/tags/stone/#issue-{issue.pk}"


def test_a_mark_in_place_answers_with_the_control_the_figures_and_an_undo(client, reader):
    cluster = make_cluster()
    issue, _ = make_issue(cluster=cluster, tier=5), make_issue(cluster=cluster, tier=4)

    html = mark(
        client, issue, "read", show=f"publication:{cluster.publication_id}"
    ).content.decode()

    assert f'<div class="state state-card" hx-swap-oob="true" id="state-card-{issue.pk}"' in html
    assert f'value="{issue.pk}:unread:read" aria-pressed="false"' in html
    assert f'hx-swap-oob="true" id="my-cluster-{cluster.pk}"' in html
    assert "1 of 2 read" in html
    assert "<b>1</b> read" in html
    assert 'id="toasts" hx-swap-oob="innerHTML"' in html
    assert "/undo/" in html


def test_a_mark_on_an_issues_own_page_shows_the_date_reached(client, reader):
    issue = make_issue()

    html = mark(client, issue, "reading", show=f"issue:{issue.pk}").content.decode()

    assert f'hx-swap-oob="true" id="state-rail-{issue.pk}"' in html
    assert PartialDate(reader.local_date()).short in html


@pytest.mark.parametrize("show", ["", "home", "publication:x", "publication:9" + "9" * 40])
def test_a_page_that_cannot_change_in_place_is_loaded_anew(client, reader, show):
    response = mark(client, make_issue(), "read", show=show)

    assert response["HX-Refresh"] == "true"


def test_a_stale_page_changes_nothing_and_shows_what_stands(client, reader):
    issue = make_issue()
    marking.mark(reader, [issue.pk], State.READ)

    html = mark(client, issue, "queued", seen="unread", show="list").content.decode()

    assert "changed elsewhere meanwhile" in html
    assert 'data-state="read"' in html
    assert state(reader, issue) == State.READ


def test_a_double_click_marks_once(client, reader):
    issue = make_issue()

    for _ in range(2):
        mark(client, issue, "read")

    assert (Reading.objects.count(), Act.objects.count()) == (1, 1)


def messages_of(client, response):
    """The messages of the page that a response leads to: (text, the address of its Undo)."""
    page = client.get(response["Location"])
    return [(str(each), each.extra_tags) for each in page.context["messages"]]


def test_a_form_that_is_sent_twice_is_one_act_and_both_answers_offer_its_undo(client, reader):
    cluster = make_cluster()
    first, second, third, *_ = issues = [make_issue(cluster=cluster, tier=5) for _ in range(5)]
    marking.mark(reader, [first.pk, second.pk, third.pk], State.QUEUED)
    rows = {row.issue_id: row for row in Reading.objects.all()}
    to = lambda name, *args: reverse(f"accounts:{name}", args=args)  # noqa: E731
    marked = {"mark": f"{issues[3].pk}:read:unread"}
    forms = [
        (to("reading_mark"), marked),
        (to("reading_bulk"), {"state": "reading", "issue": [issues[3].pk, issues[4].pk]}),
        (to("queue_move"), {"move": f"{third.pk}:up:2"}),
        (to("queue_move"), {"move": f"{third.pk}:top:1"}),
        (to("queue_arrange"), {"issue": [second.pk, first.pk]}),
        (to("reading_update", rows[first.pk].pk), {"queued": "2024-03-05"}),
        (to("reading_add", issues[3].pk), {"read": str(reader.local_date().year)}),
        (to("reading_mark"), {"mark": f"{first.pk}:unread:queued"}),
        (to("cluster_queue"), {"cluster": f"{cluster.pk}:all"}),
        (to("reading_drop", rows[second.pk].pk), {}),
    ]

    for address, data in forms:
        said, acts = [], []
        for _ in range(2):
            said.append(messages_of(client, client.post(address, data | {"next": "/history/"})))
            acts.append(Act.objects.latest("id").pk)
        assert acts[0] == acts[1], address
        assert said[0] == said[1], address
        assert said[0][0][1] == to("act_undo", acts[0]), address

    undo = to("act_undo", Act.objects.latest("id").pk)
    once, twice = (messages_of(client, client.post(undo, {"next": "/history/"})) for _ in range(2))
    assert once == twice == [("Undone.", to("act_undo", Act.objects.latest("id").pk))]


def test_what_comes_again_later_or_after_another_act_is_no_repetition(client, reader):
    issue, other = make_issue(), make_issue()
    mark(client, issue, "read")
    mark(client, other, "read")
    for data in ({"mark": f"{issue.pk}:read:unread"}, {"mark": f"{other.pk}:read:unread"}):
        client.get("/history/")
        Act.objects.filter(events__issue=other).update(at=timezone.now() - marking.REPEATED)

        response = client.post(reverse("accounts:reading_mark"), data | {"next": "/history/"})

        assert messages_of(client, response) == []


@pytest.mark.parametrize(("moved", "to"), [(2, "top"), (0, "place")])
def test_a_move_that_changes_nothing_is_no_repetition_of_another_issues_move(
    client, reader, moved, to
):
    ids = [make_reading(user=reader, state="queued").issue_id for _ in range(5)]
    move = lambda data: client.post(  # noqa: E731
        reverse("accounts:queue_move"), data | {"next": "/history/"}
    )
    assert said(client, move({"move": f"{ids[moved]}:{to}", "place": "4"})) == ["Moved."]
    queue = list(Reading.objects.of(reader).queued().values_list("issue", flat=True))

    for place, pk in enumerate(queue, 1):
        words = said(client, move({"move": f"{pk}:place", "place": str(place)}))

        assert words[0].startswith("Moved." if pk == ids[moved] else "Nothing has moved"), place
    assert Act.objects.count() == 1


def test_a_reading_that_another_act_removed_is_not_there(client, reader):
    reading = make_reading(user=reader)
    drop = reverse("accounts:reading_drop", args=[reading.pk])
    marking.mark(reader, [reading.issue_id], State.UNREAD)

    assert client.post(drop).status_code == 404
    act = marking.drop(reader, make_reading(user=reader)).act
    assert client.post(drop).status_code == 404
    assert Act.objects.latest("id") == act


@pytest.mark.parametrize(
    ("to", "words"),
    [(State.UNREAD, "This reading was removed already."), (State.QUEUED, "it has no such date")],
)
def test_dates_of_a_reading_that_changes_meanwhile_are_not_saved(
    client, reader, monkeypatch, to, words
):
    reading = make_reading(user=reader, state="reading")
    correct_dates = marking.correct_dates

    def correct_later(*arguments):
        marking.mark(reader, [reading.issue_id], to)
        return correct_dates(*arguments)

    monkeypatch.setattr(marking, "correct_dates", correct_later)
    response = client.post(
        reverse("accounts:reading_update", args=[reading.pk]),
        {"reading": "2024-03-05", "next": "/history/"},
        follow=True,
    )

    assert words in response.content.decode()
    assert Act.objects.count() == 1


def test_a_step_over_a_queue_that_has_changed_is_not_made(client, reader):
    ids = [make_reading(user=reader, state="queued").issue_id for _ in range(4)]

    response = client.post(
        reverse("accounts:queue_move"), {"move": f"{ids[0]}:up:3", "next": "/queue/"}
    )

    assert "changed elsewhere meanwhile" in messages_of(client, response)[0][0]
    assert list(Reading.objects.of(reader).queued().values_list("issue", flat=True)) == ids


@pytest.mark.parametrize("text", ["", "1", "1:read", "x:read:unread", "1:read:eaten",
                                  "9" * 19 + ":read:unread", "1:read:unread\x00"])  # fmt: skip
def test_a_mark_that_makes_no_sense_is_refused(client, reader, text):
    assert client.post(reverse("accounts:reading_mark"), {"mark": text}).status_code == 400


def test_marking_an_issue_that_there_is_not_is_a_404(client, reader):
    response = client.post(reverse("accounts:reading_mark"), {"mark": "77:read:unread"})

    assert response.status_code == 404


@pytest.mark.parametrize("next_page", ["https://example.org/", "//example.org", "javascript:x", ""])
def test_a_form_leads_nowhere_but_to_this_site(client, reader, next_page):
    response = mark(client, make_issue(), "read", next=next_page)

    assert response["Location"] == "/"


def test_undo_restores_what_stood_and_offers_to_do_it_again(client, reader):
    issue = make_issue()
    act = marking.mark(reader, [issue.pk], State.READ).act

    response = client.post(reverse("accounts:act_undo", args=[act.pk]), {"next": "/queue/"})

    assert said(client, response) == ["Undone."]
    assert state(reader, issue) == State.UNREAD
    again = Act.objects.get(undoes=act)
    response = client.post(reverse("accounts:act_undo", args=[again.pk]), {"next": "/queue/"})
    assert said(client, response) == ["Done again."]
    assert state(reader, issue) == State.READ


def test_an_undo_that_comes_too_late_says_so(client, reader):
    issue = make_issue()
    act = marking.mark(reader, [issue.pk], State.READ).act
    marking.mark(reader, [issue.pk], State.UNREAD)

    response = client.post(reverse("accounts:act_undo", args=[act.pk]), {"next": "/queue/"})

    assert said(client, response) == ["Not undone: this has been changed since."]


def test_ticked_issues_are_marked_at_once_with_one_undo(client, reader):
    issues = [make_issue() for _ in range(3)]
    data = {
        "issue": [issue.pk for issue in issues] + ["x", 999],
        "state": "read",
        "next": "/queue/",
    }

    response = client.post(reverse("accounts:reading_bulk"), data)

    assert said(client, response) == ["3 issues marked read."]
    marking.undo(reader, Act.objects.get())
    assert not Reading.objects.exists()


@pytest.mark.parametrize("data", [{"state": "eaten", "issue": 1}, {"issue": 1},
                                  {"state": "read", "issue": range(501)}])  # fmt: skip
def test_a_bulk_without_a_state_or_of_too_many_is_refused(client, reader, data):
    assert client.post(reverse("accounts:reading_bulk"), data).status_code == 400


def test_the_dates_of_a_reading_are_corrected_to_what_is_remembered(client, reader):
    reading = make_reading(user=reader, on="2024-03-05")
    data = {"read": "2024-03", "reading": "2023", "queued": "", "next": "/queue/"}

    response = client.post(reverse("accounts:reading_update", args=[reading.pk]), data)

    assert said(client, response) == ["Dates saved."]
    reading.refresh_from_db()
    assert [str(reading.date_of(step)) for step in ("read", "reading")] == ["2024-03", "2023"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Give a date, or tick “I do not know when”."),
        ("soon", "Write a day, a month or a year"),
        ("2024-02-30", "Write a day, a month or a year"),
        ("9999", "9999 lies ahead"),
    ],
)
def test_a_date_that_cannot_be_is_refused_beside_its_field(client, reader, text, words):
    reading = make_reading(user=reader, on="2024-03-05")

    response = client.post(reverse("accounts:reading_update", args=[reading.pk]), {"read": text})

    assert response.status_code == 422
    assert words in response.content.decode()
    assert Reading.objects.get().read_on == datetime.date(2024, 3, 5)


def test_a_reading_of_long_ago_is_recorded(client, reader):
    issue = make_issue()

    client.post(reverse("accounts:reading_add", args=[issue.pk]), {"read": "2019"})

    assert str(Reading.objects.get().date_of("read")) == "2019"
    refused = client.post(reverse("accounts:reading_add", args=[issue.pk]), {"read": "x"})
    assert refused.status_code == 422


def test_another_time_on_what_is_queued_finishes_it_with_one_undo(client, reader):
    issue = make_issue(title="On kerbs")
    marking.mark(reader, [issue.pk], State.QUEUED)
    page = client.get(reverse("accounts:reading_list", args=[issue.pk])).content.decode()
    assert "Another time" not in page

    response = client.post(
        reverse("accounts:reading_add", args=[issue.pk]), {"read": "2024", "next": "/queue/"}
    )

    assert said(client, response) == ["“On kerbs” is marked read."]
    assert state(reader, issue) == State.READ
    assert not Reading.objects.of(reader).queued().exists()
    client.post(reverse("accounts:act_undo", args=[Act.objects.of(reader).first().pk]))
    assert [row.state for row in Reading.objects.of(reader)] == [State.QUEUED]


def test_a_reading_that_is_recorded_already_says_so(client, reader):
    issue = make_reading(user=reader, on="2019").issue
    data = {"read": "2019", "next": "/queue/"}

    response = client.post(reverse("accounts:reading_add", args=[issue.pk]), data)

    assert said(client, response) == ["You have a reading of that date already."]


def test_what_was_begun_later_is_not_finished_then(client, reader):
    reading = make_reading(user=reader, state=State.READING, on="2024-10-20")
    words = "You began it on 20 October 2024, so it cannot be finished on 1 October 2024."

    response = client.post(
        reverse("accounts:reading_add", args=[reading.issue_id]), {"read": "2024-10-01"}
    )
    assert (response.status_code, words in response.content.decode()) == (422, True)
    marking.mark(reader, [reading.issue_id], State.READ)
    dates = {"reading": "2024-10-20", "read": "2024-10-01"}
    response = client.post(reverse("accounts:reading_update", args=[reading.pk]), dates)
    assert (response.status_code, words in response.content.decode()) == (422, True)
    assert Reading.objects.get().read_on == reader.local_date()


def test_read_without_knowing_when_is_ticked(client, reader):
    issue = make_issue()

    client.post(reverse("accounts:reading_add", args=[issue.pk]), {"read": "", "is_unknown": "on"})

    reading = Reading.objects.get()
    assert (reading.state, reading.read_on) == (State.READ, None)
    page = client.get(reverse("accounts:reading_list", args=[issue.pk])).content.decode()
    assert f'name="is_unknown" id="id_{reading.pk}_is_unknown" checked' in page


@pytest.mark.parametrize(
    ("stands", "sent", "kept"),
    [
        # The field still holds the date that it came with.
        ("2024-03-05", {"read": "2024-03-05", "is_unknown": "on"}, None),
        ("2024-03-05", {"read": "", "is_unknown": "on"}, None),
        # The box still has the tick that it came with.
        (None, {"read": "2023", "is_unknown": "on"}, "2023"),
        (None, {"read": "2023"}, "2023"),
        (None, {"read": "", "is_unknown": "on"}, None),
        # A repeated request has the same effect on both.
        ("2024-03-05", {"read": "2023", "is_unknown": "on"}, "refused"),
        ("2024-03-05", {"read": ""}, "refused"),
        (None, {"read": ""}, "refused"),
    ],
)
def test_of_the_date_and_the_tick_the_one_that_was_changed_counts(
    client, reader, stands, sent, kept
):
    on = PartialDate.parse(stands) if stands else UNKNOWN
    marking.mark(reader, [make_issue().pk], State.READ, on=on)
    reading = Reading.objects.get()

    response = client.post(reverse("accounts:reading_update", args=[reading.pk]), sent)

    reading.refresh_from_db()
    stood = stands if kept == "refused" else kept
    assert response.status_code == (422 if kept == "refused" else 302)
    assert str(reading.date_of(State.READ)) == str(stood)


def test_a_bulk_that_changes_nothing_says_so(client, reader):
    issue = make_reading(user=reader).issue
    data = {"issue": [issue.pk], "state": "read", "next": "/queue/"}

    response = client.post(reverse("accounts:reading_bulk"), data)

    assert said(client, response) == ["Nothing has changed."]


def test_one_reading_of_several_is_taken_back(client, reader):
    issue = make_issue()
    first, second = (make_reading(user=reader, issue=issue, on=on) for on in ("2020", "2021"))

    client.post(reverse("accounts:reading_drop", args=[second.pk]))

    assert list(Reading.objects.all()) == [first]


def test_the_queue_is_moved_by_buttons_and_by_dragging(client, reader):
    ids = [make_reading(user=reader, state="queued").issue_id for _ in range(3)]

    client.post(reverse("accounts:queue_move"), {"move": f"{ids[2]}:top"})
    client.post(reverse("accounts:queue_arrange"), {"issue": [ids[1], ids[0]]})

    queue = Reading.objects.of(reader).queued().values_list("issue", flat=True)
    assert list(queue) == [ids[2], ids[1], ids[0]]
    assert client.post(reverse("accounts:queue_move"), {"move": "1:away"}).status_code == 400


def test_the_queue_is_moved_to_a_place_by_its_number(client, reader):
    ids = [make_reading(user=reader, state="queued").issue_id for _ in range(4)]

    def queue():
        return list(Reading.objects.of(reader).queued().values_list("issue", flat=True))

    page = client.get(reverse("accounts:queue")).content.decode()
    assert f'href="?place={ids[3]}#queue-{ids[3]}"' in page
    page = client.get(reverse("accounts:queue"), {"place": ids[3]}).content.decode()
    assert f'name="move" value="{ids[3]}:place"' in page
    assert 'form="place" type="number" name="place" value="4"' in page

    move = {"move": f"{ids[3]}:place", "next": "/queue/"}
    response = client.post(reverse("accounts:queue_move"), move | {"place": "2"})
    assert said(client, response) == ["Moved."]
    assert queue() == [ids[0], ids[3], ids[1], ids[2]]
    for place in ("0", "", "x", "-1"):
        response = client.post(reverse("accounts:queue_move"), move | {"place": place})
        assert said(client, response) == ["Not moved: a place is a number from 1 on."]
    Act.objects.update(at=timezone.now() - marking.REPEATED)
    response = client.post(reverse("accounts:queue_move"), move | {"place": "2"})
    assert said(client, response)[0].startswith("Nothing has moved")
    assert queue() == [ids[0], ids[3], ids[1], ids[2]]


@pytest.mark.parametrize(("scope", "tiers"), [("keepers", [5, 4]), ("all", [5, 2, 4])])
def test_a_cluster_is_queued_in_order_but_for_what_has_been_begun(client, reader, scope, tiers):
    cluster = make_cluster()
    for tier in (5, 4, 2, 4):
        make_issue(cluster=cluster, tier=tier)
    read = cluster.issues.in_cluster_order()[1]
    marking.mark(reader, [read.pk], State.READ)
    data = {"cluster": f"{cluster.pk}:{scope}", "next": "/queue/"}

    response = client.post(reverse("accounts:cluster_queue"), data)

    assert said(client, response)[0].startswith(f"{len(tiers)} issues of “")
    assert list(Reading.objects.of(reader).queued().values_list("issue__tier", flat=True)) == tiers
    Act.objects.update(at=timezone.now() - marking.REPEATED)
    response = client.post(reverse("accounts:cluster_queue"), data)
    assert said(client, response)[0].startswith("Nothing of “")


def test_the_history_tells_what_was_marked_and_undoes_it(client, reader):
    issues = [make_issue(title=f"On stone {number}") for number in range(7)]
    marking.mark(reader, [issue.pk for issue in issues], State.READ)

    page = client.get(reverse("accounts:act_list")).content.decode()

    assert page.count("On stone") == 5
    assert "and 2 more" in page
    assert "unread → read" in page
    assert client.get(reverse("accounts:act_list") + "?after=x").status_code == 404


def test_the_history_offers_an_undo_only_where_it_works(client, reader):
    issue = make_issue()
    acts = [
        marking.mark(reader, [issue.pk], state).act.pk
        for state in (State.QUEUED, State.READ, State.UNREAD)
    ]

    def offered():
        page = client.get(reverse("accounts:act_list")).content.decode()
        return [pk for pk in acts if reverse("accounts:act_undo", args=[pk]) in page]

    assert offered() == acts[2:]
    client.post(reverse("accounts:act_undo", args=acts[2:]))
    assert offered() == acts[1:2]


def test_the_pages_need_as_many_queries_for_many_rows_as_for_few(
    client, reader, django_assert_max_num_queries, django_assert_num_queries
):
    pages = [reverse("accounts:queue"), reverse("accounts:act_list")]
    counts = []
    for _ in range(2):
        for _ in range(3):
            issue = make_issue(cluster=make_cluster())
            marking.mark(reader, [issue.pk], State.QUEUED)
            make_note(user=reader, issue=issue)
        for page in pages:
            with django_assert_max_num_queries(8) as queries:
                assert client.get(page).status_code == 200
            counts.append(len(queries))

    assert counts[:2] == counts[2:]


def test_anothers_readings_and_acts_are_not_there(client, reader):
    other = make_user()
    reading = make_reading(user=other, on="2024")
    act = marking.mark(other, [make_issue().pk], State.READ).act
    for name, pk in (
        ("reading_update", reading.pk),
        ("reading_drop", reading.pk),
        ("act_undo", act.pk),
    ):
        response = client.post(reverse(f"accounts:{name}", args=[pk]), {"read": "2020"})
        assert response.status_code == 404

    assert Reading.objects.of(other).count() == 2
    assert str(Reading.objects.get(pk=reading.pk).date_of("read")) == "2024"


def test_the_last_keeper_of_a_cluster_offers_its_booklet(client, reader):
    cluster = make_cluster(title="Kerbs & canals")
    first, last = make_issue(cluster=cluster, tier=5), make_issue(cluster=cluster, tier=4)
    make_issue(cluster=cluster, tier=2)

    assert "booklet" not in mark(client, first, "read", show="list").content.decode()
    html = mark(client, last, "read", show="list").content.decode()

    assert "That was the last keeper of “Kerbs &amp; canals”." in html
    address = reverse("accounts:booklet_detail", args=[cluster.publication.slug, cluster.slug])
    assert f'href="{address}"' in html
    again = mark(client, last, "reading", seen="read", show="list").content.decode()
    assert "last keeper" not in again


def test_a_row_of_the_queue_is_marked_by_the_form_around_it_too(client, reader):
    issue = make_issue()
    make_reading(user=reader, issue=issue, state=State.QUEUED)

    response = client.post(
        reverse("accounts:queue_move"),
        {"mark": f"{issue.pk}:read:queued", "next": reverse("accounts:queue")},
    )

    assert response.url == reverse("accounts:queue")
    assert Reading.objects.get(user=reader).state == State.READ
