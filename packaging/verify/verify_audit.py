#!/usr/bin/python3
"""Verifies an audit log of Sallyport: that its records hang together, that its Merkle tree is the
one of every checkpoint, and who signed those. Needs Python 3 and the program openssl, nothing of
Sallyport.

VKEY are keys that you know from elsewhere, of the log and of its witnesses; a line of `vkeys` will
do. Without any, those in the folder's file `vkeys` are taken: then compare the whole of what is
printed with what you know. A key that is listed there signs only checkpoints of the sizes that are
listed with it; one that came later counts if the one before it signed a checkpoint with it.

Exit code: 0 good, 1 BAD, 2 used the wrong way, or the files cannot be read."""
import argparse, base64, gzip, hashlib, json, pathlib, re, subprocess, sys, tempfile, time, zlib

ED25519 = bytes.fromhex("302a300506032b6570032100")  # DER, before the 32 bytes of a public key
NOTE = re.compile(rb"((?:[^\n]+\n)+)\n((?:\xe2\x80\x94 [^\n]+\n)+)")  # text, signature lines


def require(holds, what):
    """As assert, which Python can be told to leave out."""
    if not holds:
        raise ValueError(what)


def shown(text):
    """Without what a terminal obeys: whoever wrote the log may want us to print something else."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def say(text):
    print(shown(text))


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def fold(nodes):
    """The root above complete subtrees, left to right (RFC 6962 section 2.1)."""
    above = nodes[-1] if nodes else sha256()
    for node in reversed(nodes[:-1]):
        above = sha256(b"\1", node, above)
    return above


def read_keys(lines):
    """Name and key id to: key, and the sizes of checkpoints that it signs. Lines as in `vkeys`."""
    keys = [(int(since), *vkey.split("+", 2)) for since, vkey in map(str.split, lines)]
    last = [next_key[0] for next_key in keys[1:]] + [float("inf")]
    return {(name.encode(), bytes.fromhex(key_id)): (base64.b64decode(key), since, until)
            for (since, name, key_id, key), until in zip(keys, last)}


def given_key(text):
    """A key, or a line of `vkeys`, as somebody gives it."""
    vkey = text.split(maxsplit=1)[-1] if text[:1].isdigit() else text.strip()
    read_keys([f"0 {vkey}"])
    return vkey


def known_keys(vkeys, listed=()):
    """The same for keys that sign checkpoints of all sizes, unless lines of `vkeys` list them."""
    keys = {name: key for vkey in vkeys for name, key in read_keys([f"0 {vkey}"]).items()}
    for name, key in read_keys(listed).items():
        if name in keys and keys[name][0] == key[0]:
            keys[name] = key
    return keys


def is_signed(text, signature, key):
    """Asks openssl. First byte of a key: 1 Ed25519, 2 ECDSA P-256, 4 Ed25519 with a time."""
    kind, key = key[0], key[1:]
    if kind == 4:
        text = b"cosignature/v1\ntime %d\n" % int.from_bytes(signature[:8], "big") + text
        signature = signature[8:]
    with tempfile.TemporaryDirectory() as folder:
        files = [pathlib.Path(folder, name) for name in ("text", "signature", "key")]
        for file, content in zip(files, (text, signature, key if kind == 2 else ED25519 + key)):
            file.write_bytes(content)
        command = ["openssl", "pkeyutl", "-verify", "-rawin", "-in", files[0], "-sigfile", files[1],
                   "-pubin", "-keyform", "DER", "-inkey", files[2]]
        command += ["-digest", "sha256"] if kind == 2 else []
        return subprocess.run(command, capture_output=True).returncode == 0


def signers(text, lines, keys, needed=True):
    """The known keys that signed, the log's among them if needed; no other signature counts."""
    origin, size = text.decode().splitlines()[:2]
    mine = [name for (name, _), key in keys.items() if name.decode() == origin and key[0][0] != 4]
    require(mine, f"no key that is known is one of this log, {origin}: is it the one you mean?")
    found, by_log = set(), False
    for line in lines.splitlines():
        _, name, encoded = line.split(b" ")
        raw = base64.b64decode(encoded)
        key, since, until = keys.get((name, raw[:4]), (None, 0, 0))
        if key is None:
            continue
        require(is_signed(text, raw[4:], key), f"wrong signature of {name.decode()}")
        if since <= int(size) <= until:
            by_log = by_log or (name in mine and key[0] != 4)
            found.add(f"{name.decode()}+{raw[:4].hex()}+{base64.b64encode(key).decode()}" +
                      (time_of(raw[4:]) if key[0] == 4 else ""))
    require(by_log or not needed,
            f"no known key of log {origin} signed the checkpoint of {size} records")
    return sorted(found)


def time_of(cosignature):
    seconds = int.from_bytes(cosignature[:8], "big")
    return time.strftime(" at %Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def size_of(note):
    return int(note[0].splitlines()[1])


def follow(keys, listed, notes):
    """Adds keys that came into use later: the one before named each in a checkpoint of both."""
    in_order = list(read_keys(listed).items())
    for (old, _), (new, key) in zip(in_order, in_order[1:]):
        if old not in keys or new in keys:
            continue
        both = {old: keys[old], new: key}
        named = f"successor {new[0].decode()}+{new[1].hex()}+{base64.b64encode(key[0]).decode()}"
        changes = (note for note in notes
                   if size_of(note) == key[1] and named in note[0].decode().splitlines()[3:])
        if any(len(signers(*note, both)) == 2 for note in changes):
            keys[new] = key
            say(f"note: from the checkpoint of {key[1]} records on another key signs, "
                f"{new[0].decode()}+{new[1].hex()}; the key before it, +{old[1].hex()}, vouched "
                "for it: that checkpoint names it, and both signed it")


def kept_checkpoints(file, origin, keys):
    """Root by size of what was kept elsewhere; a witness that is known must have signed it, too."""
    notes = NOTE.findall(pathlib.Path(file).read_bytes())
    require(notes, f"{file} holds no checkpoint")
    roots = {}
    for text, lines in notes:
        name, size, root = text.decode().splitlines()[:3]
        require(name == origin, f"KEPT: {file} is a checkpoint of {name}, this is log {origin}")
        who = signers(text, lines, keys)
        witnesses = tuple(f"{witness.decode()}+{key_id.hex()}+"
                          for (witness, key_id), key in keys.items() if key[0][0] == 4)
        require(not witnesses or any(signer.startswith(witnesses) for signer in who),
                f"KEPT: no known witness signed {file}")
        require(roots.setdefault(int(size), root) == root, f"FORK: {file} has two trees")
        say(f"{file}: {size} records signed by {', '.join(who)}")
    return roots


class Log:
    """What the files say so far: how many records, the tree over them, the last line's digest."""

    def __init__(self, keys, kept):
        self.keys, self.origin, self.size, self.nodes, self.last = keys, None, None, [], None
        self.expected = dict(kept)  # root by size, of the checkpoints that are ahead
        self.newest = None  # the checkpoint that vouches for all records before it
        self.pruned = 0  # records before this one were deleted, as the log says

    def read_checkpoints(self, file, is_last):
        content = file.read_bytes() if file.exists() else b""
        notes = NOTE.findall(content)
        if not notes:
            # A log may be older than checkpoints; and the newest file may be about to be written.
            require(self.origin is None or is_last, f"MISSING: the checkpoints in {file.name}")
            say(f"note: {file.name} has no checkpoint")
            self.size = 0 if self.size is None else self.size
            return
        if sum(len(text) + 1 + len(lines) for text, lines in notes) != len(content):
            say(f"note: {file.name} does not end with a whole checkpoint")
        origin, first, _, *hashes = notes[0][0].decode().splitlines()
        self.origin = self.origin or origin
        if self.size is None:  # the log begins here, or what was before has been deleted
            self.size, self.nodes = int(first), [base64.b64decode(text) for text in hashes]
            # Its hashes end in the root of the newest, so a key that signs only that will do.
            signers(*notes[0], self.keys, needed=False)
        for text, _ in notes:
            name, size, root = text.decode().splitlines()[:3]
            require(name == self.origin, f"{file.name}: a checkpoint of {name}")
            other = self.expected.setdefault(int(size), root)
            require(other == root, f"FORK: two trees of {size} records")
        for note in notes:  # whoever adds an old one at the end hides nothing
            if self.newest is None or size_of(note) >= size_of(self.newest):
                self.newest = note

    def check_root(self):
        root = self.expected.pop(self.size, None)
        require(root is None or fold(self.nodes) == base64.b64decode(root),
                f"CHANGED: the first {self.size} records are not those that were signed")

    def read_records(self, file):
        require(int(file.name[:20]) == self.size, f"MISSING: records before {file.name}")
        with (gzip.open if file.suffix == ".gz" else open)(file, "rb") as lines:
            for number, line in enumerate(lines, 1):
                self.check_root()
                if not line.endswith(b"\n"):
                    say(f"note: {file.name} ends within a record")
                    break
                record, place = json.loads(line), f"{file.name}:{number}"
                require(record["seq"] == self.size, f"{place}: not record {self.size}")
                before = self.last or (record["prev"] if self.size else "0" * 64)
                require(record["prev"] == before, f"{place}: does not follow from the line before")
                if record["event"] == "log.pruned":
                    self.pruned = max(self.pruned, record["first"])
                self.add(line)

    def add(self, line):
        node, bits = sha256(b"\0", line), self.size
        self.last = node.hex()
        while bits & 1:
            node, bits = sha256(b"\1", self.nodes.pop(), node), bits >> 1
        self.nodes.append(node)
        self.size += 1


def read_log(folder, trusted, kept):
    """The keys that count, the roots that were kept elsewhere, and the segments."""
    vkeys = folder / "vkeys"
    require(vkeys.exists() or trusted, "MISSING: the list of keys, vkeys; give the log's key")
    listed = vkeys.read_text().splitlines() if vkeys.exists() else []
    notes = [note for file in sorted(folder.glob("*.cp"))
             for note in NOTE.findall(file.read_bytes())]
    keys = known_keys(trusted, listed) if trusted else read_keys(listed)
    if not trusted:
        say("note: the keys are those in the file vkeys: compare them with what you know")
    origin = notes[0][0].decode().splitlines()[0] if notes else None
    if trusted:
        follow(keys, listed, notes)
    roots = {}
    for file in kept:
        for size, root in kept_checkpoints(file, origin, keys).items():
            require(roots.setdefault(size, root) == root, f"FORK: two trees of {size} records")
    return Log(keys, roots)


def main(folder, trusted, kept):
    # Where a segment is there in both forms, the plain one counts.
    names = sorted(folder.glob("*.jsonl")) + sorted(folder.glob("*.jsonl.gz"))
    segments = {file.name[:20]: file for file in reversed(names)}
    if not segments:
        raise FileNotFoundError(f"no audit log in {folder}")
    log, first = read_log(folder, trusted, kept), int(min(segments))
    require(min(log.expected, default=first) >= first,
            f"KEPT: the records that were signed are older than record {first}, which is the "
            "oldest that is left: give a newer checkpoint")
    for name, file in sorted(segments.items()):
        log.read_checkpoints(folder / (name + ".cp"), name == max(segments))
        log.read_records(file)
    log.check_root()
    require(first <= log.pruned,
            f"MISSING: records before {first}, and none says that they were deleted")
    lost = [file.name for file in folder.glob("*.cp") if file.name[:20] > max(segments)]
    require(not lost, f"TRUNCATED: there are checkpoints in {lost}, but not their records")
    require(not log.expected, f"TRUNCATED: {max(log.expected, default=0)} records were signed, "
                              f"{log.size} are there")
    require(log.newest, "the log is not signed")
    size, who = size_of(log.newest), signers(*log.newest, log.keys)
    say(f"log {log.origin}: {size} records signed by {', '.join(who)}")
    say(f"good: records {first} to {log.size - 1}, the last line is {log.last}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path, help="of the log")
    parser.add_argument("vkey", nargs="*", type=given_key, help="a public key")
    parser.add_argument("--checkpoint", metavar="FILE", action="append", default=[],
                        help="a checkpoint that was kept elsewhere, by a witness for instance: "
                             "the log must go on from it (may be repeated)")
    return parser.parse_intermixed_args()


def verdict(check, *given):
    """Tells what is BAD by exit code 1, and what could not be looked at by 2."""
    try:
        check(*given)
    except (gzip.BadGzipFile, zlib.error, EOFError, ValueError, TypeError, LookupError) as wrong:
        sys.exit(shown(f"BAD: {wrong}"))
    except OSError as wrong:
        print(shown(f"nothing was checked: {wrong}"), file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    args = arguments()
    verdict(main, args.folder, args.vkey, args.checkpoint)
