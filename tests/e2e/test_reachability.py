"""`sallyport mappings test`: does this machine reach the internal systems, and what if not? No
agent runs."""
import json, pathlib, shutil, ssl, tempfile, unittest

import stream_peers, streams
from authority import Authority
from backends import Nginx, closed_port
from jump_host import JumpHost, make_key
from programs import run, wait_until
from rfc_gateway import Gateway
from test_back_end_trust import SecureNginx


def says(text):
    return streams.Server(lambda sock: (sock.sendall(text), sock.recv(100)))


def directory_with_tls(certificate, key):
    """Answers anything with the end of a search."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def serve(sock):
        with context.wrap_socket(sock, server_side=True) as secure:
            secure.recv(100)
            secure.sendall(bytes.fromhex("300c02010165070a010004000400"))
            secure.recv(100)

    return streams.Server(serve)


class Reachability(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-reach-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.authority = Authority(cls.folder, "corp CA")
        certificate, key = cls.authority.server("erp")
        cls.secure = SecureNginx(cls.folder / "secure", certificate, key)
        cls.plain = Nginx(cls.folder / "plain")
        cls.directory = stream_peers.slapd(cls.folder)
        cls.secure_directory = directory_with_tls(certificate, key)
        cls.mail = stream_peers.MailSink()
        cls.imap, cls.pop3 = says(b"* OK ready\r\n"), says(b"+OK ready\r\n")
        cls.busy = says(b"421 too many connections\r\n")
        cls.mute = streams.Server(lambda sock: None)
        cls.closed = closed_port()
        for peer in (cls.secure, cls.plain, cls.directory, cls.secure_directory, cls.mail, cls.imap,
                     cls.pop3, cls.busy, cls.mute):
            cls.addClassCleanup(peer.close)
        for nginx in (cls.secure, cls.plain):
            wait_until(nginx.listening, "nginx listens")

    def config(self, mappings, more="", keys=""):
        config = self.folder / f"{self._testMethodName}.toml"
        config.write_text(f'[agent]\nstate_dir = "{self.folder}/state"\n[[hub]]\nname = "hub"\n'
                          f'url = "https://hub.test"\n{more}' +
                          "".join(f'[[mapping]]\nvirtual = "{virtual}"\n'
                                  f'internal = "{internal}"\n{keys}'
                                  for virtual, internal in mappings.items()))
        return config

    def probe(self, mappings, *arguments, more="", code=0, keys=""):
        said = run("sallyport", "mappings", "test", *arguments, "--json", "--config",
                   self.config(mappings, more, keys), code=code)
        return json.loads(said)

    def at(self, scheme, peer):
        return f"{scheme}://127.0.0.1:{getattr(peer, 'port', peer)}"

    def test_systems_that_are_there_show_it(self):
        result = self.probe({
            "web.virtual:80": self.at("http", self.plain),
            "erp.virtual:443": self.at("https", self.secure),
            "ldap.virtual:389": self.at("ldap", self.directory),
            "ldap.virtual:636": self.at("ldaps", self.secure_directory),
            "mail.virtual:25": self.at("smtp", self.mail),
            "mail.virtual:143": self.at("imap", self.imap),
            "mail.virtual:110": self.at("pop3", self.pop3),
            "named.virtual:1": f"tcp://localhost:{self.plain.port}",
        }, more=f'[trust]\nca_file = "{self.authority.certificate}"\n')
        self.assertEqual((result["tested"], result["reachable"]), (8, 8), result)
        steps = {one["virtual"]: [step["step"] for step in one["steps"]]
                 for one in result["mappings"]}
        self.assertEqual(steps["web.virtual:80"], ["tcp"])
        self.assertEqual(steps["erp.virtual:443"], ["tcp", "tls"])
        self.assertEqual(steps["ldap.virtual:389"], ["tcp", "greeting"])
        self.assertEqual(steps["ldap.virtual:636"], ["tcp", "tls", "greeting"])
        self.assertEqual(steps["named.virtual:1"], ["name", "tcp"])
        texts = {one["virtual"]: one["steps"][-1]["text"] for one in result["mappings"]}
        self.assertIn("CN=erp", texts["erp.virtual:443"])
        self.assertIn("answers a search for its root", texts["ldap.virtual:389"])
        self.assertEqual(texts["mail.virtual:25"], '"220 sink"')
        self.assertEqual(self.mail.mails, [])

    def test_what_fails_comes_with_what_to_do(self):
        def failure(internal, more=""):
            result = self.probe({"x.virtual:1": internal}, more=more, code=1)
            one = result["mappings"][0]
            self.assertFalse(one["reachable"])
            self.assertFalse(one["steps"][-1]["good"])
            return one["steps"][-1]["step"], one["steps"][-1]["text"], one["advice"]

        step, text, advice = failure(self.at("tcp", self.closed))
        self.assertEqual(step, "tcp")
        self.assertIn("Connection refused", text)
        self.assertIn("is the service running", advice)
        step, _, advice = failure("http://no-such-host.invalid")
        self.assertEqual(step, "name")
        self.assertIn("DNS", advice)
        step, _, advice = failure(self.at("https", self.secure))
        self.assertEqual(step, "tls")
        self.assertIn("[trust] ca_file", advice)
        trust = f'[trust]\nca_file = "{self.authority.certificate}"\n'
        step, _, advice = failure(self.at("tcps", self.plain), trust)
        self.assertEqual(step, "tls")
        self.assertIn("its TLS port?", advice)
        step, text, advice = failure(self.at("smtp", self.imap))
        self.assertEqual((step, text), ("greeting", 'it said "* OK ready"'))
        self.assertIn("does not speak smtp", advice)
        self.assertIn("takes no connections now", failure(self.at("smtp", self.busy))[1])
        self.assertIn("without a word", failure(self.at("pop3", self.mute))[1])
        self.assertIn("HTTP/1.1 400", failure(self.at("ldap", self.plain))[1])

    def test_a_gateway_answers_a_ping(self):
        gateway = Gateway()
        self.addCleanup(gateway.close)
        keys = "rfc.instance = 0\n"
        (one,) = self.probe({"abap.virtual:sapgw00": self.at("rfc", gateway)},
                            keys=keys)["mappings"]
        self.assertEqual([step["step"] for step in one["steps"]], ["tcp", "greeting"])
        (one,) = self.probe({"abap.virtual:sapgw00": self.at("rfc", self.imap)}, keys=keys,
                            code=1)["mappings"]
        self.assertIn("does not speak rfc", one["advice"])

    def test_a_jump_host_is_asked_to_connect(self):
        ports = (self.directory.port, self.mail.port, self.closed)
        jump = JumpHost(self.folder / "jump", ",".join(
            ["restrict", "port-forwarding", *(f'permitopen="127.0.0.1:{port}"' for port in ports)]))
        self.addCleanup(jump.close)
        stranger = make_key(self.folder / "stranger")

        def probe(internal, code=0, key=jump.key):
            more = (f'[[ssh]]\nkey_file = "{key}"\n'
                    f'known_hosts_file = "{jump.known_hosts}"\n')
            result = self.probe(internal, more=more, code=code, keys=f'via = "{jump.url()}"\n')
            return result["mappings"]

        found = probe({"ldap.virtual:389": self.at("ldap", self.directory),
                       "mail.virtual:25": self.at("smtp", self.mail)})
        for one in found:
            self.assertEqual([step["step"] for step in one["steps"]], ["ssh", "greeting"])
        self.assertEqual(jump.log().count("Accepted publickey"), 1)
        for internal, advice in ((self.at("tcp", self.closed), "does not reach 127.0.0.1"),
                                 (self.at("tcp", self.plain), "PermitOpen")):
            (one,) = probe({"x.virtual:1": internal}, code=1)
            self.assertIn(advice, one["advice"])
        (one,) = probe({"x.virtual:1": self.at("smtp", self.mail)}, code=1, key=stranger)
        self.assertIn("authorized_keys", one["advice"])

    def test_a_server_of_files_lets_the_agent_in(self):
        server = JumpHost(self.folder / "files", "restrict", "Subsystem sftp internal-sftp")
        self.addCleanup(server.close)
        stranger = make_key(self.folder / "nobody")

        def probe(code=0, key=server.key):
            more = (f'[[ssh]]\nkey_file = "{key}"\n'
                    f'known_hosts_file = "{server.known_hosts}"\n')
            internal = server.url().replace("ssh://", "sftp://") + str(self.folder)
            return self.probe({"files.virtual:80": internal}, more=more, code=code)["mappings"][0]

        one = probe()
        self.assertEqual([step["step"] for step in one["steps"]], ["tcp", "greeting", "login"])
        self.assertIn("SSH-2.0-OpenSSH", one["steps"][1]["text"])
        self.assertIn("authorized_keys", probe(code=1, key=stranger)["advice"])
        server.know("")
        self.assertIn("known_hosts", probe(code=1)["advice"])

    def test_one_mapping_or_one_port(self):
        mappings = {"mail.virtual:25": self.at("smtp", self.mail),
                    "mail.virtual:143": self.at("imap", self.closed),
                    "web.virtual:80": self.at("http", self.plain)}
        self.assertEqual(self.probe(mappings, "mail.virtual:25")["tested"], 1)
        self.assertEqual(self.probe(mappings, "Mail.virtual", code=1)["tested"], 2)
        ports = {"many.virtual:1-20": "tcp://127.0.0.1:1-20"}
        result = self.probe(ports, code=1)
        self.assertEqual(result["tested"], 16)
        self.assertEqual(result["not_all_ports_of"], ["many.virtual:1-20"])
        self.assertEqual(self.probe(ports, "many.virtual:20", code=1)["mappings"][0]["internal"],
                         "tcp://127.0.0.1:20")
        self.assertIn("mappings list", self.probe(mappings, "other.virtual:1", code=2)["error"])

    def test_people_read_a_table(self):
        config = self.config({"mail.virtual:25": self.at("smtp", self.mail),
                              "x.virtual:1": self.at("tcp", self.closed)})
        said = run("sallyport", "mappings", "test", "--config", config, code=1)
        self.assertIn("ok    mail.virtual:25 -> smtp://127.0.0.1", said)
        self.assertIn("FAIL  x.virtual:1", said)
        self.assertIn("1 of 2 reachable", said)


if __name__ == "__main__":
    unittest.main()
