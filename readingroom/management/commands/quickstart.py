import os
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from readingroom import quickstart
from readingroom.server import hold_stop_signals, serve


class Command(BaseCommand):
    help = "Set everything up, create the first account, and serve. Later runs only serve."
    # The database may not exist yet, and each step of the set-up reports its own errors.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to serve at")
        parser.add_argument("--port", type=port_number, default=8000, metavar="N")
        parser.add_argument("--username", default="reader", help="name of the first account")
        parser.add_argument("--no-serve", action="store_true", help="set up, and stop there")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.open_room(**options)
        except quickstart.SetupError as error:
            if options["traceback"]:
                raise
            raise CommandError(str(error), returncode=2) from error

    def open_room(
        self, *, host: str, port: int, username: str, no_serve: bool, **options: Any
    ) -> None:
        address = quickstart.find_address(host)
        if not no_serve:
            quickstart.check_port(address, port)
        quickstart.check_sqlite()
        room = quickstart.set_up(username)
        if no_serve:
            self.print_welcome(room, address, port)
            return
        stops = hold_stop_signals()
        self.print_welcome(room, address, port)
        # The set-up may have waited for another quickstart, which may be serving by now.
        quickstart.check_port(address, port)
        allow_host(host, address)
        connections.close_all()
        serve(address, port, stops)

    def print_welcome(self, room: quickstart.Room, address: str, port: int) -> None:
        is_private = quickstart.is_loopback(address) or settings.SITE_URL.startswith("https://")
        if not is_private:
            self.stderr.write(
                f"warning: others can reach {address}, and without TLS they can read along. "
                f"Put a TLS proxy in front and set READINGROOM_URL=https://…"
            )
        self.stdout.write(f"Open {quickstart.local_url(address, port)}")
        if settings.SITE_URL:
            self.stdout.write(f"Readers open {settings.SITE_URL}")
        self.stdout.write(f"Name: {room.username}")
        if room.password:
            self.stdout.write(f"Password: {room.password}")
        else:
            self.stdout.write(
                f"Sign in with the password you have, or set a new one: "
                f"uv run manage.py changepassword {room.username}"
            )
        self.stdout.flush()


def port_number(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 65535:
        return int(text)
    raise ArgumentTypeError(f"{text!r} is no port; expected a number from 1 to 65535")


def allow_host(host: str, address: str) -> None:
    """Add the host to READINGROOM_HOSTS, from which the workers load their own settings."""
    named = os.environ.get("READINGROOM_HOSTS", "")
    if not quickstart.is_wildcard(address):
        extra = [host, f"[{address}]" if ":" in address else address]
    else:
        # The server listens on every address, and its host names are unknown here.
        extra = [] if named or settings.SITE_URL else ["*"]
    os.environ["READINGROOM_HOSTS"] = ",".join(filter(None, [named, *extra]))
