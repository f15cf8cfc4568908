"""js_figures: what a function in JavaScript costs beside its requests: snapshots, first calls, bytes, memory, a new engine."""
import json
import os
import shutil
import time
from pathlib import Path

import http1
import processes
import sources
from figures import at_rest, first_calls_of_apps, first_calls_of_functions, ok, say, spread
from house import House, distinct
from processes import Cores
from settings import Settings, Unmeasured

AGAIN_S = 1800.0
ENGINE = "js-engine.wasm"
# Most large bundles that are deployed: each has megabytes.
LARGE_MAX = 10


def snapshots(settings: Settings, cores: Cores, folder: Path) -> dict:
    """Deploys functions one after the other and calls each at once: small ones as apps of their own, then as versions of one app;
    then large ones."""
    say(f"snapshots and first calls after deploy: {settings.cold} small functions, twice, and large ones")
    house, number = House(settings, cores, folder / "snapshots"), iter(range(10 * settings.cold + LARGE_MAX))
    with house.open():
        apps = [_deploy(house, f"small-{n}", sources.small(next(number))) for n in range(settings.cold)]
        versions = [_deploy(house, "small-0", sources.small(next(number))) for _ in range(settings.cold)]
        large = [_deploy(house, f"large-{n}", sources.large(next(number))) for n in range(min(settings.cold, LARGE_MAX))]
    return {"apps": _gathered(apps), "versions": _gathered(versions), "large": _gathered(large)}


def _deploy(house: House, app: str, source: bytes) -> dict:
    """One deployment and the two calls that follow it."""
    digest = house.upload(source)
    begun = time.perf_counter()
    view = house.deploy(app, {"/*": digest}, "source")
    deploy_ms = (time.perf_counter() - begun) * 1e3
    seen = view["components"][0]["inspected"]
    if seen["cached"]:
        raise Unmeasured(f"the source of `{app}` had a snapshot before")
    headers = house.headers(app, house.token(app))
    with http1.Connection(house.port) as line:
        # A connection that is accepted already, and a route that is nobody's.
        line.ask("GET", "/", {"Host": house.host("nobody")})
        first = ok(line.ask("GET", "/", headers), f"the first call of {app}")
        second = ok(line.ask("GET", "/", headers), f"the second call of {app}")
    # So that the next app finds a worker standing by, as it does on a platform that is not deployed to in a row.
    time.sleep(0.2)
    return {"snapshot_ms": seen["compile_ms"], "deploy_ms": deploy_ms, "first_ms": first, "second_ms": second,
            "source_bytes": seen["component_bytes"], "artefact_bytes": seen["artefact_bytes"]}


def _gathered(rows: list[dict]) -> dict:
    return {key: spread([row[key] for row in rows]) for key in rows[0]}


def cold(settings: Settings, cores: Cores, folder: Path) -> dict:
    """First calls on a platform that has just been started, of functions in JavaScript beside a Rust component."""
    say(f"cold starts: {settings.cold} apps without a worker and {settings.cold} functions with one, JavaScript and Rust")
    house, component = House(settings, cores, folder / "cold"), settings.component.read_bytes()
    makers = {"source": sources.small, "component": lambda number: distinct(component, number)}
    tokens, routes = {}, {}
    with house.open():
        for kind, make in makers.items():
            routes[kind] = {f"/{n}": house.upload(make(n)) for n in range(settings.cold)}
            house.deploy(f"many-{kind}", {"/warm": house.upload(make(settings.cold)), **routes[kind]}, kind)
        # In turn, so that whatever changes with the number of workers is the same for both.
        for n in range(settings.cold):
            for kind, make in makers.items():
                app = f"{kind}-{n}"
                house.deploy(app, {"/*": house.upload(make(settings.cold + 1 + n))}, kind)
                tokens[app] = house.token(app)
    with house.open() as server:
        calls = first_calls_of_apps(house, server, tokens)
    found = {"without_spare": sum(not one["spare"] for one in calls)}
    with house.open():
        for kind in makers:
            of_kind = [one for one in calls if one["app"].startswith(kind)]
            found[kind] = {
                "apps": {key: spread([one[key] for one in of_kind]) for key in ("first_ms", "second_ms")},
                "functions": first_calls_of_functions(house, f"many-{kind}", list(routes[kind])),
            }
    return found


def many(settings: Settings, cores: Cores, folder: Path) -> dict:
    """Functions that nobody calls: bytes on disk, memory, and the time until a new engine has made all of them again."""
    say(f"{settings.js_functions} functions: bytes, memory, a new engine")
    house = House(settings, cores, folder / "many", _programs(settings, folder / "programs"))
    with house.open():
        house.deploy("first", {"/*": house.upload(sources.small(0))}, "source")
    with house.open() as server:
        before = at_rest(settings, server)
    # Looked at while the platform is stopped: its databases are then as large as they stay.
    bytes_before = _disk(house.data)
    with house.open() as server:
        made = _deploy_many(settings, house)
        grown = at_rest(settings, server)
    bytes_after = _disk(house.data)
    with house.open() as server:
        after = at_rest(settings, server)
        answer_ms = ok(http1.once(house.port, "GET", "/f0", house.headers("idle-0", house.token("idle-0"))), "one of the functions")

    def added(kind: str) -> int | None:
        return None if None in (before[kind], after[kind]) else after[kind] - before[kind]

    count = settings.js_functions
    again = _again(settings, cores, house)
    return {
        "functions": count, **made, "first_answer_ms": answer_ms,
        "added_rss_kib": added("rss_kib"), "added_pss_kib": added("pss_kib"),
        "before": before, "after_deploying": grown, "after_restart": after,
        "disk_before": bytes_before, "disk_after": bytes_after,
        "stored_bytes": {key: (bytes_after[key] - bytes_before[key]) / count for key in bytes_before}, "again": again,
    }


def _programs(settings: Settings, folder: Path) -> Path:
    """The executables in a folder of their own, so that the engine beside them can be another one."""
    folder.mkdir()
    for name in ("serviceful", "serviceful-engine", "serviceful-bundle"):
        try:
            os.link(settings.release / name, folder / name)
        except OSError:  # another file system
            shutil.copy2(settings.release / name, folder / name)
    shutil.copy2(settings.release / ENGINE, folder / ENGINE)
    return folder


def _deploy_many(settings: Settings, house: House) -> dict:
    begun, seen = time.perf_counter(), []
    for app, at in enumerate(range(0, settings.js_functions, settings.js_routes)):
        numbers = range(at, min(at + settings.js_routes, settings.js_functions))
        # The number 0 is deployed already.
        routes = {f"/f{n - at}": house.upload(sources.small(n + 1)) for n in numbers}
        view = house.deploy(f"idle-{app}", routes, "source")
        seen += [one["inspected"] for one in view["components"]]
    return {"deploy_s": time.perf_counter() - begun, "source_bytes": spread([one["component_bytes"] for one in seen]),
            "artefact_bytes": spread([one["artefact_bytes"] for one in seen]), "snapshot_ms": spread([one["compile_ms"] for one in seen])}


def _again(settings: Settings, cores: Cores, house: House) -> dict:
    """Starts the platform with an engine that it has never seen, on every core, and waits until each function is made for it."""
    engine = house.program.with_name(ENGINE)
    # An empty section of its own says nothing and makes it another build.
    engine.write_bytes(engine.read_bytes() + bytes([0, 2, 1]) + b"x")
    house.cores = cores.shared()
    query = "/audit?kind=engine&action=prepared-again&limit=5"
    with house.open() as server:
        known = {json.dumps(event) for event in house.api("GET", query)["events"]}
        ready_s = time.perf_counter() - server.begun
        while not (new := [event for event in house.api("GET", query)["events"] if json.dumps(event) not in known]):
            if time.perf_counter() - server.begun > AGAIN_S:
                raise Unmeasured(f"not every function was made again after {AGAIN_S:g} s")
            time.sleep(0.1)
        again_s, cpu_s = time.perf_counter() - server.begun, processes.cpu_s(server.pid)
        # All of them and the one that was there before.
        if f" {settings.js_functions + 1} functions" not in new[0]["note"] or "failed" in new[0]["note"]:
            raise Unmeasured(f"not every function was made again: {new[0]['note'][:300]}")
        answer_ms = ok(http1.once(house.port, "GET", "/f0", house.headers("idle-0", house.token("idle-0"))), "one of the functions")
    house.cores = cores
    return {"ready_s": ready_s, "again_s": again_s, "cpu_s": cpu_s, "first_answer_ms": answer_ms, "event": new[0]}


def _disk(folder: Path) -> dict:
    """Bytes of all files below a folder, as they are written and as the file system holds them."""
    stats = [path.stat() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return {"written": sum(one.st_size for one in stats), "held": sum(one.st_blocks * 512 for one in stats)}


ALL = {"snapshots": snapshots, "cold": cold, "many": many}
