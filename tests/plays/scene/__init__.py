"""Building blocks of plays: a client, Weir, an origin, and the programs of the world."""

import threading

from . import programs
from .client import Client
from .http1 import Message, Request, Response, answer_octets, chunked, read_body, read_request_head, read_response_head
from .names import FullHouse, NameServer
from .origin import Origin, Visit
from .programs import chromium, curl, node, wrk
from .prometheus import read_metrics
from .proxy import Weir, cast, command, folder, more_than_kernel_holds, ports, room_kib
from .tls import Authority, TlsClient, trust
from .wire import Broken, Ended, Failed, Reset, Silence, Wire, came_to_rest, trace, until

__all__ = [
    "Authority", "Broken", "Client", "Ended", "Failed", "FullHouse", "Message", "NameServer", "Origin", "Request", "Reset",
    "Response", "Silence", "TlsClient", "Visit", "Weir", "Wire", "all_at_once", "answer_octets", "came_to_rest", "chromium",
    "chunked", "command", "counted", "curl", "folder", "more_than_kernel_holds", "node", "origin", "play", "ports",
    "programs", "read_body", "read_metrics", "read_request_head", "read_response_head", "room_kib", "rows", "trace",
    "trust", "until", "weir", "wrk",
]  # fmt: skip


def weir(text, arguments=(), environment=None, waits=True, **given):
    """Starts Weir with this configuration and waits until it listens."""
    started = Weir(text, given, arguments, environment, waits=False)
    cast.weirs.append(started)
    if waits:
        started.wait_ready()
    return started


def origin(answer=None, **options):
    """An origin that listens. `answer`: octets, a function of a Visit, or nothing for a short 200."""
    made = Origin(answer, **options)
    cast.origins.append(made)
    return made


def counted(*lines, status=200, says=lambda number, visit: f"answer {number}"):
    """An origin whose answers are told apart by their number."""
    count = [0]

    def reply(visit):
        count[0] += 1
        visit.answer(status, says(count[0], visit), *lines)

    return origin(reply)


def all_at_once(count, work):
    """Performs work(0) to work(count - 1), each on a thread of its own, and fails with the first that failed."""
    faults = []

    def perform(number):
        try:
            work(number)
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=perform, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]


def play(seconds=30, alone=False, needs=()):
    """What the runner must know of a play: its time, whether it needs the machine for itself, programs it can't do without."""

    def mark(function):
        function.seconds, function.alone = seconds, alone
        function.needs = (needs,) if isinstance(needs, str) else needs
        return function

    return mark


def rows(table, perform):
    """Performs every row of a table and fails with all rows that failed."""
    failures = []
    for row in table:
        try:
            perform(*row)
        except (AssertionError, OSError) as error:
            failures.append(f"{row[0]}: {type(error).__name__}: {error}")
    if failures:
        raise Failed(f"{len(failures)} of {len(table)} rows failed\n  " + "\n  ".join(failures))
