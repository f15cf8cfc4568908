"""figures: what only a platform has: cold starts, time to the first answer, memory at rest, size."""
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import http1
import processes
from house import House, distinct
from processes import Cores, Server
from settings import Settings, Unmeasured

SPARE_S = 5.0
WARM_CALLS = 200


def _say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def _ok(answer: tuple[int, bytes, float], what: str) -> float:
    status, body, seconds = answer
    if status != 200:
        raise Unmeasured(f"{what} was answered with {status}: {body[:300].decode(errors='replace')}")
    return seconds * 1e3


def spread(values: list[float]) -> dict:
    """Median, the 99th in a hundred (with fewer values: the largest), and all of them."""
    ordered = sorted(values)
    return {"p50": statistics.median(ordered), "p99": ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))],
            "count": len(ordered), "values": values}


def cold_functions(settings: Settings, cores: Cores, folder: Path) -> dict:
    """First call of a function whose app's worker runs already. One app, each function with an artefact of its own."""
    _say(f"cold start, worker running: {settings.cold} functions")
    house, component = House(settings, cores, folder / "cold-functions"), settings.component.read_bytes()
    with house.open():
        routes = {f"/{n}": house.upload(distinct(component, n)) for n in range(settings.cold)}
        house.deploy("cold", {"/warm": house.upload(component), **routes})
    with house.open():
        headers = house.headers("cold", house.token("cold"))
        with http1.Connection(house.port) as line:
            _ok(line.ask("GET", "/warm", headers), "the first call")
            warm = [_ok(line.ask("GET", "/warm", headers), "a warm call") for _ in range(WARM_CALLS)]
            first = [_ok(line.ask("GET", route, headers), f"the first call of {route}") for route in routes]
            second = [_ok(line.ask("GET", route, headers), f"the second call of {route}") for route in routes]
    return {"first_ms": spread(first), "second_ms": spread(second), "warm_ms": spread(warm)}


def cold_apps(settings: Settings, cores: Cores, folder: Path) -> dict:
    """First call of an app whose worker does not run, a started spare worker standing by."""
    _say(f"cold start, no worker: {settings.cold} apps")
    house, late = House(settings, cores, folder / "cold-apps"), 0
    names = [f"cold-{n}" for n in range(settings.cold)]
    with house.open():
        digest = house.upload(settings.component.read_bytes())
        for name in names:
            house.deploy(name, {"/*": digest})
        tokens = {name: house.token(name) for name in names}
    first, second = [], []
    with house.open() as server:
        with http1.Connection(house.port) as line:
            for used, name in enumerate(names):
                late += not _spare_stands_by(server, used)
                headers = house.headers(name, tokens[name])
                first.append(_ok(line.ask("GET", "/", headers), f"the first call of {name}"))
                second.append(_ok(line.ask("GET", "/", headers), f"the second call of {name}"))
    return {"first_ms": spread(first), "second_ms": spread(second), "without_spare": late}


def _spare_stands_by(server: Server, used: int) -> bool:
    """Waits until there is a worker more than apps that were called, and a moment for it to get ready."""
    deadline = time.monotonic() + SPARE_S
    while processes.count(server.pid, "work") <= used:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    time.sleep(0.2)
    return True


def start_and_idle(settings: Settings, cores: Cores, folder: Path) -> dict:
    """With one app deployed: from the start of the process to the first answer of the app, and memory at rest."""
    _say("start to first answer, memory at rest")
    house, starts, ready = House(settings, cores, folder / "idle"), [], []
    with house.open():
        house.deploy("bench", {"/*": house.upload(settings.component.read_bytes())})
        headers = house.headers("bench", house.token("bench"))
    for _ in range(settings.rounds):
        with house.open() as server:
            ready.append((time.perf_counter() - server.begun) * 1e3)
            _ok(http1.once(house.port, "GET", "/", headers), "the first call")
            starts.append((time.perf_counter() - server.begun) * 1e3)
    with house.open() as server:
        untouched = _at_rest(settings, server)
        _ok(http1.once(house.port, "GET", "/", headers), "the first call")
        called = _at_rest(settings, server)
    return {"ready_ms": spread(ready), "first_answer_ms": spread(starts), "memory_untouched": untouched, "memory_called": called}


def _at_rest(settings: Settings, server: Server) -> dict:
    time.sleep(settings.settle_s)
    return processes.memory(server.pid)


def density(settings: Settings, cores: Cores, folder: Path) -> dict:
    """What deployed functions that nobody calls add to the memory of a platform that was started with them."""
    _say(f"memory of {settings.functions} idle functions")
    house = House(settings, cores, folder / "density")
    with house.open():
        digest = house.upload(settings.component.read_bytes())
        house.deploy("bench", {"/*": digest})
    with house.open() as server:
        before = _at_rest(settings, server)
        begun = time.perf_counter()
        for number, at in enumerate(range(0, settings.functions, settings.routes)):
            house.deploy(f"idle-{number}", {f"/f{n}": digest for n in range(min(settings.routes, settings.functions - at))})
        deploy_s = time.perf_counter() - begun
        grown = _at_rest(settings, server)
    with house.open() as server:
        after = _at_rest(settings, server)
        headers = house.headers("idle-0", house.token("idle-0"))
        answer_ms = _ok(http1.once(house.port, "GET", "/f0", headers), "one of the idle functions")

    def added(kind: str) -> int | None:
        return None if None in (before[kind], after[kind]) else after[kind] - before[kind]

    return {"functions": settings.functions, "added_rss_kib": added("rss_kib"), "added_pss_kib": added("pss_kib"),
            "before": before, "after_deploying": grown, "after_restart": after, "deploy_s": deploy_s, "first_answer_ms": answer_ms}


def sizes(settings: Settings, cores: Cores, folder: Path) -> dict:
    """Bytes of both executables, as built and without symbols and line tables."""
    found = {}
    for name in ("serviceful", "serviceful-engine"):
        built = settings.release / name
        if not built.exists():
            raise Unmeasured(f"{built} is missing; `make bench` builds it")
        found[name] = {"bytes": built.stat().st_size, "stripped_bytes": None}
        bare = folder / f"{name}.stripped"
        if shutil.which("strip") and subprocess.run(["strip", "-o", bare, built], capture_output=True, check=False).returncode == 0:
            found[name]["stripped_bytes"] = bare.stat().st_size
            bare.unlink()
    return found


ALL = {"cold_functions": cold_functions, "cold_apps": cold_apps, "start_and_idle": start_and_idle, "density": density, "sizes": sizes}


def run(settings: Settings, cores: Cores, folder: Path) -> tuple[dict, dict]:
    """What was measured, and why the rest was not."""
    found, failed = {}, {}
    for name, measure in ALL.items():
        try:
            found[name] = measure(settings, cores, folder)
        except (Unmeasured, http1.Refused, OSError, subprocess.TimeoutExpired) as error:
            failed[name] = str(error)
    return found, failed
