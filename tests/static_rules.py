"""Our own rules about code, where linters have none: each a question to one node of the tree."""

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APPS = ("accounts", "analytics", "diip", "integrations", "issues", "monitoring", "projects")
EDGES = re.compile(r"\bapi\b|views|serializers|filters|scoping|authentication|query_params|webhook")
SECRET = re.compile(r"(secret|signature|digest|token|seal|password|hmac|api_key)s?$", re.IGNORECASE)
NOT_SECRET = {"email_digest", "page_token", "resumed_at"}
REQUEST = re.compile(r"request\.(data|GET|POST|query_params)|kwargs$")
SOCKETS = {"socket", "urllib3", "requests", "httpx", "aiohttp", "urllib.request", "http.client"}
GOES_OUT = {
    *(
        "integrations/http/transport.py",
        "integrations/http/decompression.py",
        "integrations/http/address_guard.py",
    ),
    "diip/launcher/platform.py",  # is the port free?
    "monitoring/readiness_check.py",  # asks this very service
}
UNPICKLES = {"pickle", "cPickle", "dill", "shelve", "marshal", "jsonpickle"}


@dataclass(frozen=True)
class Source:
    path: str
    tree: ast.Module

    @property
    def is_edge(self) -> bool:
        return bool(EDGES.search(Path(self.path).name) or EDGES.search(str(Path(self.path).parent)))

    @property
    def is_simulator(self) -> bool:
        return "simulator" in self.path


Rule = Callable[[Source, ast.AST], bool]
"""Whether this node breaks it."""


def name_of(node: ast.AST) -> str:
    """`a.b.c` as it is written, for names and attributes; else nothing."""
    return ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""


@lru_cache(maxsize=1)  # all rules ask about one node before the next
def called(node: ast.AST) -> str:
    return name_of(node.func) if isinstance(node, ast.Call) else ""


def bare_look_up(source: Source, node: ast.AST) -> bool:
    """Rows are found through what the asker may see: never `Model.objects.get` at an edge.

    The admin is none of these: who comes there sees all.
    """
    if not source.is_edge or not isinstance(node, ast.Call):
        return False
    if re.search(r"\b[A-Z]\w+\.objects\.(get|in_bulk)$", called(node)):
        return True
    is_shortcut = called(node).endswith(("get_object_or_404", "get_list_or_404"))
    first = node.args[0] if node.args else None
    return (
        is_shortcut
        and re.fullmatch(r"[A-Z]\w+(\.objects)?", ast.unparse(first or node)) is not None
    )


def secret_compared(source: Source, node: ast.AST) -> bool:
    """What is secret is compared in constant time."""
    if source.is_simulator or not isinstance(node, ast.Compare):
        return False
    if not any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
        return False
    sides = [node.left, *node.comparators]
    if any(isinstance(side, ast.Constant) for side in sides):
        return False
    names = {name_of(side).rpartition(".")[2] for side in sides}
    return any(SECRET.search(name) for name in names) and not names & NOT_SECRET


def look_ups_from_outside(source: Source, node: ast.AST) -> bool:
    """Names of columns come from us: never `filter(**request.query_params)`."""
    if not called(node).endswith(
        (".filter", ".exclude", ".get", ".order_by", ".update", ".create")
    ):
        return False
    starred = [keyword.value for keyword in node.keywords if keyword.arg is None]
    starred += [argument.value for argument in node.args if isinstance(argument, ast.Starred)]
    return any(REQUEST.search(ast.unparse(value)) for value in starred)


def sql_put_together(source: Source, node: ast.AST) -> bool:
    """No `.extra`, and `RawSQL` and `.raw` take a constant."""
    name = called(node)
    if name.endswith(".extra") and "logger" not in name:
        return True
    is_raw = name.endswith(("RawSQL", ".raw"))
    return is_raw and not (node.args and isinstance(node.args[0], ast.Constant))


def shell(source: Source, node: ast.AST) -> bool:
    if called(node) in ("os.system", "os.popen", "subprocess.getoutput"):
        return True
    keywords = node.keywords if isinstance(node, ast.Call) else []
    return any(word.arg == "shell" and ast.unparse(word.value) != "False" for word in keywords)


def unpickled(source: Source, node: ast.AST) -> bool:
    """Nothing from outside becomes an object: no pickle, no YAML but the safe loader."""
    imported = set(imported_by(node))
    return bool(imported & UNPICKLES) or called(node) in (
        "yaml.load",
        "yaml.full_load",
        "eval",
        "exec",
    )


def unverified(source: Source, node: ast.AST) -> bool:
    keywords = node.keywords if isinstance(node, ast.Call) else []
    is_off = any(
        word.arg in ("verify", "check_hostname", "assert_hostname", "verify_signature")
        and ast.unparse(word.value) == "False"
        for word in keywords
    )
    return is_off or name_of(node) in ("ssl._create_unverified_context", "ssl.CERT_NONE")


def marked_safe(source: Source, node: ast.AST) -> bool:
    """Only a literal may be called safe; `format_html` takes a literal and escapes the rest."""
    name = called(node).rpartition(".")[2]
    if name not in ("mark_safe", "SafeString", "format_html", "format_html_join"):
        return False
    return not all(isinstance(argument, ast.Constant) for argument in node.args[:1])


def goes_out(source: Source, node: ast.AST) -> bool:
    """One module opens connections to the world."""
    may = source.path in GOES_OUT or source.is_simulator
    return not may and bool(SOCKETS & set(imported_by(node)))


def imported_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


RULES: tuple[Rule, ...] = (
    bare_look_up,
    secret_compared,
    look_ups_from_outside,
    sql_put_together,
    shell,
    unpickled,
    unverified,
    marked_safe,
    goes_out,
)


def read_sources() -> list[Source]:
    files = (file for app in APPS for file in sorted((ROOT / app).rglob("*.py")))
    names = (str(file.relative_to(ROOT)) for file in files)
    own = (name for name in names if "/tests/" not in name and "/migrations/" not in name)
    return [Source(name, ast.parse((ROOT / name).read_text())) for name in own]


def find_broken(sources: list[Source], rules: tuple[Rule, ...] = RULES) -> dict[str, list[str]]:
    """`{rule: [path:line, …]}`, each place that breaks it; every tree is walked once."""
    found: dict[str, list[str]] = defaultdict(list)
    for source in sources:
        for node in ast.walk(source.tree):
            for rule in rules:
                if rule(source, node):
                    found[rule.__name__].append(f"{source.path}:{node.lineno}")
    return found
