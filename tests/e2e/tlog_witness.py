"""A witness of transparency logs (C2SP tlog-witness) that has nothing in common with ours: an HTTPS
server with the standard library, openssl for signatures, RFC 9162 section 2.1.4.2 for proofs."""
import base64, contextlib, hashlib, http.server, json, pathlib, ssl, subprocess, tempfile
import threading, time

from identity import openssl

ED25519 = bytes.fromhex("302a300506032b6570032100")     # DER, before the 32 bytes of a public key
DASH = "\u2014 "


def key_id(name, kind, public):
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def goes_on(old_size, old_root, size, root, proof):
    """Whether a tree of this size begins with the old one."""
    if old_size == 0 or old_size == size:
        return not proof and (old_size == 0 or old_root == root)
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    if not path:
        return False
    first, second = old_size - 1, size - 1
    while first & 1:
        first, second = first >> 1, second >> 1
    old = new = path[0]
    for hashed in path[1:]:
        if second == 0:
            return False
        if first & 1 or first == second:
            old, new = node(hashed, old), node(hashed, new)
            while first and not first & 1:
                first, second = first >> 1, second >> 1
        else:
            new = node(new, hashed)
        first, second = first >> 1, second >> 1
    return second == 0 and old == old_root and new == root


class Refused(Exception):
    def __init__(self, status, body="", kind="text/plain"):
        super().__init__(status, body)
        self.status, self.body, self.kind = status, body, kind


class Witness:
    """Knows the logs it was told of, and remembers in a file what it has countersigned of each."""

    def __init__(self, folder, authority, name="witness.customer/w1"):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=folder))
        self.name, self.logs, self.server = name, {}, None
        self.answers_lost = 0           # so many of the next signatures never arrive
        self.statuses = []              # of its answers
        self.port = 0
        self.memory = self.folder / "memory.json"
        self.memory.write_text("{}")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*authority.server(f"witness-{self.folder.name}"))
        self.lock = threading.Lock()
        self.new_key()
        self.start()

    def new_key(self):
        self.key = self.folder / f"{time.monotonic_ns()}.key"
        openssl("genpkey", "-algorithm", "ed25519", "-out", self.key)
        self.public = openssl("pkey", "-in", self.key, "-pubout", "-outform", "DER")[-32:]
        self.id = key_id(self.name, 4, self.public)

    @property
    def vkey(self):
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([4]) + self.public).decode()}"

    def config(self, name, authority, **keys):
        """The table that asks this witness; `keys` stand in the place of the usual ones."""
        keys = {"url": f"https://127.0.0.1:{self.port}/tlog", "key": self.vkey,
                "ca_file": str(authority.certificate), "interval": "1s", **keys}
        lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
        return f'[[audit.witness]]\nname = "{name}"\n{lines}'

    def take_up(self, vkey):
        name, _, key = vkey.split("+", 2)
        self.logs.setdefault(name, []).append(base64.b64decode(key))
        return name

    def known(self, log):
        """(size, root) of what it has countersigned last."""
        size, root = json.loads(self.memory.read_text()).get(log, (0, ""))
        return size, bytes.fromhex(root)

    def remember(self, log, size, root=b""):
        known = json.loads(self.memory.read_text())
        known[log] = size, root.hex()
        written = self.memory.with_suffix(".new")
        written.write_text(json.dumps(known))
        written.replace(self.memory)

    def _is_signed(self, text, lines, log):
        for line in lines:
            name, signature = line.removeprefix(DASH).rsplit(" ", 1)
            raw = base64.b64decode(signature)
            for key in self.logs[log]:
                if name != log or raw[:4] != key_id(log, key[0], key[1:]):
                    continue
                files = [self.folder / part for part in ("text", "signature", "public")]
                for file, content in zip(files, (text.encode(), raw[4:], ED25519 + key[1:])):
                    file.write_bytes(content)
                if subprocess.run(["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform",
                                   "DER", "-inkey", files[2], "-in", files[0], "-sigfile",
                                   files[1]], capture_output=True, check=False).returncode == 0:
                    return True
        return False

    def add_checkpoint(self, body):
        head, text, signatures = body.split("\n\n", 2)
        text += "\n"
        old_line, *proof = head.split("\n")
        log, size, root = text.split("\n")[:3]
        old_size, size, root = int(old_line.removeprefix("old ")), int(size), base64.b64decode(root)
        if log not in self.logs:
            raise Refused(404, "a log nobody told me of")
        if not self._is_signed(text, signatures.rstrip("\n").split("\n"), log):
            raise Refused(403, "not signed by this log")
        if old_size > size:
            raise Refused(400, "backwards")
        known_size, known_root = self.known(log)
        if old_size != known_size:
            raise Refused(409, f"{known_size}\n", "text/x.tlog.size")
        if size == known_size and root != known_root:
            raise Refused(409, f"{known_size}\n", "text/x.tlog.size")
        hashes = [base64.b64decode(line, validate=True) for line in proof]
        if len(hashes) > 63 or not goes_on(known_size, known_root, size, root, hashes):
            raise Refused(422, "no beginning of this")
        self.remember(log, size, root)
        return self._cosign(text)

    def _cosign(self, text):
        now = int(time.time())
        message, out = self.folder / "message", self.folder / "cosignature"
        message.write_text(f"cosignature/v1\ntime {now}\n{text}")
        openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.key, "-in", message, "-out", out)
        signature = self.id + now.to_bytes(8, "big") + out.read_bytes()
        return f"{DASH}{self.name} {base64.b64encode(signature).decode()}\n"

    def _answer(self, path, body):
        if path != "/tlog/add-checkpoint":
            raise Refused(404, "no such page")
        with self.lock:
            lines = self.add_checkpoint(body.decode())
            if self.answers_lost:
                self.answers_lost -= 1
                raise Refused(503, "lost")
        return lines

    def start(self):
        witness = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, said, kind = 200, "", "text/plain"
                try:
                    said = witness._answer(self.path, body)
                except Refused as refused:
                    status, said, kind = refused.status, refused.body, refused.kind
                witness.statuses.append(status)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(said.encode())))
                self.end_headers()
                self.wfile.write(said.encode())

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def finish_request(self, request, address):
                with contextlib.suppress(OSError):
                    secured = witness.context.wrap_socket(request, server_side=True)
                    with contextlib.closing(secured):
                        super().finish_request(secured, address)

        self.server = Server(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None
