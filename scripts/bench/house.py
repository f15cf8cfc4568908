"""house: a platform of its own: the release executables, a folder, a free port, an owner, and what is deployed there."""
import contextlib
import hashlib
import json
import os
import re
import subprocess
import threading
import time
from pathlib import Path

import http1
from processes import Cores, Server
from settings import Settings, Unmeasured

READY_S = 60.0
DEPLOY_S = 600.0
FIRST_WAIT_S, LONGEST_WAIT_S = 0.005, 0.5
CLOSED = {"SERVICEFUL_LOG": "warn", "PATH": os.environ.get("PATH", "")}


class House:
    def __init__(self, settings: Settings, cores: Cores, folder: Path, programs: Path | None = None) -> None:
        """`programs`: where the executables are, when not where they were built."""
        programs = programs or settings.release
        self.program = programs / "serviceful"
        for program in (self.program, programs / "serviceful-engine", settings.component):
            if not program.exists():
                raise Unmeasured(f"{program} is missing; `make bench` and `make bench-js` build it")
        folder.mkdir(mode=0o700)
        self.cores, self.folder, self.data, self.port = cores, folder, folder / "data", http1.free_port()
        self.config = folder / "serviceful.toml"
        self.configure()
        self.owner = ""

    def configure(self) -> None:
        """Writes the configuration: address and folder."""
        self.config.write_text(f'data = "data"\n[listen]\naddresses = ["127.0.0.1:{self.port}"]\n')

    @contextlib.contextmanager
    def open(self):
        """The platform, running until the block ends. Starting again finds everything where it was."""
        server = Server(self.cores, [self.program, "serve", "--config", self.config], self.folder / "log",
                        stdout=subprocess.PIPE, env=CLOSED)
        with server:
            self._await_ready(server)
            if not self.owner:
                self._claim()
            yield server

    def _await_ready(self, server: Server) -> None:
        # Ends the wait for a line that does not come.
        limit = threading.Timer(READY_S, server.process.kill)
        limit.start()
        try:
            # After the line nothing more is expected on standard output, so nobody needs to go on reading.
            if not any(b'"ready":true' in line for line in server.process.stdout):
                server.process.wait(READY_S)
                raise server.fail("the platform did not become ready")
        finally:
            limit.cancel()

    def _claim(self) -> None:
        environment = {"PATH": CLOSED["PATH"], "HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder / "config")}
        ran = subprocess.run([self.program, "claim", "--accept", "--name", "Bench"], cwd=self.data, env=environment,
                             stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
        file = self.folder / "config/serviceful/credentials.toml"
        found = re.search(r'^token = "(sfp_[^"]+)"', file.read_text(), re.M) if file.exists() else None
        if ran.returncode != 0 or not found:
            raise Unmeasured(f"`serviceful claim --accept` ended with {ran.returncode}: {ran.stderr.strip()}")
        self.owner = found[1]

    def host(self, name: str) -> str:
        return f"{name}.localhost:{self.port}"

    def headers(self, app: str, token: str) -> dict:
        return {"Host": self.host(app), "Authorization": f"Bearer {token}"}

    def api(self, method: str, path: str, body: dict | bytes | None = None) -> dict:
        """A call of the control API as the owner."""
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        headers = {**self.headers("console", self.owner), "Content-Type": kind}
        status, answer, _ = http1.once(self.port, method, "/api/v1" + path, headers, content)
        if not 200 <= status < 300:
            raise Unmeasured(f"{method} {path} was answered with {status}: {answer.decode(errors='replace')[:300]}")
        return json.loads(answer) if answer.strip() else {}

    def upload(self, component: bytes) -> str:
        digest = "sha256:" + hashlib.sha256(component).hexdigest()
        self.api("PUT", f"/components/{digest}", component)
        return digest

    def deploy(self, app: str, functions: dict[str, str], kind: str = "component") -> dict:
        """Deploys `functions` (route -> digest of what was uploaded, a component or a source) and waits until the app answers."""
        lines, contents, suffix = [f'name = "{app}"'], {}, {"component": "wasm", "source": "js"}[kind]
        for number, (route, digest) in enumerate(functions.items()):
            file = f"{digest[7:23]}.{suffix}"
            contents[file] = digest
            lines += ["[[function]]", f'name = "f{number}"', f'route = "{route}"', f'{kind} = "{file}"']
        sent = {"manifest": "\n".join(lines) + "\n", "components": contents}
        view = self.api("POST", f"/apps/{app}/deployments", sent)
        deadline, wait = time.monotonic() + DEPLOY_S, FIRST_WAIT_S
        while view["phase"] == "preparing":
            if time.monotonic() > deadline:
                raise Unmeasured(f"`{app}` was not deployed after {DEPLOY_S:g} s: {view['phase']}")
            time.sleep(wait)
            # As the hand tool asks: often at first, and not so often that asking is what is measured.
            wait = min(wait * 1.2, LONGEST_WAIT_S)
            view = self.api("GET", f"/apps/{app}/deployments/{view['id']}")
        if view["phase"] != "ready":
            raise Unmeasured(f"`{app}` could not be deployed: {view.get('failure')}")
        return view

    def token(self, app: str) -> str:
        return self.api("POST", "/tokens/call", {"app": app, "life_s": 3600})["secret"]


def distinct(component: bytes, number: int) -> bytes:
    """The same component with a custom section of its own: another digest, so another artefact."""
    name, content = b"bench", number.to_bytes(4, "little")
    section = bytes([len(name)]) + name + content  # all lengths are below 128, so LEB128 is one byte each
    return component + bytes([0, len(section)]) + section
