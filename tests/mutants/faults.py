"""Faults that the default run must find, each with a test that fails once it is planted."""

from typing import NamedTuple


class Fault(NamedTuple):
    """One replacement in one file: `old` occurs there exactly once, and `test` fails with `new`."""

    path: str
    old: str
    new: str
    test: str


FAULTS = {
    "readings of everyone": Fault(
        "accounts/models/readings.py",
        "        return self.filter(user=user)\n\n    def queued",
        "        return self.all()\n\n    def queued",
        "tests/readingroom/test_routes.py::test_a_route_answers_each_as_it_should[accounts:reading_update-other]",
    ),
    "notes of everyone": Fault(
        "accounts/models/notes.py",
        "return self.filter(user=user, deleted_at=None)",
        "return self.filter(deleted_at=None)",
        "tests/readingroom/test_routes.py::test_a_route_answers_each_as_it_should[accounts:note_list-other]",
    ),
    "redirect to another site": Fault(
        "accounts/views/answers.py",
        "if url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):",
        "if back:",
        "tests/accounts/views/test_readings.py::test_a_form_leads_nowhere_but_to_this_site[https://example.org/]",
    ),
    "theme form redirects to another site": Fault(
        "accounts/views/account.py",
        "if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):",
        "if not back:",
        "tests/accounts/views/test_account.py::test_a_theme_that_is_none_is_refused_and_no_other_site_is_next",
    ),
    "search hits unescaped": Fault(
        "catalog/search/marks.py",
        "escape(text[done:last])",
        "text[done:last]",
        "tests/catalog/search/test_marks.py::test_a_short_text_is_its_own_excerpt",
    ),
    "title unescaped": Fault(
        "templates/catalog/pages/issue_detail.html",
        "{{ issue.title }}</h1>",
        "{{ issue.title|safe }}</h1>",
        "tests/catalog/test_views.py::test_titles_are_shown_as_stored_and_escaped",
    ),
    "script address as a link": Fault(
        "catalog/text.py",
        'return "" if url_fault(url) else url',
        "return url",
        "tests/catalog/test_links.py::test_an_address_that_is_not_of_the_web_is_never_a_link[javascript:alert(1)]",
    ),
    "write without the write lock": Fault(
        "readingroom/settings.py",
        '"transaction_mode": "IMMEDIATE",',
        '"transaction_mode": "DEFERRED",',
        "tests/accounts/reading/test_writers.py::test_sixteen_writers_lose_nothing",
    ),
    "reader's version unchanged by a mark": Fault(
        "accounts/reading/marking.py",
        'User.objects.filter(pk=self._user.pk).update(version=F("version") + 1)',
        'User.objects.filter(pk=self._user.pk).update(version=F("version"))',
        "tests/accounts/reading/test_marking.py::test_an_undo_brings_back_the_place_in_the_queue",
    ),
    "publication's version unchanged by an edit": Fault(
        "catalog/curation/changeset.py",
        'Publication.objects.filter(shown_there).update(version=F("version") + 1)',
        'Publication.objects.filter(shown_there).update(version=F("version"))',
        "tests/catalog/loading/test_loader.py::test_each_writing_transaction_bumps_the_publication_once",
    ),
    "any token has every scope": Fault(
        "catalog/rest/access.py",
        "return granted is None or scope in granted",
        "return True",
        "tests/readingroom/test_api_matrix.py::test_token_needs_the_scope_of_the_route_alone[get schema]",
    ),
    "curator's permission unchecked": Fault(
        "catalog/rest/access.py",
        "if not request.user.has_perms(view.needs.get(method, ())):",
        "if False:",
        "tests/readingroom/test_api_matrix.py::test_each_client_gets_its_status_and_refusals_write_nothing[post category_list]",
    ),
    "public catalog opens personal endpoints": Fault(
        "catalog/rest/access.py",
        "(view.is_catalog and is_read and settings.IS_PUBLIC)",
        "(is_read and settings.IS_PUBLIC)",
        "tests/readingroom/test_api_matrix.py::test_public_catalog_opens_the_catalog_alone",
    ),
    "expired token accepted": Fault(
        "accounts/models/tokens.py",
        "return self.standing().filter(still, user__is_active=True)",
        "return self.standing().filter(user__is_active=True)",
        "tests/readingroom/test_api_matrix.py::test_each_client_gets_its_status_and_refusals_write_nothing[get issue_list]",
    ),
    "feed token opens the API": Fault(
        "accounts/access/authentication.py",
        "if token is None or FEEDS in token.scopes:",
        "if token is None:",
        "tests/readingroom/test_api_matrix.py::test_each_client_gets_its_status_and_refusals_write_nothing[get issue_list]",
    ),
    "title weighs as much as its publication's name": Fault(
        "catalog/search/rank.py",
        "WEIGHTS = (8.0, 4.0, 2.0, 0.5)",
        "WEIGHTS = (0.5, 4.0, 2.0, 8.0)",
        "tests/catalog/search/test_search.py::test_the_best_come_first[title before tags before summary]",
    ),
    "streak one day short": Fault(
        "accounts/progress/streaks.py",
        "found[-1].length + 1)",
        "found[-1].length)",
        "tests/accounts/progress/test_streaks.py::test_a_date_that_did_not_occur_breaks_no_streak_and_adds_nothing_to_it[Pacific/Apia-missing0]",
    ),
    "ETag without the reader's version": Fault(
        "catalog/rest/views.py",
        "own = user.pk, user.version, user.local_date()",
        "own = user.pk, user.local_date()",
        "tests/accounts/api/test_issues.py::TestOneIssue::test_it_is_sent_again_when_the_reader_has_marked_it",
    ),
    "edit split into several transactions": Fault(
        "catalog/curation/changeset.py",
        "self._transaction = transaction.atomic()",
        'self._transaction = __import__("contextlib").nullcontext()',
        "tests/catalog/curation/test_changeset.py::test_an_error_in_the_middle_takes_all_of_it_back",
    ),
    "dry run of a load keeps its rows": Fault(
        "catalog/loading/loader.py",
        "        if dry_run:\n            transaction.set_rollback(True)",
        "        if False:\n            transaction.set_rollback(True)",
        "tests/catalog/loading/test_loader.py::test_a_dry_run_reports_the_same_and_leaves_nothing",
    ),
    "note saved over a newer version": Fault(
        "accounts/notes/writing.py",
        "if note.version != version:",
        "if False:",
        "tests/accounts/notes/test_writing.py::test_a_save_against_an_older_version_is_refused_with_the_newer_note",
    ),
    "undo over newer marks": Fault(
        "accounts/reading/marking.py",
        "if writing.kept(event.issue_id) != event.after:",
        "if False:",
        "tests/accounts/reading/test_marking.py::test_an_undo_whose_issue_has_moved_on_is_refused_whole",
    ),
    "stale API write accepted": Fault(
        "catalog/rest/versions.py",
        "if version_meant(request, version) != version:",
        "if False:",
        "tests/catalog/api/test_issues.py::TestOneIssue::test_it_needs_the_version_that_was_seen",
    ),
    "load overwrites a curator's value": Fault(
        "catalog/loading/merging.py",
        "return Merged(ours, is_conflict=True)",
        "return Merged(theirs)",
        "tests/catalog/loading/test_merging.py::test_a_load_may_settle_its_own_conflicts[theirs-5]",
    ),
    "next page repeats a row": Fault(
        "catalog/rest/paging.py",
        "found[PAGE_SIZE - 1]",
        "found[PAGE_SIZE]",
        "tests/catalog/api/test_reads.py::TestPublications::test_a_page_leads_to_the_next",
    ),
    "archived issues listed": Fault(
        "catalog/models/issues.py",
        "        return self.filter(archived_at=None)",
        "        return self.all()",
        "tests/catalog/test_views.py::test_an_archived_issue_is_on_no_page",
    ),
    "unknown parameter ignored": Fault(
        "catalog/rest/views.py",
        "if unknown and hasattr(self, method.lower()):",
        "if False:",
        "tests/readingroom/test_api_matrix.py::test_unknown_parameter_is_422_by_name[get issue_list]",
    ),
    "limit of requests ignored": Fault(
        "catalog/rest/throttles.py",
        "if number >= most:",
        "if False:",
        "tests/readingroom/test_throttles.py::test_hits_of_the_last_seconds_are_counted",
    ),
    "streamed body read as empty": Fault(
        "readingroom/bodies.py",
        'if coding not in ("", "chunked"):',
        'return\n    if coding not in ("", "chunked"):',
        "tests/readingroom/test_bodies.py::test_chunked_body_gets_a_length",
    ),
    "pages in the frames of other sites": Fault(
        "readingroom/settings.py",
        '    "frame-ancestors": [CSP.NONE],\n',
        "",
        "tests/catalog/test_views.py::test_a_reader_sees_the_page[library]",
    ),
    "API imports a view": Fault(
        "accounts/api/queue.py",
        "from rest_framework.request import Request\n",
        "from rest_framework.request import Request\n\nfrom accounts.views.answers import next_page as next_page\n",
        "tests/readingroom/test_imports.py::test_modules_import_downwards",
    ),
    "Escape saves the order of the queue": Fault(
        "static/js/lib/ordering.js",
        "if (!isDropped) list.append(...before);",
        "if (!isDropped) save();",
        "tests/e2e/test_keys.py::test_a_link_is_dragged_as_what_it_is_and_escape_leaves_the_queue_as_it_was",
    ),
}  # fmt: skip
