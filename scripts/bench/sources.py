"""sources: JavaScript to deploy: the workloads as the hand tool sends them, and modules made in numbers."""
import json
import subprocess
from pathlib import Path

from settings import Settings, Unmeasured

BUNDLE_S = 60.0
LARGE_BYTES = 1 << 20


def bundled(settings: Settings, file: Path) -> bytes:
    """One module with its source map, made by the bundler that `serviceful deploy` asks."""
    ran = subprocess.run([settings.release / "serviceful-bundle", file.parent, file.name], stdin=subprocess.DEVNULL,
                         capture_output=True, text=True, timeout=BUNDLE_S, check=False)
    if ran.returncode != 0:
        raise Unmeasured(f"{file.name} was not bundled: {(ran.stdout or ran.stderr).strip()[:300]}")
    return json.loads(ran.stdout)["module"].encode()


def small(number: int) -> bytes:
    """A hello with a number of its own: another digest, another memory, so another snapshot."""
    return f'const number = {number};\nexport default {{\n  fetch() {{\n    return new Response(`Hello, world {number}.\\n`);\n  }},\n}};\n'.encode()


def large(number: int) -> bytes:
    """1 MiB of small functions, each reachable, one called."""
    lines, size = [f"export const number = {number};\nconst table = [];\n"], 0
    while size < LARGE_BYTES:
        n = len(lines)
        lines.append(f"table.push(function step{n}(a, b) {{ const c = a * {n} + b; return c % 7 === 0 ? `${{c}} is even of seven` : c - {n}; }});\n")
        size += len(lines[-1])
    lines.append("export default { fetch: () => new Response(`${table[5](1, 2)} of ${table.length}\\n`) };\n")
    return "".join(lines).encode()
