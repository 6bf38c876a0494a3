"""The production server: granian with two worker processes, and how they start and stop."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Set
from multiprocessing import resource_tracker
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

WORKERS = 2
# Threads per worker. Each keeps one database connection. Pages are CPU-bound, so more threads would
# only add connections (granian's default is 256).
THREADS = 4
STOP_SECONDS = 10
_TO_STDERR = {
    "class": "logging.StreamHandler",
    "formatter": "generic",
    "stream": "ext://sys.stderr",
}


def hold_stop_signals() -> Set[signal.Signals]:
    """Block SIGINT, SIGTERM and SIGHUP until `serve` handles them, and return the blocked signals.

    Signals that are ignored, as under nohup, stay ignored.
    """
    # The tracker would otherwise start with the first worker and unblock the signals.
    resource_tracker.ensure_running()
    stops = {
        stop
        for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(stop) is not signal.SIG_IGN
    }
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    return stops


def serve(address: str, port: int, stops: Set[signal.Signals]) -> None:
    """Serve at this IP address until one of these signals arrives."""
    # Spawned workers load their own settings and share no database connection.
    multiprocessing.set_start_method("spawn", force=True)
    server = Granian(
        "readingroom.wsgi:application",
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        websockets=False,
        workers=WORKERS,
        blocking_threads=THREADS,
        # A thread that ends closes its database connection, so keep idle threads long (seconds).
        blocking_threads_idle_timeout=600,
        respawn_failed_workers=True,
        # Seconds to finish open requests. A worker that gets SIGTERM just as it becomes ready
        # misses it, and is killed after this time.
        workers_kill_timeout=STOP_SECONDS,
        log_level=LogLevels.error,
        log_dictconfig={"handlers": dict.fromkeys(("console", "access"), _TO_STDERR)},
    )

    def stop() -> None:
        # A signal handler could run just before the main thread starts to wait, and would not wake
        # it. A thread that waits for the signals has no such race.
        signal.sigwait(stops)
        server.signal_handler_interrupt()

    threading.Thread(target=stop, daemon=True).start()
    server.serve(target_loader=load_application)


def load_application(target: str) -> Callable[..., Any]:
    """Return the WSGI application; called in each new worker.

    A worker inherits the blocked signals and unblocks only SIGTERM, by which its parent stops it.
    Ctrl-C reaches every process of a terminal, and only the parent handles it.
    """
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from readingroom.wsgi import application

    return application


def _end_with_parent() -> None:
    """Stop this worker when its parent has ended, even if killed, so that the port is released."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
