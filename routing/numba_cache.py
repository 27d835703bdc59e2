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

KERNEL_MODULES = (
    "numba_cache", "instance", "evaluate", "disturbance", "assign", "fleet_sets", "teams", "insert_places",
    "insert_kernel", "bound/eights", "bound/fields", "bound/finer", "bound/hours", "bound/local", "bound/loads",
    "bound/tables", "bound/groups", "bound/labels", "bound/pricing", "bound/rivals", "bound/ways",
)  # fmt: skip
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
    """Whether the kernel has been compiled before (the first run takes about two minutes longer)."""
    return any(kernel_cache_dir().rglob("*anneal.run*.nbi"))


# The search is as fast with it as with level 3, and compiles in two thirds of the time.
os.environ.setdefault("NUMBA_OPT", "1")
numba.config.reload_config()  # type: ignore[no-untyped-call]
numba.config.CACHE_DIR = str(kernel_cache_dir())  # type: ignore[attr-defined]


def njit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel function that Python calls: cached on disk, free of the GIL."""
    compiled: Callable[..., Any] = numba.njit(function, cache=True, nogil=True)
    return compiled


FOR_KERNELS: Any = {
    "nogil": True,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
    "_nrt": False,
}
"""A function that only kernels call needs no way in from Python, which is half of its compile time, and as it makes no
array, no counting of references to arrays, which costs more than most of these functions do."""


def njit_inner(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function that only other kernel functions call and that makes no array."""
    compiled: Callable[..., Any] = numba.njit(function, cache=True, **FOR_KERNELS)
    return compiled


def njit_inline(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a small `njit_inner` function into its callers."""
    compiled: Callable[..., Any] = numba.njit(function, cache=True, forceinline=True, **FOR_KERNELS)
    return compiled
