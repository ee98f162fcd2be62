"""The three apps that are compared, each served by a process of its own from the same environment."""

from __future__ import annotations

import subprocess
from contextlib import ExitStack
from pathlib import Path

import postgres
from processing import running
from served import ROOT, Served, free_port

ENVIRONMENT = ROOT / ".build" / "bench"
APPS = ROOT / "bench" / "apps"
NAME, PASSWORD = "bob", "quiet harbor window lamp"


def bare(home: Path) -> Served:
    return Served(APPS / "bare_form.py", home, plain=True, environment=ENVIRONMENT)


def gatehouse(home: Path, gate: str = "app", settings: str = "") -> Served:
    return Served(APPS / "guarded.py", home, environment=ENVIRONMENT, gate=gate, settings=settings)


def on_postgres(home: Path, _stack: ExitStack) -> Served:
    """Gatehouse with its things in PostgreSQL."""
    key = home / "key"
    settings = f'database = "{postgres.database()}"\nkey_file = "{key}"\n'
    return gatehouse(home, settings=settings)


def remote(home: Path, stack: ExitStack) -> Served:
    """Gatehouse with the endpoint in a process of its own, and bob in it."""
    program = str(ENVIRONMENT / "bin" / "gatehouse")
    elsewhere = home / "endpoint"
    elsewhere.mkdir(parents=True)
    port = free_port()
    stack.enter_context(running([program, "serve", "--listen", f"127.0.0.1:{port}"], elsewhere, port))
    served = gatehouse(home / "app")
    added = ["users", "add", NAME, "--password-stdin", "--no-must-change"]
    subprocess.run([program, *added], cwd=elsewhere, input=PASSWORD + "\n", text=True, check=True)
    command = [program, "apps", "add", "bench", "--url", served.url]
    printed = subprocess.check_output(command, cwd=elsewhere, text=True)
    key = next(word for word in printed.split() if word.startswith("bench."))
    settings = f'gate = "app"\nendpoint = "http://localhost:{port}"\npublic_url = "{served.url}"\n'
    (served.home / "gatehouse.toml").write_text(settings)
    served.variables["GATEHOUSE_APP_KEY"] = key
    return served


def app(name: str, home: Path) -> Served:
    """An app without a login, in plain Streamlit."""
    return Served(APPS / f"{name}.py", home, plain=True, environment=ENVIRONMENT)


def add_bob(served: Served) -> None:
    """Makes the one who signs in; the server has to run."""
    served.command("users", "add", NAME, typed=PASSWORD + "\n")


def authenticator(home: Path, users: int) -> Served:
    """streamlit-authenticator with so many users, their passwords hashed beforehand (bcrypt, cost 12)."""
    served = Served(APPS / "authenticator.py", home, plain=True, environment=ENVIRONMENT)
    script = "import bcrypt, sys; print(bcrypt.hashpw(sys.argv[1].encode(), bcrypt.gensalt(12)).decode())"
    python = str(ENVIRONMENT / "bin" / "python")
    hashed = subprocess.check_output([python, "-c", script, PASSWORD], text=True).strip()
    names = [NAME, *(f"user{number}" for number in range(1, users))]
    lines = ["credentials:", "  usernames:"]
    for name in names:
        lines += [
            f"    {name}:",
            f"      email: {name}@example.org",
            f"      first_name: {name}",
            "      last_name: Example",
            f"      password: {hashed}",
            "      roles: [editor]",
        ]
    (home / "users.yaml").write_text("\n".join(lines) + "\n")
    return served
