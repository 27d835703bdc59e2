"""Tests of the house: pinned requirements, no host named, one version, decisions and targets in order."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PINNED = tuple(f"requirements{suffix}.txt" for suffix in ("-uv", "", "-dev", "-peers", "-browser"))
# Written in two halves, so that this file does not name the hosts it looks for.
HOSTS = [
    first + second
    for first, second in [
        ("py", "pi.org"),
        ("python", "hosted.org"),
        ("py", "pi.python.org"),
        ("npm", "js.org"),
        ("npm", "js.com"),
        ("yarn", "pkg.com"),
        ("ana", "conda.org"),
        ("conda", "-forge.org"),
        ("crates", ".io"),
        ("proxy.go", "lang.org"),
        ("deb.", "debian.org"),
        ("archive.", "ubuntu.com"),
        ("raw.github", "usercontent.com"),
        ("codeload.", "github.com"),
        ("objects.github", "usercontent.com"),
        ("unp", "kg.com"),
        ("jsdel", "ivr.net"),
        ("cdn", "js.com"),
        ("download.geo", "fabrik.de"),
        ("overpass", "-api.de"),
    ]
]
HOST = re.compile("|".join(map(re.escape, HOSTS)), re.IGNORECASE)
INDEX_OPTION = re.compile(r"--(extra-)?index-url|--find-links|--trusted-host|(PIP|UV)_(EXTRA_)?INDEX_URL")
LOCAL_PATH = re.compile(r"(^|[\s\"'=(])/(work|root|home/\w+|Users/\w+)/")
LOCK_NAMES = {"uv" + ".lock", "poetry" + ".lock", "Pipfile" + ".lock", "package-lock" + ".json"}


def tracked_files() -> list[Path]:
    """Every file that git holds or would take in; without git, every file outside hidden folders."""
    if shutil.which("git") and (ROOT / ".git").exists():
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        paths = [ROOT / name for name in names.split("\0") if name]
    else:
        hidden = re.compile(r"(^|/)\.")
        paths = [p for p in ROOT.rglob("*") if not hidden.search(p.relative_to(ROOT).as_posix())]
    return [path for path in paths if path.is_file()]


def tracked_texts() -> list[tuple[str, str]]:
    """Name and text of every tracked file that is text."""
    texts = []
    for path in tracked_files():
        data = path.read_bytes()
        if b"\0" not in data:
            texts.append((path.relative_to(ROOT).as_posix(), data.decode("utf-8")))
    return texts


def lines_with(pattern: re.Pattern[str], but_not: tuple[str, ...] = ()) -> list[str]:
    return [
        f"{name}:{number} {line.strip()[:120]}"
        for name, text in tracked_texts()
        if name not in but_not
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def pins_of(name: str) -> dict[str, list[Requirement]]:
    """Every requirement of a pinned file by canonical name (several where they differ by platform)."""
    logical = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    pins: dict[str, list[Requirement]] = {}
    for line in filter(str.strip, logical.splitlines()):
        need = Requirement(line.split(" --hash=")[0])
        pins.setdefault(canonicalize_name(need.name), []).append(need)
    return pins


def version_of(pin: Requirement) -> str:
    (only,) = pin.specifier
    assert only.operator == "==", pin
    return only.version


def test_the_search_for_hosts_sees_a_planted_one() -> None:
    """The patterns used below do find a host, an index option and a path of one machine."""
    assert HOST.search("https://files.Python" + "Hosted.org/packages/x.whl")
    assert INDEX_OPTION.search("--extra-" + "index-url x")
    assert LOCAL_PATH.search('data = "/' + 'home/ann/x"')
    assert len(tracked_texts()) > 20


def test_no_file_names_a_package_or_download_host() -> None:
    """Where packages come from is the installer's setting, never ours."""
    assert lines_with(HOST) == []
    assert lines_with(INDEX_OPTION, but_not=("Makefile", "tests/test_house.py", "CONTRIBUTING.md")) == []


def test_there_is_no_lock_file_that_names_hosts() -> None:
    """Pins are the hash-pinned requirements files; lock files name download hosts."""
    assert [str(path) for path in tracked_files() if path.name in LOCK_NAMES] == []


def test_no_file_names_a_path_of_one_machine() -> None:
    """What works only in one person's folder works for nobody else."""
    assert lines_with(LOCAL_PATH) == []


@pytest.mark.parametrize("name", PINNED)
def test_every_requirement_is_pinned_with_hashes(name: str) -> None:
    """Each requirement has one exact version and at least one sha256, and nothing else is in the file."""
    logical = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    pattern = re.compile(r"[\w.-]+==[\w.]+( ; [^#]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*")
    assert [line[:80] for line in logical if not pattern.fullmatch(line)] == []


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("requirements.txt", PROJECT["project"]["dependencies"]),
        ("requirements-dev.txt", PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]),
        ("requirements-uv.txt", PROJECT["dependency-groups"]["install"]),
        ("requirements-peers.txt", PROJECT["dependency-groups"]["peers"]),
        ("requirements-browser.txt", PROJECT["dependency-groups"]["browser"]),
    ],
)
def test_pins_lie_inside_the_ranges_of_pyproject(name: str, wanted: list[str]) -> None:
    """Whatever pyproject.toml asks for is pinned to a version that it allows (else: `make pins`)."""
    pins = pins_of(name)
    for need in map(Requirement, wanted):
        found = pins.get(canonicalize_name(need.name), [])
        assert found, f"{need.name} is not in {name}"
        assert all(need.specifier.contains(version_of(pin), prereleases=True) for pin in found), need


@pytest.mark.parametrize("smaller", ["requirements.txt", "requirements-uv.txt", "requirements-peers.txt"])
def test_what_two_files_pin_they_pin_alike(smaller: str) -> None:
    """The environment made for tests holds the demo's, version for version."""
    larger = pins_of("requirements-dev.txt")
    versions = {name: set(map(version_of, pins)) for name, pins in pins_of(smaller).items()}
    shared = versions.keys() & larger.keys()
    assert shared
    assert {n: versions[n] for n in shared} == {n: set(map(version_of, larger[n])) for n in shared}
    if smaller == "requirements.txt":
        assert versions.keys() <= larger.keys()


def test_this_environment_is_the_pinned_one() -> None:
    """The libraries that the tests run on are those of requirements-dev.txt."""
    from importlib.metadata import PackageNotFoundError, version

    differing = {}
    for name, pins in pins_of("requirements-dev.txt").items():
        for pin in pins:
            if pin.marker is None or pin.marker.evaluate():
                try:
                    found = version(name)
                except PackageNotFoundError:
                    found = "missing"
                if found == "missing" or Version(found) != Version(version_of(pin)):
                    differing[name] = (found, version_of(pin))
    assert differing == {}


def test_pythons_range_is_said_alike_everywhere() -> None:
    """pyproject, the Makefile and the documents speak of the same Pythons: 3.11 to 3.13."""
    assert PROJECT["project"]["requires-python"] == ">=3.11,<3.14"
    assert "(3, 11) <= sys.version_info[:2] <= (3, 13)" in (ROOT / "Makefile").read_text(encoding="utf-8")
    for name in ("README.md", "docs/running.md"):
        assert "3.11" in (ROOT / name).read_text(encoding="utf-8"), name
    minors = [c.rpartition("3.")[2] for c in PROJECT["project"]["classifiers"] if "Python :: 3." in c]
    assert minors == ["11", "12", "13"]


def test_the_wheel_cannot_be_published_by_accident() -> None:
    """The classifier that public registries refuse is set."""
    assert "Private :: Do Not Upload" in PROJECT["project"]["classifiers"]


def test_the_changelog_speaks_of_this_version() -> None:
    """The newest entry of CHANGELOG.md is the version in pyproject.toml, which alone holds it."""
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == PROJECT["project"]["version"]
    elsewhere = re.compile(r"__version__\s*=\s*[\"']")
    assert [name for name, text in tracked_texts() if name.endswith(".py") and elsewhere.search(text)] == []


def test_every_decision_is_numbered_and_names_its_check() -> None:
    """docs/decisions/ runs 0001, 0002, ...; each says Status, Decision, Why and what enforces it."""
    paths = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [path.name[:4] for path in paths] == [f"{n:04d}" for n in range(1, len(paths) + 1)]
    for path in paths:
        text = path.read_text(encoding="utf-8")
        assert re.match(rf"# {path.name[:4]} \S", text), path.name
        for part in ("Status: ", "## Decision", "## Why", "## Enforced by"):
            assert part in text, f"{path.name} lacks {part!r}"


def test_every_dependency_has_its_reason() -> None:
    """docs/decisions/0003 has one line for every library that pyproject.toml names, and no other."""
    text = (ROOT / "docs" / "decisions" / "0003-dependencies.md").read_text(encoding="utf-8")
    groups = PROJECT["dependency-groups"]
    needs = PROJECT["project"]["dependencies"] + groups["dev"] + groups["browser"] + groups["install"]
    rows = re.findall(r"^\| `([\w-]+)` \| \S", text, re.MULTILINE)
    assert sorted(map(str.lower, rows)) == sorted({Requirement(need).name.lower() for need in needs})


def test_every_peer_has_its_reason() -> None:
    """docs/decisions/0017 has one line for every solver that we compare with, and no other."""
    text = (ROOT / "docs" / "decisions" / "0017-peers.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \| \S", text, re.MULTILINE)
    assert sorted(rows) == sorted(Requirement(need).name for need in PROJECT["dependency-groups"]["peers"])


def test_every_make_target_explains_itself() -> None:
    """`make help` lists each target that a person may ask for."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    explained = re.findall(r"^([a-z]+):.*## \S", makefile, re.MULTILINE)
    assert sorted(explained) == sorted(phony.split())
    assert {"setup", "demo", "test", "lint", "types", "help"} <= set(explained)


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_make_alone_prints_the_list() -> None:
    """`make` without a target changes nothing and shows what there is."""
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "make demo" in done.stdout
    assert "make test" in done.stdout


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_a_wrong_python_is_refused_with_a_clear_message(tmp_path: Path) -> None:
    """`make setup` with Python 3.10 says which Pythons will do, and makes no environment."""
    pretend = "import sys; sys.version_info = (3, 10, 0); exec(sys.argv[1])"
    old = tmp_path / "python3.10"
    old.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{pretend}" "$2"\n', encoding="utf-8")
    old.chmod(0o755)
    command = ["make", "setup", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "schoolrun needs Python 3.11, 3.12 or 3.13" in done.stderr
    assert "is 3.10" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_ci_ends_with_the_whole_of_pytest() -> None:
    """.ci/run stops at the first fault, and its last command is pytest with the slow tests included."""
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert "set -euo pipefail" in lines
    assert lines[-1] == 'exec .venv/bin/python -m pytest -n 2 --dist loadfile -m ""'
