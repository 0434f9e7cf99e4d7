"""The Dockerfile's steps without any engine: each of a stage's COPY, ENV and RUN in a clean folder, then its own CMD, asked for its health.

``python -m tests.deploy.rehearse web``. Every path the image would have lies under a temporary folder; pip installs into a clean
virtual environment.
What only an image can do is named and left out: users and their rights. ``deploy/check_dockerfile.sh`` does those too, with buildah.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.postgres import free_port

ROOT = Path(__file__).resolve().parents[2]
OF_AN_IMAGE = re.compile(r"^(useradd|chown)\b")


def read_stages(text: str) -> dict[str, list[tuple[str, str]]]:
    """stage → its instructions, those of the stages it begins with first."""
    joined = re.sub(r"\\\n(\s*#[^\n]*\n)*", " ", text)
    stages: dict[str, list[tuple[str, str]]] = {}
    now: list[tuple[str, str]] = []
    for line in joined.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            now = stages[name] = list(stages.get(base, []))
        else:
            now.append((word, rest.strip()))
    return stages


class Rehearsal:
    def __init__(self, folder: Path, stages: dict[str, list[tuple[str, str]]]) -> None:
        self.root, self.stages = folder, stages
        self.environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(folder)}
        self.command: list[str] = []

    def inside(self, text: str) -> str:
        """A text with the image's paths turned into ours."""
        return re.sub(r"(?<![\w.])/(app|opt/venv|var/lib/aifashion)\b", rf"{self.root}/\1", text)

    def play(self, stage: str) -> None:
        for word, rest in self.stages[stage]:
            getattr(self, f"do_{word.lower()}", self.leave_out(word))(rest)

    def leave_out(self, word: str):  # type: ignore[no-untyped-def]
        return lambda rest: print(f"   (left out: {word} {rest})")

    def do_workdir(self, rest: str) -> None:
        self.work = Path(self.inside(rest))
        self.work.mkdir(parents=True, exist_ok=True)

    def do_env(self, rest: str) -> None:
        for pair in shlex.split(rest):
            name, _, value = pair.partition("=")
            value = re.sub(r"\$(\w+)", lambda found: self.environment.get(found[1], ""), self.inside(value))
            self.environment[name] = value

    def do_arg(self, rest: str) -> None:
        name, _, value = rest.partition("=")
        self.environment.setdefault(name, value.strip('"'))

    def do_copy(self, rest: str) -> None:
        if stage := re.match(r"--from=(\S+) (\S+) (\S+)", rest):
            if not Path(self.inside(stage[3])).exists():
                raise SystemExit(f"COPY {rest}: nothing was built there")
            return  # one folder serves all stages
        *sources, target = shlex.split(rest)
        for source in sources:
            found, place = ROOT / source, self.work / target
            if found.is_dir():
                shutil.copytree(found, place, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
            else:
                place = place / found.name if target.endswith(("/", ".")) else place
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(found, place)

    def do_run(self, rest: str) -> None:
        steps = [step.strip() for step in rest.split("&&")]
        kept = [step for step in steps if not OF_AN_IMAGE.match(step)]
        for step in set(steps) - set(kept):
            print(f"   (only in an image: {step})")
        if kept:
            text = self.inside(" && ".join(kept))
            print(f"-> {text[:150]}", flush=True)
            subprocess.run(["sh", "-ec", text], cwd=self.work, env=self.environment, check=True)

    def do_cmd(self, rest: str) -> None:
        self.command = json.loads(rest)


def ask(address: str) -> bytes:
    request = urllib.request.Request(address, headers={"X-Forwarded-Proto": "https"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        content: bytes = answer.read()
        return content


def start_and_ask(rehearsal: Rehearsal) -> None:
    port = free_port()
    secrets = {
        "SECRET_KEY": os.urandom(40).hex(),
        "ALLOWED_HOSTS": "127.0.0.1",
        "BEHIND_PROXY": "true",
        "PORT": str(port),
    }
    environment = rehearsal.environment | secrets
    found = shutil.which(rehearsal.command[0], path=environment["PATH"])
    if not found or not found.startswith(str(rehearsal.root)):
        raise SystemExit(f"{rehearsal.command[0]} is not in the image's own environment, but {found}")
    subprocess.run(["python", "manage.py", "prepare_site"], cwd=rehearsal.work, env=environment, check=True)
    server = subprocess.Popen(rehearsal.command, cwd=rehearsal.work, env=environment)
    try:
        for _ in range(300):
            try:
                print(ask(f"http://127.0.0.1:{port}/health/live").decode())
                break
            except OSError:
                time.sleep(0.2)
        print(ask(f"http://127.0.0.1:{port}/health/ready").decode())
        tile = ask(f"http://127.0.0.1:{port}/fabrics/plaid/7.png?size=256")
        print(f"a fabric of {len(tile)} bytes")
        server.send_signal(signal.SIGTERM)
        if server.wait(40) != 0:
            raise SystemExit(f"told to stop, it ended with {server.returncode}")
    finally:
        if server.poll() is None:
            server.kill()


def main(stage: str = "web") -> None:
    stages = read_stages((ROOT / "Dockerfile").read_text())
    with tempfile.TemporaryDirectory(prefix="aifashion-image-") as folder:
        rehearsal = Rehearsal(Path(folder), stages)
        built = [rest.split()[0].removeprefix("--from=") for word, rest in stages[stage] if rest.startswith("--from=")]
        for each in built:
            rehearsal.play(each)
        rehearsal.play(stage)
        if stage == "web":
            start_and_ask(rehearsal)
    print(f"The stage {stage} holds.")


if __name__ == "__main__":
    main(*sys.argv[1:])
