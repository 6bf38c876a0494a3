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
# Each thread keeps one database connection. A page is work for the processor, not for waiting, so
# more threads would only be more connections (granian's own default is 256).
THREADS = 4
STOP_SECONDS = 10
_TO_STDERR = {
    "class": "logging.StreamHandler",
    "formatter": "generic",
    "stream": "ext://sys.stderr",
}


def hold_stop_signals() -> Set[signal.Signals]:
    """Let Ctrl-C, SIGTERM and a closed terminal wait for `serve`, and return those signals.

    What is ignored, as by nohup, stays so.
    """
    # It would start with the first worker, and lift the block.
    resource_tracker.ensure_running()
    stops = {
        stop
        for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(stop) is not signal.SIG_IGN
    }
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    return stops


def serve(address: str, port: int, stops: Set[signal.Signals]) -> None:
    """Serve at this IP address until one of these signals comes, then return."""
    # Workers start from nothing: they read their settings anew and share no connection.
    multiprocessing.set_start_method("spawn", force=True)
    server = Granian(
        "readingroom.wsgi:application",
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        websockets=False,
        workers=WORKERS,
        blocking_threads=THREADS,
        # A thread that is let go takes its connection with it: keep them for as long as one may.
        blocking_threads_idle_timeout=600,
        respawn_failed_workers=True,
        # Time for requests to be answered. Also, a worker that is told to stop in the instant in
        # which it becomes ready does not hear it.
        workers_kill_timeout=STOP_SECONDS,
        log_level=LogLevels.error,
        log_dictconfig={"handlers": dict.fromkeys(("console", "access"), _TO_STDERR)},
    )

    def stop() -> None:
        # In a thread, for a handler can come in the instant before the main thread goes to sleep,
        # which then sleeps on.
        signal.sigwait(stops)
        server.signal_handler_interrupt()

    threading.Thread(target=stop, daemon=True).start()
    server.serve(target_loader=load_application)


def load_application(target: str) -> Callable[..., Any]:
    """Return the WSGI application, in a worker that has just started.

    A worker inherits the held signals. It stops when its parent says so, by SIGTERM: Ctrl-C, which
    reaches every process of a terminal, is the parent's to answer.
    """
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from readingroom.wsgi import application

    return application


def _end_with_parent() -> None:
    """End this worker when its parent is gone, killed even: else it would hold on to the port."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
