"""What a cache has on its disk is there again after a restart, and after a kill at any moment; what was purged is not."""

import os
import random
import signal
import subprocess
from pathlib import Path

from scene import command, folder, origin, play, rows, trace, until, weir

FRESH = "Cache-Control: max-age=6000"
CONFIG = """
cache main { memory 8MiB; disk @dir/disk 64MiB; disk write first; keep_serving 24h }
site @front { cache main; proxy @shop }
"""


def said(answer):
    return answer.header("Cache-Status")


def written(here, count):
    until(lambda: here.metrics()['weir_cache_disk_objects{zone="main"}'] >= count, f"{count} answers are on the disk")


def recovered(here):
    """Before that the origin is asked."""
    until(lambda: here.metrics()['weir_cache_disk_recovering{zone="main"}'] == 0, "what is stored has been looked for")


def restart(here, by=signal.SIGTERM):
    here.signal(by)
    status = here.ended()
    assert status == (0 if by == signal.SIGTERM else -by), status
    here.has_ended = False
    here.start()
    here.wait_ready()
    recovered(here)


def pages(visit):
    target = visit.request.target
    visit.answer(200, text_of(target), FRESH, 'ETag: "a"', f"Surrogate-Key: all {'even' if len(target) % 2 == 0 else 'odd'}")


def text_of(target):
    return f"page {target} " * 50


def play_a_page_that_said_purge_stays_away_after_a_kill():
    """The 200 to a PURGE is a promise: nothing brings back what was purged."""
    shop = origin(pages)
    here = weir(CONFIG.replace("{ cache main;", "{ cache main { purge from 127.0.0.1 };"), shop=shop)
    client = here.client()
    for number in range(20):
        client.get(f"/{number}")
    written(here, 20)
    for number in range(0, 20, 2):
        done = client.ask(f"PURGE /{number} HTTP/1.1", "Host: shop.example")
        assert (done.status, done.text) == (200, "1 stored answer purged\n"), done.text
    restart(here, signal.SIGKILL)
    client = here.client()
    asked = len(shop.requests)
    for number in range(20):
        is_hit = said(client.get(f"/{number}")).startswith("Weir; hit")
        assert is_hit == (number % 2 == 1), number
    assert len(shop.requests) - asked == 10


def play_pages_outlive_the_process_and_the_origin():
    for by in (signal.SIGTERM, signal.SIGKILL):
        shop = origin(pages)
        here = weir(CONFIG, shop=shop)
        client = here.client()
        for number in range(50):
            assert client.get(f"/{number}").text == text_of(f"/{number}")
        written(here, 50)
        shop.stop()
        restart(here, by)
        client = here.client()
        for number in range(50):
            answer = client.get(f"/{number}")
            assert answer.text == text_of(f"/{number}"), answer.text
            assert said(answer).startswith("Weir; hit") and "detail=disk" in said(answer), said(answer)
            assert answer.header("ETag") == '"a"' and answer.header("Age").isdigit()
        assert "detail=disk" not in said(client.get("/7")), "it is in memory now"
        assert here.metrics()['weir_cache_disk_hits_total{zone="main"}'] == 50
        assert "disk" in here.command("cache", "stats", "--socket", here.admin)[1]


def play_stale_pages_stand_in_for_a_dead_origin_after_a_restart():
    shop = origin(lambda visit: visit.answer(200, "old but good", "Cache-Control: max-age=60", "Age: 100", 'ETag: "a"'))
    here = weir(CONFIG, shop=shop)
    assert here.get("/").text == "old but good"
    written(here, 1)
    shop.stop()
    restart(here, signal.SIGKILL)
    answer = here.get("/")
    assert (answer.status, answer.text) == (200, "old but good")
    assert "hit" in said(answer) and "ttl=-" in said(answer), said(answer)


def play_a_stale_page_is_revalidated_by_its_validator():
    def reply(visit):
        if visit.request.header("If-None-Match") == '"a"':
            visit.answer(304, "", "Cache-Control: max-age=600", 'ETag: "a"')
        else:
            visit.answer(200, "the page", "Cache-Control: max-age=60", "Age: 100", 'ETag: "a"')

    shop = origin(reply)
    here = weir(CONFIG, shop=shop)
    here.get("/")
    written(here, 1)
    restart(here)
    answer = here.get("/")
    assert answer.text == "the page" and "fwd-status=304" in said(answer), said(answer)
    assert said(here.get("/")).startswith("Weir; hit")
    assert len(shop.requests) == 2


def play_what_is_asked_for_once_is_not_written():
    shop = origin(pages)
    here = weir(CONFIG.replace("disk write first;", ""), shop=shop)
    client = here.client()
    for number in range(20):
        client.get(f"/{number}")
    for number in range(10):
        client.get(f"/{number}")
    written(here, 10)
    restart(here)
    client = here.client()
    for number in range(20):
        assert ("detail=disk" in said(client.get(f"/{number}"))) == (number < 10), number


def play_what_was_purged_stays_purged():
    def check(words, gone):
        shop = origin(pages)
        here = weir(CONFIG, shop=shop)
        client = here.client()
        targets = ["/a", "/b", "/cc", "/dir/a", "/dir/bb"]
        for target in targets:
            client.get(target, host="a.example")
        written(here, len(targets))
        status, out, error = here.command("purge", *words, "--socket", here.admin)
        assert status == 0, out + error
        restart(here, signal.SIGKILL)
        client = here.client()
        for target in targets:
            answer = client.get(target, host="a.example")
            assert answer.text == text_of(target)
            assert ("detail=disk" not in said(answer)) == (target in gone), f"{target}: {said(answer)}"

    everything = ["/a", "/b", "/cc", "/dir/a", "/dir/bb"]
    rows(
        [
            (["http://a.example/b"], ["/b"]),
            (["--prefix", "http://a.example/dir/"], ["/dir/a", "/dir/bb"]),
            (["--tag", "even"], ["/a", "/b", "/dir/a"]),
            (["--host", "a.example"], everything),
            (["--all"], everything),
        ],
        check,
    )


def play_a_soft_purge_outlives_a_kill():
    shop = origin(pages)
    here = weir(CONFIG, shop=shop)
    here.get("/a", host="a.example")
    written(here, 1)
    assert here.command("purge", "--soft", "http://a.example/a", "--socket", here.admin)[0] == 0
    restart(here, signal.SIGKILL)
    assert "fwd=stale" in said(here.get("/a", host="a.example"))


def play_an_unsafe_request_invalidates_what_lies_on_the_disk():
    shop = origin(lambda visit: visit.answer(200, f"{visit.request.method} {len(shop.requests)}", FRESH))
    here = weir(CONFIG, shop=shop)
    first = here.get("/a").text
    written(here, 1)
    restart(here)
    client = here.client()
    client.ask("POST /a HTTP/1.1", "Host: shop.example", "Content-Length: 0")
    restart(here)
    assert here.get("/a").text != first


def cold(here):
    """Nothing of the disk is in the system's memory any more."""
    for path in Path(here.dir, "disk").iterdir():
        with open(path, "rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def play_large_ones_ranges_and_a_cold_disk():
    text = "".join(f"{number:09}\n" for number in range(90_000))
    shop = origin(lambda visit: visit.answer(200, text if visit.request.target == "/large" else "small", FRESH, 'ETag: "a"'))
    here = weir(CONFIG, shop=shop)
    client = here.client(is_traced=False)
    assert client.get("/large").text == text
    client.get("/small")
    written(here, 2)
    restart(here)
    for is_cold in (True, False):
        if is_cold:
            cold(here)
        client = here.client(is_traced=False)
        part = client.get("/large", "Range: bytes=500000-500009")
        assert (part.status, part.text) == (206, "000050000\n")
        assert client.get("/large").text == text
        assert client.get("/small").text == "small"
        restart(here)
    assert len(shop.requests) == 2


def play_variants():
    def reply(visit):
        visit.answer(200, visit.request.header("Accept-Language") or "none", FRESH, "Vary: Accept-Language")

    shop = origin(reply)
    here = weir(CONFIG, shop=shop)
    languages = ("de", "en", "fr", "it", "es")
    for language in languages:
        here.get("/", f"Accept-Language: {language}")
    written(here, 5)
    restart(here)
    for language in languages:
        answer = here.get("/", f"Accept-Language: {language}")
        assert answer.text == language and "detail=disk" in said(answer), said(answer)
    assert len(shop.requests) == 5


def play_a_newer_answer_takes_the_place_of_the_one_on_the_disk():
    shop = origin(lambda visit: visit.answer(200, f"answer {len(shop.requests)}", FRESH))
    here = weir(CONFIG.replace("disk write first;", ""), shop=shop)
    here.get("/")
    here.get("/")
    written(here, 1)
    restart(here)
    assert here.get("/", "Cache-Control: no-cache").text == "answer 2"
    until(lambda: here.metrics()['weir_cache_disk_written_total{zone="main"}'] == 1, "it is written, though it was asked for once")
    restart(here, signal.SIGKILL)
    assert here.get("/").text == "answer 2"


KILLS = int(os.environ.get("WEIR_KILLS", "20"))


@play(seconds=100 + 2 * KILLS)
def play_killed_in_the_midst_of_writes_and_purges():
    """WEIR_KILLS: how often."""
    versions = {}
    purged = {}
    seeded = random.Random(1)

    def reply(visit):
        target = visit.request.target
        versions[target] = versions.get(target, 0) + 1
        size = seeded.choice((10, 1000, 30_000))
        visit.answer(200, f"{target} {versions[target]} " + "x" * size, FRESH, f"Surrogate-Key: t{int(target[1:]) % 3}")

    shop = origin(reply, is_traced=False)
    here = weir(CONFIG, shop=shop)
    served = 0
    for _ in range(KILLS):
        client = here.client(is_traced=False)
        for _ in range(60):
            number = seeded.randrange(60)
            target = f"/{number}"
            before = dict(versions)
            what = seeded.randrange(20)
            if what == 0:
                assert here.ask_admin(f"/cache/purge?url=http%3A%2F%2Fshop.example{target}", "POST").status == 200
                purged[target] = versions.get(target, 0)
            elif what == 1:
                assert here.ask_admin(f"/cache/purge?tag=t{number % 3}", "POST").status == 200
                purged |= {f"/{other}": versions.get(f"/{other}", 0) for other in range(60) if other % 3 == number % 3}
            else:
                answer = client.get(target)
                words = answer.text.split(" ")
                version = int(words[1])
                assert words[0] == target and set(words[2]) == {"x"} and len(words[2]) in (10, 1000, 30_000)
                assert len(words[2]) == int(answer.header("Content-Length")) - len(target) - len(words[1]) - 2
                assert version > purged.get(target, 0), f"{target} {version} was purged"
                served += version == before.get(target, 0)
        restart(here, signal.SIGKILL)
    assert served > 100, served


def play_a_full_disk_only_makes_it_of_no_use():
    place = folder()
    if os.geteuid() != 0:
        trace.note("disk", "only root can mount a small one: not played")
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", place], check=True)
    try:
        Path(place, "other").write_bytes(b"x" * 7_000_000)
        shop = origin(lambda visit: visit.answer(200, visit.request.target * 20_000, FRESH), is_traced=False)
        here = weir(CONFIG.replace("@dir/disk", f"{place}/disk"), shop=shop)
        client = here.client(is_traced=False)
        for number in range(200):
            assert client.get(f"/{number}").text == f"/{number}" * 20_000
        evicted = 'weir_cache_disk_evicted_segments_total{zone="main"}'
        until(lambda: "the disk is full" in here.stderr() or here.metrics()[evicted] > 0, "it says so, or makes room of its own")
        assert client.get("/199").status == 200
        here.signal(signal.SIGTERM)
        here.ended()
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def play_whatever_somebody_puts_into_the_folder():
    """What is answered is right, what is damaged is fetched again, and the log says so once."""

    def check(spoil, warning, lost):
        shop = origin(pages)
        here = weir(CONFIG, shop=shop)
        place = Path(here.dir, "disk")
        for first in (0, 10):
            for number in range(first, first + 10):
                here.get(f"/{number}")
            written(here, first + 10)
            restart(here)
        segments = sorted(place.glob("segment-*"))
        assert len(segments) == 2, segments
        here.signal(signal.SIGTERM)
        here.ended()
        here.has_ended = False
        spoil(place, segments[0])
        here.start()
        here.wait_ready()
        recovered(here)
        asked = len(shop.requests)
        client = here.client()
        for number in range(20):
            assert client.get(f"/{number}").text == text_of(f"/{number}")
        assert len(shop.requests) - asked == lost, len(shop.requests) - asked
        written(here, 20)
        assert here.stderr().count(warning) == 1, here.stderr()
        restart(here, signal.SIGKILL)
        client = here.client()
        for number in range(20):
            assert client.get(f"/{number}").text == text_of(f"/{number}")
        assert len(shop.requests) - asked == lost

    def folder_instead(_, segment):
        segment.unlink()
        segment.mkdir()

    def link_instead(place, segment):
        segment.rename(place / "elsewhere")
        segment.symlink_to("elsewhere")

    unfit, anew = "cache_disk_segments_unfit", "cache_disk_begun_anew"
    rows(
        [
            (lambda _, segment: segment.write_bytes(b"x" * 70_000), unfit, 10),
            (folder_instead, unfit, 10),
            (link_instead, unfit, 10),
            (lambda place, segment: os.link(segment, place / "segment-00000000000000ff"), unfit, 0),
            (lambda place, _: (place / "store").write_bytes(b"x" * 20), anew, 20),
            (lambda place, _: (place / "purges").write_bytes(b"x" * 20), "cache_disk_purges_missing", 20),
            (lambda place, _: (place / "purges").unlink(), "cache_disk_purges_missing", 20),
        ],
        check,
    )


def play_a_folder_that_is_emptied_under_way():
    shop = origin(pages)
    here = weir(CONFIG, shop=shop)
    for number in range(10):
        here.get(f"/{number}")
    written(here, 10)
    restart(here)
    for path in Path(here.dir, "disk").iterdir():
        path.unlink()
    client = here.client()
    for number in range(20):
        assert client.get(f"/{number}").text == text_of(f"/{number}")
    assert len(shop.requests) == 20, "open files are read on"
    restart(here, signal.SIGKILL)
    client = here.client()
    for number in range(20):
        assert client.get(f"/{number}").text == text_of(f"/{number}")


def play_a_folder_that_is_of_no_use_is_an_error():
    def fails(text, wanted):
        here = weir(text, waits=False, shop="127.0.0.1:1")
        here.ends_well = False
        assert here.ended() == 1
        assert wanted in here.stderr(), here.stderr()

    file = f"{folder()}/file"
    Path(file).write_text("")
    fails(CONFIG.replace("@dir/disk", f"{file}/disk"), f"can't make the folder {file}/disk")
    here = weir(CONFIG, shop="127.0.0.1:1")
    fails(CONFIG.replace("@dir", here.dir), "is in use by another process")
    two = here.dir + "/two.conf"
    Path(two).write_text("cache a { disk /tmp/x 64MiB }\ncache b { disk /tmp/x 64MiB }\nsite 127.0.0.1:1 { cache a; respond 200 x }")
    status, _, error = command("check", two)
    assert status != 0 and "another cache has the folder" in error, error


def play_a_reload_keeps_the_disk_and_takes_another_size():
    shop = origin(pages)
    here = weir(CONFIG, shop=shop)
    here.get("/a")
    written(here, 1)
    assert here.reload(CONFIG.replace("64MiB", "128MiB"))[0] == 0
    assert here.metrics()['weir_cache_disk_bytes_max{zone="main"}'] == 128 * 1024 * 1024
    assert said(here.get("/a")).startswith("Weir; hit")
    assert here.reload(CONFIG.replace("@dir/disk", "@dir/other"))[0] == 0
    assert "fwd=uri-miss" in said(here.get("/a"))
    until(lambda: here.reload(CONFIG)[0] == 0, "the folder that was let go can be taken again")
    recovered(here)
    assert "detail=disk" in said(here.get("/a"))


def play_root_gives_its_folder_to_the_user():
    """Started as root with `user`: what root kept in the folder before is the user's from then on; other folders of root's stay root's."""
    if os.geteuid() != 0:
        trace.note("disk", "only root can give a folder away: not played")
        return
    place = Path(folder())
    shop = origin(lambda visit: visit.answer(200, "kept", FRESH))
    config = CONFIG.replace("@dir/disk", f"{place}/disk")
    for text in (config, "user nobody\n" + config, "user nobody\n" + config):
        here = weir("log json stdout\n" + text, shop=shop)
        recovered(here)
        for _ in range(3):
            assert here.get("/a").text == "kept"
        here.process.terminate()
        assert here.ended() == 0
    assert len(shop.requests) == 1, "what root stored is there for the user"
    owners = {path.owner() for path in [place / "disk", *(place / "disk").rglob("*")]}
    assert owners == {"nobody"}, owners
    (place / "other").mkdir()
    (place / "other/thing").write_text("somebody's")
    here = weir("log json stdout\nuser nobody\n" + CONFIG.replace("@dir/disk", f"{place}/other"), waits=False, shop=shop)
    here.ends_well = False
    assert here.ended() == 1
    said_there = here.stderr()
    assert all(word in said_there for word in ("cache_folder_not_given", f"{place}/other", "Permission denied")), said_there
    assert (place / "other").owner() == "root"
