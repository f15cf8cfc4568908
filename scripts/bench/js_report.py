"""js_report: what people read of the JavaScript comparison."""
from report import OURS, mib, ms, number, ratio, table
from workloads import BASES


def shapes(contests: list) -> str:
    """Which shapes of request lose to an engine with a JIT, and by how much."""
    if not contests:
        return "contest: not asked for"
    rows = [["workload", "CPU us/req", *BASES, "what an engine a request without a JIT does beside them"]]
    for workload, _, entrants in contests:
        ratios = [ratio(entrants, OURS, base) for base in BASES.values()]
        ours = next(one for one in entrants if one.name == OURS)
        words = [_verdict(value, base) for value, base in zip(ratios, BASES.values()) if value]
        rows.append([workload.name, number(None if ours.failure else ours.middle("cpu_us")), *(number(value, 2) for value in ratios),
                     ", ".join(words) or "not measured"])
    return "serviceful beside its peers\n" + table(rows)


def _verdict(value: float, base: str) -> str:
    if 0.95 <= value <= 1.05:
        return f"as {base}"
    return f"loses to {base} {value:.1f} times" if value > 1 else f"beats {base} {1 / value:.1f} times"


def figures(found: dict, failed: dict) -> str:
    lines = []
    if shots := found.get("snapshots"):
        for kind, title in (("apps", "a small function, new app"), ("versions", "a small function, new version"), ("large", "a 1 MiB bundle, new app")):
            one = shots[kind]
            lines += [f"{title}:",
                      f"    snapshot                         {ms(one['snapshot_ms'])}, {one['artefact_bytes']['p50'] / 1e6:.2f} MB",
                      f"    deployment sent to ready         {ms(one['deploy_ms'])}",
                      f"    first request after that         {ms(one['first_ms'])} (second {one['second_ms']['p50']:.2f})"]
    if cold := found.get("cold"):
        for where, title in (("apps", "no worker"), ("functions", "worker running")):
            for kind, word in (("source", "JavaScript"), ("component", "Rust")):
                one = cold[kind][where]
                lines.append(f"first call, {title}, {word}:".ljust(43) + f"{ms(one['first_ms'])} (second {one['second_ms']['p50']:.2f})")
        lines.append(f"    no spare worker was seen before {cold['without_spare']} of the apps")
    if many := found.get("many"):
        title = f"{many['functions']:,} idle functions"
        lines.append(f"{title} add:".ljust(43) + mib({"rss_kib": many["added_rss_kib"], "pss_kib": many["added_pss_kib"]})
                     + f" (deployed in {many['deploy_s']:.0f} s; one of them answers after {many['first_answer_ms']:.1f} ms)")
        lines.append("stored for each:".ljust(43) + f"{many['stored_bytes']['held'] / 1e6:.2f} MB on disk, {many['stored_bytes']['written'] / 1e6:.2f} MB written;"
                     f" source {many['source_bytes']['p50']:.0f} B, snapshot {many['artefact_bytes']['p50'] / 1e6:.2f} MB")
        again = many["again"]
        lines.append(f"{title} for a new engine:".ljust(43) + f"{again['again_s']:.1f} s from the start, {again['cpu_s']:.1f} s of CPU"
                     f" (answers after {again['ready_s']:.2f} s)")
    lines += [f"not measured: {name}: {why}" for name, why in failed.items()]
    return "\n".join(lines)
