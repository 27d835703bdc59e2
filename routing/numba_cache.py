"""Where compiled kernels are kept: one folder per state of the kernel's sources.

Numba notices a change in a function's own file only, not in the files it calls; a stale kernel would give wrong
plans. So the folder's name is a digest over every source of the kernel.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba

KERNEL_MODULES = ("numba_cache", "instance", "evaluate", "assign")
"""Modules of `routing` that hold or shape compiled functions, besides those of `routing.search`."""


def kernel_cache_dir() -> Path:
    """Folder of compiled kernels for the sources as they stand."""
    here = Path(__file__).resolve().parent
    digest = hashlib.sha256(f"{numba.__version__} {here}".encode())
    for source in [here / f"{name}.py" for name in KERNEL_MODULES] + sorted(here.glob("search/*.py")):
        digest.update(source.read_bytes())
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "schoolrun" / f"kernel-{digest.hexdigest()[:16]}"


def is_compiled() -> bool:
    """Whether the kernel has been compiled before (the first run takes about a minute longer)."""
    return any(kernel_cache_dir().rglob("*search_chunk*.nbi"))


numba.config.CACHE_DIR = str(kernel_cache_dir())  # type: ignore[attr-defined]


def njit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel function: cached on disk, free of the GIL."""
    compiled: Callable[..., Any] = numba.njit(function, cache=True, nogil=True)
    return compiled


def njit_inline(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a small kernel function into its callers.

    A call that hands over a tuple of arrays counts every one of them up and down, which costs more than most of these
    functions do.
    """
    compiled: Callable[..., Any] = numba.njit(function, cache=True, nogil=True, forceinline=True)
    return compiled
