"""A slow network between the browser and the server: a TCP proxy that delays every byte."""

import asyncio
from contextlib import suppress
from threading import Thread


class SlowNetwork:
    """Forwards connections to a port of this machine, each way `delay` seconds later."""

    def __init__(self, port: int, delay: float) -> None:
        self.port, self.delay = port, delay
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> int:
        """Return the port at which it listens."""
        self._thread.start()
        listening = asyncio.start_server(self._connect, "127.0.0.1", 0)
        server = asyncio.run_coroutine_threadsafe(listening, self._loop).result()
        return server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._cancel(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _cancel(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.CancelledError):
            there = await asyncio.open_connection("127.0.0.1", self.port)
            await asyncio.gather(self._pass(reader, there[1]), self._pass(there[0], writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Write what is read once its time has come; the end of the stream as well."""
        coming: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def deliver() -> None:
            while True:
                due, data = await coming.get()
                await asyncio.sleep(due - self._loop.time())
                if not data:
                    return
                writer.write(data)
                await writer.drain()

        delivering = asyncio.ensure_future(deliver())
        with suppress(OSError):
            while data := await reader.read(65536):
                coming.put_nowait((self._loop.time() + self.delay, data))
        coming.put_nowait((self._loop.time() + self.delay, b""))
        with suppress(OSError):
            await delivering
            writer.close()
