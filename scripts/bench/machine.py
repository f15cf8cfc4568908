"""machine: where and with what a run was made."""
import os
import platform
import re
import subprocess
from pathlib import Path

from processes import Cores
from settings import SOURCE, Settings


def _says(*argv) -> str | None:
    try:
        ran = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = (ran.stdout or ran.stderr).splitlines()
    return lines[0].strip() if lines else None


def _locked(package: str) -> str | None:
    """The version of a dependency in Cargo.lock."""
    text = (SOURCE.parent.parent / "Cargo.lock").read_text()
    found = re.search(rf'name = "{package}"\nversion = "([^"]+)"', text)
    return found[1] if found else None


def _first(path: str, pattern: str) -> str | None:
    try:
        found = re.search(pattern, Path(path).read_text(), re.M)
    except OSError:
        return None
    return found[1] if found else None


def describe(settings: Settings, cores: Cores) -> dict:
    return {
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": _first("/proc/cpuinfo", r"^model name\s*: (.*)$"),
        "memory_kib": int(_first("/proc/meminfo", r"^MemTotal:\s*(\d+)") or 0),
        "cores": os.cpu_count(),
        "server_cores": sorted(cores.server),
        "driver_cores": sorted(cores.driver),
        "load_average": os.getloadavg(),
        "versions": {
            "serviceful": _says(settings.release / "serviceful", "--version"),
            "revision": _says("git", "-C", SOURCE, "rev-parse", "--short=12", "HEAD"),
            "rustc": _says("rustc", "--version"),
            "hyper": _locked("hyper"),
            "wasmtime": _locked("wasmtime"),
            "wasmtime serve": settings.wasmtime and _says(settings.wasmtime, "--version"),
            "workerd": settings.workerd and _says(settings.workerd, "--version"),
            "node": settings.node and _says(settings.node, "--version"),
            "wrk": (_says("wrk", "-v") or "").split(" Copyright")[0] or None,
            "python": platform.python_version(),
        },
    }
