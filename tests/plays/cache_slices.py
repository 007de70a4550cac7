"""Large files in slices: the origin is asked for each once, whoever wants which part of it, and parts of two things never meet."""

import random
import re
import threading

from scene import Broken, Ended, Reset, all_at_once, origin, play, rows, until, weir

SLICE = 16 * 1024
CONFIG = "site @front { cache { slice 16KiB }; proxy @shop }"
FRESH = "Cache-Control: max-age=600"
MODIFIED = "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT"


def file_of(size, seed=1):
    return random.Random(seed).randbytes(size).hex()[:size]


class File:
    """What an origin has; `asked` are the ranges that it was asked for."""

    def __init__(self, text, *fields):
        self.text, self.fields = text, fields or ('ETag: "a"', FRESH)
        self.asked = []
        self.lock = threading.Lock()

    def __call__(self, visit):
        asked = visit.request.header("Range")
        with self.lock:
            self.asked.append(asked)
        same = visit.request.header("If-Range")
        if not asked or (same and f"ETag: {same}" not in self.fields and f"Last-Modified: {same}" not in self.fields):
            return visit.answer(200, self.text, *self.fields)
        first, last = (int(place) for place in re.fullmatch(r"bytes=(\d+)-(\d+)", asked).groups())
        if first >= len(self.text):
            return visit.answer(416, "", f"Content-Range: bytes */{len(self.text)}")
        last = min(last, len(self.text) - 1)
        place = f"Content-Range: bytes {first}-{last}/{len(self.text)}"
        return visit.answer(206, self.text[first : last + 1], place, *self.fields)

    def numbers(self):
        return sorted(int(asked[6:].split("-")[0]) // SLICE for asked in self.asked)


def get(client, *lines):
    client.say("GET /film HTTP/1.1", "Host: shop.example", *lines)
    return client.answer()


LARGE = "cache films { memory 8MiB; object max 20KiB }\nsite @front { cache films { slice 16KiB }; proxy @shop }"


def play_which_slices_are_there_is_told():
    shop = origin(File(file_of(40 * SLICE)), is_traced=False)
    here = weir(CONFIG, shop=shop)
    client = here.client(is_traced=False)
    for number in (0, 1, 2, 7, 39):
        get(client, f"Range: bytes={number * SLICE}-{number * SLICE + 5}")
    status, out, err = here.command("cache", "show", "http://shop.example/film", "--socket", here.admin)
    assert status == 0, err
    assert "    slices 0-2 7 39 of 40\n" in out, out


@play(seconds=60)
def play_each_slice_is_fetched_once():
    """Several clients that seek at random, all at once: the origin sees each slice once, every client its octets."""
    size = 40 * SLICE + 77
    film = File(file_of(size))
    shop = origin(film, is_traced=False)
    here = weir(CONFIG, shop=shop)
    faults = []

    def watch(seed):
        drawn = random.Random(seed)
        client = here.client(is_traced=False)
        for _ in range(15):
            first = drawn.randrange(size)
            last = min(size - 1, first + drawn.randrange(3 * SLICE))
            answer = get(client, f"Range: bytes={first}-{last}")
            if (answer.status, answer.text) != (206, film.text[first : last + 1]):
                faults.append((first, last, answer.status))

    all_at_once(8, watch)
    assert not faults, faults
    assert film.numbers() == sorted(set(film.numbers())), film.numbers()
    whole = here.client(is_traced=False)
    answer = get(whole)
    assert (answer.status, answer.text) == (200, film.text)
    assert film.numbers() == list(range(41))


def play_every_kind_of_range():
    film = File(file_of(3 * SLICE))
    client = weir(CONFIG, shop=origin(film, is_traced=False)).client(is_traced=False)
    size = len(film.text)

    def ask(asked, status, first, last):
        answer = get(client, f"Range: bytes={asked}")
        assert answer.status == status, answer.status
        place = f"bytes {first}-{last - 1}/{size}" if status == 206 else f"bytes */{size}"
        assert answer.header("Content-Range") == place, answer.header("Content-Range")
        assert answer.text == film.text[first:last]

    rows(
        [
            (f"{size}-", 416, 0, 0),
            ("0-0", 206, 0, 1),
            (f"{SLICE - 1}-{SLICE}", 206, SLICE - 1, SLICE + 1),
            ("-5", 206, size - 5, size),
            (f"{SLICE}-", 206, SLICE, size),
            (f"0-{10 * size}", 206, 0, size),
        ],
        ask,
    )
    head = client.ask("HEAD /film HTTP/1.1", "Host: shop.example")
    assert head.header("Content-Length") == str(size)
    assert get(client, 'If-None-Match: "a"').status == 304
    assert film.numbers() == [0, 1, 2, 3]


def play_what_one_slice_holds_is_an_answer_as_any_other():
    film = File("short")
    client = weir(CONFIG, shop=origin(film)).client()
    assert [get(client).text for _ in range(2)] == ["short"] * 2
    assert get(client, "Range: bytes=1-2").text == "ho"
    assert film.asked == [f"bytes=0-{SLICE - 1}"]


def play_who_knows_no_ranges_or_has_no_validator_is_asked_for_the_whole():
    def ask(fields, ignores, asked):
        film = File(file_of(3 * SLICE), *fields)
        whole = lambda visit: (film.asked.append(visit.request.header("Range")), visit.answer(200, film.text, *fields))[1]
        client = weir(CONFIG, shop=origin(whole if ignores else film, is_traced=False)).client(is_traced=False)
        for _ in range(2):
            answer = get(client, "Range: bytes=40000-40009")
            assert (answer.status, answer.text) == (206, film.text[40000:40010])
        assert film.asked == asked, film.asked

    third = f"bytes={2 * SLICE}-{3 * SLICE - 1}"
    rows(
        [
            ([FRESH, 'ETag: "a"'], True, [third]),
            ([FRESH], False, [third, None]),
            ([FRESH, 'ETag: W/"a"'], False, [third, None]),
            ([FRESH, MODIFIED], False, [third]),
        ],
        ask,
    )


def play_a_changed_file_is_never_mixed():
    """Who has no head yet gets the new one, a reply under way is cut off."""
    film = File(file_of(6 * SLICE))
    old = film.text
    hold = threading.Event()

    def reply(visit):
        if visit.request.header("Range") == f"bytes={4 * SLICE}-{5 * SLICE - 1}" and film.text == old:
            visit.wait(hold)
        return film(visit)

    here = weir(CONFIG, shop=origin(reply, is_traced=False))
    client = here.client(is_traced=False)
    client.say("GET /film HTTP/1.1", "Host: shop.example")
    head = client.head()
    assert head.status == 200
    until(lambda: len(film.asked) == 4, "it waits for the fifth")
    film.text, film.fields = file_of(6 * SLICE, 2), ('ETag: "b"', FRESH)
    hold.set()
    got = b""
    try:
        for part in client.parts(head):
            got += part
        raise AssertionError("it was taken for whole")
    except (Broken, Ended, Reset):
        pass
    assert old.encode().startswith(got)
    for asked, text in (("Range: bytes=90000-90009", film.text[90000:90010]), ("X: y", film.text)):
        assert get(here.client(is_traced=False), asked).text == text


def play_before_its_head_a_reply_begins_anew():
    film = File(file_of(4 * SLICE))
    here = weir(CONFIG, shop=origin(film, is_traced=False))
    client = here.client(is_traced=False)
    assert get(client, "Range: bytes=0-9").text == film.text[:10]
    film.text, film.fields = file_of(4 * SLICE, 2), ('ETag: "b"', FRESH)
    answer = get(client, "Range: bytes=50000-50009")
    assert (answer.status, answer.text) == (206, film.text[50000:50010])
    assert get(client, "Range: bytes=0-9").text == film.text[:10]


def play_a_304_keeps_the_slices():
    """Also those of a file that is larger than a stored object may be."""

    def reply(visit):
        if visit.request.header("If-None-Match"):
            return visit.send('HTTP/1.1 304 Same\r\nETag: "a"\r\n\r\n')
        return film(visit)

    for config in (CONFIG, LARGE):
        film = File(file_of(3 * SLICE), 'ETag: "a"', "Cache-Control: max-age=0")
        shop = origin(reply, is_traced=False)
        client = weir(config, shop=shop).client(is_traced=False)
        for _ in range(3):
            assert get(client).text == film.text
        assert film.numbers() == [0, 1, 2], config
        assert len(shop.requests) == 5


def play_a_purge_takes_the_slices_along():
    film = File(file_of(3 * SLICE))
    here = weir("site http://shop.example @front { cache { slice 16KiB }; proxy @shop }", shop=origin(film, is_traced=False))
    client = here.client(is_traced=False)
    get(client)
    status, _, err = here.command("purge", "--socket", here.admin, "http://shop.example/film")
    assert status == 0, err
    assert get(client).text == film.text
    assert film.numbers() == [0, 0, 1, 1, 2, 2]


def play_what_is_private_passes_by():
    film = File(file_of(3 * SLICE), 'ETag: "a"', "Cache-Control: private, max-age=600")
    client = weir(CONFIG, shop=origin(film, is_traced=False)).client(is_traced=False)
    for _ in range(2):
        assert get(client, "Range: bytes=40000-40009").text == film.text[40000:40010]
    assert film.asked[1:] == ["bytes=40000-40009"] * 2
