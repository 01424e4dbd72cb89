"""Service channels: a program near the agent comes out at a service of the hub's side."""
import contextlib, hashlib, os, socket, unittest

import streams
from harness import Site, SiteTest
from programs import SECONDS, wait_until

CHUNK = 1024 * 1024
MEBIBYTES = 8
CHANNELS = ("echo", "digest", "greet", "down", "foreign", "unknown", "doomed")


def echo(sock):
    while data := sock.recv(65536):
        sock.sendall(data)
    sock.shutdown(socket.SHUT_WR)


def digest(sock):
    """Answers only when the client has ended, with the digest of all it said."""
    seen = hashlib.sha256()
    while data := sock.recv(65536):
        seen.update(data)
    sock.sendall(seen.digest())


def greet(sock):
    """Ends its own direction first, and then listens."""
    sock.sendall(b"ready\n")
    sock.shutdown(socket.SHUT_WR)
    while sock.recv(65536):
        pass


class Channels(SiteTest):
    @classmethod
    def make_site(cls):
        servers = {name: streams.Server(serve)
                   for name, serve in {"echo": echo, "digest": digest, "greet": greet}.items()}
        for server in servers.values():
            cls.addClassCleanup(server.close)
        cls.echo = servers["echo"]
        with socket.create_server(("127.0.0.1", 0)) as closed:
            nobody = closed.getsockname()[1]
        text = "".join(f'\n[[channel]]\nname = "{name}"\nlisten = "127.0.0.1:0"\n'
                       + ("connections = 2\n" if name == "doomed" else "") for name in CHANNELS)
        # [[channel]] stands before the mappings, whose last table would take its keys.
        site = Site('[tunnel]\ndrain_timeout = "1s"\n', lambda made: text + made.default_mapping())
        site.hub.config.write_text(site.hub.config.read_text().replace(
            "[hub]\n", '[hub]\naccess_log = "all"\n'))
        site.hub.command("agent", "add", "munich", "--tenant", "acme", "--location", "MUC")
        cls.add = lambda name, port, *more: site.hub.command(
            "channel", "add", name, "--tenant", "acme", "--target", f"127.0.0.1:{port}", *more)
        for name, server in servers.items():
            cls.add(name, server.port)
        cls.add("down", nobody)
        cls.add("doomed", cls.echo.port, "--agent", "berlin")
        cls.add("foreign", cls.echo.port, "--agent", "munich")
        return site

    @classmethod
    def channels(cls):
        status = cls.site.agent.status()
        return {channel["name"]: channel for channel in status["channels"]}

    def connect(self, name):
        host, port = self.channels()[name]["listen"].rsplit(":", 1)
        sock = socket.create_connection((host, int(port)), SECONDS)
        self.addCleanup(sock.close)
        return sock

    def assert_refused(self, name, reason):
        with self.assertRaises(ConnectionResetError):   # maybe before connect() has returned
            self.connect(name).recv(1)
        # Ends of connections before it may be recorded still.
        wait_until(lambda: ("failed", reason) in [(record["outcome"], record.get("reason"))
                                                  for record in self.ends(name)],
                   f"a record of {reason}")
        self.assertEqual(self.channels()[name]["last_error"], reason)

    def ends(self, name):
        known = {record["exchange"] for record in self.site.agent.records(
            event="exchange.begin", virtual_host=name, method="CHANNEL")}
        return [record for record in self.site.agent.records(event="exchange.end")
                if record["exchange"] in known]

    def assert_echoes(self, sock, text=b"ping"):
        sock.sendall(text)
        self.assertEqual(streams.read_exactly(sock, len(text)), text)

    def test_bytes_go_both_ways_and_both_sides_record_them(self):
        sock = self.connect("echo")
        self.assert_echoes(sock)
        sock.shutdown(socket.SHUT_WR)
        self.assertEqual(sock.recv(1), b"")
        end = wait_until(lambda: self.ends("echo"), "a record")[-1]
        self.assertEqual(end["outcome"], "answered")
        self.assertEqual((end["request_bytes"], end["response_bytes"]), (4, 4))
        begin = self.site.agent.records(event="exchange.begin", exchange=end["exchange"])[0]
        self.assertEqual(begin["client"], "%s:%d" % sock.getsockname())
        line = wait_until(lambda: [line for line in self.site.hub.program.log().splitlines()
                                   if f"exchange={end['exchange']}" in line], "the hub's line")[-1]
        for text in ("exchange.answered", "agent=berlin", "method=CHANNEL", "host=echo"):
            self.assertIn(text, line)

    def test_each_direction_ends_on_its_own(self):
        sock, seen = self.connect("digest"), hashlib.sha256()
        for _ in range(MEBIBYTES):
            data = os.urandom(CHUNK)
            seen.update(data)
            sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        self.assertEqual(streams.read_exactly(sock, 32), seen.digest())
        self.assertEqual(sock.recv(1), b"")
        sock = self.connect("greet")
        self.assertEqual(streams.read_exactly(sock, 6), b"ready\n")
        self.assertEqual(sock.recv(1), b"")
        sock.sendall(b"x" * CHUNK)
        sock.shutdown(socket.SHUT_WR)

    def test_a_channel_must_be_granted_to_the_agent(self):
        self.assert_refused("unknown", "not_granted")
        self.assert_refused("foreign", "not_granted")
        self.assertIn("code=not_granted", self.site.hub.program.log())

    def test_a_service_that_is_not_there(self):
        self.assert_refused("down", "unreachable")

    def test_a_removed_channel_ends_its_connections(self):
        first, second = self.connect("doomed"), self.connect("doomed")
        for sock in (first, second):
            self.assert_echoes(sock)
        with contextlib.suppress(ConnectionResetError):
            self.assertEqual(self.connect("doomed").recv(1), b"")   # above its limit
        self.site.hub.command("channel", "remove", "doomed", "--tenant", "acme")
        for sock in (first, second):
            with self.assertRaises(ConnectionResetError):
                sock.recv(1)
        self.assert_refused("doomed", "not_granted")
        names = [channel["name"] for channel in self.site.hub.command("channel", "list")]
        self.assertNotIn("doomed", names)

    def test_z_a_hub_that_stops_cuts_channels_and_the_next_one_carries_them(self):
        sock = self.connect("echo")
        self.assert_echoes(sock)
        self.assertEqual(self.site.hub.program.stop(), 0)
        with self.assertRaises(ConnectionResetError):
            sock.recv(1)
        self.site.hub.start()
        self.site.wait_attached()
        self.assert_echoes(self.connect("echo"))


if __name__ == "__main__":
    unittest.main()
