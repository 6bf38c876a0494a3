"""Kills loads at random moments, in an installation of its own.

Run it with `python -m tests.catalog.loading.killed_loads 200`.

Each load is a child process that is killed while it runs. The database must then hold all of the
old state or all of the new one, and the next load must bring it to the new one. The script prints
how many were killed midway, how many had ended, and all errors; it exits with 1 if there are any.
"""

import os
import random
import signal
import sys
import time

import django


def main(kills: int, seed: int) -> int:
    django.setup()
    from django.core.management import call_command
    from django.db import connections

    from catalog.curation.changeset import Curation
    from catalog.interchange import formats
    from catalog.interchange.dumping import dump
    from catalog.loading.loader import load
    from catalog.models import Change, ChangeBatch, Issue
    from catalog.search import indexing
    from readingroom.quickstart import BUNDLED_CATALOG

    call_command("migrate", verbosity=0)
    old, _ = formats.read(BUNDLED_CATALOG.read_bytes())
    new, _ = formats.read(BUNDLED_CATALOG.read_bytes())
    for number, (_, _, issue) in enumerate(new.publications[0].placed_issues()):
        # Every issue is another: its tier, tags, text and links are all written anew.
        issue.tier = 1 + number % 5
        issue.tags = [*(issue.tags or ()), f"round {number % 7}"]
        issue.summary = f"{issue.summary} Seen again."
    load(old, source="old")

    def state():
        text, _ = formats.write(dump(), "json")
        return text, Change.objects.count()

    def timed(document, source):
        start = time.monotonic()
        load(document, source=source)
        return time.monotonic() - start

    long = timed(new, "new")
    texts = {"new": state()[0]}
    long = max(long, timed(old, "old"))
    texts["old"] = state()[0]
    chance = random.Random(seed)
    killed = ended = 0
    wrong: list[str] = []
    for number in range(kills):
        text, changes = state()
        was = "old" if text == texts["old"] else "new"
        wanted, document = ("new", new) if was == "old" else ("old", old)
        connections.close_all()
        child = os.fork()
        if not child:
            try:
                load(document, source=wanted)
            finally:
                os._exit(0)
        time.sleep(chance.random() * long * 1.1)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        killed += os.WIFSIGNALED(status)
        ended += not os.WIFSIGNALED(status)
        text, after = state()
        if text not in texts.values():
            wrong.append(f"kill {number}: neither old nor new")
        if (text == texts[was]) != (after == changes):
            wrong.append(f"kill {number}: the log and the rows disagree")
        if number % 10 == 0:
            wrong += indexing.check()
    load(new, source="new")
    if state()[0] != texts["new"]:
        wrong.append("the last load did not bring it to the new")
    # Earlier edits of curators survive too.
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(Issue.objects.first(), {"tier": 2})
    load(new, source="new")
    if Issue.objects.first().tier != 2:
        wrong.append("an edit was lost")
    wrong += indexing.check()
    told = [f"{killed} killed, {ended} ended before, {len(wrong)} wrong", *wrong[:20]]
    sys.stdout.write("\n".join(told) + "\n")
    return bool(wrong)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "readingroom.settings")
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1))
