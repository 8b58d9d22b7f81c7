"""Answers /monster/<name>?size=80 with a picture: a little face that is always the same for a name."""

import hashlib
import struct
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

CELLS = 8
LARGEST = 512


def chunk(kind, data):
    """A PNG chunk: length, type, data, CRC (RFC 2083 §3.2)."""
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def monster(name, size):
    """A size × size PNG: a mirrored 8 × 8 pattern with two eyes, colours and pattern from the name's hash."""
    digest = hashlib.sha256(name.encode()).digest()
    colour, paper = bytes(64 + b // 2 for b in digest[:3]), b"\xf6\xf4\xee"
    rows = []
    for y in range(CELLS):
        half = [digest[3 + y] >> x & 1 for x in range(CELLS // 2)]
        cells = [colour if bit else paper for bit in half + half[::-1]]
        if y == 2:
            cells[2] = cells[5] = b"\x20\x20\x20"
        rows.append(cells)
    lines = (b"\0" + b"".join(rows[y * CELLS // size][x * CELLS // size] for x in range(size)) for y in range(size))
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"".join(lines))) + chunk(b"IEND", b"")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlsplit(self.path)
        parts = url.path.strip("/").split("/")
        size = parse_qs(url.query).get("size", ["80"])[0]
        if len(parts) != 2 or parts[0] != "monster" or not size.isdigit() or not 1 <= int(size) <= LARGEST:
            return self.send_error(404, "try /monster/<name>?size=80")
        picture = monster(unquote(parts[1]), int(size))
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Content-Length", str(len(picture)))
        self.end_headers()
        self.wfile.write(picture)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("", 8080), Handler).serve_forever()
