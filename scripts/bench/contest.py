"""contest: the same request against each server in turn, in rotating order, over several rounds."""
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
from processes import Cores, Server
from settings import Settings, Unmeasured

START_S = 60.0
TRIES = 3


@dataclass
class Question:
    """What every contestant of a contest is asked, and the one answer to it."""
    path: str
    answer: bytes | None = None
    # Who gave the answer, when it was not known before.
    source: str = ""

    def judge(self, name: str, answer: bytes) -> None:
        if self.answer is None:
            self.answer, self.source = answer, name
        if answer != self.answer:
            raise Unmeasured(f"the answer differs from {self.source or 'what it should be'}: {_shown(answer)}, not {_shown(self.answer)}")


def _shown(answer: bytes) -> str:
    return f"{len(answer)} bytes `{answer[:100].decode(errors='replace')}`"


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


def program(cores: Cores, log: Path, *words):
    """A server whose command line ends with the address to listen on."""
    @contextlib.contextmanager
    def opened():
        port = http1.free_port()
        argv = [*words[:-1], f"{words[-1]}127.0.0.1:{port}"]
        with Server(cores, argv, log) as server:
            yield server, port, {"Host": f"bench.localhost:{port}"}
    return opened


def missing(why: str):
    @contextlib.contextmanager
    def opened():
        raise Unmeasured(why)
        yield
    return opened


def run(settings: Settings, contests: list[tuple[Question, list[Contestant]]]) -> None:
    """Round after round, and in each one contest after the other."""
    for number in range(settings.rounds):
        for question, all_of_them in contests:
            turn = number % len(all_of_them)
            for one in all_of_them[turn:] + all_of_them[:turn]:
                if one.failure is None:
                    print(f"  round {number + 1} of {settings.rounds}: {one.name} {question.path}", file=sys.stderr, flush=True)
                    _round(settings, question, one)


def _round(settings: Settings, question: Question, one: Contestant) -> None:
    for _ in range(TRIES):
        try:
            measured = _measure(settings, question, one)
        except (Unmeasured, http1.Refused, OSError, subprocess.TimeoutExpired) as error:
            one.failure = str(error)
            return
        faults = {name: why for name in ("full", "single") if (why := load.fault(measured[name]))}
        if not faults:
            one.rounds.append(measured)
            return
        one.rejected.append({"faults": faults, "round": measured})
    one.failure = f"{TRIES} runs were rejected in a row: {faults}"


def _measure(settings: Settings, question: Question, one: Contestant) -> dict:
    with one.open() as (server, port, headers):
        question.judge(one.name, _await_answer(server, port, question.path, headers))
        load.drive(port, question.path, headers, settings.connections, settings.warm_s)
        before = processes.cpu_s(server.pid)
        full = load.drive(port, question.path, headers, settings.connections, settings.seconds)
        # What is put off until after the answer (an audit record, say) is a cost of the request all the same.
        time.sleep(0.3)
        cpu_s = processes.cpu_s(server.pid) - before
        memory = processes.memory(server.pid)
        single = load.drive(port, question.path, headers, 1, settings.seconds)
        if not server.alive():
            raise server.fail("the server ended under load")
    return {"cpu_us": cpu_s * 1e6 / max(full["requests"], 1), "cpu_s": cpu_s, "full": full, "single": single, "memory": memory}


def _await_answer(server: Server, port: int, path: str, headers: dict) -> bytes:
    """The first answer; one that is no success is no reason to wait on."""
    deadline = time.monotonic() + START_S
    while True:
        try:
            status, answer, _ = http1.once(port, "GET", path, headers)
        except http1.Refused as refused:
            if not server.alive() or time.monotonic() > deadline:
                raise server.fail(f"no answer ({refused})") from refused
            time.sleep(0.05)
            continue
        if status != 200:
            raise Unmeasured(f"the answer was {status}: {_shown(answer)}")
        return answer
