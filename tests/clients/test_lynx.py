"""A text browser reads and marks: lynx, with its own cookies, forms and keys.

lynx knows neither scripts nor the `form` attribute, so it can use only buttons inside their form.
Each visit is one run of lynx, with the keys that a person would press.
"""

import contextlib
import os
import pty
import select
import subprocess
import time

import pytest
from django.urls import reverse

from accounts.models import Note, Reading, State
from accounts.reading import marking
from tests.factories import make_issue, make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clients("lynx")]

SECRET = "a long enough secret"
MOST = 20
SETTINGS = """
PERSISTENT_COOKIES:TRUE
TEXTFIELDS_NEED_ACTIVATION:TRUE
INFOSECS:0
MESSAGESECS:0
ALERTSECS:0
"""
NAMES = {" ": "<space>", "\n": "^J", "\t": "<tab>", "↑": "Up Arrow"}


class Lynx:
    def __init__(self, server, folder):
        self.server, self.folder = server, folder
        self.cookies = folder / "cookies"
        self.cookies.touch()
        settings = folder / "lynx.cfg"
        settings.write_text(SETTINGS)
        self.options = [
            "lynx", f"-cfg={settings}", "-accept_all_cookies", f"-cookie_file={self.cookies}",
            f"-cookie_save_file={self.cookies}", "-number_fields",
        ]  # fmt: skip
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "xterm", "LANG": "C.UTF-8",
            "LINES": "500", "COLUMNS": "300",
        }  # fmt: skip

    def visit(self, path, keys):
        """Go to a page, press keys there and leave.

        `/` finds the link, field or button of a text, and `n` the next one. lynx shows the value of
        a button with a name. Enter presses a button, and lets a field take all keys until Tab.
        """
        script = self.folder / "script"
        lines = [f"key {NAMES.get(key, key)}\n" for key in keys]
        script.write_text("".join([*lines, "key Q\n"]))
        self.run(f"-cmd_script={script}", self.server + path)

    def run(self, *arguments):
        """Run lynx in a terminal of its own until it ends."""
        ours, terminal = pty.openpty()
        running = subprocess.Popen(
            [*self.options, *arguments], env=self.environment, start_new_session=True,
            stdin=terminal, stdout=terminal, stderr=terminal,
        )  # fmt: skip
        os.close(terminal)
        end, shown = time.monotonic() + MOST, b""
        while running.poll() is None and time.monotonic() < end:
            # Of what it draws nothing is needed, but it waits until it is read.
            if select.select([ours], [], [], 0.05)[0]:
                with contextlib.suppress(OSError):
                    shown += os.read(ours, 65536)
        running.kill()
        os.close(ours)
        assert running.wait() == 0, shown[-2000:]


@pytest.fixture
def reader():
    return make_user(username="reader", password=SECRET)


@pytest.fixture
def lynx(live_server, tmp_path, reader):
    browser = Lynx(live_server.url, tmp_path)
    browser.visit(reverse("accounts:sign_in"), f"\t\nreader\t\n{SECRET}\t\n")
    return browser


def test_the_reader_marks_an_issue_and_undoes_it(lynx, reader):
    issue, other = make_issue(), make_issue()

    # The first of this value is the control for phones, outside of the form.
    lynx.visit(issue.get_absolute_url(), f"/{issue.pk}:read:unread\nn\n")
    assert Reading.objects.get(user=reader).state == State.READ

    lynx.visit(reverse("accounts:act_list"), "/) Undo\n\n")
    assert not Reading.objects.filter(user=reader).exists()

    lynx.visit(other.get_absolute_url(), f"/{other.pk}:queued:unread\nn\n")
    assert Reading.objects.of(reader).queued().get().issue == other


def test_the_reader_orders_the_queue_and_marks_in_it(lynx, reader):
    first, second = (make_issue(title=title) for title in ("First", "Second"))
    for each in (first, second):
        marking.mark(reader, [each.pk], State.QUEUED)
    page = reverse("accounts:queue")

    def queue():
        return [each.issue for each in Reading.objects.of(reader).queued().with_issues()]

    lynx.visit(page, f"/{first.pk}:down:0\n\n")
    assert queue() == [second, first]

    lynx.visit(page, f"/{second.pk}:read:queued\n\n")
    assert queue() == [first]


def test_the_reader_writes_a_note(lynx, reader):
    issue = make_issue()

    # From the button up into the field, past a button for scripts alone, and back by Tab.
    lynx.visit(issue.get_absolute_url(), "/) Save\n↑↑\nWorth it\t\t\n")

    note = Note.objects.get(user=reader)
    assert (note.issue, note.body.strip()) == (issue, "Worth it")
