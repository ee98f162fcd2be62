"""A PostgreSQL of the benchmark's own, by tools/postgres; each server gets an empty database."""

from __future__ import annotations

import atexit
import itertools
import os
import re
import subprocess
from functools import cache
from pathlib import Path

from served import ROOT

HOME = ROOT / ".build" / "bench-postgres"
TOOL = ROOT / "tools" / "postgres"
_numbers = itertools.count(1)


def served() -> bool:
    """Whether this Gatehouse keeps its things in PostgreSQL, too."""
    return (ROOT / "src" / "storage" / "postgres").is_dir()


@cache
def _start() -> str:
    variables = os.environ | {"GATEHOUSE_POSTGRES_DIR": str(HOME)}
    subprocess.run([str(TOOL), "start"], env=variables, check=True, stdout=subprocess.DEVNULL)
    atexit.register(subprocess.run, [str(TOOL), "stop"], env=variables, check=False)
    return subprocess.check_output([str(TOOL), "url"], env=variables, text=True).strip()


def pin(cores: str) -> None:
    """Has the cluster run on these cores; connections that come later do, too."""
    _start()
    main = int((HOME / "data" / "postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
    for pid in (str(main), *children):
        # One may have ended by now.
        subprocess.run(["taskset", "-acp", cores, pid], stdout=subprocess.DEVNULL, check=False)


def database(cores: str = "") -> str:
    """The address of a new, empty database; the cluster then runs on these cores."""
    url = _start()
    name = f"bench_{os.getpid()}_{next(_numbers)}"
    sql(f"CREATE DATABASE {name}", url)
    atexit.register(sql, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", url)
    if cores:
        pin(cores)
    return re.sub(r"/postgres$", f"/{name}", url)


def sql(text: str, url: str) -> str:
    """Runs SQL; what it prints, a row in a line, unaligned."""
    return subprocess.check_output(psql(url, text), text=True).strip()


def psql(url: str, text: str) -> list[str]:
    """The command that runs SQL."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/psql"))
    program = str(programs[-1]) if programs else "psql"
    return [program, url, "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", text]
