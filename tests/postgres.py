"""A real PostgreSQL of one's own: a new cluster in a temporary folder, on a free port, run by an unprivileged user.

``python -m tests.postgres pytest tests/tryon`` runs a command with DATABASE_URL naming such a server; tests take the fixture
``postgres`` instead. Needs Debian's ``postgresql`` package, or any server whose programs are on the PATH.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

USER = "aifashion"


def find_programs() -> Path | None:
    """The folder of ``initdb`` and ``pg_ctl``: the newest of Debian's, else that on the PATH. None where there is none."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = str(debian[-1]) if debian else shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Postgres:
    """``start``, ``stop`` and ``close``; ``url`` is what DATABASE_URL should say."""

    def __init__(self) -> None:
        programs = find_programs()
        if programs is None:
            raise FileNotFoundError("PostgreSQL is not installed: apt-get install postgresql")
        self.programs, self.port = programs, free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="aifashion-postgres-"))
        self.user = _unprivileged()
        if self.user:
            shutil.chown(self.folder, self.user)
        self._run("initdb", "--auth=trust", f"--username={USER}", "--encoding=UTF8", "--no-locale", "--no-sync")

    @property
    def url(self) -> str:
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        return f"postgres://{USER}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        quick = "-c fsync=off -c full_page_writes=off -c max_connections=50"
        listen = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
        self._run("pg_ctl", "start", "--wait", f"--log={self.folder / 'log'}", f"--options={listen} {quick}")

    def stop(self, how: str = "fast") -> None:
        """``fast`` cuts all connections, ``immediate`` is a crash."""
        self._run("pg_ctl", "stop", "--wait", f"--mode={how}")

    def create(self, database: str) -> str:
        """A new, empty database; what DATABASE_URL should say for it."""
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}"'.encode())
        return self.url_of(database)

    def close(self) -> None:
        if (self.folder / "data" / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *words: str) -> None:
        command = [str(self.programs / program), "-D", str(self.folder / "data"), *words]
        if self.user:  # PostgreSQL refuses to be run by root
            command = ["runuser", "-u", self.user, "--", *command]
        with (self.folder / "commands.log").open("a+") as log:
            done = subprocess.run(command, cwd=self.folder, stdout=log, stderr=log, check=False)
            log.seek(0)
            assert done.returncode == 0, log.read()[-2000:]


def _unprivileged() -> str:
    """Who runs the server, when we are root: Debian's own user for it, else nobody. Empty: we ourselves."""
    if os.geteuid() != 0:
        return ""
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def main(words: list[str]) -> int:
    server = Postgres()
    try:
        server.start()
        return subprocess.run(words, env={**os.environ, "DATABASE_URL": server.url}, check=False).returncode
    finally:
        server.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
