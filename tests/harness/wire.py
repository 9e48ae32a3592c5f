# SPDX-License-Identifier: Apache-2.0
"""A connection between two processes that a test can cut, stall or break at a chosen byte.

A `Wire` listens on one Unix socket and passes everything on to another. Nothing needs privileges:
to a process, a peer behind a wire that is cut looks as one behind a network that is.
"""
import contextlib
import os
import re
import socket
import threading

PIECE = 1 << 16
# What a wire does with its connections. "hung up": there are none, and a new one ends at once.
# "refused": nobody listens. "stalled": bytes are taken and stay where they are.
PASSING, HUNG_UP, REFUSED, STALLED = "passing", "hung up", "refused", "stalled"
CUTS = (HUNG_UP, REFUSED, STALLED)


class _Break:
    """Ends a connection `after` bytes of a request that matches, or at the answer's first byte."""

    def __init__(self, request, after, then):
        self.request = re.compile(request)
        self.after = after
        self.at_answer = after is None
        self.then = then
        self.happened = threading.Event()


class Wire:
    """Use as a context manager, or call `close`."""

    def __init__(self, path, target):
        self.path, self.target = str(path), str(target)
        self.changed = threading.Condition()
        self.state = PASSING
        self.held = []  # what a stalled wire keeps, each by its first bytes
        self.pairs = set()
        self.breaks = []
        self.listener = None
        self._listen()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.become(REFUSED)

    def become(self, state):
        """Passes on, or does one of CUTS, from now on. What was stalled continues."""
        with self.changed:
            before, self.state = self.state, state
            self.changed.notify_all()
            if state in (HUNG_UP, REFUSED):
                for pair in list(self.pairs):
                    _end(pair)
        if state == REFUSED and before != REFUSED:
            _end([self.listener])
            os.unlink(self.path)
        elif before == REFUSED and state != REFUSED:
            self._listen()

    def break_once(self, request, after=None, then=PASSING):
        """The next request whose head matches loses its connection: `after` so many bytes, or, if
        that is None, when its answer comes. `then` the wire is in that state. Returns the event
        of it."""
        rule = _Break(request.encode(), after, then)
        with self.changed:
            self.breaks.append(rule)
        return rule.happened

    def _listen(self):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.path)
        listener.listen(128)
        self.listener = listener
        threading.Thread(target=self._accept, args=[listener], daemon=True).start()

    def _accept(self, listener):
        while True:
            try:
                near = listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._connect, args=[near], daemon=True).start()

    def _connect(self, near):
        if self.state not in (PASSING, STALLED):
            _end([near])
            return
        far = socket.socket(socket.AF_UNIX)
        try:
            far.connect(self.target)
        except OSError:
            _end([near, far])
            return
        pair = (near, far)
        with self.changed:
            self.pairs.add(pair)
        armed = []  # rules whose request has passed
        for args in ((near, far, pair, armed, True), (far, near, pair, armed, False)):
            threading.Thread(target=self._pump, args=args, daemon=True).start()

    def _may_pass(self):
        with self.changed:
            self.changed.wait_for(lambda: self.state != STALLED)
            return self.state == PASSING

    def _pump(self, source, target, pair, armed, is_request):
        with contextlib.suppress(OSError):
            while True:
                piece = source.recv(PIECE)
                if self.state == STALLED:
                    self.held.append(piece[:80])
                if not self._may_pass():
                    break
                if not piece:
                    target.shutdown(socket.SHUT_WR)
                    return
                keep = self._look(piece, armed) if is_request else self._look_back(armed)
                target.sendall(piece if keep is None else piece[:keep])
                if keep is not None:
                    break
        _end(pair)
        with self.changed:
            self.pairs.discard(pair)

    def _look(self, piece, armed):
        """How many bytes of the piece still pass, if the connection breaks in it."""
        with self.changed:
            for rule in list(self.breaks):
                if rule.request.match(piece):
                    self.breaks.remove(rule)
                    armed.append([rule, rule.after])
        for entry in armed:
            rule, left = entry
            if rule.at_answer:
                continue
            if len(piece) >= left:
                self._happen(rule)
                return left
            entry[1] -= len(piece)
        return None

    def _look_back(self, armed):
        for rule, _ in armed:
            if rule.at_answer:
                self._happen(rule)
                return 0
        return None

    def _happen(self, rule):
        if rule.then != PASSING:
            self.become(rule.then)
        rule.happened.set()


def _end(sockets):
    for one in sockets:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
