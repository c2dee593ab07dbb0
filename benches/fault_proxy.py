"""A proxy on loopback that breaks what goes through it, as chance says.

`fault_proxy.py PORT SEED RATES` listens on a free port, which it prints, before the server at PORT. RATES is JSON: of a
hundred requests, how many meet which fault. It ends with its standard input, and prints then what it did, as JSON.

- `busy`: 429 with `Retry-After: 0`; the server never sees the request
- `unavailable`: 503 with a page of something in between; the server never sees the request
- `reset`: the connection is reset before the server sees the request
- `lost`: the server does what it was asked, and the connection is reset before any of the answer
- `truncated`: half of the answer's body comes through
- `slow`: up to 200 ms pass
- `storm`: all requests of the next two seconds are answered 429
"""

import asyncio
import collections
import json
import random
import socket
import struct
import sys
import time

PAGE = b"<html>please come again</html>"


async def message(reader):
    """Head and body of a request or an answer, and whether the connection may be used again; none at its end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    version = first if first.startswith("HTTP/") else first.rpartition(" ")[2]
    keep = version.startswith("HTTP/1.1") and fields.get("connection", "").lower() != "close"
    if fields.get("transfer-encoding", "").lower() == "chunked":
        body = bytearray()
        while True:
            line = await reader.readline()
            size = int(line.split(b";")[0], 16)
            body += line + await reader.readexactly(size + 2)
            if size == 0:
                return head, bytes(body), keep
    if "content-length" in fields:
        return head, await reader.readexactly(int(fields["content-length"])), keep
    bodiless = not first.startswith("HTTP/") or first.split(" ")[1] in ("204", "304")
    return (head, b"", keep) if bodiless else (head, await reader.read(), False)


class Proxy:
    def __init__(self, port, seed, rates):
        self.port, self.random, self.rates = port, random.Random(seed), rates
        self.counts, self.calm = collections.Counter(), 0.0

    def fault(self):
        if time.monotonic() < self.calm:
            return "busy"
        chance = self.random.uniform(0, 100)
        for name, rate in self.rates.items():
            chance -= rate
            if chance < 0:
                if name == "storm":
                    self.counts["storms"] += 1
                    self.calm = time.monotonic() + 2
                    return "busy"
                return name
        return None

    async def serve(self, reader, writer):
        server = None
        reset = False
        try:
            while (asked := await message(reader)) is not None:
                head, body, keep = asked
                fault = self.fault()
                self.counts["requests"] += 1
                if fault:
                    self.counts[fault] += 1
                if fault in ("busy", "unavailable"):
                    status = b"429 Too Many Requests\r\nRetry-After: 0" if fault == "busy" else b"503 Service Unavailable"
                    writer.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(PAGE), PAGE))
                    await writer.drain()
                    continue
                if fault == "reset":
                    reset = True
                    return
                if fault == "slow":
                    await asyncio.sleep(self.random.uniform(0, 0.2))
                answer = None
                for fresh in (False, True):
                    # A kept connection that the server has closed meanwhile took nothing.
                    if server is None:
                        server = await asyncio.open_connection("127.0.0.1", self.port)
                        fresh = True
                    server[1].write(head + body)
                    answer = await message(server[0])
                    if answer is not None or fresh:
                        break
                    server[1].close()
                    server = None
                if answer is None:
                    reset = True
                    return
                head, body, again = answer
                if not again:
                    server[1].close()
                    server = None
                if fault == "lost":
                    reset = True
                    return
                writer.write(head + (body[: len(body) // 2] if fault == "truncated" else body))
                await writer.drain()
                if fault == "truncated" or not (keep and again):
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            reset = True
        finally:
            if server is not None:
                server[1].close()
            if reset:
                own = writer.get_extra_info("socket")
                own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
            else:
                writer.close()


async def main():
    port, seed, rates = int(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])
    proxy = Proxy(port, seed, rates)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, limit=1 << 22)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    print(json.dumps(proxy.counts), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
