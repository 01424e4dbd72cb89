"""Mappings behind an SSH jump host: a real sshd with a restricted key, and everything that goes
through it or fails at it."""
import hashlib, json, os, socket, threading, unittest

import streams
from authority import Authority
from backends import closed_port
from harness import Site, SiteTest
from jump_host import JumpHost, make_key
from programs import mapping, wait_until
from test_back_end_trust import SecureNginx
from test_streams import answer_after_end, echo

CHANNELS = 50
MEBIBYTE = 1024 * 1024
OPEN = "restrict,port-forwarding"


def hold(sock):
    sock.recv(1)


class JumpHosts(SiteTest):
    @classmethod
    def make_site(cls):
        site = Site()
        cls.servers = {name: streams.Server(serve) for name, serve in
                       (("echo", echo), ("digest", answer_after_end), ("hold", hold))}
        for server in cls.servers.values():
            cls.addClassCleanup(server.close)
        cls.authority = Authority(site.folder, "corp CA")
        cls.nginx = SecureNginx(site.folder / "nginx", *cls.authority.server("erp"))
        cls.addClassCleanup(cls.nginx.close)
        wait_until(cls.nginx.listening, "nginx listens")
        cls.closed = closed_port()
        ports = [site.backend.port, cls.nginx.port, cls.closed,
                 *(cls.servers[name].port for name in ("echo", "digest"))]
        cls.options = ",".join([OPEN, *(f'permitopen="127.0.0.1:{port}"' for port in ports),
                                f'permitopen="localhost:{site.backend.port}"'])
        # New keys all the time: libssh2 must go on in the middle of what it was doing.
        cls.jump = JumpHost(site.folder / "jump", cls.options, "RekeyLimit 3M")
        cls.addClassCleanup(cls.jump.close)
        cls.site = site
        site.agent.write(cls.configuration())
        return site

    @classmethod
    def configuration(cls, key=None, more=""):
        via = f'via = "{cls.jump.url()}"'
        text = (f'[trust]\nca_file = "{cls.authority.certificate}"\n'
                f'[[ssh]]\nkey_file = "{key or cls.jump.key}"\n'
                f'known_hosts_file = "{cls.jump.known_hosts}"\n{more}')
        text += mapping(f"http://localhost:{cls.site.backend.port}", more=via)
        text += mapping(f"https://127.0.0.1:{cls.nginx.port}", "secure.virtual:443", more=via)
        text += mapping(f"http://127.0.0.1:{cls.closed}", "down.virtual:80", more=via)
        for name, server in cls.servers.items():
            text += mapping(f"tcp://127.0.0.1:{server.port}", f"{name}.virtual:7", "", via)
        return text

    def use(self, code=0, **options):
        self.site.agent.write(self.configuration(**options))
        return self.site.agent.command("reload", code=code)

    def ask(self, url="/"):
        answer = self.site.ask("GET", url)
        if answer.status == 200:
            return 200, ""
        return answer.status, json.loads(answer.body)["error"]["code"]

    def connect(self, virtual):
        sock = streams.connect(self.site.hub, self.site.token, virtual)
        self.addCleanup(sock.close)
        return sock

    def servers_of(self):
        return self.site.agent.status()["ssh"]

    def setUp(self):
        """Whatever a test did to it, the jump host is there and can be used."""
        self.jump.allow(self.jump.key, self.options)
        self.jump.know()
        self.use()
        wait_until(lambda: self.ask()[0] == 200, "the jump host is used")

    def test_http_and_https_go_through_it(self):
        self.assertEqual(self.ask(), (200, ""))
        self.assertEqual(self.ask("http://secure.virtual:443/"), (200, ""))
        (server,) = self.servers_of()
        self.assertEqual(server["server"], self.jump.url().removeprefix("ssh://"))
        self.assertEqual(server["sessions"], 1)
        self.assertIn("ssh " + server["server"], self.site.agent.command("status"))
        self.assertIn("via " + self.jump.url(), self.site.agent.command("mappings", "list"))

    def test_a_stream_ends_in_each_direction_on_its_own(self):
        sock = self.connect("digest.virtual:7")
        digest = hashlib.sha256()
        for _ in range(8):
            data = os.urandom(MEBIBYTE)
            digest.update(data)
            sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        self.assertEqual(streams.read_exactly(sock, 32), digest.digest())
        self.assertEqual(sock.recv(1), b"")

    def test_many_channels_share_a_session_and_no_byte_is_lost(self):
        socks = [self.connect("echo.virtual:7") for _ in range(CHANNELS)]
        (server,) = self.servers_of()
        self.assertEqual(server["sessions"], 1)
        self.assertGreaterEqual(server["channels"], CHANNELS)
        wrong = []

        def talk(number, sock):
            data = hashlib.shake_128(bytes([number])).digest(MEBIBYTE)
            threading.Thread(target=sock.sendall, args=(data,), daemon=True).start()
            if streams.read_exactly(sock, len(data)) != data:
                wrong.append(number)

        talkers = [threading.Thread(target=talk, args=pair) for pair in enumerate(socks)]
        for talker in talkers:
            talker.start()
        for talker in talkers:
            talker.join()
        self.assertEqual(wrong, [])

    def test_a_channel_that_nobody_reads_stops_no_other(self):
        stuck = self.connect("echo.virtual:7")
        stuck.settimeout(0.5)       # long enough to fill whatever is on the way
        with self.assertRaises(TimeoutError):
            while True:
                stuck.send(b"x" * MEBIBYTE)
        sock = self.connect("echo.virtual:7")
        sock.sendall(b"y" * MEBIBYTE)
        self.assertEqual(streams.read_exactly(sock, MEBIBYTE), b"y" * MEBIBYTE)
        self.assertEqual(self.ask(), (200, ""))
        self.assertEqual(self.servers_of()[0]["sessions"], 1)

    def test_a_session_that_breaks_is_made_again(self):
        sock = self.connect("echo.virtual:7")
        sock.sendall(b"x")
        self.assertEqual(sock.recv(1), b"x")
        self.jump.stop()
        with self.assertRaises(ConnectionResetError):
            sock.recv(1)
        self.assertEqual(self.ask(), (502, "jump_host_unreachable"))
        self.assertIn("last_error", self.servers_of()[0])
        self.assertTrue(self.jump.start())
        wait_until(lambda: self.ask() == (200, ""), "the session is made again")
        self.assertNotIn("last_error", self.servers_of()[0])

    def test_a_server_with_another_key_is_refused(self):
        make_key(self.jump.folder / "other")
        for key, why in (("other", "Somebody may be in between"), ("", "names no key")):
            with self.subTest(why):
                self.jump.know(key)
                self.use()
                self.assertEqual(self.ask(), (502, "jump_host_not_trusted"))
                wait_until(lambda: why in self.site.agent.program.log(), "the log says why")
        self.assertIn("SHA256:", self.servers_of()[0]["last_error"])

    def test_a_key_that_the_server_does_not_know_is_refused(self):
        key = make_key(self.jump.folder / "stranger")
        self.use(key=key)
        self.assertEqual(self.ask(), (502, "jump_host_login_refused"))

    def test_what_the_server_forbids_is_told_from_what_it_cannot_reach(self):
        self.assertEqual(self.ask("http://down.virtual:80/"), (502, "backend_unreachable"))
        with self.assertRaises(streams.Refused):
            self.connect("hold.virtual:7")
        wait_until(lambda: "does not allow a channel to 127.0.0.1:" in
                   self.site.agent.program.log(), "the log says why")
        self.jump.allow(self.jump.key, f'{OPEN},permitopen="127.0.0.1:1"')
        self.jump.stop()
        self.assertTrue(self.jump.start())
        wait_until(lambda: self.ask() == (502, "jump_host_forbids"), "the jump host says no")

    def test_keys_that_cannot_be_used_are_refused_before(self):
        rsa = make_key(self.jump.folder / "rsa", "rsa")
        self.assertIn("RSA key, for which libssh2 1.10 knows only", self.use(code=1, key=rsa))
        self.assertIn("RSA", self.site.agent.command("check", code=1))
        locked = make_key(self.jump.folder / "locked", passphrase="open sesame")
        self.assertIn("passphrase_file", self.use(code=1, key=locked))
        word = self.jump.folder / "word"
        word.write_text("open sesame\n")
        self.assertIn("chmod o=", self.use(code=1, key=locked,
                                           more=f'passphrase_file = "{word}"\n'))
        word.chmod(0o600)
        self.jump.allow(locked, OPEN)
        self.use(key=locked, more=f'passphrase_file = "{word}"\n')
        self.assertEqual(self.ask(), (200, ""))

    def test_a_mapping_without_a_key_for_its_jump_host_is_refused(self):
        text = self.configuration().replace("[[ssh]]\n", '[[ssh]]\nhost = "another.corp"\n')
        self.site.agent.write(text)
        self.assertIn("no [[ssh]] table", self.site.agent.command("check", code=1))


if __name__ == "__main__":
    unittest.main()
