"""processes: starts servers on a core of their own, counts what their whole process tree uses, and ends all of it."""
import contextlib
import copy
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from settings import Unmeasured

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
STOP_S = 20.0


@dataclass(frozen=True)
class Stat:
    """One line of /proc/PID/stat."""
    pid: int
    parent: int
    session: int
    ticks: int


def stat(pid: int) -> Stat | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The name may hold spaces and brackets, so count from the last bracket: the field after it is number 3.
    fields = text.rpartition(")")[2].split()
    # 14 and 15 are user and system time; 16 and 17 those of children that have ended and been waited for, whose own lines are
    # gone. So each process counts exactly once, however many are replaced while we look.
    return Stat(pid, int(fields[1]), int(fields[3]), sum(int(f) for f in fields[11:15]))


def everything() -> list[Stat]:
    return [one for entry in os.listdir("/proc") if entry.isdigit() and (one := stat(int(entry)))]


def tree(root: int) -> list[Stat]:
    """`root` and everything below it."""
    found = everything()
    children: dict[int, list[Stat]] = {}
    for one in found:
        children.setdefault(one.parent, []).append(one)
    below = [one for one in found if one.pid == root]
    for one in below:  # grows while it is walked
        below.extend(children.get(one.pid, ()))
    return below


def cpu_s(root: int) -> float:
    return sum(one.ticks for one in tree(root)) / TICKS_PER_S


def command(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")
    except OSError:
        return []


def count(root: int, word: str) -> int:
    """How many processes below `root` have `word` as first argument."""
    return sum(1 for one in tree(root) if command(one.pid)[1:2] == [word])


def _kib(path: str, keys: tuple[str, ...]) -> dict[str, int]:
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    return {key: int(value.split()[0]) for key, value in pairs if key in keys}


def memory(root: int) -> dict:
    """Resident memory in KiB: RSS counts pages shared by two processes twice, PSS once. PSS is None where we may not look."""
    processes = []
    for one in tree(root):
        rollup = _kib(f"/proc/{one.pid}/smaps_rollup", ("Rss", "Pss"))
        rss = rollup.get("Rss", _kib(f"/proc/{one.pid}/status", ("VmRSS",)).get("VmRSS", 0))
        words = command(one.pid)
        name = " ".join([os.path.basename(words[0])] + words[1:2]) if words else "?"
        processes.append({"process": name, "rss_kib": rss, "pss_kib": rollup.get("Pss")})
    parts = [p["pss_kib"] for p in processes]
    return {
        "rss_kib": sum(p["rss_kib"] for p in processes),
        "pss_kib": None if None in parts else sum(parts),
        "processes": processes,
    }


class Cores:
    """One core for the server, another for everything that drives it, where there are two."""

    def __init__(self) -> None:
        allowed = sorted(os.sched_getaffinity(0))
        self.pinned = len(allowed) >= 2
        self.server = {allowed[0]} if self.pinned else set(allowed)
        self.driver = {allowed[-1]} if self.pinned else set(allowed)
        os.sched_setaffinity(0, self.driver)

    def shared(self) -> "Cores":
        """The same for a server that gets every core, with what drives it; the driver should then mostly wait."""
        every = copy.copy(self)
        every.server = self.server | self.driver
        return every


class Server:
    """A started process, ended with all of its children when the `with` block ends."""

    def __init__(self, cores: Cores, argv: list, log: Path, **options) -> None:
        self.log = log
        with open(log, "ab") as errors:
            os.sched_setaffinity(0, cores.server)  # a child inherits it
            try:
                self.begun = time.perf_counter()
                self.process = subprocess.Popen(
                    [str(a) for a in argv], stdin=subprocess.DEVNULL, stderr=errors,
                    stdout=options.pop("stdout", errors), start_new_session=True, **options,
                )
            finally:
                os.sched_setaffinity(0, cores.driver)
        self.pid = self.process.pid

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def alive(self) -> bool:
        return self.process.poll() is None

    def tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return " | ".join(lines[-3:]) or "it said nothing"

    def fail(self, what: str) -> Unmeasured:
        state = "" if self.alive() else f" (it ended with {self.process.returncode})"
        return Unmeasured(f"{what}{state}: {self.tail()}")

    def stop(self) -> None:
        try:
            if self.alive():
                self.process.terminate()
                self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            pass
        finally:
            if self.alive():
                self.process.kill()
                self.process.wait()
            # It opened a session of its own. Whoever is still in there was left behind, whatever its parent is now; the kernel
            # gives the number to nobody else as long as somebody is.
            for one in everything():
                if one.session == self.pid:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(one.pid, signal.SIGKILL)
            if self.process.stdout:
                self.process.stdout.close()
