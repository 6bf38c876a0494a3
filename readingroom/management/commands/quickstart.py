import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from readingroom import quickstart


class Command(BaseCommand):
    help = "Set everything up, make the first account, and serve. Run again, it just serves."
    # The database may not be there yet; each step reports what it finds.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--username", default="reader", help="name of the first account")
        parser.add_argument("--no-serve", action="store_true", help="set up, and stop there")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        try:
            if not options["no_serve"]:
                quickstart.check_port(host, port)
            quickstart.check_data_folder()
            quickstart.check_sqlite()
            room = quickstart.set_up(options["username"])
            quickstart.collect_static()
        except quickstart.SetupError as error:
            raise CommandError(str(error), returncode=2) from error
        self.print_welcome(room, host, port)
        if not options["no_serve"]:
            # The workers read their settings anew, and must answer to this host too.
            os.environ["READINGROOM_HOSTS"] = ",".join(
                filter(None, [os.environ.get("READINGROOM_HOSTS", ""), allowed_host(host)])
            )
            quickstart.serve(host, port)

    def print_welcome(self, room: quickstart.Room, host: str, port: int) -> None:
        if not quickstart.is_loopback(host) and not settings.SITE_URL.startswith("https://"):
            self.stderr.write(
                f"warning: {host} can be reached by others, and without TLS they can read along. "
                f"Put a TLS proxy in front and set READINGROOM_URL=https://…"
            )
        shown = f"[{host}]" if ":" in host else host
        self.stdout.write(f"Open {settings.SITE_URL or f'http://{shown}:{port}'}")
        self.stdout.write(f"Name: {room.username}")
        if room.password:
            self.stdout.write(f"Password: {room.password}")
        else:
            self.stdout.write(
                f"Sign in with the password you have, or set a new one: "
                f"uv run manage.py changepassword {room.username}"
            )
        self.stdout.flush()


def allowed_host(host: str) -> str:
    """Return the Host header to answer to: any, where the server listens everywhere."""
    return "*" if host in {"0.0.0.0", "::"} else f"[{host}]" if ":" in host else host
