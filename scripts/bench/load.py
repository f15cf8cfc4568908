"""load: drives a server with wrk. Closed loop: each connection sends its next request when it has the last answer."""
import json
import os
import subprocess

from settings import SOURCE, Unmeasured


def drive(port: int, path: str, headers: dict, connections: int, seconds: float) -> dict:
    """One run. Counts are wrk's own, times in microseconds."""
    argv = ["wrk", "-t1", f"-c{connections}", f"-d{int(seconds)}s", "--latency", "-s", str(SOURCE / "wrk.lua")]
    fields = "\n".join(f"{name}: {value}" for name, value in headers.items())
    ran = subprocess.run(
        [*argv, f"http://127.0.0.1:{port}{path}"], env={**os.environ, "BENCH_HEADERS": fields},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds + 60, check=False,
    )
    line = next((line for line in ran.stdout.splitlines() if line.startswith("BENCH ")), None)
    if ran.returncode != 0 or line is None:
        raise Unmeasured(f"wrk ended with {ran.returncode}: {(ran.stderr or ran.stdout).strip()[:300]}")
    counts = json.loads(line.removeprefix("BENCH "))
    counts["rate"] = counts["requests"] / (counts["duration_us"] / 1e6)
    return counts


def fault(counts: dict) -> str | None:
    """Why a run does not count."""
    bad = {kind: counts[kind] for kind in ("connect", "read", "write", "status", "timeout") if counts[kind]}
    if bad:
        return "errors " + ", ".join(f"{kind} {number}" for kind, number in bad.items())
    return None if counts["requests"] else "no request was completed"
