#!/usr/bin/python3
"""Are the records of an audit log the ones that were signed? All its lines make one Merkle tree
(RFC 6962): the root must stand in the newest checkpoint, which must be signed with KEY, says
openssl. Exit code: 0 good, 1 BAD, 2 used the wrong way, or the files cannot be read."""
import argparse, base64, gzip, hashlib, itertools, json, pathlib, re, subprocess, sys, tempfile
import zlib

NOTE = re.compile(rb"((?:[^\n]+\n){3,})\n((?:\xe2\x80\x94 [^\n]+\n)+)")  # text, signature lines
DER = {b"\1": bytes.fromhex("302a300506032b6570032100"), b"\2": b""}  # Ed25519, ECDSA P-256
VERIFY = "openssl pkeyutl -verify -rawin -in text -sigfile signature -pubin -keyform DER -inkey key"


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def require(holds, what):
    if not holds:
        raise ValueError(what)


def public_key(line):
    """Name and key id, as in a signature line, and the key as openssl reads it."""
    name, key_id, encoded = line.strip().rpartition(" ")[2].split("+", 2)
    key = base64.b64decode(encoded, validate=True)
    owned = sha256(key[1:]) if key[:1] == b"\2" else sha256(name.encode(), b"\n", key)
    require(key[:1] in DER and owned[:4].hex() == key_id, "not the public key of a log")
    return name, owned[:4], DER[key[:1]] + key[1:]


def newest_checkpoint(notes, name, key_id, key):
    """Size and root."""
    require(notes, "the log is not signed")
    text, lines = max(reversed(notes), key=lambda note: int(note[0].split(b"\n")[1]))
    origin, size, root = text.decode().split("\n")[:3]
    signatures = [base64.b64decode(line.split(b" ")[2]) for line in lines.splitlines()]
    own = [signature[4:] for signature in signatures if signature[:4] == key_id]
    with tempfile.TemporaryDirectory() as work:
        for file, content in {"text": text, "signature": b"".join(own), "key": key}.items():
            pathlib.Path(work, file).write_bytes(content)
        done = subprocess.run(VERIFY.split(), cwd=work, capture_output=True)
    require(done.returncode == 0 and origin == name,
            f"the newest checkpoint, of {int(size)} records, is not signed with KEY; "
            "if the key was changed, verify_audit.py goes on from the one before")
    return int(size), base64.b64decode(root)


def check(folder, *key):
    files = sorted([*folder.glob("*.jsonl"), *folder.glob("*.jsonl.gz")], reverse=True)
    segments = {file.name[:20]: file for file in files}  # of one in both forms the plain counts
    checkpoints = {file.stem: file.read_bytes() for file in sorted(folder.glob("*.cp"))}
    size, root = newest_checkpoint(NOTE.findall(b"".join(checkpoints.values())), *key)
    count = first = int(min(segments))
    # Roots of complete subtrees, from the left; of what was deleted the first checkpoint has them.
    before = NOTE.match(checkpoints.get(min(segments), b""))
    nodes = [base64.b64decode(line) for line in before[1].splitlines()[3:]] if before else []
    pruned = 0
    lines = (line for _, file in sorted(segments.items())
             for line in (gzip.open if file.suffix == ".gz" else open)(file, "rb"))
    for line in itertools.islice(lines, max(size - first, 0)):
        node, left, count = sha256(b"\0", line), count, count + 1
        while left & 1:  # a subtree as large stands on its left
            node, left = sha256(b"\1", nodes.pop(), node), left >> 1
        nodes.append(node)
        if b'"event":"log.pruned"' in line:
            pruned = json.loads(line)["first"]
    while len(nodes) > 1:
        nodes[-2:] = [sha256(b"\1", *nodes[-2:])]
    require(count == size, f"MISSING: {size} records were signed, {count} are there")
    require(nodes == [root], "CHANGED: the records are not the ones that were signed")
    require(first <= pruned, f"MISSING: records before {first}; none says that they were deleted")
    print(f"good: records {first} to {count - 1} are the ones that were signed; "
          f"{sum(1 for _ in lines)} lines behind them are not signed, and NOT CHECKED")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path, help="a copy of the log")
    parser.add_argument("key", type=public_key, help="a line of its `vkeys` that you have kept")
    args = parser.parse_args()
    if not [*args.folder.glob("*.jsonl"), *args.folder.glob("*.jsonl.gz")]:
        parser.error(f"there is no audit log in {args.folder}")
    try:
        check(args.folder, *args.key)
    except (gzip.BadGzipFile, zlib.error, EOFError, ValueError, TypeError, LookupError) as wrong:
        sys.exit(f"BAD: {wrong}")
    except OSError as wrong:
        parser.error(f"nothing was checked: {wrong}")
