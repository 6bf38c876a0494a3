"""The WSGI application, as served by granian."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "readingroom.settings")
_django = get_wsgi_application()

# It reads settings and answers as the API does, so it comes after Django has been set up.
from readingroom.bodies import with_whole_bodies  # noqa: E402

application = with_whole_bodies(_django)
