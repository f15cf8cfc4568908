"""workloads: four shapes of request, each one module that every contestant runs as it is."""
import contextlib
from dataclasses import dataclass
from pathlib import Path

import contest
import report
import sources
from contest import Contestant, Question
from house import House
from processes import Cores
from settings import SOURCE, Settings

WORKERD, NODE, BARE = "workerd", "node", "node, http alone"
BASES = {"x workerd": WORKERD, "x node": NODE}


@dataclass(frozen=True)
class Workload:
    name: str
    what: str
    path: str
    answer: bytes | None = None

    @property
    def module(self) -> Path:
        return SOURCE / f"js/{self.name}.js"


WORKLOADS = [
    Workload("hello", "a fixed answer", "/", b"Hello, world.\n"),
    Workload("json", "2 KB of JSON, URL, SHA-256, HMAC", "/drinks?kind=tea&most=5.5&sort=price"),
    Workload("page", "50 KB of HTML out of template literals", "/"),
    Workload("cpu", "computes, some 5 ms on our engine", "/"),
]


def contests(settings: Settings, cores: Cores, folder: Path) -> list[tuple[Workload, Question, list[Contestant]]]:
    """What was asked for, each with contestants of its own."""
    house: list[House] = []

    def ours(workload: Workload):
        @contextlib.contextmanager
        def opened():
            if not house:
                first = House(settings, cores, folder / "contest")
                with first.open():
                    for one in WORKLOADS:
                        first.deploy(one.name, {"/*": first.upload(sources.bundled(settings, one.module))}, "source")
                house.append(first)
            with house[0].open() as server:
                yield server, house[0].port, house[0].headers(workload.name, house[0].token(workload.name))
        return opened

    def workerd(workload: Workload):
        if settings.workerd is None:
            return contest.missing("left out: no executable of workerd")
        return contest.program(cores, folder / "workerd.log", settings.workerd, "serve", SOURCE / "js/config.capnp", workload.name,
                               "--socket-addr", "http=")

    def node(*words):
        if settings.node is None:
            return contest.missing("left out: no executable of node")
        return contest.program(cores, folder / "node.log", settings.node, *words, "")

    def entrants(workload: Workload) -> list[Contestant]:
        found = [
            Contestant(WORKERD, "one warm isolate for all requests; no token, policy, audit", workerd(workload)),
            Contestant(NODE, "one warm process for all requests, its own Request and Response; no token, policy, audit",
                       node(SOURCE / "js/node.mjs", workload.module)),
            Contestant(report.OURS, "an engine a request, in a jailed worker process; token, limits, Cedar, audit", ours(workload)),
        ]
        if workload.name == "hello":
            found.insert(2, Contestant(BARE, "the same without Request and Response: a fixed answer", node(SOURCE / "js/bare.mjs")))
        return found

    return [(one, Question(one.path, one.answer), entrants(one)) for one in WORKLOADS
            if settings.wants("contest") or settings.wants(one.name)]
