"""AWS for a comparison: moto on a free port, which it prints, with a count of the calls and of the time it took over them.

`GET /compare/calls` tells both since it was last asked. One request at a time: moto's models are not made for more.
"""

import collections
import io
import json
import threading
import time
import urllib.parse

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

app = DomainDispatcherApplication(create_backend_app)
turn = threading.Lock()
calls = collections.Counter()
busy = 0.0


def action(environ, body):
    """What a request asks for, in the query protocol or in the JSON protocols."""
    target = environ.get("HTTP_X_AMZ_TARGET")
    asked = urllib.parse.parse_qs(body.decode("utf-8", "replace")).get("Action")
    return target or (asked[0] if asked else environ["REQUEST_METHOD"] + " " + environ["PATH_INFO"])


def told(start_response):
    global busy
    text = json.dumps({"calls": dict(calls), "busy": busy}).encode()
    calls.clear()
    busy = 0.0
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(text)))])
    return [text]


def counted(environ, start_response):
    global busy
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    with turn:
        if environ["PATH_INFO"] == "/compare/calls":
            return told(start_response)
        start = time.monotonic()
        answer = list(app(environ, start_response))
        if not environ["PATH_INFO"].startswith("/moto-api/"):
            busy += time.monotonic() - start
            calls[action(environ, body)] += 1
        return answer


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *_):
        pass


server = make_server("127.0.0.1", 0, counted, threaded=True, request_handler=Quiet)
print(server.server_port, flush=True)
server.serve_forever()
