"""A TCP proxy on loopback that breaks connections on command: what a bad network does to us.

with FaultProxy("127.0.0.1", 6379) as proxy:
    connect(proxy.port)
    proxy.be(Trouble("silent"))
    proxy.be(FINE)

A connection that lost bytes stays lost: what a network forgot it does not remember when all is
well again. New connections then work.
"""

import asyncio
import random
import socket
import struct
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import Any, Literal, Self

CHUNK = 65_536
AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER: closing is a reset, as of a machine that is gone."""

Kind = Literal["fine", "down", "silent", "half_open", "cut", "garbage", "drip", "slow"]


@dataclass(frozen=True)
class Trouble:
    """down: all is reset, old and new · silent: taken and never answered · half_open: questions
    arrive, answers are lost · cut: reset after `size` bytes of answer · garbage: a byte in `size`
    of the answer is another · drip: a byte each `seconds` · slow: each piece `seconds` late."""

    kind: Kind
    size: int = 200
    seconds: float = 0.05
    share: float = 1.0
    """Of connections that are hit."""


FINE = Trouble("fine")


@dataclass(eq=False)
class _Line:
    """One connection through the proxy."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter | None = None
    is_spared: bool = False
    is_lost: bool = False
    """Bytes of it were swallowed."""
    answered: int = 0


class FaultProxy:
    """Listens on a port of its own for as long as it is open."""

    def __init__(self, host: str, port: int, seed: int = 1) -> None:
        self.target = (host, port)
        self.trouble = FINE
        self._dice = random.Random(seed)
        self._lines: set[_Line] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._serve, "127.0.0.1", 0)).result()
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._close()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def be(self, trouble: Trouble) -> None:
        """From now on, for connections that are open and for those to come."""
        self._do(self._become(trouble)).result()

    def __len__(self) -> int:
        """How many connections are open."""
        return len(self._lines)

    # --- in the loop ------------------------------------------------------------------------------

    def _do(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _become(self, trouble: Trouble) -> None:
        self.trouble = trouble
        for line in list(self._lines):
            line.is_spared = self._dice.random() >= trouble.share
            line.answered = 0
            if trouble.kind == "down" and not line.is_spared:
                _reset(line)

    async def _close(self) -> None:
        self._server.close()
        for line in list(self._lines):
            _reset(line)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = _Line(writer, is_spared=self._dice.random() >= self.trouble.share)
        self._lines.add(line)
        try:
            if self._kind_for(line) == "down":
                return
            with suppress(OSError):
                answers, line.server = await asyncio.open_connection(*self.target)
                await self._carry(line, reader, answers)
        finally:
            self._lines.discard(line)
            _reset(line)

    async def _carry(
        self, line: _Line, questions: asyncio.StreamReader, answers: asyncio.StreamReader
    ) -> None:
        """Until either end has had enough."""
        assert line.server
        ways = {
            asyncio.create_task(self._pump(line, questions, line.server, is_answer=False)),
            asyncio.create_task(self._pump(line, answers, line.client, is_answer=True)),
        }
        _, rest = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in rest:
            way.cancel()

    async def _pump(
        self,
        line: _Line,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        *,
        is_answer: bool,
    ) -> None:
        with suppress(OSError):
            while data := await source.read(CHUNK):
                kind = self._kind_for(line)
                if kind == "silent" or (kind == "half_open" and is_answer):
                    line.is_lost = True
                if line.is_lost and (is_answer or kind != "half_open"):
                    continue
                if is_answer and not await self._answer(line, data, kind):
                    return
                if not is_answer:
                    sink.write(data)
                    await sink.drain()

    async def _answer(self, line: _Line, data: bytes, kind: Kind) -> bool:
        """False: that was the last of it."""
        trouble, sink = self.trouble, line.client
        is_over = kind == "cut" and line.answered + len(data) > trouble.size
        if is_over:
            data = data[: max(0, trouble.size - line.answered)]
        if kind == "garbage":
            data = bytes(b ^ 0x5A if n % trouble.size == 0 else b for n, b in enumerate(data, 1))
        if kind == "slow":
            await asyncio.sleep(trouble.seconds)
        step = 1 if kind == "drip" else CHUNK
        for start in range(0, len(data), step):
            sink.write(data[start : start + step])
            await sink.drain()
            if kind == "drip":
                await asyncio.sleep(trouble.seconds)
        line.answered += len(data)
        return not is_over

    def _kind_for(self, line: _Line) -> Kind:
        return "fine" if line.is_spared else self.trouble.kind


def _reset(line: _Line) -> None:
    for writer in filter(None, (line.client, line.server)):
        connection = writer.get_extra_info("socket")
        if connection is not None:
            with suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        writer.transport.abort()
