#!/usr/bin/env python3
"""Runs clang-tidy on the changed files, or with --all on every one. Usage: tidy.py ROOT [--all]

Changed means: against origin/main, or on main itself against its last commits, plus what is not
committed. A changed header is seen through a source that includes it. The compile commands are
those of build/dev with g++'s precompiled header replaced by one that clang can read."""
import concurrent.futures, json, os, pathlib, re, shlex, subprocess, sys

COMMITS_BACK = 10          # what counts as changed where there is no origin/main to compare with
SECONDS_MAX = 600          # of one clang-tidy
FOLDER = pathlib.Path("build/tidy")
GCC_ONLY = {"-fpch-preprocess", "-Winvalid-pch"}


def git(root, *arguments):
    return subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True)


def changed_names(root):
    """Names of changed files; None if there is nothing to compare with."""
    head = git(root, "rev-parse", "HEAD").stdout
    base = git(root, "merge-base", "origin/main", "HEAD").stdout
    if not base or base == head:
        base = git(root, "rev-parse", "--verify", "-q", f"HEAD~{COMMITS_BACK}").stdout
    if not base:
        return None
    committed = git(root, "diff", "--name-only", "--diff-filter=d", base.strip()).stdout
    new = git(root, "ls-files", "--others", "--exclude-standard").stdout
    return {*committed.split("\n"), *new.split("\n")} - {""}


def sources_to_check(root, sources, names):
    """The sources among the names, and for each header among them its own source or one user."""
    chosen = {source for source in sources if source in names}
    for name in names:
        if not name.endswith(".hpp"):
            continue
        own = name.removesuffix(".hpp") + ".cpp"
        users = (source for source in sources if f'"{name}"' in (root / source).read_text())
        user = own if own in sources else next(users, None)
        if user:
            chosen.add(user)
    return sorted(chosen)


def arguments_for_clang(command, header):
    """One compile command of g++ as clang understands it; header is put in place of the g++ one."""
    arguments = [word for word in shlex.split(command) if word not in GCC_ONLY]
    for index, word in enumerate(arguments):
        if word.endswith("cmake_pch.hxx"):
            arguments[index - 1:index + 1] = header
            break
    return arguments


def write_commands(root, header):
    """build/tidy/compile_commands.json; returns source name -> arguments."""
    commands = {}
    database = []
    for entry in json.loads((root / "build/dev/compile_commands.json").read_text()):
        file = pathlib.Path(entry["file"])
        if file.suffix != ".cpp" or not file.is_relative_to(root) or "build" in file.parts[
                len(root.parts):]:
            continue
        words = arguments_for_clang(entry["command"], header)
        commands[str(file.relative_to(root))] = words
        database.append({"directory": entry["directory"], "file": str(file), "arguments": words})
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    (root / FOLDER / "compile_commands.json").write_text(json.dumps(database))
    return commands


def precompile(root, words):
    """The project's precompiled header for clang, with the flags of one source file. Folders of
    headers that only some libraries have (-isystem FOLDER) are none of it."""
    flags = [word for word in words if re.match(r"-(D|I|std|f|W|g|m)", word)]
    output = root / FOLDER / "precompiled.pch"
    subprocess.run(["clang++", *flags, "-x", "c++-header", str(root / "base/precompiled.hpp"),
                    "-o", str(output)], check=True, cwd=root)


def findings(root, run):
    """One line per finding in our own files; whatever was said if clang-tidy failed otherwise."""
    said = set(re.findall(r"^(/[^\n]*: (?:error|warning): [^\n]*)", run.stdout, re.M))
    ours = sorted(line.removeprefix(f"{root}/") for line in said if line.startswith(f"{root}/"))
    return ours if said or run.returncode == 0 else [run.stdout + run.stderr]


def check(root, source):
    """Findings where clang 14's analyzer loses its way inside Asio's coroutines are not ours."""
    try:
        command = ["clang-tidy", "-p", str(root / FOLDER), "--quiet", str(root / source)]
        run = subprocess.run(command, capture_output=True, text=True,
                             timeout=SECONDS_MAX)
    except subprocess.TimeoutExpired:
        return [f"{source}: clang-tidy did not end within {SECONDS_MAX} s"]
    return findings(root, run)


def main(root, everything):
    header = ["-include-pch", str(root / FOLDER / "precompiled.pch")]
    commands = write_commands(root, header)
    names = None if everything else changed_names(root)
    chosen = sorted(commands) if names is None else sources_to_check(root, sorted(commands), names)
    print(f"{len(chosen)} of {len(commands)} files")
    if not chosen:
        return 0
    precompile(root, arguments_for_clang(shlex.join(commands[chosen[0]]), []))
    reported = set()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(lambda source: check(root, source), chosen):
            for line in found:
                if line not in reported:
                    print(line, flush=True)
                reported.add(line)
    if reported:
        print(f"{len(reported)} findings; for all that clang-tidy says about a file: "
              f"clang-tidy -p {FOLDER} FILE")
    return bool(reported)


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), "--all" in sys.argv[2:]))
