"""A certification authority that a test holds in its hands: certificates and revocation lists."""
import pathlib, time

from identity import openssl


class Authority:
    def __init__(self, folder, name):
        self.folder = pathlib.Path(folder) / name.replace(" ", "-")
        self.folder.mkdir()
        self.certificate, self.key = self.folder / "ca.pem", self.folder / "ca.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "3", "-subj", f"/CN={name}", "-keyout", self.key,
                "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out", self.certificate)
        self.revoked = []

    @classmethod
    def of(cls, folder, certificate, key):
        """One that somebody else made; it only writes lists."""
        self = cls.__new__(cls)
        self.folder, self.certificate, self.key, self.revoked = folder, certificate, key, []
        return self

    def sign(self, request, extensions, days=2):
        """The certificate (PEM file) for a request (PEM file); with days = -1 it has ended."""
        out = self.folder / f"{time.monotonic_ns()}.pem"
        (self.folder / "extensions").write_text(extensions)
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key,
                "-CAcreateserial", "-days", days, "-extfile", self.folder / "extensions",
                "-out", out)
        return out

    def server(self, name):
        """(certificate, key) of a server on 127.0.0.1."""
        key, request = self.folder / f"{name}.key", self.folder / f"{name}.csr"
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        return self.sign(request, "basicConstraints=critical,CA:FALSE\n"
                                  "extendedKeyUsage=serverAuth\nsubjectAltName=IP:127.0.0.1\n"), key

    def revoke(self, certificate):
        serial = openssl("x509", "-in", certificate, "-noout", "-serial").decode()
        self.revoked.append(serial.strip().removeprefix("serial="))

    def revocation_list(self, out, *dates):
        """Of all that were revoked; good for a day, or as `openssl ca` is told."""
        index, settings = self.folder / "index.txt", self.folder / "ca.cnf"
        index.write_text("".join(f"R\t350101000000Z\t250101000000Z\t{serial}\tunknown\t/CN=x\n"
                                 for serial in self.revoked))
        settings.write_text(f"[ca]\ndefault_ca=x\n[x]\ndatabase={index}\ndefault_md=sha256\n")
        openssl("ca", "-gencrl", "-config", settings, "-keyfile", self.key, "-cert",
                self.certificate, *(dates or ("-crldays", "1")), "-out", out)
        return out


def pin_of(certificate):
    """As a mapping wants it."""
    public = openssl("x509", "-in", certificate, "-noout", "-pubkey")
    der = openssl("pkey", "-pubin", "-outform", "der", given=public)
    return "sha256:" + openssl("dgst", "-sha256", given=der).decode().split()[-1]
