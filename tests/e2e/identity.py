"""An identity provider that a test holds in its hands: keys and tokens, made with openssl."""
import base64, json, pathlib, subprocess, time

from programs import SECONDS

ISSUER = "https://login.test"
AUDIENCE = "sb-shop"


def openssl(*arguments, given=None):
    return subprocess.run(["openssl", *map(str, arguments)], input=given, capture_output=True,
                          check=True, timeout=SECONDS).stdout


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class IdentityProvider:
    """Its key set is a file; `token` signs claims with RS256."""

    def __init__(self, folder, issuer=ISSUER):
        self.issuer = issuer
        self.key = pathlib.Path(folder) / "login.key"
        self.jwks = pathlib.Path(folder) / "login.jwks"
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048",
                "-out", self.key)
        text = openssl("rsa", "-in", self.key, "-noout", "-modulus").decode().strip()
        modulus = bytes.fromhex(text.removeprefix("Modulus="))
        self.jwks.write_text(json.dumps({"keys": [{
            "kty": "RSA", "kid": "k1", "use": "sig", "alg": "RS256", "e": "AQAB",
            "n": base64url(modulus)}]}))

    def config(self):
        return (f'[[identity_provider]]\nissuer = "{self.issuer}"\n'
                f'jwks_file = "{self.jwks}"\naudiences = ["{AUDIENCE}"]\n')

    def token(self, **claims):
        now = int(time.time())
        whole = {"iss": self.issuer, "aud": [AUDIENCE], "iat": now, "exp": now + 3600, **claims}
        parts = [{"alg": "RS256", "typ": "JWT", "kid": "k1"}, whole]
        text = ".".join(base64url(json.dumps(part).encode()) for part in parts)
        return text + "." + base64url(openssl("dgst", "-sha256", "-sign", self.key,
                                              given=text.encode()))


def server_certificate(folder, name="server"):
    """(certificate, key) of a server on 127.0.0.1, signed by itself."""
    certificate, key = (pathlib.Path(folder) / f"{name}.{end}" for end in ("pem", "key"))
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1",
            "-keyout", key, "-out", certificate)
    return certificate, key


def subject_of(der_in_base64):
    """The subject of a certificate as it stands in a header, in the order of RFC 2253."""
    der = base64.b64decode(der_in_base64)
    text = openssl("x509", "-inform", "der", "-noout", "-subject", "-nameopt", "RFC2253", given=der)
    return text.decode().strip().removeprefix("subject=").strip()
