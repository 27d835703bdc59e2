"""How the command line says that what was given cannot be used."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from api.errors import BAD_INPUT_ERRORS, EXIT_BAD_INPUT


@contextmanager
def input_errors() -> Iterator[None]:
    """What was given cannot be used: say so in full on standard error, exit code 2."""
    try:
        yield
    except BAD_INPUT_ERRORS as error:
        refuse(str(error))


def refuse(message: str) -> NoReturn:
    """Say why on standard error and end with exit code 2."""
    print(message, file=sys.stderr)
    raise typer.Exit(EXIT_BAD_INPUT)
