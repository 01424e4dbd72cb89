"""Streams of bytes through the hub's SOCKS5 port: real sockets on both sides, and every way in
which they begin and end."""
import contextlib, hashlib, os, socket, struct, threading, unittest

import streams
from harness import Site, SiteTest
from programs import SECONDS, wait_until

CHUNK = 1024 * 1024
MEBIBYTES = 24


def echo(sock):
    while data := sock.recv(65536):
        sock.sendall(data)
    sock.shutdown(socket.SHUT_WR)


def greet_and_listen(sock):
    """Ends its own direction first, then says how much it still heard."""
    sock.sendall(b"220 ready\r\n")
    sock.shutdown(socket.SHUT_WR)
    while sock.recv(65536):
        pass
    heard.set()


def answer_after_end(sock):
    """Answers only when the client has ended, with the digest of all it said."""
    digest = hashlib.sha256()
    while data := sock.recv(65536):
        digest.update(data)
    sock.sendall(digest.digest())


def reset(sock):
    sock.recv(1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hold(sock):
    """Says nothing, and remembers how the client ended."""
    try:
        ends.append("ended" if sock.recv(1) == b"" else "spoke")
    except ConnectionResetError:
        ends.append("reset")


heard = threading.Event()
ends: list = []
SERVERS = {"echo": echo, "greet": greet_and_listen, "digest": answer_after_end, "reset": reset,
           "hold": hold}


class Streams(SiteTest):
    @classmethod
    def make_site(cls):
        cls.servers = {name: streams.Server(serve) for name, serve in SERVERS.items()}
        for server in cls.servers.values():
            cls.addClassCleanup(server.close)
        with socket.create_server(("127.0.0.1", 0)) as closed:
            nobody = closed.getsockname()[1]

        def mappings(site):
            text = site.default_mapping()
            for name, server in cls.servers.items():
                text += (f'\n[[mapping]]\nvirtual = "{name}.virtual:7"\n'
                         f'internal = "tcp://127.0.0.1:{server.port}"\n')
            port = cls.servers["echo"].port
            return text + (f'\n[[mapping]]\nvirtual = "down.virtual:7"\n'
                           f'internal = "tcp://127.0.0.1:{nobody}"\n'
                           f'\n[[mapping]]\nvirtual = "10.0.0.1:8"\n'
                           f'internal = "tcp://127.0.0.1:{port}"\nlimits.connections = 2\n'
                           f'\n[[mapping]]\nvirtual = "short.virtual:7"\n'
                           f'internal = "tcp://127.0.0.1:{cls.servers["hold"].port}"\n'
                           f'limits.idle_timeout = "1s"\n'
                           f'\n[[mapping]]\nvirtual = "range.virtual:{port - 1}-{port + 1}"\n'
                           f'internal = "tcp://127.0.0.1:{port - 1}-{port + 1}"\n')

        return Site(agent_extra=mappings)

    def connect(self, virtual, **options):
        token = options.pop("token", self.site.token)
        sock = streams.connect(self.site.hub, token, virtual, **options)
        self.addCleanup(sock.close)
        return sock

    def refusal(self, *arguments, **options):
        with self.assertRaises(streams.Refused) as raised:
            self.connect(*arguments, **options)
        return raised.exception.args[0]

    def records(self, virtual):
        """How the streams to that virtual host ended, once one has."""
        def found():
            known = {record["exchange"] for record in self.site.agent.records(virtual_host=virtual)}
            return [record for record in self.site.agent.records(event="exchange.end")
                    if record["exchange"] in known]

        return wait_until(found, f"a record of {virtual}")

    def test_bytes_go_both_ways_and_are_recorded(self):
        sock = self.connect("echo.virtual:7")
        for text in (b"ping", b"pong"):
            sock.sendall(text)
            self.assertEqual(streams.read_exactly(sock, 4), text)
        sock.shutdown(socket.SHUT_WR)
        self.assertEqual(sock.recv(1), b"")
        record = self.records("echo.virtual:7")[-1]
        self.assertEqual(record["outcome"], "answered")
        self.assertEqual((record["request_bytes"], record["response_bytes"]), (8, 8))
        begin = self.site.agent.records(event="exchange.begin", virtual_host="echo.virtual:7")[-1]
        self.assertEqual(begin["method"], "CONNECT")
        self.assertEqual(begin["internal_host"], f"tcp://127.0.0.1:{self.servers['echo'].port}")
        self.assertEqual(begin["client"], self.site.shop["clientid"])

    def test_the_end_of_the_client_leaves_the_answer(self):
        sock = self.connect("digest.virtual:7")
        digest = hashlib.sha256()
        for _ in range(MEBIBYTES):
            data = os.urandom(CHUNK)
            digest.update(data)
            sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        self.assertEqual(streams.read_exactly(sock, 32), digest.digest())
        self.assertEqual(sock.recv(1), b"")

    def test_the_end_of_the_server_leaves_the_client_its_say(self):
        sock = self.connect("greet.virtual:7")
        self.assertEqual(streams.read_exactly(sock, 11), b"220 ready\r\n")
        self.assertEqual(sock.recv(1), b"")
        self.assertFalse(heard.is_set())
        sock.sendall(b"x" * CHUNK)
        sock.shutdown(socket.SHUT_WR)
        self.assertTrue(heard.wait(SECONDS))

    def test_a_reset_stays_a_reset(self):
        sock = self.connect("reset.virtual:7")
        sock.sendall(b"x")
        with self.assertRaises(ConnectionResetError):
            sock.recv(1)
        self.assertEqual(self.records("reset.virtual:7")[-1]["outcome"], "failed")
        sock = self.connect("hold.virtual:7")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
        wait_until(lambda: "reset" in ends, "the server sees the reset")
        self.assertEqual(self.records("hold.virtual:7")[-1]["outcome"], "aborted")

    def test_a_stream_on_which_nothing_moves_ends(self):
        sock = self.connect("short.virtual:7")
        with self.assertRaises(ConnectionResetError):
            sock.recv(1)
        self.assertEqual(self.records("short.virtual:7")[-1]["outcome"], "timed_out")

    def test_every_byte_of_the_handshake_may_come_alone(self):
        sock = socket.create_connection(self.site.hub.socks5, SECONDS)
        self.addCleanup(sock.close)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def send(data):
            for at in range(len(data)):
                sock.sendall(data[at:at + 1])

        streams.shake_hands(sock, self.site.token, "echo.virtual", 7, send=send)
        sock.sendall(b"alive")
        self.assertEqual(streams.read_exactly(sock, 5), b"alive")

    def test_what_comes_with_the_request_is_not_lost(self):
        sock = socket.create_connection(self.site.hub.socks5, SECONDS)
        self.addCleanup(sock.close)
        sent = []
        with contextlib.suppress(IndexError):
            streams.shake_hands(sock, self.site.token, "echo.virtual", 7,
                                send=lambda data: (sent.append(data), sock.sendall(
                                    data + (b"early" if len(sent) == 3 else b""))))
        self.assertEqual(streams.read_exactly(sock, 5), b"early")

    def test_an_address_is_a_virtual_host_like_another(self):
        for request in (b"\x05\x01\x00\x01\x0a\x00\x00\x01\x00\x08",
                        b"\x05\x01\x00\x03\x0810.0.0.1\x00\x08"):
            sock = socket.create_connection(self.site.hub.socks5, SECONDS)
            self.addCleanup(sock.close)
            sock.sendall(b"\x05\x01\x80")
            self.assertEqual(streams.read_exactly(sock, 2), b"\x05\x80")
            token = self.site.token.encode()
            sock.sendall(b"\x01" + struct.pack(">I", len(token)) + token + b"\0")
            self.assertEqual(streams.read_exactly(sock, 2), b"\x01\0")
            sock.sendall(request)
            self.assertEqual(streams.read_exactly(sock, 10)[:2], b"\x05\0")
            sock.sendall(b"x")
            self.assertEqual(streams.read_exactly(sock, 1), b"x")
            sock.close()

    def test_a_range_of_ports_leads_to_the_same_range(self):
        port = self.servers["echo"].port
        sock = self.connect(f"range.virtual:{port}")
        sock.sendall(b"x")
        self.assertEqual(streams.read_exactly(sock, 1), b"x")
        self.assertEqual(self.refusal(f"range.virtual:{port + 2}"), "not exposed")

    def test_what_is_not_allowed_is_refused_with_its_code(self):
        self.assertEqual(self.refusal("nobody.virtual:7"), "not exposed")
        self.assertEqual(self.refusal("echo.virtual:8"), "not exposed")
        self.assertEqual(self.refusal("erp.virtual:44300"), "not exposed")
        self.assertEqual(self.refusal("down.virtual:7"), "unreachable")
        self.assertEqual(self.refusal("echo.virtual:7", location="nowhere"), "no agent")
        self.assertEqual(self.refusal("echo.virtual:7", token="x.y.z"), "token")
        self.assertEqual(self.records("down.virtual:7")[-1]["reason"], "backend_unreachable")
        refused = self.records("nobody.virtual:7")[-1]
        self.assertEqual((refused["outcome"], refused["reason"]), ("refused", "system_not_exposed"))

    def test_a_request_does_not_reach_a_stream(self):
        answer = self.site.ask("GET", "http://echo.virtual:7/")
        self.assertEqual(answer.status, 403)
        self.assertIn(b"protocol_not_exposed", answer.body)

    def test_no_more_streams_than_the_mapping_allows(self):
        first, _ = self.connect("10.0.0.1:8"), self.connect("10.0.0.1:8")
        self.assertEqual(self.refusal("10.0.0.1:8"), "failure")
        first.close()

        def again():
            with contextlib.suppress(streams.Refused):
                return self.connect("10.0.0.1:8")

        wait_until(again, "the place is free again")

    def test_who_speaks_something_else_is_sent_away(self):
        socks4 = b"\x04\x01\0\x07\x0a\0\0\x01\0"
        for said in (b"GET / HTTP/1.1\r\n\r\n", socks4, b"\x16\x03\x01\0\x05"):
            with socket.create_connection(self.site.hub.socks5, SECONDS) as sock:
                sock.sendall(said)
                self.assertEqual(sock.recv(1), b"")

    def test_the_port_stands_in_status(self):
        self.assertEqual(self.site.hub.status()["listen"]["socks5"],
                         "%s:%d" % self.site.hub.socks5[:2])


if __name__ == "__main__":
    unittest.main()
