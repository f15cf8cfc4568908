"""bench: compares the platform with its peers. Called by scripts/bench.sh, which installs them; see README.md.

    python3 scripts/bench [request|js]
"""
import json
import os
import signal
import sys
import tempfile
from pathlib import Path

import javascript
import machine
import report
import request
import settings as asked
from processes import Cores

COMPARISONS = {"request": request, "js": javascript}


def main() -> int:
    what = sys.argv[1] if len(sys.argv) > 1 else "request"
    if len(sys.argv) > 2 or what not in COMPARISONS:
        raise SystemExit(f"bench: write one of {', '.join(COMPARISONS)}")
    # So that every `with` block ends what it has started, however we are ended.
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(1))
    settings, cores = asked.read(), Cores()
    settings.check_parts(COMPARISONS[what].PARTS)
    where = machine.describe(settings, cores)
    with tempfile.TemporaryDirectory(prefix="serviceful-bench-") as name:
        outcome = COMPARISONS[what].run(settings, cores, Path(name))
    where["load_average_at_end"] = os.getloadavg()
    file = settings.target / f"bench/{what}.json"
    _write(file, {"machine": where, "settings": settings.public(), **outcome.document, "goals": outcome.goals})
    print(f"\n{report.where(where)}\n\n{outcome.text}\n\n{report.goals_table(outcome.goals)}")
    print(f"\nMedians of {settings.rounds} rounds of {settings.seconds} s; c{settings.connections} and c1 are connections; latencies are those of"
          " a closed loop (a slow answer delays the next request), HTTP/1.1 without TLS."
          + ("\nBENCH_QUICK: too short to be quoted." if settings.quick else "")
          + (f"\nBENCH_ONLY: {', '.join(sorted(settings.only))}; the rest was not measured." if settings.only else ""))
    print(f"Every round: {file}")
    # A missed goal is a finding; a platform that could not be measured is a failure.
    return 1 if outcome.broken else 0


def _write(path: Path, value: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1) + "\n")


sys.exit(main())
