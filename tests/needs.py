"""What a test needs and may not find: then it says "not run", never nothing."""

import shutil

import pytest


def needs_program(name: str) -> pytest.MarkDecorator:
    """Only where the program is installed; `.ci/system-packages` names its Debian package."""
    reason = f"not run: {name} is not here (make system-packages)"
    return pytest.mark.skipif(shutil.which(name) is None, reason=reason)
