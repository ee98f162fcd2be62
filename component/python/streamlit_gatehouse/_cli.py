"""The ``gatehouse`` command. Only ``run`` imports Streamlit; everything else is the native module's."""

from __future__ import annotations

import getpass
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streamlit_gatehouse import _native

_USAGE = """Usage: gatehouse run APP.py [options] [streamlit options] [-- arguments of the app]

Serves a Streamlit app with the sign-in endpoint on the same origin and the gate in front.

Options:
  --password        One password for everybody. It is taken from the settings (`password = "..."` under
                    [gatehouse] in .streamlit/secrets.toml, or GATEHOUSE_PASSWORD), or else asked for.
  --username NAME   Ask for this name beside it.

The other options are those of `streamlit run`.
"""

_NO_TERMINAL = """There is no terminal to ask for the password. Write it into .streamlit/secrets.toml:

    [gatehouse]
    password = "what `gatehouse hash` prints"

or set GATEHOUSE_PASSWORD."""


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] != "run":
        # `serve` shows the forms that the wheel brings, unless the settings name others.
        os.environ.setdefault("GATEHOUSE_ASSETS", str(Path(__file__).parent / "static"))
        # Python's own handler would wait for the native call to return.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        sys.exit(_native.cli_main(["gatehouse", *arguments]))
    if len(arguments) == 1 or arguments[1] in {"-h", "--help"}:
        print(_USAGE)
        sys.exit(0 if len(arguments) > 1 else 2)
    try:
        _run(arguments[1:])
    except RuntimeError as error:
        print(f"gatehouse: {error}", file=sys.stderr)
        sys.exit(1)


def _run(arguments: list[str]) -> None:
    import click
    from streamlit_gatehouse import _state, _streamlit, _versions
    from streamlit_gatehouse._mount import mount

    @click.command("run")
    @_streamlit.with_options
    @click.option("--password", "one_password", is_flag=True)
    @click.option("--username", "one_username")
    @click.argument("target")
    @click.argument("args", nargs=-1)
    def parse(
        target: str, args: tuple[str, ...], one_password: bool, one_username: str | None, **values: Any
    ) -> None:
        path = Path(target)
        if path.is_dir():
            path /= "streamlit_app.py"
        if not path.is_file():
            raise RuntimeError(f"There is no file {path}. Name the app's main script.")
        script = str(path.resolve())
        options = _streamlit.flags(values)
        _streamlit.load_options(script, options)
        complaint = _versions.unsupported()
        if complaint is not None:
            raise RuntimeError(complaint)
        # Refuse wrong settings before anything listens.
        password = _password(script) if one_password else None
        _native.open(script, str(_state.ASSETS), password=password, username=one_username)
        if one_password and not _native.covers_app():
            raise RuntimeError(
                'gate = "script" leaves the app open wherever its script does not ask for a login, so one '
                "password would not protect it. Remove that setting, or start without --password."
            )
        _bind(options)
        # uvicorn believes X-Forwarded-For from 127.0.0.1 unless told otherwise.
        os.environ["FORWARDED_ALLOW_IPS"] = ""
        _state.believes_nobody = True
        _streamlit.run(script, options, args, mount())

    parse.main(args=arguments, prog_name="gatehouse run", standalone_mode=True)


def _password(script: str) -> str | None:
    """Ask for the one password, unless the settings have it. It never stands in an argument."""
    if _native.has_password(script):
        return None
    if not sys.stdin.isatty():
        raise RuntimeError(_NO_TERMINAL)
    first = getpass.getpass("One password for everybody: ")
    if first != getpass.getpass("Again: "):
        raise RuntimeError("The passwords differ. Start again.")
    return first


def _bind(options: dict[str, Any]) -> None:
    """Without a public URL the app is for this machine: listen nowhere else."""
    from streamlit_gatehouse import _streamlit

    if _native.public_url() is not None:
        return
    address = _streamlit.option("server.address")
    if address is None:
        options["server.address"] = "127.0.0.1"
        # App.run reads the configuration again, and warns when a server option differs by then.
        _streamlit.set_default("server.address", "127.0.0.1")
    elif address not in {"localhost", "127.0.0.1", "::1"}:
        raise RuntimeError(
            f"server.address is {address}, but without a public URL only this machine is served. "
            'Write where people reach the app into gatehouse.toml, for example: public_url = "https://app.example.org"'
        )
