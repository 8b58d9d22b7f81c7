"""A page that greets, counts its visits in redis, and shows the visitor's monster.

It finds both by their link names: the host names `redis` and `dnmonster`, with the ports of the links' variables.
"""

import os
import socket
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlsplit
from urllib.request import urlopen

REDIS = ("redis", int(os.environ.get("REDIS_PORT_6379_TCP_PORT", "6379")))
MONSTERS = "http://dnmonster:" + os.environ.get("DNMONSTER_PORT_8080_TCP_PORT", "8080")
PAGE = """<!doctype html>
<title>Hello</title>
<form>Hello <input name="name" value="{name}"> <button>submit</button></form>
<p>You look like a <img src="/monster/{path}" alt="monster">
<p>Visits: {visits}
"""


def visits():
    """One more visit, by redis' own protocol: INCR answers `:<number>`."""
    with socket.create_connection(REDIS, timeout=5) as redis:
        redis.sendall(b"*2\r\n$4\r\nINCR\r\n$6\r\nvisits\r\n")
        reply = redis.makefile().readline()
    if not reply.startswith(":"):
        raise OSError("redis said " + reply.strip())
    return int(reply[1:])


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlsplit(self.path)
        try:
            if url.path.startswith("/monster/"):
                with urlopen(MONSTERS + quote(url.path) + "?size=80", timeout=5) as answer:
                    return self.answer(200, answer.headers["Content-Type"], answer.read())
            if url.path != "/":
                return self.answer(404, "text/plain", b"no such page\n")
            name = parse_qs(url.query).get("name", ["Joe Bloggs"])[0]
            page = PAGE.format(name=escape(name, quote=True), path=quote(name, safe=""), visits=visits())
            self.answer(200, "text/html; charset=utf-8", page.encode())
        except OSError as error:
            self.answer(503, "text/plain", f"not available: {error}\n".encode())

    def answer(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("", 8080), Handler).serve_forever()
