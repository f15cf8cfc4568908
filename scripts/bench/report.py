"""report: the tables that people read, and the goals beside what was found."""
from contest import Contestant

HYPER, PEER, OURS = "bare hyper", "wasmtime serve, fresh", "serviceful"


def _number(value: float | None, digits: int = 1) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def _table(rows: list[list[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) if column in (0, len(row) - 1) else cell.rjust(width)
                 for column, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def ratio(contest: list[Contestant], name: str, base: str) -> float | None:
    """CPU a request of one over that of another, medians."""
    cpu = {one.name: one.middle("cpu_us") for one in contest}
    return cpu[name] / cpu[base] if cpu.get(name) and cpu.get(base) else None


def requests(contest: list[Contestant], connections: int) -> str:
    rows = [["server", "CPU us/req", "range", "x hyper", "x serve", f"req/s c{connections}", f"p50 us c{connections}",
             f"p99 us c{connections}", "p50 us c1", "p99 us c1", "RSS MiB", "what stands between two requests"]]
    for one in contest:
        if one.failure:
            continue
        cpu = one.values("cpu_us")
        rows.append([
            one.name, _number(one.middle("cpu_us")), f"{min(cpu):.1f}-{max(cpu):.1f}",
            _number(ratio(contest, one.name, HYPER), 2), _number(ratio(contest, one.name, PEER), 2),
            _number(one.middle("full", "rate"), 0), _number(one.middle("full", "p50_us"), 0), _number(one.middle("full", "p99_us"), 0),
            _number(one.middle("single", "p50_us"), 0), _number(one.middle("single", "p99_us"), 0),
            _number(one.middle("memory", "rss_kib") / 1024), one.note,
        ])
    text = _table(rows)
    for one in contest:
        if one.failure:
            text += f"\nnot measured: {one.name}: {one.failure}"
        if one.rejected:
            text += f"\n{one.name}: {len(one.rejected)} runs rejected, {one.rejected[-1]['faults']}"
    return text


def _ms(spread: dict) -> str:
    last = "p99" if spread["count"] >= 100 else "max"
    return f"p50 {spread['p50']:.2f} ms, {last} {spread['p99']:.2f} ms of {spread['count']}"


def _mib(memory: dict) -> str:
    pss = memory["pss_kib"]
    return f"RSS {memory['rss_kib'] / 1024:.1f} MiB, PSS {'not readable' if pss is None else f'{pss / 1024:.1f} MiB'}"


def figures(found: dict, failed: dict) -> str:
    lines = []
    if cold := found.get("cold_functions"):
        lines.append(f"first call of a function, worker running: {_ms(cold['first_ms'])}"
                     f" (second call {cold['second_ms']['p50']:.2f}, warm {cold['warm_ms']['p50']:.2f}, so loading takes"
                     f" {cold['first_ms']['p50'] - cold['warm_ms']['p50']:.2f})")
    if cold := found.get("cold_apps"):
        lines.append(f"first call of an app without a worker:     {_ms(cold['first_ms'])} (second call {cold['second_ms']['p50']:.2f};"
                     f" no spare was seen before {cold['without_spare']} of them)")
    if start := found.get("start_and_idle"):
        lines.append(f"start of `serve` to the first answer:      {_ms(start['first_answer_ms'])} (ready after {start['ready_ms']['p50']:.2f})")
        lines.append(f"at rest, one app, never called:            {_mib(start['memory_untouched'])}")
        lines.append(f"at rest, one app, called once:             {_mib(start['memory_called'])}")
        lines += [f"    {one['process']}: {_mib(one)}" for one in start["memory_called"]["processes"]]
    if dense := found.get("density"):
        lines.append(f"{dense['functions']:,} idle functions add:".ljust(43) + _mib({"rss_kib": dense["added_rss_kib"], "pss_kib": dense["added_pss_kib"]})
                     + f" (deployed in {dense['deploy_s']:.0f} s; one of them answers after {dense['first_answer_ms']:.1f} ms)")
    for name, size in found.get("sizes", {}).items():
        bare = size["stripped_bytes"]
        lines.append(f"size of {name}:".ljust(43) + f"{size['bytes'] / 2**20:.1f} MiB, stripped {'-' if bare is None else f'{bare / 2**20:.1f} MiB'}")
    lines += [f"not measured: {name}: {why}" for name, why in failed.items()]
    return "\n".join(lines)


def goals(contest: list[Contestant], found: dict) -> list[dict]:
    """Each goal with what was found; `reached` is None when it was not measured, or not at the size that the goal names."""
    cold, apps, start, dense = (found.get(n) for n in ("cold_functions", "cold_apps", "start_and_idle", "density"))
    whole = dense and dense["functions"] >= 10_000
    rows = [
        ("CPU of a protected request / wasmtime serve", "x", ratio(contest, OURS, PEER), 0.30),
        ("the same, stretch", "x", ratio(contest, OURS, PEER), 0.20),
        ("cold start, worker running, p50", "ms", cold and cold["first_ms"]["p50"], 1.0),
        ("cold start, no worker, p50", "ms", apps and apps["first_ms"]["p50"], 15.0),
        ("RSS at rest, one app, all processes", "MiB", start and max(start[m]["rss_kib"] for m in ("memory_untouched", "memory_called")) / 1024, 64.0),
        ("start to first answer, p50", "ms", start and start["first_answer_ms"]["p50"], 300.0),
        ("RSS added by 10,000 idle functions", "MiB", dense["added_rss_kib"] / 1024 if whole else None, 40.0),
    ]
    return [{"goal": name, "unit": unit, "most": most, "found": value, "reached": None if value is None else value <= most}
            for name, unit, value, most in rows]


def goals_table(rows: list[dict]) -> str:
    words = {True: "reached", False: "MISSED", None: "not measured"}
    return _table([["goal", "at most", "found", ""]] + [
        [one["goal"], f"{one['most']:g} {one['unit']}", _number(one["found"], 2), words[one["reached"]]] for one in rows])


def where(machine: dict) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items() if version)
    loads = " ".join(f"{one:.2f}" for one in machine["load_average"])
    pinned = (f"server on core {machine['server_cores']}, load on core {machine['driver_cores']}"
              if machine["server_cores"] != machine["driver_cores"] else "nothing is pinned: there is one core")
    return (f"{machine['kernel']}, {machine['processor']}, {machine['cores']} cores, {machine['memory_kib'] // 1024} MiB; {pinned}\n"
            f"load average {loads} at the start\n{versions}")
