"""Real clients reach real servers through SOCKS5 port, tunnel and agent: LDAP, PostgreSQL, MQTT and
mail. The clients do not know how to log on to the hub, so a local port does it for them."""
import contextlib, pathlib, shutil, smtplib, subprocess, tempfile, unittest

import stream_peers, streams
from harness import Site, SiteTest
from programs import SECONDS, wait_until

ENTRY = """dn: dc=test
objectClass: dcObject
objectClass: organization
o: Test
dc: test
"""
CHANGE = """dn: dc=test
changetype: modify
replace: o
o: Changed
"""
ROWS = 100_000


def run(*command, given=None):
    done = subprocess.run([str(word) for word in command], input=given, text=True,
                          capture_output=True, timeout=SECONDS)
    if done.returncode != 0:
        raise AssertionError(f"{command[0]} ended with {done.returncode}: {done.stderr}")
    return done.stdout


class StreamPeers(SiteTest):
    @classmethod
    def make_site(cls):
        # A folder that other users may look into: PostgreSQL does not run as root.
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-peers-"))
        cls.folder.chmod(0o755)
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.sink = stream_peers.MailSink()
        cls.addClassCleanup(cls.sink.close)
        cls.peers = {"ldap": stream_peers.slapd(cls.folder),
                     "tcp": stream_peers.postgres(cls.folder),
                     "mqtt": stream_peers.mosquitto(cls.folder)}
        for peer in cls.peers.values():
            cls.addClassCleanup(peer.close)
        internal = {"ldap": f"ldap://127.0.0.1:{cls.peers['ldap'].port}",
                    "tcp": f"tcp://127.0.0.1:{cls.peers['tcp'].port}",
                    "mqtt": f"tcp://127.0.0.1:{cls.peers['mqtt'].port}",
                    "smtp": f"smtp://127.0.0.1:{cls.sink.port}"}
        extra = "".join(f'[[mapping]]\nvirtual = "{name}.virtual:1"\ninternal = "{url}"\n'
                        for name, url in internal.items())
        return Site(agent_extra=lambda site: extra)

    def port_of(self, name):
        forward = streams.Forward(self.site.hub, self.site.token, f"{name}.virtual:1")
        self.addCleanup(forward.close)
        return forward.port

    def records_of(self, name):
        return self.site.agent.records(event="exchange.begin", virtual_host=f"{name}.virtual:1")

    def test_ldap(self):
        url = f"ldap://127.0.0.1:{self.port_of('ldap')}"
        bind = ["-x", "-H", url, "-D", "cn=admin,dc=test", "-w", "secret"]
        run("ldapadd", *bind, given=ENTRY)
        run("ldapmodify", *bind, given=CHANGE)
        self.assertIn("o: Changed", run("ldapsearch", *bind, "-LLL", "-b", "dc=test"))
        self.assertEqual(len(self.records_of("ldap")), 3)

    def test_postgresql(self):
        def ask(text):
            return run("psql", "-h", "127.0.0.1", "-p", self.port_of("tcp"), "-U", "shop", "-d",
                       "postgres", "-XAtq", "-c", text)

        # It listens before it is ready.
        def ready():
            with contextlib.suppress(AssertionError):
                return ask("select 1")

        self.assertEqual(wait_until(ready, "PostgreSQL answers").strip(), "1")
        rows = ask(f"select n, repeat('x', 100) from generate_series(1, {ROWS}) n").splitlines()
        self.assertEqual(len(rows), ROWS)
        self.assertEqual(rows[-1], f"{ROWS}|{'x' * 100}")

    def test_mqtt(self):
        port = str(self.port_of("mqtt"))
        listener = subprocess.Popen(
            ["mosquitto_sub", "-h", "127.0.0.1", "-p", port, "-t", "plant/1", "-C", "1"],
            stdout=subprocess.PIPE, text=True)
        with listener:
            # Retained, so that it does not matter who comes first.
            run("mosquitto_pub", "-h", "127.0.0.1", "-p", port, "-t", "plant/1", "-m", "21.5 C",
                "-r")
            said, _ = listener.communicate(timeout=SECONDS)
        self.assertEqual(said, "21.5 C\n")

    def test_mail(self):
        mail = "Subject: hello\r\n\r\n" + "line of text\r\n" * 10_000
        with smtplib.SMTP("127.0.0.1", self.port_of("smtp"), timeout=SECONDS) as client:
            client.sendmail("shop@cloud.test", ["plant@corp.test"], mail)
        self.assertEqual(self.sink.mails, [mail.encode()])


if __name__ == "__main__":
    unittest.main()
