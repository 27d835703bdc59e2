"""The wheel, built and used outside the checkout: what it holds, and that the demo runs from it."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {"transport", "routing", "procurement", "api"}

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command that knows nothing of the checkout."""
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return subprocess.run(
        list(map(str, command)), cwd=cwd, env=env, capture_output=True, text=True, timeout=900, check=False
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built by the pinned build backend."""
    folder = tmp_path_factory.mktemp("wheel")
    built = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("schoolrun-*.whl")
    return path


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of a fresh environment: the wheel is installed there, its libraries are borrowed."""
    home = tmp_path_factory.mktemp("elsewhere") / "venv"
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    installed = run(
        sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=home
    )
    assert installed.returncode == 0, installed.stderr
    (site,) = home.glob("lib/python3*/site-packages")
    # Path files inside a borrowed folder are not read: the checkout's own editable install stays unseen.
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return home / "bin"


def test_the_wheel_holds_the_four_packages_and_the_data(wheel: Path) -> None:
    """Every source file and every data file is in the wheel, and nothing else is."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.startswith("schoolrun-0")}
    sources = {p.relative_to(ROOT).as_posix() for package in PACKAGES for p in (ROOT / package).rglob("*.py")}
    files = [p.relative_to(ROOT / "data") for p in (ROOT / "data").rglob("*") if p.is_file()]
    data = {f"transport/_data/{p.as_posix()}" for p in files if "__pycache__" not in p.parts}
    assert sources - names == set()
    assert data == {name for name in names if name.startswith("transport/_data/")}
    assert data
    assert {name.partition("/")[0] for name in names} == PACKAGES
    assert [name for name in names if "__pycache__" in name or name.endswith(".pyc")] == []


def test_the_installed_packages_are_ours(environment: Path, tmp_path: Path) -> None:
    """Outside the checkout all four names come from the distribution `schoolrun`, and from nowhere else."""
    program = (
        "import importlib, sys\n"
        "from importlib.metadata import packages_distributions\n"
        f"for name in {sorted(PACKAGES)!r}:\n"
        "    owner = packages_distributions()[name]\n"
        "    place = importlib.import_module(name).__file__\n"
        "    print(name, *sorted(set(owner)), place.startswith(sys.prefix))\n"
    )
    done = run(environment / "python", "-c", program, cwd=tmp_path)
    assert done.stdout.splitlines() == [f"{name} schoolrun True" for name in sorted(PACKAGES)], done.stderr


def test_the_installed_command_helps(environment: Path, tmp_path: Path) -> None:
    """`schoolrun --help` lists the commands there are."""
    done = run(environment / "schoolrun", "--help", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for command in ("plan", "check", "demo", "template", "roads"):
        assert command in done.stdout


def test_the_installed_demo_plans_a_small_borough(environment: Path, tmp_path: Path) -> None:
    """`schoolrun demo` finds its data in the wheel and writes a plan and a report."""
    out = tmp_path / "demo"
    arguments = ("demo", "--passengers", "50", "--seconds", "3", "--out", out)
    done = run(environment / "schoolrun", *arguments, cwd=tmp_path)
    assert done.returncode in (0, 3), done.stderr  # 3: planned, though somebody is left unserved
    for name in ("plan.json", "report.html", "routes.csv"):
        assert (out / name).stat().st_size > 0, name
    assert "<svg" in (out / "report.html").read_text(encoding="utf-8")
    assert (out / "scenario").is_dir()
    assert run(environment / "schoolrun", "check", out, cwd=tmp_path).returncode == 0
