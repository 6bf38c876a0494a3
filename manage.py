#!/usr/bin/env python
# /// script
# requires-python = ">=3.12"
# dependencies = ["readingroom"]
#
# [tool.uv.sources]
# readingroom = { path = ".", editable = true }
# ///
"""Django's command line.

`uv run manage.py` reads the header above: it runs in an environment of its own that holds what
pyproject.toml names under `dependencies`, and none of the test tools.
"""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "readingroom.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        if "--traceback" in sys.argv:
            raise
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
