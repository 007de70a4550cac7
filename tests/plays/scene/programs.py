"""Real programs in the play: curl, Node, wrk, nghttp, Chromium."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from .proxy import cast, folder
from .wire import Failed, trace

HERE = Path(__file__).resolve().parent
NODE_FOLDER = HERE.parent.parent / "node"
WS_PLACES = (NODE_FOLDER / "node_modules/ws", Path("/usr/share/nodejs/ws"), Path("/usr/lib/node_modules/ws"))


def is_there(name):
    """Can a play that needs this program run here?"""
    if name == "grpc":
        return bool(shutil.which("node")) and Path(NODE_FOLDER, "node_modules/@grpc/grpc-js").is_dir()
    if name == "ws":
        return bool(shutil.which("node")) and any(place.is_dir() for place in WS_PLACES)
    return shutil.which(name) is not None


def run(*words, seconds=30, stdin=None, environment=None):
    """The program's (exit status, output); both streams together."""
    environment = {**os.environ, **(environment or {})}
    both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    done = subprocess.run(words, input=stdin, timeout=seconds, env=environment, check=False, **both)
    text = done.stdout.decode("utf-8", "replace")
    trace.note(words[0], f"→ {done.returncode}", done.stdout)
    return done.returncode, text


def start(*words, environment=None):
    """Runs beside the play; its standard output can be read line by line."""
    environment = {**os.environ, **(environment or {})}
    both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, text=True, env=environment, **both)
    cast.processes.append(process)
    return process


def curl(*words, seconds=30):
    """curl's output; it must end well."""
    status, text = run("curl", "-sS", "--noproxy", "*", "--max-time", str(seconds), *words, seconds=seconds + 5)
    if status:
        raise Failed(f"curl {' '.join(words)} ended with {status}: {text}")
    return text


def node_environment():
    found = next((place for place in WS_PLACES if place.is_dir()), None)
    return {"NODE_PATH": str(found.parent)} if found else {}


def node(script, *words, seconds=60):
    """Output of tests/node/SCRIPT."""
    status, text = run("node", str(NODE_FOLDER / script), *words, seconds=seconds, environment=node_environment())
    if status:
        raise Failed(f"node {script} {' '.join(words)} ended with {status}:\n{text}")
    return text


def wrk(url, *words, seconds=30):
    """{'requests': …, 'rate': …, 'errors': …} of one run."""
    status, text = run("wrk", *words, url, seconds=seconds)
    if status:
        raise Failed(f"wrk ended with {status}: {text}")
    requests = re.search(r"(\d+) requests in", text)
    errors = sum(int(number) for number in re.findall(r"(?:connect|read|write|timeout) (\d+)", text))
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return {"requests": int(requests[1]), "errors": errors, "bad": int(bad[1]) if bad else 0, "text": text}


def chromium(url, *words, seconds=60):
    """The page's DOM after its scripts had `--virtual-time-budget` to run, or what was asked for."""
    return run(
        "chromium",
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        f"--user-data-dir={folder()}",
        "--no-first-run",
        "--no-proxy-server",
        *words,
        url,
        seconds=seconds,
    )
