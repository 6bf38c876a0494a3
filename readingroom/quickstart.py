"""From an empty folder to a running reading room: what `manage.py quickstart` does."""

import contextlib
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
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from catalog import bulk, formats
from catalog.loader import load
from catalog.models import Publication

BUNDLED_CATALOG = Path(settings.BASE_DIR) / "catalog/data/interconnects.json"
PASSWORD_LENGTH = 20


class SetupError(Exception):
    """Why the room can not be opened, in one line that says what to do."""


@dataclass(frozen=True)
class Room:
    """What set-up found or made; `password` only where it has just made the account."""

    username: str
    password: str | None
    publications: int


def check_port(host: str, port: int) -> None:
    """Raise `SetupError` where nothing can listen at this host and port."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SetupError(
            f"{host}:{port} cannot be used: {reason}. Choose another with --port or --host."
        ) from error


def check_data_folder() -> None:
    """Raise `SetupError` where the data folder cannot hold the database."""
    folder = Path(settings.DATA_DIR)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".write-{secrets.token_hex(4)}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SetupError(
            f"The data folder {folder} cannot be written: {error.strerror}. "
            f"Set READINGROOM_DATA to a folder that can."
        ) from error


def check_sqlite() -> None:
    """Raise `SetupError` for a SQLite that is too old or has no full-text search."""
    if connection.vendor != "sqlite":
        return
    required = connection.features.minimum_database_version or (3, 37)
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


@contextlib.contextmanager
def database_errors() -> Iterator[None]:
    """Turn what a database says into one line."""
    try:
        yield
    except DatabaseError as error:
        said = " ".join(str(error).split())
        where = settings.DATABASES["default"]["NAME"]
        raise SetupError(f"The database {where} cannot be used: {said}.") from error
    except OSError as error:
        raise SetupError(f"{error.filename or 'A file'}: {error.strerror}.") from error


def set_up(username: str) -> Room:
    """Migrate, load the bundled catalog where there is none, and make the first account.

    What is there already is left alone. Raises `SetupError`.
    """
    user_model = get_user_model()
    try:
        user_model._meta.get_field("username").clean(username, None)
    except ValidationError as error:
        raise SetupError(f"{username!r} is no name for an account: {error.messages[0]}") from error
    with database_errors():
        call_command("migrate", verbosity=0, interactive=False)
        # One transaction, so that of two that start at once the second finds all of it done.
        with transaction.atomic():
            bulk.lock_out_other_loads()
            if not Publication.objects.exists():
                document, _ = formats.read(BUNDLED_CATALOG.read_bytes())
                load(document, source=BUNDLED_CATALOG.name)
            password = None
            first = user_model.objects.filter(is_superuser=True).order_by("id").first()
            if first is None:
                password = new_password()
                first = user_model.objects.create_superuser(username, password=password)
        return Room(first.get_username(), password, Publication.objects.count())


def new_password() -> str:
    alphabet = string.ascii_letters + string.digits
    return "".join(secrets.choice(alphabet) for _ in range(PASSWORD_LENGTH))


def collect_static() -> None:
    """Gather and compress the static files that WhiteNoise serves."""
    with database_errors():
        call_command("collectstatic", verbosity=0, interactive=False)


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def serve(host: str, port: int) -> None:
    """Serve until stopped: two processes of four threads, each with one database connection."""
    Granian(
        "readingroom.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=2,
        blocking_threads=4,
        log_level=LogLevels.warning,
        working_dir=settings.BASE_DIR,
    ).serve()
