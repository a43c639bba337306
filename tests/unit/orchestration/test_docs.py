"""What the documents tell somebody to type or open is there."""

import re
from pathlib import Path

import click
import pytest

from lus_assets.warehouse.project import ROOT
from orchestration.cli import lus as group

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
CODE = re.compile(r"```\w*\n(.*?)```|`([^`\n]+)`", re.DOTALL)
LUS = re.compile(r"(?<![\w./-])(?:\.venv/bin/)?lus +([a-z].*)")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
OURS = re.compile(
    r"(?<![\w./>-])(?:lus_assets|orchestration|expectations|dbt_project|deploy|docs|tests|bench|spark)"
    r"/[\w./-]+"
)
NOT_IN_GIT = ("dbt_project/target", "dbt_project/logs")


def lines_of_code(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return [line for found in CODE.findall(text) for line in "".join(found).splitlines()]


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def wrong_in(words: list[str]) -> str | None:
    """What of a command line after `lus` does not exist."""
    command: click.Command = group
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name, *words = words
        if name not in command.commands:
            return name
        command = command.commands[name]
    known = {option for param in command.params for option in param.opts} | {"--help"}
    used = {word.partition("=")[0] for word in words if word.startswith("--")}
    return next(iter(used - known), None)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_in_it_exists_with_its_options(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    wrong = list[str]()
    for line in lines_of_code(page):
        for part in re.split(r"&&|\||#", line):
            for found in LUS.findall(part):
                wrong += [f"lus {found}"] * bool(wrong_in(found.split()))
            if made := re.match(r"\s*make (?:-C \S+ )?([a-z-]+)", part):
                wrong += [part] * (made[1] not in targets)
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_that_it_names_exists(page: Path) -> None:
    linked = {page.parent / path for path in LINK.findall(page.read_text(encoding="utf-8"))}
    named = {
        ROOT / path.rstrip(".")
        for line in lines_of_code(page)
        for path in OURS.findall(line)
        if not path.startswith(NOT_IN_GIT)
    }
    assert [str(path) for path in linked | named if not path.exists()] == []


def test_a_command_that_is_not_there_is_seen() -> None:
    assert wrong_in(["run", "--month", "2024-03"]) is None
    assert wrong_in(["ledger", "verify", "--home", "data"]) is None
    assert wrong_in(["run", "--mounth", "2024-03"]) == "--mounth"
    assert wrong_in(["ledger", "very"]) == "very"
