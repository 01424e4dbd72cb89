#!/usr/bin/env python3
"""Fails if a text names a document or an anchor in docs/ that does not exist, if a document names a
source file or a test that does not exist or says TODO, or if docs/LIMITS.md has no row, or one with
another value, for a constant or a setting named *_max.

Usage: check_docs.py ROOT. A constant needs no row if NO_ROW names it, with the reason."""
import pathlib, re, subprocess, sys

TEXTS = {".hpp", ".cpp", ".py", ".sh", ".toml", ".md", ".cmake", ".txt"}
SKIPPED = {"build", ".git", "self_test.py"}  # the last one plants faults for this check
NO_ROW = {
    "agent/config.cpp:socket_path_bytes_max": "value of the operating system",
    "hub/config.cpp:socket_path_bytes_max": "value of the operating system",
    "audit/clock.cpp:digits_max": "form of a time",
    "audit/record.cpp:depth_max": "form of a record",
    "audit/record.cpp:mono_max": "form of a record",
    "audit/record.cpp:sequence_max": "form of a record",
    "audit/writer.cpp:boot_bytes_max": "file of the kernel",
    "certs/join_token.cpp:expiry_max": "form of a time",
    "certs/token_claims.cpp:time_max": "form of a time",
    "daemon/forward_config.cpp:file_bytes_max": "of size_max",
    "base/journal_field.cpp:field_name_bytes_max": "journald's own",
    "forward/settings.hpp:size_max": "[[audit.forward]] size_max",
    "forward/syslog.cpp:host_bytes_max": "RFC 5424",
    "forward/syslog.cpp:message_id_bytes_max": "RFC 5424",
    "forward/syslog.cpp:process_bytes_max": "RFC 5424",
    "forward/syslog.cpp:program_bytes_max": "RFC 5424",
    "http/hygiene.cpp:names_max": "connection_options_max bounds it before",
    "http/hygiene.cpp:size_max": "longest name that is compared",
    "http/wire_output.cpp:parts_max": "caller's promise",
    "hub/access_token.hpp:tokens_max": "parameter: remembered_tokens_max",
    "mappings/file_checks.hpp:size_bytes_max": "smallest of the rules' size_max",
    "net/passed_sockets.cpp:passed_max": "sockets from systemd",
    "net/socket_duplex.cpp:buffers_max": "buffers of one system call",
    "net/tls_duplex.cpp:buffers_max": "buffers of one system call",
    "ssh/channel.cpp:buffers_max": "buffers of one call",
}
# A constant anywhere, or a setting (a member or parameter with a default) of a header.
CONSTANT = re.compile(r"\bconstexpr\s+([\w:<> ]+?)\s+(\w+_max)\s*(?:=\s*([^;]*)|\{([^;]*)\});")
SETTING = re.compile(r"^\s*([\w:<>]+)\s+(\w+_max)\s*(?:=\s*([^;,)]*)|\{([^;]*)\})[;,)]", re.M)
LINK = re.compile(r"(?:docs/|\]\()([A-Z]+\.md)(?:#([\w-]+))?")
FOLDERS = ("agent|audit|base|certs|daemon|forward|http|hub|ldap|mappings|net|rfc|ssh|tests|"
           "tlog|tunnel")
SOURCE = re.compile(rf"(?<![\w/.])((?:{FOLDERS})/[\w/]+\.(?:cpp|hpp|py))")
TEST = re.compile(r"`([A-Z]\w+)\.(\*|[A-Z]\w+)`")
DEFINED_TEST = re.compile(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", re.M)
OWN_ANCHOR = re.compile(r"\]\(#([\w-]+)\)")
UNITS = {"milliseconds": 1, "seconds": 1000, "minutes": 60_000, "hours": 3_600_000,
         "days": 86_400_000}
SPELLED_TIMES = (("days", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1000), ("ms", 1))
SPELLED_SIZES = (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10))


def listed(root):
    """Files under version control and new ones, or every file where there is no repository."""
    git = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others",
                          "--exclude-standard"], capture_output=True, text=True)
    files = ([root / name for name in git.stdout.split("\0") if name] if git.returncode == 0
             else root.rglob("*"))
    return sorted(path for path in files if path.suffix in TEXTS and path.is_file()
                  and not SKIPPED & set(path.relative_to(root).parts))


def anchors_of(text):
    """What can stand behind # for this document: explicit anchors and those of its headings."""
    anchors = set(re.findall(r'<a id="([\w-]+)">', text))
    for heading in re.findall(r"^#+ (.*)$", text, re.M):
        anchors.add(re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-"))
    return anchors


def dead_links(root, files):
    """(file, line, what) for each name of a document or anchor that leads nowhere."""
    documents = {path.name: anchors_of(path.read_text()) for path in (root / "docs").glob("*.md")}
    for path in files:
        own = documents.get(path.name) if path.parent == root / "docs" else None
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for name, anchor in LINK.findall(line):
                if name not in documents and not (root / name).exists():
                    yield path, number, f"there is no docs/{name}"
                elif anchor and anchor not in documents.get(name, ()):
                    yield path, number, f"docs/{name} has no anchor #{anchor}"
            for anchor in OWN_ANCHOR.findall(line) if own is not None else ():
                if anchor not in own:
                    yield path, number, f"this document has no anchor #{anchor}"


def dead_names(root):
    """(file, line, what) for each source file or test that a document names in vain."""
    tests: dict[str, set[str]] = {}
    for path in (root / "tests").rglob("*_test.cpp"):
        for suite, name in DEFINED_TEST.findall(path.read_text()):
            tests.setdefault(suite, {"*"}).add(name)
    for path in sorted((root / "docs").glob("*.md")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for name in SOURCE.findall(line):
                if not (root / name).exists():
                    yield path, number, f"there is no {name}"
            for suite, name in TEST.findall(line):
                if name not in tests.get(suite, ()):
                    yield path, number, f"there is no test {suite}.{name}"


def evaluated(expression):
    """The number a simple expression stands for, or None."""
    plain = re.sub(r"[\w:]+\{(\d[\d']*)\}|'", lambda m: (m[1] or "").replace("'", ""), expression)
    if not re.fullmatch(r"[\d\s*+<()-]+", plain):
        return None
    return eval(plain)  # digits and operators only


def unit_of(name, kind, expression):
    """The unit of a time, or None for any other quantity."""
    unit = re.search(r"chrono::(\w+)[({]?", expression) or re.search(r"chrono::(\w+)", kind)
    if unit:
        return unit[1]
    return {"ms": "milliseconds", "seconds": "seconds"}.get(name.split("_")[-2])


def spellings(name, kind, expression):
    """How LIMITS.md may write the value; empty if it cannot be told from the text."""
    number = evaluated(re.sub(r"^std::chrono::\w+\((.*)\)$", r"\1", expression))
    if number is None:
        return set()
    unit = unit_of(name, kind, expression)
    if unit:
        time = number * UNITS[unit]
        return {f"{time // size:,} {short}".replace(",", " ") for short, size in SPELLED_TIMES
                if time % size == 0}
    sizes = {f"{number // size} {name}" for name, size in SPELLED_SIZES if number % size == 0}
    power = {f"2^{number.bit_length() - 1}"} if number & (number - 1) == 0 else set()
    return {f"{number:,}".replace(",", " ")} | sizes | power


def limits_of(path):
    """(name, type, expression) of each limit that a source file declares."""
    text = re.sub(r"//[^\n]*", "", path.read_text())
    found = {match[2]: match for match in CONSTANT.finditer(text)}
    if path.suffix == ".hpp":
        for match in SETTING.finditer(text):
            found.setdefault(match[2], match)
    return [(name, match[1], (match[3] or match[4] or "").strip())
            for name, match in found.items()]


def missing_limits(root, files):
    """(file, what) for each limit without its row."""
    rows = [line for line in (root / "docs/LIMITS.md").read_text().splitlines()
            if line.startswith("|")]
    for path in files:
        place = str(path.relative_to(root))
        if path.suffix not in (".hpp", ".cpp") or place.startswith(("tests/", "bench/")):
            continue
        for name, kind, expression in limits_of(path):
            if f"{place}:{name}" in NO_ROW:
                continue
            mine = [row for row in rows if f"`{name}`" in row and place in row]
            values = spellings(name, kind, expression)
            if not mine:
                yield path, f"{name} has no row in docs/LIMITS.md"
            elif values and not any(value in row for row in mine for value in values):
                yield path, f"{name} is {expression}, which its row in docs/LIMITS.md does not say"


def placeholders(root):
    """Documents are shipped: what is still to be written must not stand there as if it were."""
    for path in sorted((root / "docs").glob("*.md")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if "TODO" in line:
                yield path, number, "TODO in a document"


def main(root):
    files = listed(root)
    wrong = 0
    for path, number, what in [*dead_links(root, files), *dead_names(root), *placeholders(root)]:
        print(f"{path.relative_to(root)}:{number}: {what}")
        wrong += 1
    for path, what in missing_limits(root, files):
        print(f"{path.relative_to(root)}: {what}")
        wrong += 1
    return wrong != 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
