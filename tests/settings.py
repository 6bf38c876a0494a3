"""The room's settings as the tests run with them: nothing of the shell's, and nothing kept.

Of the environment only `DATABASE_URL` counts.
"""

import atexit
import os
import shutil
import tempfile

for _name in [name for name in os.environ if name.startswith("READINGROOM_")]:
    del os.environ[_name]
_folder = tempfile.mkdtemp(prefix="readingroom-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["READINGROOM_DATA"] = _folder

from readingroom.settings import *  # noqa: E402, F403
from readingroom.settings import DATABASES, STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Manifest names are made by collectstatic, which tests do not run.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = True

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, for its locks are those of the real thing; a power cut, though, it need not survive.
    DATABASES["default"]["TEST"] = {"NAME": f"{_folder}/test.sqlite3"}
    _options = DATABASES["default"]["OPTIONS"]
    _options["init_command"] = _options["init_command"].replace("=FULL", "=OFF")
