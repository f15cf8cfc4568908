"""bench: compares the platform with its peers. Called by scripts/bench.sh, which installs them; see README.md."""
import json
import os
import signal
import sys
import tempfile
from pathlib import Path

import contest
import figures
import machine
import report
import settings as asked
from processes import Cores


def main() -> int:
    # So that every `with` block ends what it has started, however we are ended.
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(1))
    settings, cores = asked.read(), Cores()
    where = machine.describe(settings, cores)
    with tempfile.TemporaryDirectory(prefix="serviceful-bench-") as name:
        folder = Path(name)
        entrants = contest.contestants(settings, cores, folder)
        contest.run(settings, entrants)
        found, failed = figures.run(settings, cores, folder)
    goals = report.goals(entrants, found)
    where["load_average_at_end"] = os.getloadavg()
    _write(settings.target / "bench/request.json", {
        "machine": where,
        "settings": settings.public(),
        "contest": [{
            "name": one.name, "isolation": one.note, "failure": one.failure,
            "cpu_us": one.middle("cpu_us"), "x_bare_hyper": report.ratio(entrants, one.name, report.HYPER),
            "x_wasmtime_serve": report.ratio(entrants, one.name, report.PEER), "rounds": one.rounds, "rejected": one.rejected,
        } for one in entrants],
        "figures": found,
        "not_measured": failed,
        "goals": goals,
    })
    print(f"\n{report.where(where)}\n\n{report.requests(entrants, settings.connections)}\n\n{report.figures(found, failed)}\n")
    print(report.goals_table(goals))
    print(f"\nMedians of {settings.rounds} rounds of {settings.seconds} s; c8 and c1 are connections; latencies are those of a closed"
          " loop (a slow answer delays the next request), HTTP/1.1 without TLS."
          + ("\nBENCH_QUICK: too short to be quoted." if settings.quick else ""))
    print(f"Every round: {settings.target / 'bench/request.json'}")
    # A missed goal is a finding; a platform that could not be measured is a failure.
    broken = failed or next(one.failure for one in entrants if one.name == report.OURS)
    return 1 if broken else 0


def _write(path: Path, value: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1) + "\n")


sys.exit(main())
