"""Experts as their browsers ask: one kept connection each, over TLS, and the requests that the room's scripts make.

A trial is a page, the next trial's clip while this one plays, a report of what was heard, and an answer on each scale
(study/static/mukulen/trial.js). Replies are read whole and looked at no further than that: the client shares the
machine's processor with the server that it measures.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from tests.robustness.deployed import NAME

PATIENCE_S = 60.0
TOKEN = b'name="csrfmiddlewaretoken" value="'


@dataclass(frozen=True)
class Request:
    """One request that was answered, or failed with a `fault`: when it was sent, and the seconds until all was read."""

    kind: str
    sent: float
    seconds: float
    fault: str = ""


@dataclass
class Line:
    """A connection that is kept from request to request, as a browser keeps it."""

    port: int
    context: ssl.SSLContext
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None

    async def ask(self, request: bytes) -> tuple[int, bytes, bytes]:
        """Status, head and body; on a fresh connection where the server has closed an idle one meanwhile."""
        kept = self.writer is not None
        try:
            return await self._ask(request)
        except (ConnectionError, asyncio.IncompleteReadError):
            if not kept:
                raise
            self.close()
            return await self._ask(request)

    async def _ask(self, request: bytes) -> tuple[int, bytes, bytes]:
        if self.reader is None or self.writer is None:
            opened = asyncio.open_connection("127.0.0.1", self.port, ssl=self.context, server_hostname=NAME)
            self.reader, self.writer = await opened
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        return int(head[9:12]), head, await self.reader.readexactly(int(length))

    def close(self) -> None:
        """Ends the connection."""
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


@dataclass
class Rater:
    """An expert who is already at the clips, and answers them until stopped or until none is left."""

    cookie: str
    tag: str
    #: Token and duration in ms of each trial.
    trials: list[tuple[str, int]]
    scales: tuple[str, ...]
    line: Line
    requests: list[Request]
    rng: Random
    think: tuple[float, float]
    listen: bool
    token: str = field(default="", init=False)

    async def run(self, wait: float) -> None:
        """Comes after `wait` seconds, and thinks before each act."""
        await asyncio.sleep(wait)
        try:
            await self._get("clip", self.trials[0][0], "audio")
            for number, (trial, duration_ms) in enumerate(self.trials):
                await self._think()
                await self._get("page", trial, "")
                await self._think()
                for following, _ in self.trials[number + 1 : number + 2]:
                    await self._get("clip", following, "audio")
                await asyncio.sleep(duration_ms / 1000 if self.listen else 0)
                heard = {"intervals": [[0, duration_ms]], "events": [], "plays": 1}
                await self._put("report", trial, "listening", heard)
                for scale in self.scales:
                    await self._think()
                    await self._put("answer", trial, f"ratings/{scale}", self._answer())
        finally:
            self.line.close()

    async def _think(self) -> None:
        await asyncio.sleep(self.rng.uniform(*self.think))

    def _answer(self) -> dict[str, object]:
        measures = {"revision": 1, "plays": 1, "heard_ms": 1000, "rt_ms": 4000, "language": "en"}
        return {**measures, "value": self.rng.randint(1, 5), "given_at": datetime.now(UTC).isoformat()}

    async def _get(self, kind: str, trial: str, what: str) -> None:
        head, body = await self._ask(kind, f"GET /room/t/{trial}/{what} HTTP/1.1\r\n", b"")
        if not self.token and kind == "page":
            self.token = body.partition(TOKEN)[2].partition(b'"')[0].decode()
            given = head.partition(b"csrftoken=")[2].partition(b";")[0].decode()
            self.cookie += f"; csrftoken={given}"

    async def _put(self, kind: str, trial: str, what: str, said: dict[str, object]) -> None:
        number = uuid.UUID(int=self.rng.getrandbits(128), version=4)
        body = json.dumps({"client_uuid": str(number), **said}).encode()
        first = (
            f"PUT /room/t/{trial}/{what} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        )
        signs = f"Origin: https://{NAME}\r\nX-CSRFToken: {self.token}\r\nX-Expert-Tag: {self.tag}\r\n"
        await self._ask(kind, first + signs, body)

    async def _ask(self, kind: str, head: str, body: bytes) -> tuple[bytes, bytes]:
        shared = f"Host: {NAME}\r\nCookie: {self.cookie}\r\nAccept-Language: en\r\n\r\n"
        sent, fault, answer, content = time.monotonic(), "", b"", b""
        try:
            async with asyncio.timeout(PATIENCE_S):
                status, answer, content = await self.line.ask((head + shared).encode() + body)
            fault = "" if status == 200 else str(status)
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            fault = type(error).__name__
            self.line.close()
        self.requests.append(Request(kind, sent, time.monotonic() - sent, fault))
        return answer, content
