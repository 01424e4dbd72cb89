"""RFC over WebSocket, and push channels: to the agent an upgrade of a request with a principal. The
system behind speaks TLS, believes the agent by its system certificate, and reads the user's
certificate in SSL_CLIENT_CERT, as SAP systems do."""
import base64, contextlib, hashlib, json, os, ssl, subprocess, unittest

import streams
from harness import Site, SiteTest
from identity import IdentityProvider, server_certificate, subject_of
from programs import SECONDS, mapping

PATH = "/sap/bc/apc/sap/rfc"
DEBIAN_MODULES = {**os.environ, "NODE_PATH": "/usr/share/nodejs"}
ACCEPT_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"      # RFC 6455 section 4.2.2
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
UPGRADE = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", 13),
           ("Sec-WebSocket-Key", KEY), ("Sec-WebSocket-Protocol", "rfc.sap.com")]
FORGED = base64.b64encode(b"forged").decode()


def text_frame(text):
    data = text.encode()
    return b"\x81\x7e" + len(data).to_bytes(2, "big") + data


class AbapSystem(streams.Server):
    """Answers each upgrade with what it knows of the user, in a WebSocket message; then repeats."""

    def __init__(self, folder):
        certificate, key = server_certificate(folder, "abap")
        self.certificate = certificate
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.heads = []
        super().__init__(self._talk)

    def _talk(self, sock):
        with self.context.wrap_socket(sock, server_side=True) as wire:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = wire.recv(65536)
                if not piece:
                    return
                head += piece
            start, *lines = head.split(b"\r\n\r\n")[0].decode().split("\r\n")
            fields = [line.split(": ", 1) for line in lines]
            self.heads.append((start, fields))
            values = {name.lower(): value for name, value in fields}
            accept = base64.b64encode(hashlib.sha1(
                (values["sec-websocket-key"] + ACCEPT_GUID).encode()).digest()).decode()
            wire.sendall(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                          f"Connection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n"
                          "Sec-WebSocket-Protocol: rfc.sap.com\r\n\r\n").encode())
            seen = [value for name, value in fields if name.upper() == "SSL_CLIENT_CERT"]
            wire.sendall(text_frame(json.dumps([subject_of(value) for value in seen])))
            with contextlib.suppress(ssl.SSLError):
                while data := wire.recv(65536):
                    wire.sendall(data)


class RfcOverWebSocket(SiteTest):
    @classmethod
    def make_site(cls):
        site = Site()
        cls.login = IdentityProvider(site.folder)
        cls.system = AbapSystem(site.folder)
        cls.addClassCleanup(cls.system.close)
        rules = (f'path = "{PATH}"\nmatch = "subpaths"\nupgrade = true\n\n'
                 'path = "/sap/bc/ping"')
        internal = f"https://127.0.0.1:{cls.system.port}"
        principal = 'principal = { kind = "x509", deliver = "header:SSL_CLIENT_CERT", %s }'
        site.agent.write("".join((
            f'[trust]\nca_file = "{cls.system.certificate}"\n', cls.login.config(),
            mapping(internal, "abap.virtual:443", rules, principal % "required = true"))))
        return site

    def upgrade(self, fields, path=PATH):
        connection = self.site.connect()
        self.addCleanup(connection.close)
        connection.send(self.site.head("GET", f"http://abap.virtual:443{path}?x=1",
                                       [*UPGRADE, *fields]))
        return connection

    def as_user(self, name):
        token = self.login.token(sub=name, user_name=name, mail=f"{name}@x")
        return ("SAP-Connectivity-Authentication", f"Bearer {token}")

    def test_the_upgrade_brings_the_user(self):
        for name in ("jane", "john"):
            client = self.upgrade([self.as_user(name), ("SSL_CLIENT_CERT", FORGED),
                                   ("ssl-client-cert", FORGED)])
            answer = client.response_head()
            self.assertEqual(answer.status, 101)
            self.assertEqual(answer.value("sec-websocket-protocol"), "rfc.sap.com")
            size = int.from_bytes(client.exactly(4)[2:], "big")
            (subject,) = json.loads(client.exactly(size))
            self.assertIn(f"CN={name}", subject)
            for data in (b"\x82\x7e\x04\x00" + bytes(1024), os.urandom(200_000)):
                client.send(data)
                self.assertEqual(client.exactly(len(data)), data)
        start, fields = self.system.heads[-1]
        self.assertEqual(start, f"GET {PATH}?x=1 HTTP/1.1")
        names = [name.lower() for name, _ in fields]
        self.assertNotIn("sap-connectivity-authentication", names)
        self.assertEqual(names.count("ssl_client_cert"), 1)
        begin = self.site.agent.records(event="exchange.begin", path=PATH)[-1]
        self.assertEqual(begin["user"], "john")
        self.assertIn("CN=john", begin["principal"])

    def test_nobody_and_other_paths_are_refused(self):
        known = len(self.system.heads)
        self.assertEqual(self.upgrade([]).response_head().status, 407)
        for path in ("/sap/bc/ping", "/sap/bc/rfc"):
            answer = self.upgrade([self.as_user("jane")], path).response_head()
            self.assertEqual(answer.status, 403)
        self.assertEqual(len(self.system.heads), known)

    def test_a_client_library_for_websocket_comes_through(self):
        known = len(self.system.heads)
        script = (
            "const WebSocket = require('ws'), http = require('http');"
            "const [port, path, token, user] = process.argv.slice(1);"
            "class Agent extends http.Agent { addRequest(request, options) {"
            "  request.path = 'http://abap.virtual:443' + request.path;"
            "  super.addRequest(request, { ...options, host: '127.0.0.1', port: +port }); } }"
            "const socket = new WebSocket('ws://abap.virtual:443' + path, 'rfc.sap.com', {"
            "  agent: new Agent(), createConnection: undefined, headers: {"
            "    'Proxy-Authorization': 'Bearer ' + token,"
            "    'SAP-Connectivity-Authentication': user } });"
            "socket.on('message', (data) => { console.log(data.toString()); socket.terminate(); });"
            "socket.on('error', (error) => { console.error(error.message); process.exit(1); });")
        done = subprocess.run(["node", "-e", script, str(self.site.hub.proxy[1]), PATH,
                               self.site.token, self.as_user("node")[1]], text=True,
                              capture_output=True, timeout=SECONDS, env=DEBIAN_MODULES)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("CN=node", json.loads(done.stdout)[0])
        self.assertEqual(len(self.system.heads), known + 1)


if __name__ == "__main__":
    unittest.main()
