"""Certificates and TLS peers that no hub or agent of ours would make: OpenSSL's own programs, with
the real authority's key where an attack needs it."""
import contextlib, os, pathlib, subprocess, tempfile, threading

from backends import closed_port
from programs import SECONDS, wait_until


def openssl(*arguments, given=b"", check=True):
    done = subprocess.run(["openssl", *map(str, arguments)], input=given, capture_output=True,
                          timeout=SECONDS)
    if check and done.returncode != 0:
        raise AssertionError(f"openssl {arguments[0]}: {done.stderr.decode()}")
    return done


class Forge:
    """Makes certificates below an authority: (certificate file, key file)."""

    def __init__(self, folder):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=folder))
        self._number = 0

    def authority(self, name):
        """Another authority, which may have the same name as a real one."""
        key, certificate = self._files()
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", key, "-out", certificate, "-subj", f"/CN={name}", "-days", 2,
                "-addext", "keyUsage=critical,keyCertSign")
        return certificate, key

    def issue(self, authority, names, usage, dates=()):
        """names: value of subjectAltName; usage: of extendedKeyUsage, None leaves it out; dates:
        start and end as `openssl ca` reads them."""
        key, certificate = self._files()
        request, extensions = self.folder / "request.pem", self.folder / "extensions"
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", key, "-out", request, "-subj", "/CN=x")
        lines = [f"subjectAltName={names}", "basicConstraints=critical,CA:FALSE",
                 "keyUsage=critical,digitalSignature"]
        if usage is not None:
            lines.append(f"extendedKeyUsage={usage}")
        extensions.write_text("\n".join(lines) + "\n")
        if not dates:
            openssl("x509", "-req", "-in", request, "-CA", authority[0], "-CAkey", authority[1],
                    "-set_serial", 1000 + self._number, "-days", 1, "-extfile", extensions,
                    "-out", certificate)
            return certificate, key
        self._issue_at(authority, request, extensions, certificate, dates)
        return certificate, key

    def _issue_at(self, authority, request, extensions, certificate, dates):
        """`openssl x509` cannot say when a certificate begins, `openssl ca` can."""
        (self.folder / "index").write_text("")
        configuration = self.folder / "ca.conf"
        configuration.write_text(f"[ca]\ndefault_ca=own\n[own]\ndatabase={self.folder}/index\n"
                                 f"new_certs_dir={self.folder}\nrand_serial=yes\n"
                                 "default_md=sha256\npolicy=any\n[any]\ncommonName=optional\n")
        openssl("ca", "-batch", "-notext", "-config", configuration, "-in", request, "-cert",
                authority[0], "-keyfile", authority[1], "-startdate", dates[0], "-enddate",
                dates[1], "-extfile", extensions, "-out", certificate)

    def _files(self):
        self._number += 1
        stem = self.folder / f"certificate-{self._number}"
        return stem.with_suffix(".key"), stem.with_suffix(".pem")


def talk(address, *arguments, given=b"", until=None):
    """What `openssl s_client` saw of the hub, up to the end of the connection or to the word
    `until`. In TLS 1.3 a client hears only after its handshake that it is refused."""
    command = ["openssl", "s_client", "-connect", f"{address[0]}:{address[1]}", "-servername",
               "localhost", "-ign_eof", *map(str, arguments)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as process:
        patience = threading.Timer(SECONDS, process.kill)
        patience.start()
        said = b""
        with contextlib.suppress(BrokenPipeError), process.stdin:
            process.stdin.write(given)
        while piece := os.read(process.stdout.fileno(), 1 << 16):
            said += piece
            if until is not None and until.encode() in said:
                break
        process.kill()
        patience.cancel()
    return said.decode(errors="replace")


@contextlib.contextmanager
def false_hub(certificate, key, *arguments):
    """A TLS server that speaks for a hub with this certificate: (its port, a function that says
    nonsense to whom it talks with and tells what it printed so far)."""
    port = closed_port()
    read, write = os.pipe()     # s_server ends with its input
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", str(certificate),
             "-key", str(key), "-alpn", "rh2,sallyport-est", "-verify", "1", *arguments],
            stdin=read, stdout=said, stderr=subprocess.STDOUT)
        os.close(read)

        def nonsense():
            os.write(write, b"nonsense\n")
            said.seek(0)
            return said.read().decode(errors="replace")

        def listening():
            said.seek(0)
            return b"ACCEPT" in said.read()

        try:
            wait_until(listening, "openssl s_server listens")
            yield port, nonsense
        finally:
            os.close(write)
            process.kill()
            process.wait(SECONDS)
