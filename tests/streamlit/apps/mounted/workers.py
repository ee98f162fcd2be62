"""Two workers that are forked from a process which has imported the app, as servers with a master do."""

import importlib
import os
import signal
import socket
import sys

import uvicorn

app = importlib.import_module("launcher").app

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=64)
workers = []
for _ in range(2):
    child = os.fork()
    if child == 0:
        uvicorn.Server(uvicorn.Config(app, access_log=False)).run([listener])
        sys.exit()
    workers.append(child)


def stop(*_: object) -> None:
    """End the workers, too."""
    for worker in workers:
        os.kill(worker, signal.SIGTERM)


signal.signal(signal.SIGTERM, stop)
for worker in workers:
    os.waitpid(worker, 0)
