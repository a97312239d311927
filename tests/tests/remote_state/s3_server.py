"""S3 for one test: moto on a free port, which it prints. One request at a time, so that a conditional write is atomic."""

import threading

from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

app = DomainDispatcherApplication(create_backend_app)
turn = threading.Lock()


def one_at_a_time(environ, start_response):
    with turn:
        return list(app(environ, start_response))


class Quiet(WSGIRequestHandler):
    def log_request(self, *_):
        pass


s3_backends[DEFAULT_ACCOUNT_ID]["aws"].create_bucket("states", "us-east-1")
server = make_server("127.0.0.1", 0, one_at_a_time, threaded=True, request_handler=Quiet)
print(server.server_port, flush=True)
server.serve_forever()
