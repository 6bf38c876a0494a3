"""What the machine that runs the tests has: a browser, a PostgreSQL."""

import os
import shutil

IS_CI = os.environ.get("CI") == "true"


def chromium() -> str | None:
    """Return the path of Chromium, or None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def lack(marker: str) -> str | None:
    """Return what a test with this marker lacks here, or None where it can run."""
    from django.db import connection

    if marker == "browser" and chromium() is None:
        return "there is no Chromium"
    if marker == "postgres" and connection.vendor != "postgresql":
        return "there is no PostgreSQL: DATABASE_URL=postgres://… names one"
    return None
