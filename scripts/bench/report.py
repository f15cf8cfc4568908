"""report: the tables that people read, and the goals beside what was found."""
from dataclasses import dataclass

from contest import Contestant

OURS = "serviceful"


@dataclass(frozen=True)
class Outcome:
    """What a comparison found, for the file and for people."""
    document: dict
    text: str
    goals: list[dict]
    broken: bool


def number(value: float | None, digits: int = 1) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def table(rows: list[list[str]]) -> str:
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


def requests(contest: list[Contestant], connections: int, bases: dict[str, str]) -> str:
    """The table of one contest. `bases`: title of a column -> whose CPU everybody's is compared with."""
    if not contest:
        return "contest: not asked for"
    rows = [["server", "CPU us/req", "range", *bases, f"req/s c{connections}", f"p50 us c{connections}",
             f"p99 us c{connections}", "p50 us c1", "p99 us c1", "RSS MiB", "what stands between two requests"]]
    for one in contest:
        if one.failure:
            continue
        cpu = one.values("cpu_us")
        rows.append([
            one.name, number(one.middle("cpu_us")), f"{min(cpu):.1f}-{max(cpu):.1f}",
            *(number(ratio(contest, one.name, base), 2) for base in bases.values()),
            number(one.middle("full", "rate"), 0), number(one.middle("full", "p50_us"), 0), number(one.middle("full", "p99_us"), 0),
            number(one.middle("single", "p50_us"), 0), number(one.middle("single", "p99_us"), 0),
            number(one.middle("memory", "rss_kib") / 1024), one.note,
        ])
    text = table(rows)
    for one in contest:
        if one.failure:
            text += f"\nnot measured: {one.name}: {one.failure}"
        if one.rejected:
            text += f"\n{one.name}: {len(one.rejected)} runs rejected, {one.rejected[-1]['faults']}"
    return text


def rounds(contest: list[Contestant], bases: dict[str, str]) -> list[dict]:
    """One contest for the file. `bases`: key -> whose CPU everybody's is compared with."""
    return [{
        "name": one.name, "isolation": one.note, "failure": one.failure, "cpu_us": one.middle("cpu_us"),
        **{key: ratio(contest, one.name, base) for key, base in bases.items()}, "rounds": one.rounds, "rejected": one.rejected,
    } for one in contest]


def ours_failed(contest: list[Contestant]) -> bool:
    return any(one.failure for one in contest if one.name == OURS)


def ms(spread: dict) -> str:
    last = "p99" if spread["count"] >= 100 else "max"
    return f"p50 {spread['p50']:.2f} ms, {last} {spread['p99']:.2f} ms of {spread['count']}"


def mib(memory: dict) -> str:
    pss = memory["pss_kib"]
    return f"RSS {memory['rss_kib'] / 1024:.1f} MiB, PSS {'not readable' if pss is None else f'{pss / 1024:.1f} MiB'}"


def figures(found: dict, failed: dict) -> str:
    lines = []
    if cold := found.get("cold_functions"):
        lines.append(f"first call of a function, worker running: {ms(cold['first_ms'])}"
                     f" (second call {cold['second_ms']['p50']:.2f}, warm {cold['warm_ms']['p50']:.2f}, so loading takes"
                     f" {cold['first_ms']['p50'] - cold['warm_ms']['p50']:.2f})")
    if cold := found.get("cold_apps"):
        lines.append(f"first call of an app without a worker:     {ms(cold['first_ms'])} (second call {cold['second_ms']['p50']:.2f};"
                     f" no spare was seen before {cold['without_spare']} of them)")
    if start := found.get("start_and_idle"):
        lines.append(f"start of `serve` to the first answer:      {ms(start['first_answer_ms'])} (ready after {start['ready_ms']['p50']:.2f})")
        lines.append(f"at rest, one app, never called:            {mib(start['memory_untouched'])}")
        lines.append(f"at rest, one app, called once:             {mib(start['memory_called'])}")
        lines += [f"    {one['process']}: {mib(one)}" for one in start["memory_called"]["processes"]]
    if dense := found.get("density"):
        lines.append(f"{dense['functions']:,} idle functions add:".ljust(43) + mib({"rss_kib": dense["added_rss_kib"], "pss_kib": dense["added_pss_kib"]})
                     + f" (deployed in {dense['deploy_s']:.0f} s; one of them answers after {dense['first_answer_ms']:.1f} ms)")
    for name, size in found.get("sizes", {}).items():
        bare = size["stripped_bytes"]
        lines.append(f"size of {name}:".ljust(43) + f"{size['bytes'] / 2**20:.1f} MiB, stripped {'-' if bare is None else f'{bare / 2**20:.1f} MiB'}")
    lines += [f"not measured: {name}: {why}" for name, why in failed.items()]
    return "\n".join(lines)


def goals(rows: list[tuple[str, str, float | None, float]]) -> list[dict]:
    """Each goal (name, unit, found, at most) with its verdict, which is None when it was not measured at the size that it names."""
    return [{"goal": name, "unit": unit, "most": most, "found": value, "reached": None if value is None else value <= most}
            for name, unit, value, most in rows]


def goals_table(rows: list[dict]) -> str:
    words = {True: "reached", False: "MISSED", None: "not measured"}
    return table([["goal", "at most", "found", ""]] + [
        [one["goal"], f"{one['most']:g} {one['unit']}", number(one["found"], 2), words[one["reached"]]] for one in rows])


def where(machine: dict) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items() if version)
    loads = " ".join(f"{one:.2f}" for one in machine["load_average"])
    pinned = (f"server on core {machine['server_cores']}, load on core {machine['driver_cores']}"
              if machine["server_cores"] != machine["driver_cores"] else "nothing is pinned: there is one core")
    return (f"{machine['kernel']}, {machine['processor']}, {machine['cores']} cores, {machine['memory_kib'] // 1024} MiB; {pinned}\n"
            f"load average {loads} at the start\n{versions}")
