"""Every method at every route, with everything that its description allows and much that it forbids.

No answer may be a 5xx, have a status that the description does not name, or a body that it does not describe.
"""

from __future__ import annotations

import copy
import json
import subprocess
from pathlib import Path

import pytest

from described import PROGRAMS, Endpoint

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
)


def run(endpoint: Endpoint, directory: Path, *options: str, description: object = None) -> tuple[int, str]:
    """Run schemathesis, the same requests every time; return its exit code and what it says."""
    path = directory / "openapi.json"
    path.write_text(json.dumps(description or endpoint.description))
    command = [str(PROGRAMS / "schemathesis"), "run", str(path), "--url", endpoint.url]
    command += ["--phases", "examples,coverage,fuzzing", "--checks", ",".join(CHECKS), "--max-examples", "25"]
    command += ["--seed", "1", "--generation-database", "none", "--max-redirects", "0", "--no-color"]
    command += ["--continue-on-failure", "--header", f"Origin: {endpoint.url}", *options]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, done.stdout + done.stderr


def test_nobody_gets_more_than_the_description_says(endpoint: Endpoint, tmp_path: Path) -> None:
    code, said = run(endpoint, tmp_path)
    assert code == 0, said
    operations = sum(len(methods) for methods in endpoint.description["paths"].values())
    assert f"{operations} selected" in said, said


def test_somebody_signed_in_gets_no_more_than_the_description_says(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    cookie = ("--header", f"Cookie: {endpoint.session}")
    code, said = run(endpoint, tmp_path, *cookie, "--exclude-path", "/_gatehouse/logout")
    assert code == 0, said


@pytest.mark.parametrize(("path", "status"), [("/_gatehouse/login", "422"), ("/_gatehouse/password", "401")])
def test_a_status_that_is_not_described_is_found(
    endpoint: Endpoint, tmp_path: Path, path: str, status: str
) -> None:
    """Control: the same run against a description that lacks one answer."""
    description = copy.deepcopy(endpoint.description)
    del description["paths"][path]["post"]["responses"][status]
    code, said = run(endpoint, tmp_path, "--include-path", path, description=description)
    assert code == 1, said
    assert "Undocumented status code" in said, said
