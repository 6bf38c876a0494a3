"""The set-up of `manage.py quickstart`: database, bundled catalog, first account, static files."""

import contextlib
import errno
import hashlib
import ipaddress
import secrets
import socket
import sqlite3
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ValidationError
from django.core.files import locks
from django.core.management import call_command
from django.db import DatabaseError, InterfaceError, connection, transaction

from catalog.db import bulk
from catalog.interchange import formats
from catalog.loading.loader import load
from catalog.models import Publication

BUNDLED_CATALOG = Path(settings.BASE_DIR) / "catalog/data/interconnects.json"
PASSWORD_LENGTH = 20
# An arbitrary fixed number; the holder of this PostgreSQL advisory lock is the only set-up.
_SETUP_LOCK = 7_120_459_014


class SetupError(Exception):
    """Set-up failed; the message is one line that says what to do."""


@dataclass(frozen=True)
class Room:
    """The first account; `password` is set only if the account was just created."""

    username: str
    password: str | None


def find_address(host: str) -> str:
    """Return the IP address of a host name or address; raise `SetupError` if there is none."""
    try:
        return str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])
    except (OSError, UnicodeError) as error:
        raise SetupError(f"--host {host!r} is not an address of this machine.") from error


def check_port(address: str, port: int) -> None:
    """Raise `SetupError` if no server can listen at this IP address and port."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # Like the server, ignore connections in TIME_WAIT.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except OSError as error:
        reason = "it is in use" if error.errno == errno.EADDRINUSE else error.strerror
        raise SetupError(
            f"Cannot serve at {address}, port {port}: {reason}. "
            f"Choose another port with --port, or another address with --host."
        ) from error


def check_sqlite() -> None:
    """Raise `SetupError` if SQLite is too old or lacks FTS5."""
    if connection.vendor != "sqlite":
        return
    required = connection.features.minimum_database_version or ()
    if sqlite3.sqlite_version_info < required:
        wanted = ".".join(map(str, required))
        raise SetupError(
            f"This Python has SQLite {sqlite3.sqlite_version}; {wanted} or newer is needed. "
            f"Use a newer Python, or PostgreSQL by DATABASE_URL."
        )
    with contextlib.closing(sqlite3.connect(":memory:")) as probe:
        try:
            probe.execute("CREATE VIRTUAL TABLE probe USING fts5(text)")
        except sqlite3.OperationalError as error:
            raise SetupError(
                "This Python's SQLite has no FTS5 full-text search. "
                "Use another Python, or PostgreSQL by DATABASE_URL."
            ) from error


def set_up(username: str) -> Room:
    """Migrate, load the bundled catalog into an empty one, and create the first account.

    Existing data is left alone, so the second of two concurrent set-ups finds everything done.
    Raise `SetupError`.
    """
    user_model = get_user_model()
    try:
        user_model._meta.get_field("username").clean(username, None)
    except ValidationError as error:
        raise SetupError(f"{username!r} is no name for an account: {error.messages[0]}") from error
    with one_line_errors(), alone():
        call_command("migrate", verbosity=0, interactive=False)
        with transaction.atomic():
            bulk.lock_out_other_loads()
            if not Publication.objects.exists():
                document, _ = formats.read(BUNDLED_CATALOG.read_bytes())
                load(document, source=BUNDLED_CATALOG.name)
            first = user_model.objects.order_by("-is_superuser", "id").first()
            password = None if first else new_password()
            user = first or user_model.objects.create_superuser(username, password=password)
        collect_static()
    return Room(user.get_username(), password)


def new_password() -> str:
    """Return a random password with at least one letter and one digit."""
    alphabet = string.ascii_letters + string.digits
    while True:
        password = "".join(secrets.choice(alphabet) for _ in range(PASSWORD_LENGTH))
        if not password.isalpha() and not password.isdigit():
            return password


def collect_static() -> None:
    """Run `collectstatic`, unless the source files are unchanged since the last run."""
    found = sorted(
        (name, Path(storage.path(name)).stat())
        for finder in get_finders()
        for name, storage in finder.list(None)
    )
    sources = repr([(name, stat.st_size, stat.st_mtime_ns) for name, stat in found])
    stamp = hashlib.sha256(sources.encode()).hexdigest()
    noted = Path(settings.DATA_DIR) / "static.stamp"
    if not Path(settings.STATIC_ROOT).exists() or not noted.exists() or noted.read_text() != stamp:
        call_command("collectstatic", verbosity=0, interactive=False)
        noted.write_text(stamp)


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Hold the set-up lock of this data folder or PostgreSQL database; wait for it if needed."""
    folder = Path(settings.DATA_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "setup.lock").open("w") as lock, contextlib.ExitStack() as held:
        locks.lock(lock, locks.LOCK_EX)
        if connection.vendor == "postgresql":
            cursor = held.enter_context(connection.cursor())
            cursor.execute("SELECT pg_advisory_lock(%s)", [_SETUP_LOCK])
            # The lock belongs to the database session.
            held.callback(connection.close)
        yield


@contextlib.contextmanager
def one_line_errors() -> Iterator[None]:
    """Convert database and file errors to a `SetupError` of one line."""
    try:
        yield
    except (DatabaseError, InterfaceError) as error:
        said = " ".join(str(error).split()).rstrip(".")
        where = settings.DATABASES["default"]["NAME"]
        raise SetupError(f"The database {where} cannot be used: {said}.") from error
    except OSError as error:
        raise SetupError(
            f"The data folder {settings.DATA_DIR} cannot be used: {error.strerror}. "
            f"Set READINGROOM_DATA to a folder that can be written."
        ) from error


def is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address).is_loopback


def is_wildcard(address: str) -> bool:
    return ipaddress.ip_address(address).is_unspecified


def local_url(address: str, port: int) -> str:
    """Return the URL at which a browser on this machine reaches a server on an IP address."""
    if is_wildcard(address):
        address = "::1" if ":" in address else "127.0.0.1"
    return f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"
