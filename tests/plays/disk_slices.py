"""Large files in slices on the disk: what memory does not hold costs the origin each slice once, outlives the process, and goes as one."""

import hashlib
import os
import random
import re
import signal
import threading

from disk_cache import cold, restart
from scene import Broken, Ended, Reset, all_at_once, origin, play, rows, until, weir

MIB = 1024 * 1024
SLICE = MIB // 2
FRESH = "Cache-Control: max-age=6000"
CONFIG = """
cache main { memory 8MiB; disk @dir/disk 256MiB; disk write first; object max 1MiB }
site @front { cache main { slice 512KiB }; proxy @shop }
"""
# How long the film is: some times what memory holds.
FILM = int(os.environ.get("WEIR_FILM_MIB", "32")) * MIB


class Film:
    """What an origin has; `asked` are the slices that it was asked for."""

    def __init__(self, size, seed=1):
        self.lock = threading.Lock()
        self.asked = []
        self.change(size, seed)

    def change(self, size, seed):
        octets = random.Random(seed).randbytes(size)
        with self.lock:
            self.octets, self.etag = octets, f'"{hashlib.sha256(octets).hexdigest()[:8]}"'

    def __call__(self, visit):
        with self.lock:
            octets, etag = self.octets, self.etag
        if visit.request.header("If-None-Match") == etag:
            return visit.say("HTTP/1.1 304 Same", f"ETag: {etag}", FRESH)
        first, last = (int(place) for place in re.fullmatch(r"bytes=(\d+)-(\d+)", visit.request.header("Range")).groups())
        with self.lock:
            self.asked.append(first // SLICE)
        fields = (f"ETag: {etag}", FRESH, "Surrogate-Key: film")
        if visit.request.header("If-Range") not in (None, etag):
            return visit.answer(200, octets, *fields)
        last = min(last, len(octets) - 1)
        place = f"Content-Range: bytes {first}-{last}/{len(octets)}"
        return visit.answer(206, octets[first : last + 1], place, *fields)


def begin(film, text=CONFIG):
    return weir(text, shop=origin(film, is_traced=False))


def client_of(here):
    return here.client(is_traced=False)


def metric(here, name):
    return here.metrics()[f'weir_cache_disk_{name}{{zone="main"}}']


def written(here, count):
    until(lambda: metric(here, "objects") >= count, f"{count} records are on the disk")


def takes_whole(here, film):
    assert client_of(here).get("/film").body == film.octets


def plays_slice_by_slice(here, film):
    """No faster than the disk takes them: what a writer's queue has no room for is not written."""
    client = client_of(here)
    for number in range((len(film.octets) - 1) // SLICE + 1):
        first = number * SLICE
        last = min(first + SLICE, len(film.octets)) - 1
        assert client.get("/film", f"Range: bytes={first}-{last}").body == film.octets[first : last + 1]
        written(here, number + 2)


def seeks(here, film, count, seed):
    """As a player does: every octet that comes is held against the film."""
    client = client_of(here)
    drawn = random.Random(seed)
    for _ in range(count):
        first = drawn.randrange(len(film.octets))
        last = min(len(film.octets) - 1, first + drawn.randrange(3 * SLICE))
        answer = client.get("/film", f"Range: bytes={first}-{last}")
        assert answer.status == 206, answer.status
        assert answer.body == film.octets[first : last + 1], (first, last)


@play(seconds=120)
def play_a_film_that_memory_does_not_hold():
    """Each slice is fetched once; after an end and a kill nothing is; a cold disk is no other; a purge takes all."""
    film = Film(FILM + 77)
    here = begin(film)
    count = FILM // SLICE + 1
    plays_slice_by_slice(here, film)
    takes_whole(here, film)
    seeks(here, film, 10, 1)
    assert film.asked == list(range(count)), film.asked
    assert metric(here, "hits_total") > 0
    for by in (signal.SIGTERM, signal.SIGKILL):
        restart(here, by)
        cold(here)
        seeks(here, film, 10, 2)
        takes_whole(here, film)
        answer = client_of(here).get("/film", "Range: bytes=0-9")
        assert answer.header("Cache-Status").startswith("Weir; hit"), answer.header("Cache-Status")
        assert film.asked == list(range(count)), film.asked
    out = here.command("cache", "show", "http://shop.example/film", "--socket", here.admin)[1]
    assert f"    slices 0-{count - 1} of {count}\n" in out, out
    status, _, error = here.command("purge", "--socket", here.admin, "http://shop.example/film")
    assert status == 0, error
    restart(here, signal.SIGKILL)
    takes_whole(here, film)
    assert sorted(film.asked) == sorted(2 * list(range(count)))


@play(seconds=60)
def play_many_players_after_a_restart():
    """All at once on a cold disk: they share what is read."""
    film = Film(8 * MIB)
    here = begin(film)
    plays_slice_by_slice(here, film)
    restart(here)
    cold(here)
    all_at_once(6, lambda seed: seeks(here, film, 8, seed))
    assert len(film.asked) == 16, film.asked


def play_purges_take_the_slices_along_and_outlive_a_kill():
    def check(words):
        film = Film(3 * SLICE)
        here = begin(film)
        takes_whole(here, film)
        written(here, 4)
        status, out, error = here.command("purge", *words, "--socket", here.admin)
        assert status == 0, out + error
        film.change(3 * SLICE, 2)
        restart(here, signal.SIGKILL)
        takes_whole(here, film)
        assert sorted(film.asked) == [0, 0, 1, 1, 2, 2], film.asked

    rows(
        [
            (["http://shop.example/film"],),
            (["--prefix", "http://shop.example/f"],),
            (["--tag", "film"],),
            (["--host", "shop.example"],),
            (["--all"],),
        ],
        check,
    )


def play_a_soft_purge_costs_a_validation():
    film = Film(3 * SLICE)
    here = begin(film)
    takes_whole(here, film)
    written(here, 4)
    assert here.command("purge", "--soft", "http://shop.example/film", "--socket", here.admin)[0] == 0
    restart(here, signal.SIGKILL)
    answer = client_of(here).get("/film", f"Range: bytes={SLICE}-{SLICE + 9}")
    assert answer.body == film.octets[SLICE : SLICE + 10]
    assert "fwd-status=304" in answer.header("Cache-Status"), answer.header("Cache-Status")
    takes_whole(here, film)
    assert film.asked == [0, 1, 2]


def play_a_film_that_changed_while_weir_was_away_is_never_mixed():
    """Some slices of the old one are on the disk, others are not: the first that has to be fetched tells."""
    film = Film(6 * SLICE)
    old = film.octets
    here = begin(film)
    client = client_of(here)
    for number in (0, 1, 4):
        client.get("/film", f"Range: bytes={number * SLICE}-{number * SLICE + 9}")
    written(here, 4)
    film.change(6 * SLICE, 2)
    restart(here, signal.SIGKILL)
    client = client_of(here)
    client.say("GET /film HTTP/1.1", "Host: shop.example")
    head = client.head()
    got = b""
    try:
        for part in client.parts(head):
            got += part
        raise AssertionError("halves of two films were taken for one")
    except (Broken, Ended, Reset):
        pass
    assert old.startswith(got)
    takes_whole(here, film)
    for by in (signal.SIGKILL, signal.SIGTERM):
        restart(here, by)
        takes_whole(here, film)


def play_what_is_played_once_is_not_written():
    """Of what is played again all is, though nobody asked for a slice of it twice while memory had it."""
    film = Film(24 * SLICE)
    here = begin(film, CONFIG.replace("disk write first;", ""))
    takes_whole(here, film)
    assert metric(here, "written_total") == 0
    plays_slice_by_slice(here, film)
    restart(here)
    asked = len(film.asked)
    takes_whole(here, film)
    assert len(film.asked) == asked


@play(seconds=60)
def play_a_disk_that_is_too_small_loses_slices_alone():
    film = Film(96 * MIB)
    here = begin(film, CONFIG.replace("256MiB", "64MiB"))
    drawn = random.Random(1)
    for _ in range(3):
        takes_whole(here, film)
        seeks(here, film, 5, drawn.randrange(1000))
    until(lambda: metric(here, "evicted_segments_total") > 0, "the disk is full")
    restart(here, signal.SIGKILL)
    asked = len(film.asked)
    takes_whole(here, film)
    assert len(film.asked) - asked < len(film.octets) // SLICE, "some of it was there"


@play(seconds=120)
def play_killed_in_the_midst_of_a_film():
    """Two films whose versions change, purges among them: whatever is served is of one version, and none that was purged."""
    films = {f"/{name}": Film(5 * SLICE + 11) for name in "ab"}
    serial = 10
    here = weir(CONFIG, shop=origin(lambda visit: films[visit.request.target](visit), is_traced=False))
    drawn = random.Random(7)
    for _ in range(int(os.environ.get("WEIR_KILLS", "12"))):
        client = client_of(here)
        for _ in range(10):
            target = drawn.choice(list(films))
            film = films[target]
            if drawn.randrange(6) == 0:
                serial += 1
                film.change(5 * SLICE + 11, serial)
                assert here.command("purge", f"http://shop.example{target}", "--socket", here.admin)[0] == 0
            first = drawn.randrange(len(film.octets))
            last = min(len(film.octets) - 1, first + drawn.randrange(2 * SLICE))
            answer = client.get(target, f"Range: bytes={first}-{last}")
            assert (answer.status, answer.body) == (206, film.octets[first : last + 1]), target
        restart(here, signal.SIGKILL)


def play_the_disk_says_how_large_a_slice_may_be():
    """Larger ones than half a segment would not be written: they are made smaller."""
    film = Film(9 * MIB)
    sizes = set()

    def reply(visit):
        first, last = (int(place) for place in re.fullmatch(r"bytes=(\d+)-(\d+)", visit.request.header("Range")).groups())
        sizes.add(min(last, len(film.octets) - 1) - first + 1)
        return film(visit)

    text = CONFIG.replace("memory 8MiB", "memory 64MiB").replace("256MiB", "64MiB")
    text = text.replace("512KiB", "8MiB").replace("max 1MiB", "max 8MiB")
    here = weir(text, shop=origin(reply, is_traced=False))
    takes_whole(here, film)
    assert sizes == {2 * MIB, MIB}, sizes
    written(here, 6)
    restart(here)
    asked = len(film.asked)
    takes_whole(here, film)
    assert len(film.asked) == asked
