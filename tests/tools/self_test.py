#!/usr/bin/env python3
"""The checkers find planted faults and leave sound code alone: each must be able to fail."""
import contextlib, io, pathlib, tempfile, unittest

import check_coroutines, check_docs, check_includes, check_names, check_shape, tidy

SOUND_AWAITS = [
    "auto answer = co_await within(deadline, connect(hub));",
    "co_await run([](int n) { return n; });",
    "co_await run(lines[index], Options(1));",
    'co_await run("{ [a] }");  // {1} [&]',
    "if (!co_await run(1)) { stop(); }",
    "const Options options{.tries = 1}; co_await run(options);",
    "table_[co_await run(1)] = Options{1};",
]
TRAPS = [
    "co_await run([this] { return 1; });",
    "co_await run(1, [&](int n) { co_return; });",
    "co_await run(\n    Options{.tries = 1});",
    "co_await run({});",
    "co_await run(std::vector<int>{1, 2});",
    "auto [ec, n] = co_await socket.read(buffer, Options{});",
    'co_await run("http://host", [x] { return x; });',
    "co_return co_await group.spawn(run([socket = std::move(socket)]() mutable { f(); }));",
]


class Checkers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def write(self, name, text):
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def said(self, checker):
        """(failed, what was printed)"""
        with contextlib.redirect_stdout(io.StringIO()) as output:
            failed = checker.main(self.root)
        return failed, output.getvalue()

    def test_awaits_that_g_plus_plus_compiles_right_pass(self):
        for code in SOUND_AWAITS:
            with self.subTest(code):
                self.assertEqual(list(check_coroutines.faults(code)), [])

    def test_every_coroutine_trap_is_found_with_its_line(self):
        for code in TRAPS:
            with self.subTest(code):
                self.assertEqual(len(list(check_coroutines.faults(code))), 1)
        self.write("agent/a.cpp", "int a;\n\nco_await run(Options{1});\n")
        failed, output = self.said(check_coroutines)
        self.assertTrue(failed)
        self.assertIn("agent/a.cpp:3: braced temporary", output)

    def test_an_include_against_the_layers_is_found(self):
        self.write("base/CMakeLists.txt", "sallyport_library(base LINK x)\n")
        self.write("net/CMakeLists.txt", "sallyport_library(net DEPENDS base LINK x)\n")
        self.write("net/a.cpp", '#include "base/b.hpp"\n#include "net/a.hpp"\n#include <vector>\n')
        self.assertEqual(self.said(check_includes), (False, ""))
        self.write("base/b.hpp", '#pragma once\n#include "net/a.hpp"\n')
        failed, output = self.said(check_includes)
        self.assertTrue(failed)
        self.assertIn("base/b.hpp:2: base may not include net", output)

    def test_a_name_that_nothing_needs_is_found_with_its_line(self):
        self.write("a.cpp", "\nusing std::byte;\n    using ::testing::IsEmpty;\nbyte b;\n")
        expected = (True, "a.cpp:3: using IsEmpty: nothing needs it\n")
        self.assertEqual(self.said(check_names), expected)

    def test_a_tree_without_folders_is_no_success(self):
        self.assertTrue(self.said(check_includes)[0])

    def test_long_lines_and_long_files_are_found(self):
        self.write("a.cpp", "x" * 100 + "\n" + "\n" * 399)
        expected = (False, "note: a.cpp: 400 lines, wanted are 300\n")
        self.assertEqual(self.said(check_shape), expected)
        self.write("a.cpp", "x" * 101 + "\n" + "\n" * 400)
        failed, output = self.said(check_shape)
        self.assertTrue(failed)
        self.assertIn("a.cpp:1: 101 columns", output)
        self.assertIn("a.cpp: 401 lines", output)

    def test_dead_links_between_code_and_documents_are_found(self):
        self.write("docs/LIMITS.md", "")
        self.write("docs/A.md", '# First part\n<a id="b"></a>\n[x](#b) [y](A.md#first-part)\n')
        self.write("net/a.hpp", "// see docs/A.md#b\n")
        self.assertEqual(self.said(check_docs), (False, ""))
        self.write("net/a.hpp", "// see docs/A.md#c\n// and docs/B.md\n")
        self.write("docs/A.md", '<a id="b"></a>\n[x](#d)\n')
        failed, output = self.said(check_docs)
        self.assertTrue(failed)
        self.assertIn("net/a.hpp:1: docs/A.md has no anchor #c", output)
        self.assertIn("net/a.hpp:2: there is no docs/B.md", output)
        self.assertIn("docs/A.md:2: this document has no anchor #d", output)

    def test_a_placeholder_in_a_document_is_found(self):
        self.write("docs/LIMITS.md", "")
        self.write("docs/A.md", "12 MB\nTODO\n")
        failed, output = self.said(check_docs)
        self.assertTrue(failed)
        self.assertIn("docs/A.md:2: TODO", output)

    def test_sources_and_tests_that_are_not_there_are_found_in_documents(self):
        self.write("docs/LIMITS.md", "`net/a.hpp` `Wire.Works` `Wire.*`\n")
        self.write("net/a.hpp", "")
        self.write("tests/unit/net/a_test.cpp", "TEST_F(Wire, Works) {}\n")
        self.assertEqual(self.said(check_docs), (False, ""))
        self.write("docs/LIMITS.md", "net/b.hpp\n`Wire.Breaks` `Fire.*`\n")
        failed, output = self.said(check_docs)
        self.assertTrue(failed)
        self.assertIn("docs/LIMITS.md:1: there is no net/b.hpp", output)
        self.assertIn("docs/LIMITS.md:2: there is no test Wire.Breaks", output)
        self.assertIn("docs/LIMITS.md:2: there is no test Fire.*", output)

    def test_limits_without_a_row_or_with_another_value_are_found(self):
        rows = ["| a | 64 KiB | `a_max` net/a.hpp |", "| b | 5 s | `b_max` net/a.hpp |",
                "| c | 10 000 | `c_max` net/a.hpp |", "| d | 7 days | `d_max` net/b.cpp |"]
        self.write("docs/LIMITS.md", "\n".join(rows))
        self.write("net/a.hpp", "inline constexpr std::size_t a_max = std::size_t{64} * 1024;\n"
                   "std::chrono::milliseconds b_max{5'000};  // each\nint c_max = 10'000;\n")
        self.write("net/b.cpp", "constexpr std::chrono::seconds d_max = std::chrono::days(7);\n")
        self.assertEqual(self.said(check_docs), (False, ""))
        self.write("docs/LIMITS.md", "\n".join(rows[1:]).replace("5 s", "6 s"))
        failed, output = self.said(check_docs)
        self.assertTrue(failed)
        self.assertIn("net/a.hpp: a_max has no row", output)
        self.assertIn("net/a.hpp: b_max is 5'000, which its row", output)
        self.assertEqual(len(output.splitlines()), 2)

    def test_a_changed_header_is_checked_through_a_source_that_includes_it(self):
        self.write("net/a.cpp", '#include "net/only.hpp"\n')
        self.write("net/b.cpp", '#include "net/b.hpp"\n')
        sources = ["net/a.cpp", "net/b.cpp"]
        for names, expected in (({"net/only.hpp"}, ["net/a.cpp"]), ({"net/b.hpp"}, ["net/b.cpp"]),
                                ({"net/b.cpp", "x.md"}, ["net/b.cpp"]), (set(), [])):
            self.assertEqual(tidy.sources_to_check(self.root, sources, names), expected)

    def test_clang_gets_its_own_precompiled_header(self):
        words = tidy.arguments_for_clang(
            "c++ -g -fpch-preprocess -Winvalid-pch -include /b/cmake_pch.hxx -c a.cpp", ["-X", "p"])
        self.assertEqual(words, ["c++", "-g", "-X", "p", "-c", "a.cpp"])


if __name__ == "__main__":
    unittest.main()
