"""request: one small request of a component against its peers, and what only a platform has. `make bench`."""
import contextlib
from pathlib import Path

import contest
import figures
import report
from contest import Contestant, Question
from house import House
from processes import Cores
from report import Outcome, ratio
from settings import SOURCE, Settings

HYPER, PEER = "bare hyper", "wasmtime serve, fresh"
FIGURES = {"cold_functions": figures.cold_functions, "cold_apps": figures.cold_apps, "start_and_idle": figures.start_and_idle,
           "density": figures.density, "sizes": figures.sizes}
PARTS = ["contest", *FIGURES]


def run(settings: Settings, cores: Cores, folder: Path) -> Outcome:
    entrants = _contestants(settings, cores, folder) if settings.wants("contest") else []
    if entrants:
        contest.run(settings, [(Question("/", b"Hello, world.\n"), entrants)])
    found, failed = figures.run(FIGURES, settings, cores, folder)
    return Outcome(
        document={"contest": report.rounds(entrants, {"x_bare_hyper": HYPER, "x_wasmtime_serve": PEER}), "figures": found, "not_measured": failed},
        text=f"{report.requests(entrants, settings.connections, {'x hyper': HYPER, 'x serve': PEER})}\n\n{report.figures(found, failed)}",
        goals=_goals(entrants, found),
        broken=bool(failed) or report.ours_failed(entrants),
    )


def _contestants(settings: Settings, cores: Cores, folder: Path) -> list[Contestant]:
    def peer(program: Path, *words):
        return contest.program(cores, folder / f"{program.name}.log", program, *words)

    def wasmtime(reuse: int):
        if settings.wasmtime is None:
            return contest.missing("left out: no executable of wasmtime-cli")
        # -S cli: a component made by Rust's standard library imports it. One is what serve itself takes for WASI 0.2.
        return peer(settings.wasmtime, "serve", "-S", "cli", "-O", "pooling-allocator=y", "--max-instance-reuse-count", reuse,
                    settings.component, "--addr=")

    house: list[House] = []

    @contextlib.contextmanager
    def ours():
        if not house:
            first = House(settings, cores, folder / "contest")
            with first.open():
                first.deploy("bench", {"/*": first.upload(settings.component.read_bytes())})
            house.append(first)
        with house[0].open() as server:
            yield server, house[0].port, house[0].headers("bench", house[0].token("bench"))

    workerd = contest.missing("left out: no executable of workerd") if settings.workerd is None else peer(
        settings.workerd, "serve", SOURCE / "js/config.capnp", "hello", "--socket-addr", "http=")
    return [
        Contestant(HYPER, "nothing: one process, one thread, a fixed answer", peer(settings.bare_hyper, "")),
        Contestant("workerd (JavaScript)", "one warm isolate for all requests; no token, policy, audit", workerd),
        Contestant(PEER, "same component, an instance a request, pooled; no token, policy, audit, second process",
                   wasmtime(1)),
        Contestant("wasmtime serve, reuse 128", "same component, an instance for 128 requests, pooled; otherwise as above",
                   wasmtime(128)),
        Contestant(report.OURS, "same component, a store and instance a request, in a jailed worker process; token, limits, Cedar, audit",
                   ours),
    ]


def _goals(entrants: list[Contestant], found: dict) -> list[dict]:
    """Each goal with what was found; `reached` is None when it was not measured, or not at the size that the goal names."""
    cold, apps, start, dense = (found.get(n) for n in ("cold_functions", "cold_apps", "start_and_idle", "density"))
    whole = dense and dense["functions"] >= 10_000
    rows = [
        ("CPU of a protected request / wasmtime serve", "x", ratio(entrants, report.OURS, PEER), 0.30),
        ("the same, stretch", "x", ratio(entrants, report.OURS, PEER), 0.20),
        ("cold start, worker running, p50", "ms", cold and cold["first_ms"]["p50"], 1.0),
        ("cold start, no worker, p50", "ms", apps and apps["first_ms"]["p50"], 15.0),
        ("RSS at rest, one app, all processes", "MiB", start and max(start[m]["rss_kib"] for m in ("memory_untouched", "memory_called")) / 1024, 64.0),
        ("start to first answer, p50", "ms", start and start["first_answer_ms"]["p50"], 300.0),
        ("RSS added by 10,000 idle functions", "MiB", dense["added_rss_kib"] / 1024 if whole else None, 40.0),
    ]
    return report.goals(rows)
