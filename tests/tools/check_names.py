#!/usr/bin/env python3
"""Fails on a using-declaration whose name its file does not say again. clang-tidy finds these too,
but CI shows it only the files of the last commits. Usage: check_names.py ROOT"""
import pathlib, re, sys

from check_shape import listed

USING = re.compile(r"^[ \t]*using (?:\w*::)*\w+::(\w+);", re.M)


def faults(code):
    """(line, name) of each using-declaration that nothing needs."""
    for found in USING.finditer(code):
        name = found.group(1)
        if len(re.findall(rf"\b{name}\b", code)) == 1:
            yield code.count("\n", 0, found.start(1)) + 1, name


def main(root):
    failed = False
    for path in sorted(listed(root)):
        if path.suffix != ".cpp" or not path.is_file():
            continue
        for line, name in faults(path.read_text()):
            print(f"{path.relative_to(root)}:{line}: using {name}: nothing needs it")
            failed = True
    return failed


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
