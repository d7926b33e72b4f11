"""Proves that each rule of check_layout.py can fail: small trees, each with one fault, and the finding it must give."""

import pathlib
import tempfile

DECODER = """// link/frame.h - one frame of a link.
#include <optional>
// Wire: docs/wire/link.md#frames
struct Frame {
  static std::optional<Frame> decode(ByteView bytes);
};
"""

# A tree without findings, which also holds what looks like a fault and is none.
GOOD = {
    "src/CMakeLists.txt": "add_subdirectory(base)\nadd_subdirectory(link)\nadd_subdirectory(node)\n"
                          "add_subdirectory(os)\n",
    "src/base/CMakeLists.txt": "starling_library(base SOURCES a.cpp)\n",
    "src/base/a.cpp": '#include "base/a.h"\n',
    "src/base/a.h": "// steady_clock, getenv and decode(x) in a comment\n"
                    'inline const char* kText = "steady_clock getenv";\n'
                    "class Box {\n public:\n  int decode(int x);\n private:\n  static int decode(long x);\n};\n"
                    "inline int twice(int x) {\n  return decode(x) + decode(x);\n}\n",
    "src/link/CMakeLists.txt": "starling_library(link SOURCES frame.cpp TESTS frame_test.cpp)\n",
    "src/link/frame.h": DECODER,
    "src/link/frame.cpp": '#include "link/frame.h"\n\n#include <vector>\n\n#include "wire/reader.h"\n',
    "src/link/frame_test.cpp": '#include <random>\n\n#include "sim/world.h"\n',
    "src/link/frame_fuzz.cpp": '#include "link/frame.h"\n',
    "src/node/CMakeLists.txt": "starling_library(node SOURCES node.cpp)\n",
    "src/node/node.cpp": '#include "link/frame.h"\n',
    "src/os/CMakeLists.txt": "starling_library(os SOURCES linux/udp.cpp)\n",
    "src/os/linux/udp.cpp": "#include <sys/socket.h>\n#include <thread>\n",
    "fuzz/CMakeLists.txt": "set(STARLING_FUZZ_UNITS\n  link/frame\n)\n",
    "docs/wire/link.md": "# link\n",
}


def function_of(lines, head="void long_one(int x) {"):
    return head + "\n" + "  x = x + 1;\n" * (lines - 2) + "}\n"


CLI = {"src/CMakeLists.txt": GOOD["src/CMakeLists.txt"] + "add_subdirectory(cli)\n",
       "src/cli/CMakeLists.txt": "starling_library(cli SOURCES a.cpp)\n"}


# Name, files that replace or join those of GOOD (None removes one), and how the only finding begins (None: no finding).
CASES = [
    ("the good tree", {}, None),
    # include arrows
    ("a core uses a later layer", {"src/link/frame.cpp": '#include "link/frame.h"\n#include "node/node.h"\n'},
     "src/link/frame.cpp:2: link must not include node"),
    ("a core uses another core", {"src/link/frame.cpp": '#include "routing/table.h"\n'},
     "src/link/frame.cpp:1: link must not include routing"),
    ("base uses something", {"src/base/a.cpp": '#include "wire/reader.h"\n'},
     "src/base/a.cpp:1: base must not include wire"),
    ("only tests use sim", {"src/link/frame.cpp": '#include "sim/world.h"\n'},
     "src/link/frame.cpp:1: link must not include sim"),
    ("a folder uses the allowed part of another", CLI | {"src/cli/a.cpp": '#include "os/home/home_paths.h"\n'}, None),
    ("a folder uses another part of it", CLI | {"src/cli/a.cpp": '#include "os/event_loop.h"\n'},
     "src/cli/a.cpp:1: cli must not include os/event_loop.h"),
    ("a test uses os", {"src/link/frame_test.cpp": '#include "os/loop.h"\n'},
     "src/link/frame_test.cpp:1: link must not include os"),
    ("an include without its folder", {"src/link/frame.cpp": '#include "frame.h"\n'},
     'src/link/frame.cpp:1: "frame.h": includes are written from src/'),
    ("an include of an unknown folder", {"src/link/frame.cpp": '#include "tools/x.h"\n'},
     'src/link/frame.cpp:1: "tools/x.h": there is no layer tools'),
    ("a folder that is no layer", {"src/extra/x.h": "\n"}, "src/extra/x.h:1: src/extra has no place"),
    ("a source in src itself", {"src/x.h": "\n"}, "src/x.h:1: sources live in a folder"),
    # purity
    *[(f"a core includes <{header}>", {"src/link/frame.cpp": f"\n#include <{header}>\n"},
       f"src/link/frame.cpp:2: link must not include <{header}>")
      for header in ("sys/socket.h", "unistd.h", "thread", "mutex", "random", "boost/asio.hpp")],
    *[(f"a core uses {name}", {"src/link/frame.cpp": f"\nauto x = {name};\n"},
       f"src/link/frame.cpp:2: link must not use {bare}")
      for name, bare in (("steady_clock::now()", "steady_clock"),
                         ("system_clock::now()", "system_clock"), ('std::getenv("X")', "getenv"))],
    ("regex, also where the system is allowed", {"src/os/linux/udp.cpp": "#include <regex>\n"},
     "src/os/linux/udp.cpp:1: <regex> is not used"),
    # sizes
    ("a long header", {"src/base/b.h": "int x;\n" * 261}, "src/base/b.h:261: 261 lines"),
    ("a header at the limit", {"src/base/b.h": "int x;\n" * 260}, None),
    ("a long header with its reason", {"src/base/b.h": "// Longer than usual: a table.\n" + "int x;\n" * 300}, None),
    ("a reason too far down", {"src/base/b.h": "int x;\n" * 12 + "// Longer than usual: late.\n" + "int x;\n" * 300},
     "src/base/b.h:261: 313 lines"),
    ("a long source", {"src/base/a.cpp": "int x;\n" * 601}, "src/base/a.cpp:601: 601 lines"),
    ("a long function", {"src/base/a.cpp": "int y;\n" + function_of(71)}, "src/base/a.cpp:2: a function of 71 lines"),
    ("a function at the limit", {"src/base/a.cpp": function_of(70)}, None),
    ("a long function with its reason", {"src/base/a.cpp": "// Longer than usual: one case per kind.\n" +
                                         function_of(90)}, None),
    ("a long method", {"src/base/b.h": "namespace a {\nclass B {\n public:\n" + function_of(80) + "};\n}\n"},
     "src/base/b.h:4: a function of 80 lines"),
    ("a long constructor", {"src/base/a.cpp": function_of(80, "B::B(int x)\n    : a_{x}, b_{1} {")},
     "src/base/a.cpp:1: a function of 81 lines"),
    ("a long test", {"src/link/frame_test.cpp": function_of(80, "TEST(FrameTest, IsLong) {")},
     "src/link/frame_test.cpp:1: a function of 80 lines"),
    ("a long template", {"src/base/b.h": function_of(80, "template <typename T>\nauto f(T x) -> Box<T> {")},
     "src/base/b.h:1: a function of 81 lines"),
    ("a long class and a long table", {"src/base/b.h": "class B {\n" + "  int x;\n" * 90 + "};\n" +
                                       "constexpr int kTable[] = {\n" + "    1,\n" * 90 + "};\n"}, None),
    ("braces in literals and comments", {"src/base/a.cpp": "char a = '{';  // {{\nauto b = \"{{\";\nint c = 1'000;\n" +
                                         "void f() {}\nauto r = R\"({{)\";\n" * 30}, None),
    ("braces in both branches of a conditional", {"src/base/a.cpp": "#if X\nint f(int x) {\n#else\nint f() {\n#endif\n"
                                                  "  return 1;\n}\n" + "int y;\n" * 90}, None),
    # decoders
    ("a decoder without a test", {"src/link/frame_test.cpp": None},
     "src/link/frame.h:5: decodes what strangers send, and there is no src/link/frame_test.cpp"),
    ("a decoder without a fuzz target", {"src/link/frame_fuzz.cpp": None, "fuzz/CMakeLists.txt": ""},
     "src/link/frame.h:5: decodes what strangers send, and there is no src/link/frame_fuzz.cpp"),
    ("a decoder without a page", {"src/link/frame.h": DECODER.replace("// Wire:", "// See")},
     "src/link/frame.h:5: decodes what strangers send, and no line says"),
    ("a decoder with a page that is missing", {"docs/wire/link.md": None},
     "src/link/frame.h:3: docs/wire/link.md does not exist"),
    ("a free decoder", {"src/base/b.h": "// Wire: docs/wire/link.md\nnamespace a {\nMaybe<int> decode(int x);\n}\n",
                        "src/base/b_fuzz.cpp": "", "fuzz/CMakeLists.txt": "set(STARLING_FUZZ_UNITS link/frame base/b)"},
     "src/base/b.h:3: decodes what strangers send, and there is no src/base/b_test.cpp"),
    # lists
    ("a source that nothing compiles", {"src/base/b.cpp": "\n"}, "src/base/b.cpp:1: is not listed in src/base/"),
    ("a source in a comment of the list", {"src/base/b.cpp": "\n", "src/base/CMakeLists.txt": "a.cpp\n# b.cpp\n"},
     "src/base/b.cpp:1: is not listed in src/base/"),
    ("a source below its folder", {"src/os/linux/tcp.cpp": "\n"}, "src/os/linux/tcp.cpp:1: is not listed in src/os/"),
    ("a folder that nothing adds", {"src/wire/x.cpp": "\n", "src/wire/CMakeLists.txt": "x.cpp"},
     "src/wire/x.cpp:1: src/wire is not added"),
    ("a fuzz target that nothing builds", {"fuzz/CMakeLists.txt": "set(STARLING_FUZZ_UNITS # link/frame\n)"},
     "src/link/frame_fuzz.cpp:1: link/frame is not in STARLING_FUZZ_UNITS"),
    ("a fuzz target without a source", {"fuzz/CMakeLists.txt": "set(STARLING_FUZZ_UNITS\n  link/frame\n  link/gone)"},
     "fuzz/CMakeLists.txt:3: src/link/gone_fuzz.cpp does not exist"),
    # standard headers
    ("a header over another one", {"src/base/b.h": "#include <vector>\n", "src/base/a.h": '#include "base/b.h"\nstd::vector<int> x;\n'},
     None),
    ("a type without its header", {"src/base/a.cpp": '#include "base/a.h"\n\nstd::vector<int> x;\n'},
     "src/base/a.cpp:3: std::vector needs #include <vector>"),
    ("an algorithm without its header", {"src/base/a.cpp": "#include <vector>\n\nint x = std::ranges::count(y, 1);\n"},
     "src/base/a.cpp:3: std::ranges::count needs #include <algorithm>"),
    # names and unfinished work
    *[(f"a file called {name}", {f"tools/{name}": "\n"}, f'tools/{name}:1: "{name.split(".")[0]}" says nothing')
      for name in ("utils.py", "misc.py", "sandbox_helper.sh", "manager.py", "common.sh")],
    ("a folder called common", {"web/src/common/x.ts": "\n"}, 'web/src/common/x.ts:1: "common" says nothing'),
    *[(f"the mark {mark}", {"src/base/a.cpp": f"\n// {mark}: later\n"}, f"src/base/a.cpp:2: {mark}: finish it")
      for mark in ("TO" + "DO", "FIX" + "ME", "X" * 3)],
]


def write_tree(root, files):
    for name, text in files.items():
        if text is not None:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")


def run(check_tree):
    """Runs all cases; returns the exit status."""
    wrong = 0
    for name, changes, expected in CASES:
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder).resolve()
            write_tree(root, GOOD | changes)
            found = [str(finding) for finding in check_tree(root)]
        as_expected = (found == []) if expected is None else (len(found) == 1 and found[0].startswith(expected))
        if not as_expected:
            wrong += 1
            print(f"{name}: expected {expected or 'no finding'}, got {found or 'none'}")
    print(f"{len(CASES) - wrong} of {len(CASES)} cases give what they should")
    return 1 if wrong else 0
