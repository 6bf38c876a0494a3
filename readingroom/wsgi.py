"""The WSGI application, as served by granian."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "readingroom.settings")
_django = get_wsgi_application()

# This module uses settings and the API's error format, so Django must be set up first.
from readingroom.bodies import with_whole_bodies  # noqa: E402

application = with_whole_bodies(_django)
