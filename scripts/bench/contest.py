"""contest: the same small request against each server in turn, in rotating order, over several rounds."""
import contextlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import http1
import load
import processes
from house import House
from processes import Cores, Server
from settings import SOURCE, Settings, Unmeasured

ANSWER = b"Hello, world.\n"
START_S = 60.0
TRIES = 3


@dataclass
class Contestant:
    name: str
    note: str
    # Opens the server; the block gets it, its port, and the header fields of a request.
    open: Callable[[], contextlib.AbstractContextManager]
    rounds: list = field(default_factory=list)
    rejected: list = field(default_factory=list)
    failure: str | None = None

    def middle(self, *keys: str) -> float | None:
        """Median over the rounds of a figure inside them; None when a round lacks it."""
        values = self.values(*keys)
        return statistics.median(values) if values else None

    def values(self, *keys: str) -> list[float]:
        found = []
        for one in self.rounds:
            for key in keys:
                one = one[key]
            found.append(one)
        return [] if None in found else found


def contestants(settings: Settings, cores: Cores, folder: Path) -> list[Contestant]:
    def peer(program: Path, *words):
        """A server whose command line ends with the address to listen on."""
        @contextlib.contextmanager
        def opened():
            port = http1.free_port()
            argv = [program, *words[:-1], f"{words[-1]}127.0.0.1:{port}"]
            with Server(cores, argv, folder / f"{program.name}.log") as server:
                yield server, port, {"Host": f"bench.localhost:{port}"}
        return opened

    def missing(why: str):
        @contextlib.contextmanager
        def opened():
            raise Unmeasured(why)
            yield
        return opened

    def wasmtime(reuse: int):
        if settings.wasmtime is None:
            return missing("left out: no executable of wasmtime-cli")
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

    workerd = missing("left out: no executable of workerd") if settings.workerd is None else peer(
        settings.workerd, "serve", SOURCE / "workerd/config.capnp", "--socket-addr", "http=")
    return [
        Contestant("bare hyper", "nothing: one process, one thread, a fixed answer", peer(settings.bare_hyper, "")),
        Contestant("workerd (JavaScript)", "one warm isolate for all requests; no token, policy, audit", workerd),
        Contestant("wasmtime serve, fresh", "same component, an instance a request, pooled; no token, policy, audit, second process",
                   wasmtime(1)),
        Contestant("wasmtime serve, reuse 128", "same component, an instance for 128 requests, pooled; otherwise as above",
                   wasmtime(128)),
        Contestant("serviceful", "same component, a store and instance a request, in a jailed worker process; token, limits, Cedar, audit",
                   ours),
    ]


def run(settings: Settings, all_of_them: list[Contestant]) -> None:
    for number in range(settings.rounds):
        turn = number % len(all_of_them)
        for one in all_of_them[turn:] + all_of_them[:turn]:
            if one.failure is None:
                print(f"  round {number + 1} of {settings.rounds}: {one.name}", file=sys.stderr, flush=True)
                _round(settings, one)


def _round(settings: Settings, one: Contestant) -> None:
    for _ in range(TRIES):
        try:
            measured = _measure(settings, one)
        except (Unmeasured, http1.Refused, OSError, subprocess.TimeoutExpired) as error:
            one.failure = str(error)
            return
        faults = {name: why for name in ("full", "single") if (why := load.fault(measured[name]))}
        if not faults:
            one.rounds.append(measured)
            return
        one.rejected.append({"faults": faults, "round": measured})
    one.failure = f"{TRIES} runs were rejected in a row: {faults}"


def _measure(settings: Settings, one: Contestant) -> dict:
    with one.open() as (server, port, headers):
        _await_answer(server, port, headers)
        load.drive(port, "/", headers, settings.connections, settings.warm_s)
        before = processes.cpu_s(server.pid)
        full = load.drive(port, "/", headers, settings.connections, settings.seconds)
        # What is put off until after the answer (an audit record, say) is a cost of the request all the same.
        time.sleep(0.3)
        cpu_s = processes.cpu_s(server.pid) - before
        memory = processes.memory(server.pid)
        single = load.drive(port, "/", headers, 1, settings.seconds)
        if not server.alive():
            raise server.fail("the server ended under load")
    return {"cpu_us": cpu_s * 1e6 / max(full["requests"], 1), "cpu_s": cpu_s, "full": full, "single": single, "memory": memory}


def _await_answer(server: Server, port: int, headers: dict) -> None:
    """Until the first good answer; a wrong one is no reason to wait on."""
    deadline = time.monotonic() + START_S
    while True:
        try:
            status, answer, _ = http1.once(port, "GET", "/", headers)
        except http1.Refused as refused:
            if not server.alive() or time.monotonic() > deadline:
                raise server.fail(f"no answer ({refused})") from refused
            time.sleep(0.05)
            continue
        if (status, answer) != (200, ANSWER):
            raise Unmeasured(f"the answer was {status}: {answer[:300].decode(errors='replace')}")
        return
