"""A table of the settings file as a frozen dataclass: names and types as its defaults have them."""

from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from lus_assets.core.errors import LusError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")


def read_table(path: Path, name: str, kind: type[T], given: Any) -> T:
    """What the settings file `path` gives as table `name`.

    Raises:
        LusError: it is no table, or has an unknown name or another type. Names the setting.
    """
    if not isinstance(given, dict):
        raise refused(path, name, "has the wrong type", f"give it as a table [{name}]")
    defaults = {each.name: _default(each) for each in fields(kind)}
    table = cast("dict[str, Any]", given)
    for each, value in table.items():
        if each not in defaults:
            raise refused(path, f"{name}.{each}", "is no setting", f"use {', '.join(defaults)}")
        if type(value) is not type(defaults[each]):
            wanted = type(defaults[each]).__name__
            raise refused(path, f"{name}.{each}", "has the wrong type", f"give it as {wanted}")
    return kind(**table)


def refused(path: Path, name: str, what: str, todo: str) -> LusError:
    """The error of a setting that cannot be used; never its value."""
    return LusError(f"setting {name!r} {what}", where=str(path), todo=todo)


def _default(field: "Field[Any]") -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default
