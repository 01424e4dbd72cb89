"""Reads and verifies a log in the form of C2SP tlog-tiles, written after that specification and RFC
6962 alone: it shares no code with the programs, nor with packaging/verify, and knows nothing of the
records. Signatures are checked by openssl."""
import base64, hashlib, pathlib, subprocess, tempfile

WIDTH = 256                 # hashes of a full tile, entries of a full bundle
HEIGHT = 8                  # levels of the tree that a tile stands for
HASH = 32
ED25519 = 1                 # signature type of a verifier key
PUBLIC_KEY_INFO = bytes.fromhex("302a300506032b6570032100")     # RFC 8410, before an Ed25519 key


def sha256(data):
    return hashlib.sha256(data).digest()


def leaf(entry):
    return sha256(b"\0" + entry)


def parent(left, right):
    return sha256(b"\1" + left + right)


def path_of(index):
    """1234067 is x001/x234/067."""
    parts = [f"{index % 1000:03}"]
    while index >= 1000:
        index //= 1000
        parts.insert(0, f"x{index % 1000:03}")
    return "/".join(parts)


def split(size):
    """The largest power of two below it."""
    return 1 << ((size - 1).bit_length() - 1)


class TileLog:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.text, _, signatures = (self.folder / "checkpoint").read_text().partition("\n\n")
        self.text += "\n"
        self.origin, size, root, *_ = self.text.splitlines()
        self.size, self.root = int(size), base64.b64decode(root, validate=True)
        self.signatures = [line.removeprefix("— ").split(" ") for line in signatures.splitlines()]
        self.read = set()   # files that the specification has for a log of this size

    def part(self, kind, index, count):
        """One file of `count` elements in all of its kind, and how many it has."""
        width = min(WIDTH, count - index * WIDTH)
        name = f"tile/{kind}/{path_of(index)}" + (f".p/{width}" if width < WIDTH else "")
        self.read.add(name)
        return (self.folder / name).read_bytes(), width

    def tile(self, level, index):
        content, width = self.part(level, index, self.size >> (HEIGHT * level))
        if len(content) != width * HASH:
            raise AssertionError(f"tile {level}/{index} has {len(content)} bytes")
        return [content[at:at + HASH] for at in range(0, len(content), HASH)]

    def entries(self):
        """All of them, from their bundles."""
        for index in range(-(-self.size // WIDTH)):
            content, width = self.part("entries", index, self.size)
            for _ in range(width):
                length = int.from_bytes(content[:2], "big")
                yield content[2:2 + length]
                content = content[2 + length:]
            if content:
                raise AssertionError(f"bundle {index} has more than its entries")

    def subtree(self, height, index):
        """The hash of the `index`th complete subtree of 2**height entries, from the tiles."""
        level, rest = divmod(height, HEIGHT)
        first = index << rest
        hashes = self.tile(level, first // WIDTH)[first % WIDTH:first % WIDTH + (1 << rest)]
        while len(hashes) > 1:
            hashes = [parent(*pair) for pair in zip(hashes[::2], hashes[1::2])]
        return hashes[0]

    def hash(self, begin, end):
        """RFC 6962 section 2.1, of the entries from `begin` to before `end`."""
        size = end - begin
        if size & (size - 1) == 0:
            return self.subtree(size.bit_length() - 1, begin // size)
        middle = begin + split(size)
        return parent(self.hash(begin, middle), self.hash(middle, end))

    def inclusion(self, index):
        """RFC 6962 section 2.1.1: the hashes beside the way from an entry to the root."""
        path, begin, end = [], 0, self.size
        while end - begin > 1:
            middle = begin + split(end - begin)
            if index < middle:
                path.append(self.hash(middle, end))
                end = middle
            else:
                path.append(self.hash(begin, middle))
                begin = middle
        return path[::-1]

    def includes(self, index, entry):
        """RFC 9162 section 2.1.3.2, against the root of the checkpoint."""
        node, place, last = leaf(entry), index, self.size - 1
        for sibling in self.inclusion(index):
            if place & 1 or place == last:
                node = parent(sibling, node)
                while not place & 1 and place:
                    place, last = place >> 1, last >> 1
            else:
                node = parent(node, sibling)
            place, last = place >> 1, last >> 1
        return last == 0 and node == self.root

    def signed_by(self, vkey):
        """Whether the checkpoint has a signature of this Ed25519 key (C2SP signed-note)."""
        name, key_id, key = vkey.split("+", 2)
        key = base64.b64decode(key, validate=True)
        expected = sha256(name.encode() + b"\n" + key)[:4]
        if key[0] != ED25519 or expected.hex() != key_id or name != self.origin:
            return False
        found = [base64.b64decode(signature, validate=True) for who, signature in self.signatures
                 if who == name]
        return any(signature[4:] and signature[:4] == expected and
                   self.openssl(PUBLIC_KEY_INFO + key[1:], signature[4:]) for signature in found)

    def openssl(self, key, signature):
        with tempfile.TemporaryDirectory() as folder:
            files = {}
            for name, content in (("key", key), ("text", self.text.encode()), ("sig", signature)):
                files[name] = pathlib.Path(folder, name)
                files[name].write_bytes(content)
            return subprocess.run(
                ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey",
                 files["key"], "-in", files["text"], "-sigfile", files["sig"]],
                capture_output=True, check=False).returncode == 0

    def verify(self, vkey):
        """Everything: what is wrong, or nothing. All tiles and bundles are read."""
        faults = []
        if not self.signed_by(vkey):
            faults.append("the checkpoint is not signed by this key")
        if self.hash(0, self.size) != self.root:
            faults.append("the tiles have another root than the checkpoint")
        leaves = [leaf(entry) for entry in self.entries()]
        level, below = 0, leaves
        while below:
            stored = [node for index in range(-(-len(below) // WIDTH))
                      for node in self.tile(level, index)]
            if stored != below:
                faults.append(f"tiles of level {level} are not those of the entries")
            level += 1
            below = [self.subtree_of(below, index) for index in range(len(below) // WIDTH)]
        there = {str(file.relative_to(self.folder)) for file in self.folder.rglob("*")
                 if file.is_file()} - {"checkpoint", "manifest.json"}
        if there != self.read:
            faults.append(f"files that do not belong: {sorted(there ^ self.read)}")
        return faults

    @staticmethod
    def subtree_of(hashes, index):
        nodes = hashes[index * WIDTH:(index + 1) * WIDTH]
        while len(nodes) > 1:
            nodes = [parent(*pair) for pair in zip(nodes[::2], nodes[1::2])]
        return nodes[0]
