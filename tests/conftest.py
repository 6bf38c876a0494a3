"""What every test stands on.

The environment is set before Django reads its settings: a data folder that is thrown away, and
whichever database `DATABASE_URL` names.
"""

import atexit
import os
import shutil
import tempfile

import pytest


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Manifest names are made by collectstatic, which tests do not run.
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(autouse=True)
def _empty_cache():
    from django.core.cache import cache

    cache.clear()


_folder = tempfile.mkdtemp(prefix="readingroom-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["READINGROOM_DATA"] = _folder
for _name in ("READINGROOM_URL", "READINGROOM_PUBLIC", "READINGROOM_DEBUG"):
    os.environ.pop(_name, None)
