#!/usr/bin/env python
# /// script
# requires-python = ">=3.12"
# dependencies = ["readingroom"]
#
# [tool.uv]
# exclude-newer = "2026-11-23T00:00:00Z"
#
# [tool.uv.sources]
# readingroom = { path = "." }
# ///
"""Django's command line. By its header, `uv run manage.py` installs only what running needs."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "readingroom.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)
