"""What a run was made on: the machine, the versions, the commit."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

from served import ROOT

PACKAGES = ("streamlit", "streamlit-authenticator", "fastapi-users", "uvicorn", "argon2-cffi")


def said(*command: str) -> str:
    """The first line that a command prints; empty when there is none."""
    try:
        printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""
    return printed.strip().partition("\n")[0]


def facts() -> dict[str, str]:
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = next(
        (
            line.partition("=")[2].strip('"')
            for line in Path("/etc/os-release").read_text().splitlines()
            if line.startswith("PRETTY_NAME=")
        ),
        platform.system(),
    )
    return {
        "processor": f"{cpu}, {os.cpu_count()} cores",
        "memory": f"{memory:.0f} GiB",
        "system": f"{system}, Linux {platform.release()}",
    }


def versions() -> dict[str, str]:
    found = {
        "Python": platform.python_version(),
        "Rust": said("rustc", "--version").removeprefix("rustc ").partition(" (")[0],
        "Node": said("node", "--version").removeprefix("v"),
        "Chromium": said("chromium", "--version").split(" ")[1:2][0] if said("chromium", "--version") else "",
        "PostgreSQL": postgres(),
    }
    listed = (
        "import importlib.metadata\n"
        "for found in importlib.metadata.distributions(): print(found.metadata['Name'], found.version)\n"
    )
    for environment in ("bench", "peers"):
        python = ROOT / ".build" / environment / "bin" / "python"
        if python.exists():
            command = [str(python), "-c", listed]
            lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
            installed = dict(line.split(" ") for line in lines)
            found |= {name: version for name, version in installed.items() if name in PACKAGES}
    for package in ("better-auth", "@node-rs/argon2", "@teamhanko/hanko-elements"):
        described = ROOT / "bench" / "peers" / "node_modules" / package / "package.json"
        if described.exists():
            found[package] = described.read_text().partition('"version": "')[2].partition('"')[0]
    return {name: version for name, version in found.items() if version}


def postgres() -> str:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return said(str(programs[-1]), "--version").rpartition(") ")[2].partition(" ")[0] if programs else ""


def commit() -> str:
    dirty = said("git", "status", "--porcelain", "--untracked-files=no", "--", ".", ":!bench")
    return said("git", "rev-parse", "--short=10", "HEAD") + (" and changes" if dirty else "")
