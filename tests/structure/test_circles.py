"""No file of the package needs, through any chain of imports, a file that needs it: types and late imports count."""

import ast
import graphlib
from pathlib import Path

import glompo

PACKAGE = Path(glompo.__file__).parent


def module_of(path: Path) -> str:
    parts = ("glompo", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def needs(path: Path) -> set[str]:
    """The other modules that the file at `path` imports from, wherever in it that stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import, which this test does not follow"
            # `from package import name` reads the module of that name where there is one, else the package itself
            within = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in FILES else str(node.module) for name in within}
    return (found & FILES.keys()) - {module_of(path)}


def test_no_file_needs_a_file_that_needs_it():
    imports = graphlib.TopologicalSorter({module: needs(path) for module, path in FILES.items()})
    try:
        imports.prepare()
    except graphlib.CycleError as error:
        circle = [str(FILES[name].relative_to(PACKAGE)) for name in error.args[1]]
        raise AssertionError("these files need each other: " + " <- ".join(circle)) from None
