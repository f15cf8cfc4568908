"""settings: what a run measures, read from the environment once."""
import os
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parent
# Most different components and sources that the platform takes in one deployment.
CONTENTS_MAX = 256


class Unmeasured(Exception):
    """Something could not be measured; the text says what and why."""


@dataclass(frozen=True)
class Settings:
    quick: bool
    rounds: int
    seconds: float
    warm_s: float
    settle_s: float
    connections: int
    cold: int
    functions: int
    routes: int
    js_functions: int
    js_routes: int
    only: frozenset[str]
    target: Path
    guests: Path
    bare_hyper: Path
    wasmtime: Path | None
    workerd: Path | None
    node: Path | None

    def wants(self, part: str) -> bool:
        """Whether a part of the run was asked for; all are when none was named."""
        return not self.only or part in self.only

    def check_parts(self, known: list[str]) -> None:
        if unknown := sorted(self.only - set(known)):
            raise SystemExit(f"bench: BENCH_ONLY names `{unknown[0]}`; there are {', '.join(known)}")

    @property
    def release(self) -> Path:
        return self.target / "release"

    @property
    def component(self) -> Path:
        return self.guests / "bench-hello.wasm"

    def public(self) -> dict:
        names = ("quick", "rounds", "seconds", "warm_s", "settle_s", "connections", "cold", "functions", "routes", "js_functions",
                 "js_routes")
        return {**{name: getattr(self, name) for name in names}, "only": sorted(self.only)}


def _number(name: str, default: float, least: float, most: float) -> float:
    text = os.environ.get(name, "")
    try:
        value = float(text) if text else default
    except ValueError:
        raise SystemExit(f"bench: {name} is `{text}`; write a number") from None
    if not least <= value <= most:
        raise SystemExit(f"bench: {name} is {value:g}; it goes from {least:g} to {most:g}")
    return value


def _path(name: str) -> Path | None:
    text = os.environ.get(name)
    return Path(text).resolve() if text else None


def read() -> Settings:
    quick = os.environ.get("BENCH_QUICK", "") not in ("", "0")
    root = SOURCE.parent.parent
    target = _path("BENCH_TARGET") or _path("CARGO_TARGET_DIR") or root / "target"
    return Settings(
        quick=quick,
        rounds=int(_number("BENCH_ROUNDS", 1 if quick else 5, 1, 1000)),
        # wrk counts in whole seconds.
        seconds=int(_number("BENCH_SECONDS", 1 if quick else 5, 1, 3600)),
        warm_s=1 if quick else 2,
        settle_s=0.5 if quick else 3,
        connections=int(_number("BENCH_CONNECTIONS", 8, 1, 1000)),
        # One of the functions of a deployment is warm.
        cold=int(_number("BENCH_COLD", 3 if quick else 30, 1, CONTENTS_MAX - 1)),
        functions=int(_number("BENCH_FUNCTIONS", 100 if quick else 10_000, 1, 1_000_000)),
        routes=100,
        js_functions=int(_number("BENCH_JS_FUNCTIONS", 20 if quick else 1000, 1, 100_000)),
        js_routes=CONTENTS_MAX,
        only=frozenset(part.strip() for part in os.environ.get("BENCH_ONLY", "").split(",") if part.strip()),
        target=target,
        guests=_path("BENCH_GUESTS") or target / "guests",
        bare_hyper=_path("BENCH_BARE_HYPER") or target / "release/examples/bare_hyper",
        wasmtime=_path("BENCH_WASMTIME"),
        workerd=_path("BENCH_WORKERD"),
        node=_path("BENCH_NODE"),
    )
