"""A receiver of a webhook: signatures of both kinds checked by hand.

    python webhook.py

Says its address on the first line, reads what checks signatures (whsec_… or
whpk_…) from the first line of its input, and then says what it holds whenever a
digest confirms it.
"""
import base64
import hashlib
import hmac
import http.server
import json
import sys
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

# How old, or how far ahead, a request may be, in seconds.
TOLERANCE = 300


def verifies(key, identifier, at, signatures, body, now):
    """Whether one of the signatures (there are several while secrets are
    rotated) is by this key, and the request is fresh."""
    if abs(now - int(at)) > TOLERANCE:
        return False
    kind, encoded = key.split("_", 1)
    material = base64.b64decode(encoded)
    signed = f"{identifier}.{at}.".encode() + body
    for signature in signatures.split():
        version, encoded = signature.split(",", 1)
        given = base64.b64decode(encoded)
        if (kind, version) == ("whsec", "v1"):
            if hmac.compare_digest(hmac.digest(material, signed, "sha256"), given):
                return True
        elif (kind, version) == ("whpk", "v1a"):
            try:
                Ed25519PublicKey.from_public_bytes(material).verify(given, signed)
                return True
            except InvalidSignature:
                continue
    return False


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    key = None
    items, seen = {}, set()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        names = ("webhook-id", "webhook-timestamp", "webhook-signature")
        identifier, at, signatures = (self.headers[name] for name in names)
        request = (self.key, identifier, at, signatures, body)
        fits = verifies(*request, time.time())
        if not self.seen:
            # Tried once, on a real request: nothing that differs in a byte is taken.
            assert not any(verifies(*other, time.time()) for other in altered(*request))
        if fits and identifier not in self.seen:
            self.seen.add(identifier)
            self.take(json.loads(body))
        self.send_response(204 if fits else 401)
        self.send_header("content-length", "0")
        self.end_headers()

    def take(self, event):
        kind, key = event["type"].removeprefix("gongqiao.v1."), event["subject"]
        if kind == "FeedClosed":
            self.items.clear()
        elif kind == "FeedRemoved":
            self.items.pop(key, None)
        elif kind == "FeedDigest":
            if event["data"]["digest"] == digest(self.items):
                say({"held": sorted(self.items), "digest": digest(self.items)})
        elif kind != "WebhookTest":
            self.items[key] = json.dumps(event["data"], sort_keys=True, separators=(",", ":"),
                                         ensure_ascii=False)

    def log_message(self, *_):
        pass


def digest(items):
    leaves = (hashlib.sha256(f"{key}\n{data}".encode()).digest() for key, data in items.items())
    return f"{sum(int.from_bytes(leaf, 'big') for leaf in leaves) % 2**256:064x}"


def say(line):
    print(json.dumps(line), flush=True)


def altered(key, identifier, at, signatures, body):
    """The request with each byte of its body, its id or its time changed."""
    for place in range(len(body)):
        changed = bytearray(body)
        changed[place] ^= 1
        yield key, identifier, at, signatures, bytes(changed)
    yield key, identifier + "x", at, signatures, body
    yield key, identifier, str(int(at) + 1), signatures, body


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    say({"url": f"http://127.0.0.1:{server.server_port}/"})
    Receiver.key = sys.stdin.readline().strip()
    server.serve_forever()
