"""AWS for one test: moto on a free port, which it prints. One request at a time: moto's models are not made for more.

With an argument, 198.18.0.0/15, machines get public addresses of that network.
"""

import ipaddress
import random
import sys
import threading

from moto.ec2.models import elastic_network_interfaces
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

if len(sys.argv) > 1:
    network = ipaddress.ip_network(sys.argv[1])
    hosts = range(1, network.num_addresses - 1)
    elastic_network_interfaces.random_public_ip = lambda: str(network[random.choice(hosts)])

app = DomainDispatcherApplication(create_backend_app)
turn = threading.Lock()


def one_at_a_time(environ, start_response):
    with turn:
        return list(app(environ, start_response))


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *_):
        pass


server = make_server("127.0.0.1", 0, one_at_a_time, threaded=True, request_handler=Quiet)
print(server.server_port, flush=True)
server.serve_forever()
