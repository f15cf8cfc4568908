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


def say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def ok(answer: tuple[int, bytes, float], what: str) -> float:
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
    say(f"cold start, worker running: {settings.cold} functions")
    house, component = House(settings, cores, folder / "cold-functions"), settings.component.read_bytes()
    with house.open():
        routes = {f"/{n}": house.upload(distinct(component, n)) for n in range(settings.cold)}
        house.deploy("cold", {"/warm": house.upload(component), **routes})
    with house.open():
        return first_calls_of_functions(house, "cold", list(routes))


def first_calls_of_functions(house: House, app: str, routes: list[str]) -> dict:
    """Calls each route twice, after the route `/warm` of the same app."""
    headers = house.headers(app, house.token(app))
    with http1.Connection(house.port) as line:
        ok(line.ask("GET", "/warm", headers), "the first call")
        warm = [ok(line.ask("GET", "/warm", headers), "a warm call") for _ in range(WARM_CALLS)]
        first = [ok(line.ask("GET", route, headers), f"the first call of {route}") for route in routes]
        second = [ok(line.ask("GET", route, headers), f"the second call of {route}") for route in routes]
    return {"first_ms": spread(first), "second_ms": spread(second), "warm_ms": spread(warm)}


def cold_apps(settings: Settings, cores: Cores, folder: Path) -> dict:
    """First call of an app whose worker does not run, a started spare worker standing by."""
    say(f"cold start, no worker: {settings.cold} apps")
    house = House(settings, cores, folder / "cold-apps")
    names = [f"cold-{n}" for n in range(settings.cold)]
    with house.open():
        digest = house.upload(settings.component.read_bytes())
        for name in names:
            house.deploy(name, {"/*": digest})
        tokens = {name: house.token(name) for name in names}
    with house.open() as server:
        calls = first_calls_of_apps(house, server, tokens)
    return {"first_ms": spread([one["first_ms"] for one in calls]), "second_ms": spread([one["second_ms"] for one in calls]),
            "without_spare": sum(not one["spare"] for one in calls)}


def first_calls_of_apps(house: House, server: Server, tokens: dict[str, str]) -> list[dict]:
    """Calls each app (name -> token) twice, in this order, on a platform that has just been started."""
    calls = []
    with http1.Connection(house.port) as line:
        for used, (name, token) in enumerate(tokens.items()):
            spare, headers = _spare_stands_by(server, used), house.headers(name, token)
            calls.append({"app": name, "spare": spare, "first_ms": ok(line.ask("GET", "/", headers), f"the first call of {name}"),
                          "second_ms": ok(line.ask("GET", "/", headers), f"the second call of {name}")})
    return calls


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
    say("start to first answer, memory at rest")
    house, starts, ready = House(settings, cores, folder / "idle"), [], []
    with house.open():
        house.deploy("bench", {"/*": house.upload(settings.component.read_bytes())})
        headers = house.headers("bench", house.token("bench"))
    for _ in range(settings.rounds):
        with house.open() as server:
            ready.append((time.perf_counter() - server.begun) * 1e3)
            ok(http1.once(house.port, "GET", "/", headers), "the first call")
            starts.append((time.perf_counter() - server.begun) * 1e3)
    with house.open() as server:
        untouched = at_rest(settings, server)
        ok(http1.once(house.port, "GET", "/", headers), "the first call")
        called = at_rest(settings, server)
    return {"ready_ms": spread(ready), "first_answer_ms": spread(starts), "memory_untouched": untouched, "memory_called": called}


def at_rest(settings: Settings, server: Server) -> dict:
    time.sleep(settings.settle_s)
    return processes.memory(server.pid)


def density(settings: Settings, cores: Cores, folder: Path) -> dict:
    """What deployed functions that nobody calls add to the memory of a platform that was started with them."""
    say(f"memory of {settings.functions} idle functions")
    house = House(settings, cores, folder / "density")
    with house.open():
        digest = house.upload(settings.component.read_bytes())
        house.deploy("bench", {"/*": digest})
    with house.open() as server:
        before = at_rest(settings, server)
        begun = time.perf_counter()
        for number, at in enumerate(range(0, settings.functions, settings.routes)):
            house.deploy(f"idle-{number}", {f"/f{n}": digest for n in range(min(settings.routes, settings.functions - at))})
        deploy_s = time.perf_counter() - begun
        grown = at_rest(settings, server)
    with house.open() as server:
        after = at_rest(settings, server)
        headers = house.headers("idle-0", house.token("idle-0"))
        answer_ms = ok(http1.once(house.port, "GET", "/f0", headers), "one of the idle functions")

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


def run(measures: dict, settings: Settings, cores: Cores, folder: Path) -> tuple[dict, dict]:
    """What was measured of what was asked for, and why the rest was not."""
    found, failed = {}, {}
    for name, measure in measures.items():
        if not settings.wants(name):
            continue
        try:
            found[name] = measure(settings, cores, folder)
        except (Unmeasured, http1.Refused, OSError, subprocess.TimeoutExpired) as error:
            failed[name] = str(error)
    return found, failed
