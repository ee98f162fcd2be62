"""Pages: the operator's rules for them, and which of them nothing guards."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from streamlit_gatehouse import _streamlit

_GUARDS = {"account", "login", "require", "protected"}
_PACKAGE = "streamlit_gatehouse"


def enforce(rules: Mapping[str, Sequence[str]]) -> None:
    """Have every page with a rule ask for its roles before its code runs, also where a script leads to it.

    What a browser asks for the gate has judged by then; a page that a script switches to it never sees.
    """
    if not rules:
        return

    def may_run(names: Iterable[str]) -> None:
        from streamlit_gatehouse import _login

        for name in names:
            if name in rules:
                _login.require(*rules[name])

    _streamlit.guard_pages(may_run)


def stands_alone(script: str | None) -> bool:
    """Say whether an app has no pages beside its main script, which then runs under every address.

    A script that can't be read counts as alone, and so does one that calls ``st.navigation`` elsewhere: the
    rule for the first page then holds for all of them.
    """
    if script is None:
        return False
    path = Path(script)
    if (path.parent / "pages").exists():
        return False
    tree = _parsed(path)
    return tree is None or not _calls(tree, {"navigation"})


def unguarded(script: Path, ruled: Iterable[str]) -> list[str]:
    """Name the pages of an app that never call Gatehouse and have no rule: everyone may run them.

    Read from the source text, so it is a help and no guard. Under ``st.navigation`` the main script runs
    before each page, and its call counts for all of them; a ``pages/`` folder has no such thing.
    """
    names = set(ruled)
    tree = _parsed(script)
    folder = (
        [] if tree is None or _calls(tree, {"navigation"}) else sorted((script.parent / "pages").glob("*.py"))
    )
    found = []
    if "" not in names and not _guards(tree):
        found.append(script.name)
    for page in folder:
        if _streamlit.page_name(page) not in names and not _guards(_parsed(page)):
            found.append(f"pages/{page.name}")
    return found


def _parsed(path: Path) -> ast.Module | None:
    try:
        return ast.parse(path.read_text("utf-8"))
    except (OSError, SyntaxError, ValueError):
        return None


def _guards(tree: ast.Module | None) -> bool:
    if tree is None:
        # What can't be read can't be said to be guarded.
        return False
    imported = any(
        (isinstance(node, ast.Import) and any(name.name.split(".")[0] == _PACKAGE for name in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == _PACKAGE)
        for node in ast.walk(tree)
    )
    return imported and _calls(tree, _GUARDS)


def _calls(tree: ast.Module, names: set[str]) -> bool:
    def called(node: ast.Call) -> str:
        function = node.func
        return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")

    calls = any(isinstance(node, ast.Call) and called(node) in names for node in ast.walk(tree))
    # `@gatehouse.protected` without arguments is no call.
    decorated = any(
        getattr(decorator, "attr", getattr(decorator, "id", "")) in names
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
    )
    return calls or decorated
