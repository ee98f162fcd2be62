"""Somebody else who says who somebody is: the certified provider of `tests/oidc`, as a process."""

from __future__ import annotations

import json
import subprocess

from served import ROOT, Served

SECRET = "a secret of sixteen and more"


class Provider:
    """Signs everybody in as one account without asking; nobody where there is no account."""

    def __init__(self, name: str, app: Served, account: str | None, **claims: object) -> None:
        options = {
            "clientId": "gatehouse",
            "clientSecret": SECRET,
            "redirectUris": [f"{app.url}/_gatehouse/provider/callback/{name}"],
            "account": account,
            "claims": claims,
        }
        self._process = subprocess.Popen(
            ["node", ROOT / "tests" / "oidc" / "provider.mjs", json.dumps(options)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        self.issuer = next((line.strip() for line in self._process.stdout if line.startswith("http://")), "")
        assert self.issuer, "the provider did not start: install its package with tools/setup"
        prefix = f"GATEHOUSE_PROVIDERS__{name.upper()}__"
        told = {"ISSUER": self.issuer, "CLIENT_ID": options["clientId"], "CLIENT_SECRET": SECRET}
        app.variables |= {prefix + key: str(value) for key, value in told.items()}

    def stop(self) -> None:
        """It ends with its standard input."""
        self._process.communicate(timeout=15)
