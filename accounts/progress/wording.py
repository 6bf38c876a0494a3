"""The sentences of the progress page: how far the reader is, and when the canon will be read."""

import datetime
from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from accounts.progress.charts import MOST_TICKS
from accounts.progress.figures import (
    WHOLE_CATALOG,
    Progress,
    TierTally,
    spoken_minutes,
    weights_in_words,
)
from catalog.models import Tier
from catalog.text import long_date, plural


def join_words(parts: Sequence[str], last: str = "and") -> str:
    """Join parts with commas and, before the last one, a word: `a, b and c`."""
    return f" {last} ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def canon_sentence(progress: Progress) -> SafeString:
    """Return the sentences at the head of the page, with the figures marked as HTML."""
    if not progress.total().weight:
        tiers = [words for words, _ in weights_in_words()]
        return mark_safe(f"There is no canon yet: no issue is {' or '.join(tiers)}.")
    sentences = [_read_sentence(progress), _finish_sentence(progress)]
    return mark_safe(" ".join(filter(None, sentences)))


def canon_note(progress: Progress) -> str:
    """Return the fine print: how the canon is counted, the pace, and the reading time left."""
    sentences = [
        _tick_sentence(progress.total()),
        _weights_sentence(progress.total()),
        _pace_sentence(progress),
        _time_sentence(progress),
    ]
    return " ".join(filter(None, sentences))


def dial_label(progress: Progress) -> str:
    """Return the dial as text, for screen readers."""
    if not progress.total().weight:
        return "There is no canon yet."
    read = ", ".join(progress.canon_read)
    return f"{progress.canon()} per cent of the canon is read: {read}."


def pace_label(progress: Progress) -> str:
    """Return the chart of the pace as text, for screen readers."""
    label = f"{progress.landmarks_read} of {progress.total().landmarks} landmarks read by today"
    if finish := progress.pace.finish:
        label += f"; at this pace all are read around {long_date(finish)}"
    return f"{label}."


def _of_reader(value: object) -> SafeString:
    return format_html('<b class="of-reader">{}</b>', value)


def _of_editor(value: object) -> SafeString:
    return format_html('<b class="of-editor">{}</b>', value)


def _read_sentence(progress: Progress) -> str:
    total, read = progress.total(), progress.read[WHOLE_CATALOG]
    if not read.weight:
        verb = "makes" if total.counted == 1 else "make"
        return (
            f"{_canon_parts(progress)} {verb} the canon. "
            "Your reading of it begins with the first one that you mark."
        )
    if not total.keepers:
        issues = plural(total.counted, "issue")
        return f"You have read {_of_reader(read.counted)} of the {issues} of the canon."
    if read.keepers >= total.keepers:
        return _all_keepers_sentence(total)
    landmarks = ""
    if total.landmarks:
        of = _of_editor(plural(total.landmarks, "landmark"))
        landmarks = f"{_of_reader(read.landmarks)} of {of} and "
    keepers = f"{_of_reader(read.keepers)} of {total.keepers} keepers"
    end = " No landmark is left." if total.landmarks and not progress.pace.left else ""
    return f"You have read {landmarks}{keepers}.{end}"


def _canon_parts(progress: Progress) -> str:
    return join_words(
        [_of_editor(words) if tier == Tier.LANDMARK else words
         for tier, words in progress.canon_tiers]
    )  # fmt: skip


def _all_keepers_sentence(total: TierTally) -> str:
    landmarks = total.landmarks
    if total.keepers == 1:
        also = f", {_of_editor('a landmark')}" if landmarks else ""
        return f"You have read the one keeper{also}."
    also = ""
    if landmarks == total.keepers:
        also = f", all of them {_of_editor('landmarks')}"
    elif landmarks:
        also = f", {_of_editor(plural(landmarks, 'landmark'))} among them"
    return f"You have read all {_of_reader(total.keepers)} keepers{also}."


def _finish_sentence(progress: Progress) -> str:
    if not progress.weight_left:
        return "The canon is closed."
    pace, canon = progress.pace, progress.canon_pace
    if not pace.finish and not canon.finish:
        return ""
    landmarks = f"read all {_of_editor(f'{progress.total().landmarks} landmarks')}"
    if pace.finish == canon.finish:
        ends = [landmarks, f"closed the canon{_around(canon.finish)}"]
    else:
        ends = [f"{landmarks}{_around(pace.finish)}"] if pace.finish else []
        ends += [f"closed the canon{_around(canon.finish)}"] if canon.finish else []
    return f"At the pace of the last {pace.window_words}, you will have {join_words(ends)}."


def _around(day: datetime.date | None) -> str:
    return f" around {_of_reader(long_date(day))}" if day else ""


def _tick_sentence(total: TierTally) -> str:
    if not total.landmarks:
        return ""
    is_percent = total.landmarks > MOST_TICKS
    return f"Each tick is a {'hundredth of the landmarks' if is_percent else 'landmark'}."


def _weights_sentence(total: TierTally) -> str:
    weights = join_words([f"{words} as {weight}" for words, weight in weights_in_words()])
    in_all = f", {total.weight} in all" if total.weight else ""
    has_rest = total.counted < total.issues
    rest = "the rest are read for pleasure" if has_rest else "nothing else counts"
    return f"The canon counts {weights}{in_all}; {rest}."


def _pace_sentence(progress: Progress) -> str:
    pace, canon, weight = progress.pace, progress.canon_pace, progress.total().weight
    if not pace.finish and not canon.finish:
        return ""
    return (
        f"In the last {pace.window_words} you read {plural(pace.recent, 'landmark')}, "
        f"and {canon.recent} of the canon’s {weight}; "
        f"{plural(pace.left, 'landmark')} and {canon.left} of the {weight} are left."
    )


def _time_sentence(progress: Progress) -> str:
    known, unknown = progress.worded_left, progress.unworded_left()
    if known:
        minutes = progress.minutes_left
        verb = "is" if minutes == 1 else "are"
        more = ""
        if unknown:
            more = f"; {unknown} more {'has' if unknown == 1 else 'have'} no known length"
        return (
            f"{spoken_minutes(minutes)} of reading {verb} left in the "
            f"{known} unread keeper{'' if known == 1 else 's'} whose length is known{more}."
        )
    if unknown == 1:
        return "The one unread keeper has no known length."
    return f"None of the {unknown} unread keepers has a known length." if unknown else ""
