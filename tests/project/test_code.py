"""How we write, as far as a machine can tell."""

import ast
import io
import re
import sys
import tokenize
import tomllib
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.project.tree import CODE, ROOT, files, modules, name

# Above this a module wants to be two.
LONGEST = 400
BANNED = {"utils", "util", "helpers", "services", "managers", "common", "misc"}
EXCEPTION = re.compile(r"(noqa|type: ?ignore)(: ?[A-Z]+[0-9]+(, ?[A-Z]+[0-9]+)*|\[[\w, -]+\])?(?P<reason>.*)")


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module


def test_every_exception_from_a_rule_has_its_reason_beside_it() -> None:
    bare = []
    for path in modules(*CODE, "tests"):
        for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
            exception = EXCEPTION.search(token.string) if token.type == tokenize.COMMENT else None
            if exception and len(re.findall(r"\w+", exception["reason"])) < 2:
                bare.append(f"{name(path)}:{token.start[0]}")

    assert bare == []


def test_no_module_is_so_long_that_it_wants_to_be_two() -> None:
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules(*CODE)}

    assert [path for path, lines in lengths.items() if lines > LONGEST] == []


def test_modules_are_named_for_what_they_mean() -> None:
    vague = [
        name(path) for path in modules(*CODE, "tests") if BANNED & {*path.relative_to(ROOT).parts, path.stem}
    ]

    assert vague == []


def test_every_package_says_that_it_is_one() -> None:
    folders = {path.parent for path in modules(*CODE) if "migrations" not in path.parts}

    assert [name(folder) for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []


def test_what_is_true_imports_only_the_standard_library_and_pure_libraries() -> None:
    pure = {"bot/domain": {"dateutil", "snowballstemmer"}, "bot/matching": {"numpy", "scipy", "rustworkx"}}
    strange = []
    for ring, allowed in pure.items():
        for path in modules(ring):
            for imported in _imports(path):
                top = imported.partition(".")[0]
                ours = imported.startswith(("bot.domain", "bot.matching"))
                if not ours and top not in allowed and top not in sys.stdlib_module_names:
                    strange.append(f"{name(path)} imports {imported}")

    assert strange == []


def test_everything_imported_is_asked_for_in_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["postgres"]]
    declared = {canonicalize_name(Requirement(item).name) for item in asked}
    distributions = packages_distributions()
    undeclared = set()
    for path in modules(*CODE):
        for imported in _imports(path):
            top = imported.partition(".")[0]
            if top in {*CODE, "__future__"} or top in sys.stdlib_module_names:
                continue
            if not declared & {canonicalize_name(found) for found in distributions.get(top, [])}:
                undeclared.add(f"{name(path)} imports {imported}")

    assert undeclared == set()


@pytest.mark.parametrize("library", ["discord", "slack"])
def test_no_test_folder_shadows_a_library(library: str) -> None:
    # Goldens are words: nothing imports them.
    packages = [path for path in files("tests") if path.suffix == ".py"]

    assert [name(path) for path in packages if library in path.relative_to(ROOT).parts[:-1]] == []


def test_test_modules_have_names_of_their_own() -> None:
    counted = Counter(path.name for path in modules("tests") if path.name.startswith("test_"))

    assert [module for module, times in counted.items() if times > 1] == []
