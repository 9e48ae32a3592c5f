# SPDX-License-Identifier: Apache-2.0
"""Hundreds of connections that behave badly, or wait, held by one process with one thread.

A crowd runs in a process of its own, so that what a test measures beside it is the service and not
the test. Each connection is of a kind: what it sends at once, what it sends now and then, whether
it reads answers, whether it asks again after one. One that is closed is opened again.
"""
import dataclasses
import errno
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time

DRIP_S = 0.5  # between two bytes of a slow sender
REOPEN_S = 5  # before a connection that was closed is opened again
CONNECTS_AT_ONCE = 100  # a listener's backlog is shared with those who are measured


@dataclasses.dataclass
class Kind:
    """`count` connections that send `first`, and `drip` every DRIP_S."""
    name: str
    count: int
    first: str = ""
    drip: str = ""
    reads: bool = True  # false: the answer is left in the sockets
    again: bool = False  # sends `first` again after each answer, DRIP_S later at most


class _Connection:
    def __init__(self, crowd, kind):
        self.crowd, self.kind = crowd, kind
        self.socket = None
        self.is_open = False
        self.was_answered = False

    def connect(self):
        self.socket = socket.socket()
        self.socket.setblocking(False)
        if not self.kind.reads:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.is_open = False
        code = self.socket.connect_ex(self.crowd.address)
        if code not in (0, errno.EINPROGRESS):
            self.close()
            return
        self.crowd.selector.register(self.socket, selectors.EVENT_WRITE, self)

    def close(self):
        if self.is_open:
            self.crowd.open[self.kind.name] -= 1
        self.is_open = False
        try:
            self.crowd.selector.unregister(self.socket)
        except (KeyError, ValueError):
            pass
        self.socket.close()
        self.socket = None
        self.crowd.closed.append((time.monotonic() + REOPEN_S, self))

    def send(self, text):
        try:
            self.socket.send(text.encode())
        except BlockingIOError:
            pass
        except OSError:
            self.close()

    def on_event(self):
        if not self.is_open:
            if self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0:
                self.close()
                return
            self.is_open = True
            self.crowd.open[self.kind.name] += 1
            self.crowd.opened[self.kind.name] += 1
            if self.kind.reads:
                self.crowd.selector.modify(self.socket, selectors.EVENT_READ, self)
            else:
                self.crowd.selector.unregister(self.socket)
            self.send(self.kind.first)
            return
        try:
            data = self.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
        elif self.kind.again:
            self.crowd.answers[self.kind.name] += data.count(b"HTTP/1.1 ")
            self.was_answered = True


class _Crowd:
    def __init__(self, address, kinds):
        self.address = tuple(address)
        self.kinds = kinds
        self.selector = selectors.DefaultSelector()
        self.open = {kind.name: 0 for kind in kinds}
        self.opened = dict(self.open)
        self.answers = dict(self.open)
        self.most = dict(self.open)
        self.closed = []
        self.connections = [_Connection(self, kind) for kind in kinds for _ in range(kind.count)]

    def run(self, until, all_came):
        """Until `until()` is true; calls `all_came()` once each connection has been open."""
        asked = {kind.name: 0 for kind in self.kinds}
        for kind in self.kinds:
            asked[kind.name] += kind.count
        told = False
        self.closed = [(0, one) for one in self.connections]
        next_drip = time.monotonic()
        while not until():
            now = time.monotonic()
            due = [one for when, one in self.closed if when <= now][:CONNECTS_AT_ONCE]
            chosen = set(map(id, due))
            self.closed = [entry for entry in self.closed if id(entry[1]) not in chosen]
            for one in due:
                one.connect()
            for key, _ in self.selector.select(0.02):
                if key.data.socket is not None:
                    key.data.on_event()
            for name, count in self.open.items():
                self.most[name] = max(self.most[name], count)
            if not told and all(self.opened[name] >= count for name, count in asked.items()):
                told = True
                all_came()
            if time.monotonic() < next_drip:
                continue
            next_drip = time.monotonic() + DRIP_S
            for one in self.connections:
                if one.is_open and one.was_answered:
                    one.was_answered = False
                    one.send(one.kind.first)
                elif one.is_open and one.kind.drip:
                    one.send(one.kind.drip)


def main():
    asked = json.loads(sys.stdin.readline())
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    crowd = _Crowd(asked["address"], [Kind(**kind) for kind in asked["kinds"]])
    parent = os.getppid()
    crowd.run(lambda: ended or os.getppid() != parent, lambda: print("all came", flush=True))
    print(json.dumps({"most": crowd.most, "opened": crowd.opened, "answers": crowd.answers}))


class Crowd:
    """A crowd as a process; use as a context manager. `report` is there once it has gone."""

    def __init__(self, address, kinds):
        self.kinds = kinds
        self.asked = {"address": address, "kinds": [dataclasses.asdict(kind) for kind in kinds]}
        self.process = None
        self.report = {}

    def __enter__(self):
        self.process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.process.stdin.write(json.dumps(self.asked) + "\n")
        self.process.stdin.flush()
        return self

    def wait_until_all_came(self):
        """Returns once every connection has been open; for as long as the test may run."""
        line = self.process.stdout.readline()
        assert line == "all came\n", line

    def __exit__(self, *_):
        self.process.terminate()
        out, _ = self.process.communicate()
        self.report = json.loads(out.splitlines()[-1]) if out else {}


if __name__ == "__main__":
    main()
