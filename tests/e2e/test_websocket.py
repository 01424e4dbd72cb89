"""WebSocket through the whole chain: raw frames, and Debian's `ws` for Node on both sides."""
import contextlib, os, pathlib, re, subprocess, threading, unittest

import wire
from harness import SiteTest
from programs import SECONDS, VIRTUAL, mapping

NODE = ["node", str(pathlib.Path(__file__).with_name("websocket.js"))]
DEBIAN_MODULES = {**os.environ, "NODE_PATH": "/usr/share/nodejs"}
UPGRADE = [("Connection", "keep-alive, Upgrade"), ("Upgrade", "websocket"),
           ("Sec-WebSocket-Version", 13), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]
SWITCHED = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")


def mappings(site):
    rules = """path = "/ws"
match = "subpaths"
upgrade = true

path = "/plain"
match = "subpaths"
"""
    return mapping(site.internal(), rules=rules)


class WebSocket(SiteTest):
    site_options = {"agent_extra": mappings}

    def setUp(self):
        self.site.backend.answers.clear()

    def test_after_101_bytes_go_both_ways_as_they_are(self):
        heads = []

        def echo(connection, head):
            heads.append(head)
            connection.send(SWITCHED + b"first")
            with contextlib.suppress(wire.Closed):
                while True:
                    connection.send(connection.some())

        self.site.backend.answers["/ws/echo"] = echo
        with contextlib.closing(self.site.connect()) as client:
            client.send(self.site.head("GET", "/ws/echo", UPGRADE))
            answer = client.response_head()
            self.assertEqual(answer.status, 101)
            self.assertEqual(answer.value("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
            self.assertEqual(answer.value("upgrade").lower(), "websocket")
            self.assertEqual(client.exactly(5), b"first")
            for size in (1, 1000, 1 << 20):
                client.send(b"\x82" * size)
                self.assertEqual(client.exactly(size), b"\x82" * size)
        self.assertEqual(heads[0].value("upgrade").lower(), "websocket")
        self.assertEqual(heads[0].value("sec-websocket-key"), "dGhlIHNhbXBsZSBub25jZQ==")

    def test_another_answer_than_101_comes_back_as_it_is(self):
        self.site.backend.answers["/ws/no"] = (b"HTTP/1.1 426 Upgrade Required\r\nX-A: b\r\n"
                                               b"Content-Length: 2\r\n\r\nno")
        answer = self.site.ask("GET", "/ws/no", UPGRADE)
        self.assertEqual((answer.status, answer.value("x-a"), answer.body), (426, "b", b"no"))

    def test_an_upgrade_needs_a_rule_that_says_so(self):
        self.assertEqual(self.site.ask("GET", "/plain", UPGRADE).status, 403)

    def test_no_other_protocol_is_switched_to(self):
        for protocol in ("h2c", "TLS/1.2", "websocket, h2c", "x"):
            with self.subTest(protocol):
                fields = [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", protocol),
                          ("HTTP2-Settings", "AAMAAABkAAQAAP__")]
                answer = self.site.ask("GET", "/plain", fields)
                self.assertIn(answer.status, (200, 400, 403))
                if answer.status == 200:
                    names = {name.lower() for name, _ in self.site.seen(answer)["fields"]}
                    self.assertEqual(names & {"upgrade", "http2-settings"}, set())

    def test_the_end_of_either_side_ends_the_other(self):
        ended = threading.Event()

        def hold(connection, _):
            connection.send(SWITCHED)
            connection.wait_for_end()
            ended.set()

        def close(connection, _):
            connection.send(SWITCHED)

        self.site.backend.answers.update({"/ws/hold": hold, "/ws/close": close})
        client = self.site.connect()
        client.send(self.site.head("GET", "/ws/hold", UPGRADE))
        self.assertEqual(client.response_head().status, 101)
        client.close()
        self.assertTrue(ended.wait(SECONDS))
        with contextlib.closing(self.site.connect()) as client:
            client.send(self.site.head("GET", "/ws/close", UPGRADE))
            self.assertEqual(client.response_head().status, 101)
            self.assertTrue(client.wait_for_end())

    def test_ws_for_node_talks_to_ws_for_node(self):
        server = subprocess.Popen([*NODE, "serve"], stdout=subprocess.PIPE, text=True,
                                  env=DEBIAN_MODULES)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait, SECONDS)
        self.addCleanup(server.terminate)
        port = re.fullmatch(r"port (\d+)\n", server.stdout.readline())[1]
        rules = 'path = "/chat"\nupgrade = true'
        self.site.agent.write(mapping(f"http://127.0.0.1:{port}", rules=rules))
        self.site.agent.command("reload")
        client = subprocess.run(
            [*NODE, "ask", str(self.site.hub.proxy[1]), VIRTUAL, "/chat?room=1"],
            input=self.site.token, text=True, capture_output=True, timeout=SECONDS,
            env=DEBIAN_MODULES)
        self.assertEqual((client.returncode, client.stderr, client.stdout),
                         (0, "", "echoed 300000 bytes, closed 4001\n"))


if __name__ == "__main__":
    unittest.main()
