#!/usr/bin/env python3
"""Fails on lines above 100 columns and on files above 400 lines (unit tests: 600), and reports
those above 300.

Usage: check_shape.py ROOT. A file may be longer if LONGER names it, with the reason."""
import pathlib, subprocess, sys

COLUMNS_MAX = 100
LINES_WANTED = 300
LINES_MAX = 400
LINES_MAX_OF_A_TEST = 600
LONGER: dict[str, str] = {}
CODE = {".cpp", ".hpp", ".py", ".sh"}


def is_code(path):
    return path.suffix in CODE or path.name in ("dev", "run")


def listed(root):
    """Files under version control and new ones, or every file where there is no repository."""
    git = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others",
                          "--exclude-standard"], capture_output=True, text=True)
    if git.returncode == 0:
        return [root / name for name in git.stdout.split("\0") if name]
    return [path for path in root.rglob("*") if path.is_file()]


def main(root):
    faults = 0
    for path in sorted(listed(root)):
        if not is_code(path) or not path.is_file():
            continue
        name = str(path.relative_to(root))
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines, 1):
            if len(line) > COLUMNS_MAX:
                print(f"{name}:{number}: {len(line)} columns, at most {COLUMNS_MAX}")
                faults += 1
        most = LINES_MAX_OF_A_TEST if name.startswith("tests/unit/") else LINES_MAX
        if len(lines) > most and name not in LONGER:
            print(f"{name}: {len(lines)} lines, at most {most}: split it by responsibility")
            faults += 1
        elif len(lines) > LINES_WANTED:
            print(f"note: {name}: {len(lines)} lines, wanted are {LINES_WANTED}")
    return faults != 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
