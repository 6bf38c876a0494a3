"""The production server: granian with two worker processes, and how they start and stop."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

WORKERS = 2
# Each thread keeps one database connection. A page is work for the processor, not for waiting, so
# more threads would only be more connections (granian's own default is 256).
THREADS = 4
_TO_STDERR = {
    "class": "logging.StreamHandler",
    "formatter": "generic",
    "stream": "ext://sys.stderr",
}


def serve(address: str, port: int) -> None:
    """Serve at this IP address until Ctrl-C or SIGTERM, then return."""
    # Workers start from nothing: they read their settings anew and share no connection.
    multiprocessing.set_start_method("spawn", force=True)
    # Ctrl-C reaches every process of the terminal. Workers inherit the block, even while they
    # start, so that this process alone answers, and stops them in order.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    threading.Thread(target=_take_interrupt_as_termination, daemon=True).start()
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
        log_level=LogLevels.error,
        log_dictconfig={"handlers": dict.fromkeys(("console", "access"), _TO_STDERR)},
    )
    try:
        server.serve(target_loader=load_application)
    except SystemExit:
        # Where a signal reached the workers first, granian takes their end for a failure.
        if not server.interrupt_signal:
            raise


def load_application(target: str) -> Callable[..., Any]:
    """Return the WSGI application, in a worker that has just started."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from readingroom.wsgi import application

    return application


def _take_interrupt_as_termination() -> None:
    while True:
        signal.sigwait({signal.SIGINT})
        os.kill(os.getpid(), signal.SIGTERM)


def _end_with_parent() -> None:
    """End this worker when its parent is gone, killed even: else it would hold on to the port."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
