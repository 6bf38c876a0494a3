"""The product's settings, changed for tests.

Of the environment only `DATABASE_URL` counts. The data folder is temporary.
"""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

if sys.dont_write_bytecode:
    # Without bytecode, the controller and each worker compile Django and the tests on every run.
    sys.pycache_prefix = str(Path(__file__).parents[1] / ".pytest_cache" / "bytecode")
    sys.dont_write_bytecode = False

for _name in [name for name in os.environ if name.startswith("READINGROOM_")]:
    del os.environ[_name]
_folder = tempfile.mkdtemp(prefix="readingroom-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["READINGROOM_DATA"] = _folder

from readingroom.settings import *  # noqa: E402, F403
from readingroom.settings import DATABASES, STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Tests do not run collectstatic, which writes the manifest.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = True

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file has the locks of production. Tests need not survive a power cut.
    DATABASES["default"]["TEST"] = {"NAME": f"{_folder}/test.sqlite3"}
    _options = DATABASES["default"]["OPTIONS"]
    _options["init_command"] = _options["init_command"].replace("=FULL", "=OFF")
