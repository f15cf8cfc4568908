"""javascript: functions in JavaScript against engines with a JIT, and what they cost beside requests. `make bench-js`."""
from pathlib import Path

import contest
import figures
import js_figures
import js_report
import report
import workloads
from processes import Cores
from report import Outcome, ratio
from settings import Settings
from workloads import BASES, WORKERD, WORKLOADS

PARTS = ["contest", *(one.name for one in WORKLOADS), *js_figures.ALL]


def run(settings: Settings, cores: Cores, folder: Path) -> Outcome:
    contests = workloads.contests(settings, cores, folder)
    contest.run(settings, [(question, entrants) for _, question, entrants in contests])
    found, failed = figures.run(js_figures.ALL, settings, cores, folder)
    keys = {title.replace(" ", "_"): base for title, base in BASES.items()}
    return Outcome(
        document={
            "workloads": [{
                "name": one.name, "what": one.what, "answer_bytes": len(question.answer or b""), "contest": report.rounds(entrants, keys),
            } for one, question, entrants in contests],
            "figures": found, "not_measured": failed,
        },
        text="\n\n".join([
            *(f"{one.name}: {one.what}; {len(question.answer or b''):,} bytes\n{report.requests(entrants, settings.connections, BASES)}"
              for one, question, entrants in contests),
            js_report.shapes(contests), js_report.figures(found, failed),
        ]),
        goals=_goals({one.name: entrants for one, _, entrants in contests}, found),
        broken=bool(failed) or any(report.ours_failed(entrants) for _, _, entrants in contests),
    )


def _goals(contests: dict, found: dict) -> list[dict]:
    hello = ratio(contests.get("hello", []), report.OURS, WORKERD)
    shots, cold, many = (found.get(name) for name in js_figures.ALL)

    def p50(kind: str, figure: str) -> float | None:
        return shots and shots[kind][figure]["p50"]

    def beyond(where: str) -> float | None:
        return cold and cold["source"][where]["first_ms"]["p50"] - cold["component"][where]["first_ms"]["p50"]

    # What a thousand functions need cannot be told from fewer.
    whole = many and many["functions"] >= 1000
    again = whole and many["again"]
    return report.goals([
        ("CPU of a protected hello, an engine a request / workerd's", "x", hello, 1.0),
        ("the same, stretch", "x", hello, 0.5),
        ("snapshot of a small function, p50", "ms", p50("apps", "snapshot_ms"), 100),
        ("the same, deployment sent to ready, p50", "ms", p50("apps", "deploy_ms"), 100),
        ("snapshot of a 1 MiB bundle, p50", "ms", p50("large", "snapshot_ms"), 1000),
        ("the same, deployment sent to ready, p50", "ms", p50("large", "deploy_ms"), 1000),
        ("first request after deploy, new app, p50", "ms", p50("apps", "first_ms"), 5),
        ("first request after deploy, new version, p50", "ms", p50("versions", "first_ms"), 5),
        ("cold start without a worker, beyond Rust's, p50", "ms", beyond("apps"), 2),
        ("cold start, worker running, beyond Rust's, p50", "ms", beyond("functions"), 2),
        ("stored for a hello beyond its source, each", "MB", many and (many["stored_bytes"]["held"] - many["source_bytes"]["p50"]) / 1e6, 1),
        ("RSS added by 1,000 idle functions", "MiB", many["added_rss_kib"] / 1024 if whole else None, 100),
        ("1,000 functions made again for a new engine, all cores", "s", again["again_s"] if again else None, 60),
    ])
