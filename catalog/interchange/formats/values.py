"""Single values as the formats share them: text without its margins, and ISO dates."""

import datetime
import re

# The characters that `str.strip` removes, without the control characters that the catalog refuses:
# a vertical tab at the end of a title must be reported, not lost.
_WHITE = (
    " \t\n\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u202f\u205f\u3000"
)


def stripped(text: str) -> str:
    """Return text without leading and trailing white space, no-break spaces included."""
    return text.strip(_WHITE)


def iso_date(text: str) -> datetime.date | None:
    """Return the day that `YYYY-MM-DD` names, or None where it is another form or no day at all."""
    # `date.fromisoformat` alone also accepts 20240229 and 2024-W09-4.
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None
