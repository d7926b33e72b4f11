#!/usr/bin/env python3
"""Checks those rules of docs/style.md and docs/architecture.md that a program can check.

usage: tools/check_layout.py [--self-test | TREE]

Prints each finding as file:line: text and exits with 1 when there is one. Reads the C++ sources with a small parser
of its own, which is right on clang-formatted code and knows no more of the language than it needs.
"""

import bisect
import pathlib
import re
import sys
from typing import NamedTuple

# --- the rules as data -------------------------------------------------------------------------------------------

CORES = "link routing session reach directory content space messaging compute".split()

# Which folders of src/ a folder may include besides itself; of a word with slashes only what begins with it.
ARROWS = {
    "base": "",
    "crypto": "base",
    "wire": "base",
    "env": "base crypto",
    "link": "base crypto wire",
    "reach": "base crypto wire",
    "routing": "base crypto wire",
    "session": "base crypto wire",
    "directory": "base crypto wire",
    "content": "base crypto wire",
    "space": "base crypto wire",
    "messaging": "base crypto wire space directory",
    "compute": "base crypto wire content",
    "node": "base crypto wire env " + " ".join(CORES),
    "os": "base crypto wire env",
    "sim": "base crypto wire env routing directory node",
    "http": "base",
    "api": "base crypto node http",
    "daemon": "base crypto link/link_config.h reach node os http api gateway env",
    "gateway": "base crypto node content http",
    "cli": "base crypto os/home/ os/file_descriptor.h",  # no cores: it talks to the API
}
TESTS_MAY_ALSO_USE = "sim"

# The folders whose code must run the same in the simulator: no operating system, threads, clocks or chance.
PURE_FOLDERS = CORES + ["base", "crypto", "wire", "env", "node"]
IMPURE_HEADER = re.compile(
    r"sys/.*|boost/.*|netdb\.h|unistd\.h|fcntl\.h|thread|mutex|shared_mutex|condition_variable|future|fstream|random")
IMPURE_NAME = re.compile(
    r"\b(steady_clock|system_clock|high_resolution_clock|random_device|(?:secure_)?getenv)\b")

HEADER_LINES_MAX = 260
SOURCE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
EXCUSE = "Longer than usual:"
EXCUSE_WITHIN_LINES = 12

# What each of the headers that most builds have precompiled declares: a missing one would show in the debug build only.
DECLARED_IN = {
    "algorithm": "all_of any_of none_of clamp copy copy_if copy_n count count_if equal fill fill_n find find_if includes is_sorted "
                 "lower_bound max_element min_element minmax mismatch nth_element partial_sort pop_heap push_heap "
                 "set_difference sort stable_sort swap_ranges transform unique upper_bound reverse rotate",
    "array": "array to_array",
    "chrono": "chrono",
    "deque": "deque",
    "expected": "expected unexpected",
    "functional": "function move_only_function bind_front",
    "map": "map multimap",
    "memory": "unique_ptr make_unique shared_ptr make_shared weak_ptr enable_shared_from_this",
    "optional": "optional nullopt",
    "set": "set multiset",
    "span": "span",
    "string": "string to_string getline stoul stoi",
    "string_view": "string_view",
    "unordered_map": "unordered_map",
    "variant": "variant visit get_if holds_alternative monostate",
    "vector": "vector",
}
STD_NAME = re.compile(r"\bstd::(ranges::)?([a-z_]+)\b")

EMPTY_NAMES = {"util", "utils", "common", "misc", "helper", "helpers", "manager"}
EMPTY_LAST_WORDS = EMPTY_NAMES - {"common"}  # "in_common.h" can mean something
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3]) + r")\b")

TREES = "src apps tests bench fuzz tools cmake packaging web/src".split()
TEXT_SUFFIXES = {".h", ".cpp", ".py", ".sh", ".cmake", ".ts", ".js", ".svelte", ""}


class Finding(NamedTuple):
    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


# --- reading C++ -------------------------------------------------------------------------------------------------

COMMENT_OR_LITERAL = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^ ()\\\n]{0,16})\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'", re.DOTALL)
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def blank(text):
    return re.sub(r"[^\n]", " ", text)


def code_of(text):
    """The text with comments and literals blanked; lines stay where they are."""
    return COMMENT_OR_LITERAL.sub(lambda match: blank(match.group()), text)


def without_preprocessor(code):
    """Blanks directives, and every branch but the first of a conditional, so that braces balance."""
    result, branches, continued = [], [], False
    for line in code.split("\n"):
        directive = re.match(r"\s*#\s*(\w+)", line)
        if directive and not continued:
            word = directive.group(1)
            if word.startswith("if"):
                branches.append(True)
            elif word.startswith("el") and branches:
                branches[-1] = False
            elif word == "endif" and branches:
                branches.pop()
        hidden = directive or continued or not all(branches)
        continued = bool(directive or continued) and line.endswith("\\")
        result.append(blank(line) if hidden else line)
    return "\n".join(result)


def without_template(head):
    """`head` without the template<...> clauses at its start."""
    while match := re.match(r"\s*template\s*<", head):
        depth, end = 1, match.end()
        while end < len(head) and depth > 0:
            depth += {"<": 1, ">": -1}.get(head[end], 0)
            end += 1
        head = head[end:]
    return head


def kind_of_brace(head, parentheses):
    """What a `{` opens, by the text since the last statement: namespace, type, function or value."""
    if parentheses > 0:
        return "value"
    head = re.sub(r"\[\[.*?\]\]|\balignas\s*\([^)]*\)", " ", without_template(head), flags=re.DOTALL).strip()
    if re.match(r"(inline\s+)?namespace\b|extern$", head):
        return "namespace"
    if re.search(r"=\s*\[[^\]]*\]", head):
        return "function"  # a lambda with a name
    if "(" not in head or re.match(r"(class|struct|union)\s+[\w:]+\s*(final\s*)?(:[^:]|$)", head):
        is_type = re.search(r"\b(class|struct|union)\b", head) and "=" not in head and "enum" not in head
        return "type" if is_type else "value"
    if re.search(r"(=|,|\breturn)$", head):
        return "value"
    if re.search(r"\)\s*(noexcept\s*)?:(?!:)", head) and re.search(r"[\w>]$", head):
        return "value"  # a member initialised with braces before a constructor's body
    return "function"


class Scope(NamedTuple):
    kind: str
    head_start: int
    parentheses: int


class Declaration(NamedTuple):
    """A place where a statement outside of functions ends: its text, and whether strangers may call it."""
    start: int
    head: str
    is_public: bool
    in_type: bool


class Parsed:
    """The functions (as pairs of offsets) and declarations of one source."""

    def __init__(self, text):
        self.code = without_preprocessor(code_of(text))
        self.functions, self.declarations = [], []
        self._scopes, self._access = [], []
        self._head_start = self._parentheses = 0
        for match in re.finditer(r"[{}();:]", self.code):
            self._take(match.group(), match.start())

    def _in_type(self):
        return bool(self._scopes) and self._scopes[-1].kind == "type"

    def _declare(self, end):
        self.declarations.append(Declaration(
            self._head_start, self.code[self._head_start:end],
            "private" not in self._access and "protected" not in self._access, self._in_type()))

    def _take(self, mark, offset):
        if mark == "{":
            self._open(offset)
        elif mark == "}":
            self._close(offset)
        elif not self._scopes or self._scopes[-1].kind in ("namespace", "type"):
            if mark in "()":
                self._parentheses = max(0, self._parentheses + (1 if mark == "(" else -1))
            elif mark == ";" and self._parentheses == 0:
                self._declare(offset)
                self._head_start = offset + 1
            elif mark == ":" and self._in_type():
                word = self.code[self._head_start:offset].strip()
                if word in ("public", "protected", "private"):
                    self._access[-1] = word
                    self._head_start = offset + 1

    def _open(self, offset):
        inside = self._scopes and self._scopes[-1].kind in ("function", "value", "block")
        head = self.code[self._head_start:offset]
        kind = "block" if inside else kind_of_brace(head, self._parentheses)
        if kind == "function":
            self._declare(offset)
        self._scopes.append(Scope(kind, self._head_start, self._parentheses))
        if kind == "type":
            self._access.append("private" if re.match(r"\s*class\b", without_template(head)) else "public")
        if kind in ("namespace", "type"):
            self._head_start, self._parentheses = offset + 1, 0

    def _close(self, offset):
        if not self._scopes:
            return
        scope = self._scopes.pop()
        if scope.kind == "type":
            self._access.pop()
        if scope.kind == "value":
            self._parentheses = scope.parentheses
        if scope.kind == "function":
            start = scope.head_start
            start += len(self.code[start:]) - len(self.code[start:].lstrip())
            self.functions.append((start, offset))
        if scope.kind in ("namespace", "type", "function"):
            self._head_start, self._parentheses = offset + 1, 0


class Source:
    """One C++ file, or any other text, with what the rules ask of it."""

    def __init__(self, root, path):
        self.path = path.relative_to(root).as_posix()
        self.text = path.read_text(encoding="utf-8", errors="replace")
        self.lines = self.text.splitlines()
        self.stem = path.stem
        parts = self.path.split("/")
        self.folder = parts[1] if parts[0] == "src" and len(parts) > 2 else None
        self.is_header = path.suffix == ".h"
        self.is_cpp = path.suffix in (".h", ".cpp")
        self.is_test = bool(re.search(r"_(test|fuzz|bench)$", self.stem))
        self._line_starts = [0] + [match.end() for match in re.finditer(r"\n", self.text)]
        self._parsed = None

    def line_of(self, offset):
        return bisect.bisect_right(self._line_starts, offset)

    def parsed(self):
        self._parsed = self._parsed or Parsed(self.text)
        return self._parsed

    def finding(self, line, text):
        return Finding(self.path, line, text)


# --- the rules ---------------------------------------------------------------------------------------------------

def check_arrows(source):
    allowed = set(ARROWS.get(source.folder, "").split()) | {source.folder}
    if source.is_test:
        allowed.add(TESTS_MAY_ALSO_USE)
    if source.folder not in ARROWS:
        yield source.finding(1, f"src/{source.folder} has no place in the layers (ARROWS in tools/check_layout.py)")
        return
    for number, line in enumerate(source.lines, 1):
        match = INCLUDE.match(line)
        if not match or match.group(1) != '"':
            continue
        target, slash, _ = match.group(2).partition("/")
        if not slash or target.startswith("."):
            yield source.finding(number, f'"{match.group(2)}": includes are written from src/, as "link/frame.h"')
        elif target not in ARROWS:
            yield source.finding(number, f'"{match.group(2)}": there is no layer {target}')
        elif not any(target == word or "/" in word and match.group(2).startswith(word) for word in allowed):
            narrower = any(word.startswith(target + "/") for word in allowed)
            what = match.group(2) if narrower else target
            yield source.finding(number, f"{source.folder} must not include {what}")


class Includes:
    """Which headers a file reaches over the project's own ones."""

    def __init__(self, root):
        self._root = root
        self._known = {}

    def of(self, path):
        if path in self._known:
            return self._known[path]
        reached = self._known[path] = set()  # there already, for headers that include each other
        if path.exists():
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                match = INCLUDE.match(line)
                if match and match.group(1) == "<":
                    reached.add(match.group(2))
                elif match:
                    reached |= self.of(self._root / "src" / match.group(2))
        return reached


def check_std_includes(source, path, includes):
    """Each file reaches what it uses of DECLARED_IN without the help of another source or a precompiled header."""
    header_of = {name: header for header, names in DECLARED_IN.items() for name in names.split()}
    reached, missing = includes.of(path), set()
    for number, line in enumerate(code_of(source.text).split("\n"), 1):
        for match in STD_NAME.finditer(line):
            header = "algorithm" if match.group(1) and match.group(2) in header_of else header_of.get(match.group(2))
            if header and header not in reached and header not in missing:
                missing.add(header)
                yield source.finding(number, f"{match.group()} needs #include <{header}>")


def check_purity(source):
    pure = source.folder in PURE_FOLDERS and not source.is_test
    code = code_of(source.text).split("\n") if pure else []
    for number, line in enumerate(source.lines, 1):
        match = INCLUDE.match(line)
        header = match.group(2) if match else ""
        if header == "regex":
            yield source.finding(number, "<regex> is not used: slow, and its recursion overflows the stack")
        elif pure and IMPURE_HEADER.fullmatch(header):
            yield source.finding(number, f"{source.folder} must not include <{header}>: only os/ knows the system")
        elif pure and (name := IMPURE_NAME.search(code[number - 1])):
            yield source.finding(number, f"{source.folder} must not use {name.group()}: time, chance and settings "
                                         "come from the caller")


def check_file_size(source):
    limit = HEADER_LINES_MAX if source.is_header else SOURCE_LINES_MAX
    excused = any(EXCUSE in line for line in source.lines[:EXCUSE_WITHIN_LINES])
    if len(source.lines) > limit and not excused:
        yield source.finding(limit + 1, f"{len(source.lines)} lines, more than {limit}: split it, or say why at the "
                                        f'top ("{EXCUSE}")')


def check_function_size(source):
    for start, end in source.parsed().functions:
        first, last = source.line_of(start), source.line_of(end)
        above = first - 2
        excused = False
        while above >= 0 and source.lines[above].lstrip().startswith("//"):
            excused = excused or EXCUSE in source.lines[above]
            above -= 1
        if last - first + 1 > FUNCTION_LINES_MAX and not excused:
            yield source.finding(first, f"a function of {last - first + 1} lines, more than {FUNCTION_LINES_MAX}: "
                                        f'split it, or say why directly above ("// {EXCUSE}")')


def decoders_of(source):
    """Lines of the functions called decode that others can call: free ones and public static ones."""
    for declaration in source.parsed().declarations:
        match = re.search(r"(?<![\w.:])(?<!->)decode\s*\(", declaration.head)
        before = declaration.head[:match.start()] if match else ""
        if not match or not before.strip() or re.search(r"=|\b(return|friend)\b", without_template(before)):
            continue
        if declaration.is_public and (not declaration.in_type or re.search(r"\bstatic\b", before)):
            yield source.line_of(declaration.start + match.start())


def check_decoders(root, source):
    lines = list(decoders_of(source))
    if not lines:
        return
    for kind in ("test", "fuzz"):
        neighbour = source.path.removesuffix(".h") + f"_{kind}.cpp"
        if not (root / neighbour).exists():
            yield source.finding(lines[0], f"decodes what strangers send, and there is no {neighbour}")
    for number, line in enumerate(source.lines, 1):
        if page := re.match(r"\s*//.*\bWire:\s.*?(docs/wire/[\w.-]+\.md)", line):
            if not (root / page.group(1)).exists():
                yield source.finding(number, f"{page.group(1)} does not exist")
            return
    yield source.finding(lines[0], 'decodes what strangers send, and no line says "// Wire: docs/wire/X.md"')


def words_of_cmake(path):
    if not path.exists():
        return set()
    return set(re.split(r'[\s()"]+', re.sub(r"#.*", "", path.read_text(encoding="utf-8"))))


def check_listed(root, source):
    """A source that no CMakeLists.txt names compiles nowhere and tests nothing."""
    path = root / source.path
    unit = source.path.removeprefix("src/").removesuffix(".cpp")
    if source.stem.endswith("_fuzz"):
        if unit.removesuffix("_fuzz") not in words_of_cmake(root / "fuzz/CMakeLists.txt"):
            yield source.finding(1, f"{unit.removesuffix('_fuzz')} is not in STARLING_FUZZ_UNITS of "
                                    "fuzz/CMakeLists.txt")
        return
    if source.stem.endswith("_bench"):
        words = words_of_cmake(root / "bench/CMakeLists.txt")
        if any(word.endswith((unit, unit + ".cpp", unit.removesuffix("_bench"))) for word in words if word):
            return
    top = root / "src" / source.folder
    for folder in [top, *[parent for parent in path.parents if top in parent.parents]]:
        if path.relative_to(folder).as_posix() in words_of_cmake(folder / "CMakeLists.txt"):
            break
    else:
        yield source.finding(1, f"is not listed in src/{source.folder}/CMakeLists.txt")
    if source.folder not in words_of_cmake(root / "src/CMakeLists.txt"):
        yield source.finding(1, f"src/{source.folder} is not added in src/CMakeLists.txt")


def check_fuzz_list(root):
    path = root / "fuzz/CMakeLists.txt"
    text = re.sub(r"#.*", "", path.read_text(encoding="utf-8")) if path.exists() else ""
    match = re.search(r"set\s*\(\s*STARLING_FUZZ_UNITS\b([^)]*)\)", text)
    for unit in match.group(1).split() if match else []:
        if not (root / f"src/{unit}_fuzz.cpp").exists():
            line = text[:text.index(unit, match.start())].count("\n") + 1
            yield Finding("fuzz/CMakeLists.txt", line, f"src/{unit}_fuzz.cpp does not exist")


def check_name(source):
    parts = pathlib.PurePosixPath(source.path)
    for name in [*parts.parts[:-1], parts.stem]:
        last_word = re.split(r"[_-]", name.lower())[-1]
        if name.lower() in EMPTY_NAMES or last_word in EMPTY_LAST_WORDS:
            yield source.finding(1, f'"{name}" says nothing about what is in it')


def check_unfinished(source):
    for number, line in enumerate(source.lines, 1):
        if match := UNFINISHED.search(line):
            yield source.finding(number, f"{match.group()}: finish it, or write it down where work is planned")


def sources_of(root):
    for tree in TREES:
        for path in sorted((root / tree).rglob("*")):
            ignored = {"node_modules", "__pycache__", "corpus", "vectors"} & set(path.parts)
            if path.is_file() and path.suffix in TEXT_SUFFIXES | {".txt"} and not ignored:
                if path.suffix != ".txt" or path.name == "CMakeLists.txt":
                    yield Source(root, path)


def check_tree(root):
    """All findings in the tree below `root`, in the order of files and lines."""
    findings = list(check_fuzz_list(root))
    includes = Includes(root)
    for source in sources_of(root):
        findings += [*check_name(source), *check_unfinished(source)]
        if source.is_cpp:
            findings += [*check_file_size(source), *check_function_size(source)]
            findings += check_std_includes(source, root / source.path, includes)
        if source.is_cpp and source.folder:
            findings += [*check_arrows(source), *check_purity(source)]
            if source.is_header and not source.is_test:
                findings += check_decoders(root, source)
            if not source.is_header:
                findings += check_listed(root, source)
        elif source.is_cpp and source.path.startswith("src/"):
            findings.append(source.finding(1, "sources live in a folder of src/, not in src/ itself"))
    return sorted(findings)


def main(arguments):
    if arguments == ["--self-test"]:
        import check_layout_cases
        return check_layout_cases.run(check_tree)
    if len(arguments) > 1 or (arguments and arguments[0].startswith("-")):
        print(__doc__)
        return 0 if arguments[0] in ("-h", "--help") else 2
    root = pathlib.Path(arguments[0] if arguments else pathlib.Path(__file__).parent.parent).resolve()
    findings = check_tree(root)
    for finding in findings:
        print(finding)
    print(f"{len(findings)} finding(s)")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
