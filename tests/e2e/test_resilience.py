"""What a mapping does when its internal systems fail: rate limits, circuit breaker, retries,
several hosts and health checks, with real back ends that are stopped, hang, refuse and talk
nonsense."""
import contextlib, json, socket, threading, unittest

import backends, streams, wire
from harness import Site, SiteTest
from programs import wait_until

RULE = '[[mapping.rule]]\npath = "/"\nmatch = "subpaths"\n'
DONE = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
FEW = 5     # failures in a row that open a circuit
SLOWLY = 'limits.circuit_breaker = { open_time = "3s" }'   # so that a slow test finds it open still


def mapped(virtual, internal, more="", rule=RULE):
    hosts = internal if isinstance(internal, list) else [internal]
    listed = ", ".join(f'"{host}"' for host in hosts)
    value = f"[{listed}]" if isinstance(internal, list) else listed
    return f'\n[[mapping]]\nvirtual = "{virtual}"\ninternal = {value}\n{more}\n{rule}'


def at(port, scheme="http"):
    return f"{scheme}://127.0.0.1:{port}"


class Resilience(SiteTest):
    """One site with a mapping for each way to fail."""

    @classmethod
    def make_site(cls):
        cls.dead = backends.closed_port()
        cls.echo = streams.Server(cls.serve_echo)
        cls.addClassCleanup(cls.echo.close)
        return Site(agent_extra=cls.mappings)

    @staticmethod
    def serve_echo(sock):
        while data := sock.recv(4096):
            sock.sendall(data)

    @classmethod
    def nginx(cls, site, name):
        server = backends.Nginx(site.folder / name)
        cls.addClassCleanup(server.close)
        (server.folder / "www" / "name").write_text(name)
        (server.folder / "www" / "ping").write_text("pong")
        wait_until(server.listening, f"nginx {name} listens")
        return server

    @classmethod
    def mappings(cls, site):
        cls.one, cls.a, cls.b = (cls.nginx(site, name) for name in ("one", "a", "b"))
        scripted = at(site.backend.port)
        pair = [at(cls.a.port), at(cls.b.port)]
        fast = 'limits.response_timeout = "300ms"'
        return (site.default_mapping() +
                mapped("slow.virtual:80", scripted,
                       "limits = { requests_per_second = 1, burst = 3 }") +
                mapped("dead.virtual:80", at(cls.dead), SLOWLY) +
                mapped("queue.virtual:80", scripted,
                       'limits = { connections = 1, queue = 1, queue_timeout = "200ms" }') +
                mapped("one.virtual:80", at(cls.one.port), fast + "\n" + SLOWLY) +
                mapped("broken.virtual:80", scripted, SLOWLY) +
                mapped("once.virtual:80", scripted) +
                mapped("again.virtual:80", scripted, "limits.retries = 1") +
                mapped("pair.virtual:80", pair,
                       'limits.retries = 1\nhealth = { path = "/ping", interval = "1s" }') +
                mapped("db.virtual:5432",
                       [at(cls.dead, "tcp"), at(cls.echo.port, "tcp")], rule="") +
                mapped("few.virtual:5432", at(cls.echo.port, "tcp"),
                       "limits = { requests_per_second = 1, burst = 1 }", rule=""))

    def ask(self, host, path="/", method="GET", **named):
        return self.site.ask(method, f"http://{host}{path}", **named)

    def ends(self, **wanted):
        return self.site.agent.records(event="exchange.end", **wanted)

    def states(self, host):
        return [record["state"] for record in
                self.site.agent.records(event="backend.state", virtual_host=host)]

    def back_end(self, host):
        status = self.site.agent.status()
        return next(entry for entry in status["back_ends"] if entry["virtual"] == host)

    def error(self, answer):
        return json.loads(answer.body)["error"]["code"]

    def test_more_requests_a_second_than_allowed_are_refused_and_recorded(self):
        before = len(self.site.backend.requests)
        self.assertEqual([self.ask("slow.virtual:80").status for _ in range(3)], [200] * 3)
        answer = self.ask("slow.virtual:80", "/fourth")
        self.assertEqual((answer.status, self.error(answer)), (429, "rate_limited"))
        self.assertEqual(answer.value("retry-after"), "1")
        self.assertIn("sallyport-agent; error=http_request_denied", answer.value("proxy-status"))
        self.assertEqual(len(self.site.backend.requests), before + 3)
        record, = self.ends(reason="rate_limited", path="/fourth")
        self.assertEqual((record["outcome"], record["virtual_host"]),
                         ("refused", "slow.virtual:80"))
        wait_until(lambda: self.ask("slow.virtual:80").status == 200, "time gives the next one")
        self.assertGreaterEqual(self.back_end("slow.virtual:80")["rate_limited"], 1)

    def test_streams_are_counted_as_they_come(self):
        with contextlib.closing(streams.connect(self.site.hub, self.site.token,
                                                "few.virtual:5432")):
            with self.assertRaises(streams.Refused):
                streams.connect(self.site.hub, self.site.token, "few.virtual:5432")
        self.assertTrue(self.ends(reason="rate_limited", virtual_host="few.virtual:5432"))

    def test_a_system_that_is_gone_is_left_alone_and_found_again(self):
        for _ in range(FEW):
            self.assertEqual(self.ask("dead.virtual:80").status, 502)
        answer = self.ask("dead.virtual:80", "/refused")
        self.assertEqual((answer.status, self.error(answer)), (503, "circuit_open"))
        self.assertIn(answer.value("retry-after"), ("1", "2", "3"))
        self.assertIn("error=destination_unavailable", answer.value("proxy-status"))
        record, = self.ends(reason="circuit_open", path="/refused")
        self.assertEqual(record["outcome"], "refused")
        self.assertEqual(self.states("dead.virtual:80"), ["circuit_open"])
        self.assertIn("back end of dead.virtual:80", self.site.agent.command("status"))
        with socket.create_server(("127.0.0.1", self.dead)) as listener:
            served = threading.Thread(target=self.serve_once, args=(listener,), daemon=True)
            served.start()
            wait_until(lambda: self.ask("dead.virtual:80").status == 200, "it is found again")
            served.join()
        self.assertEqual(self.states("dead.virtual:80"), ["circuit_open", "circuit_closed"])
        host, = self.back_end("dead.virtual:80")["hosts"]
        self.assertEqual((host["circuit"], host["opened"]), ("closed", 1))

    @staticmethod
    def serve_once(listener):
        sock, _ = listener.accept()
        with sock:
            sock.recv(65536)
            sock.sendall(DONE)

    def test_a_system_that_hangs_is_left_alone(self):
        self.assertEqual(self.ask("one.virtual:80", "/name").body, b"one")
        self.one.hang()
        try:
            for _ in range(FEW):
                self.assertEqual(self.ask("one.virtual:80", "/name").status, 504)
            self.assertEqual(self.ask("one.virtual:80", "/name").status, 503)
        finally:
            self.one.go_on()
        wait_until(lambda: self.ask("one.virtual:80", "/name").status == 200, "it is back")
        self.assertEqual(self.states("one.virtual:80"), ["circuit_open", "circuit_closed"])

    def test_one_broken_address_does_not_take_the_others_with_it(self):
        self.site.backend.answers["/broken"] = b"nonsense\r\n\r\n"
        for _ in range(4 * FEW):
            self.assertEqual(self.ask("once.virtual:80", "/broken").status, 502)
            self.assertEqual(self.ask("once.virtual:80", "/well").status, 200)
        self.assertEqual(self.states("once.virtual:80"), [])

    def test_broken_answers_alone_open_the_circuit(self):
        self.site.backend.answers["/broken"] = b"nonsense\r\n\r\n"
        for _ in range(FEW):
            self.assertEqual(self.ask("broken.virtual:80", "/broken").status, 502)
        self.assertEqual(self.ask("broken.virtual:80", "/well").status, 503)
        wait_until(lambda: self.ask("broken.virtual:80", "/well").status == 200, "it is back")

    def test_waiting_for_a_connection_has_an_end(self):
        hold = threading.Event()
        self.addCleanup(hold.set)
        taken = threading.Event()

        def answer(connection, head):
            taken.set()
            hold.wait(wire.SECONDS)
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            return True

        self.site.backend.answers["/held"] = answer
        with contextlib.closing(self.site.connect()) as client:
            client.send(self.site.head("GET", "http://queue.virtual:80/held"))
            self.assertTrue(taken.wait(wire.SECONDS))
            waited = self.ask("queue.virtual:80")
            self.assertEqual((waited.status, self.error(waited)), (503, "backend_busy"))
            self.assertEqual(waited.value("retry-after"), "1")
            hold.set()
            self.assertEqual(client.response().status, 200)

    def test_a_request_is_sent_again_only_where_that_is_safe_and_asked_for(self):
        seen = []

        def cut_first(connection, head):
            connection.body(head, until_close=False)
            seen.append(head.method)
            if len(seen) > 1:
                connection.send(DONE)
            return False

        again, once = "again.virtual:80", "once.virtual:80"
        cases = [(again, "GET", None, 200, 2), (again, "PUT", b"x", 502, 1),
                 (again, "POST", None, 502, 1), (once, "GET", None, 502, 1)]
        self.site.backend.answers["/cut"] = cut_first
        for host, method, body, status, times in cases:
            with self.subTest(f"{method} {host}"):
                seen.clear()
                answer = self.ask(host, "/cut", method, body=body,
                                  fields=[("Connection", "close")])
                self.assertEqual((answer.status, len(seen)), (status, times))
        tried = [record.get("attempts") for record in self.ends() if record.get("attempts")]
        self.assertIn(2, tried)

    def test_a_stream_goes_to_the_host_that_can_be_connected(self):
        sock = streams.connect(self.site.hub, self.site.token, "db.virtual:5432")
        with contextlib.closing(sock):
            sock.sendall(b"ping")
            self.assertEqual(streams.read_exactly(sock, 4), b"ping")
        begin = self.site.agent.records(event="exchange.begin", virtual_host="db.virtual:5432")[-1]
        self.assertEqual(begin["internal_host"], at(self.dead, "tcp"))

        def end():
            return self.ends(exchange=begin["exchange"])

        record, = wait_until(end, "the end is on record")
        self.assertEqual((record["internal_host"], record["attempts"]),
                         (at(self.echo.port, "tcp"), 2))

    def test_a_host_that_is_killed_under_load_costs_no_idempotent_request(self):
        self.assertEqual(self.ask("pair.virtual:80", "/name").body, b"a")
        answers, wrong, stop = [], [], threading.Event()

        def client():
            with contextlib.closing(self.site.connect()) as connection:
                while not stop.is_set():
                    connection.send(self.site.head("GET", "http://pair.virtual:80/name"))
                    answer = connection.response()
                    (answers if answer.status == 200 else wrong).append(answer.body)

        threads = [threading.Thread(target=client) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            wait_until(lambda: len(answers) > 100, "requests are answered")
            self.a.kill()
            wait_until(lambda: answers[-1] == b"b", "the other one answers")
            count = len(answers)
            wait_until(lambda: len(answers) > count + 100, "requests are answered")
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(wrong, [])
        wait_until(lambda: not self.back_end("pair.virtual:80")["hosts"][0]["healthy"],
                   "its check finds out")
        begin = self.site.agent.records(event="exchange.begin", virtual_host="pair.virtual:80")[-1]
        self.assertEqual(begin["internal_host"], at(self.b.port))
        self.a.start()
        wait_until(lambda: self.ask("pair.virtual:80", "/name").body == b"a", "and goes back")
        self.assertIn("unhealthy", self.states("pair.virtual:80"))
        self.assertEqual(self.states("pair.virtual:80").count("healthy"), 1)
        self.assertEqual(self.site.agent.records(event="exchange.begin",
                                                 virtual_host="pair.virtual:80")[-1]
                         ["internal_host"], at(self.a.port))

    def test_a_reload_that_changes_nothing_of_a_mapping_leaves_its_state(self):
        host = "gone.virtual:80"
        self.site.agent.write(self.site.agent_extra + mapped(
            host, at(backends.closed_port()),
            'limits.circuit_breaker = { open_time = "1m" }'))
        self.addCleanup(self.site.agent.write, self.site.agent_extra)
        self.site.agent.command("reload")
        for _ in range(FEW):
            self.ask(host)
        self.site.agent.command("reload")
        self.assertEqual(self.back_end(host)["hosts"][0]["opened"], 1)
        self.assertEqual(self.ask(host).status, 502, "the reload lets one find out")
        self.assertEqual(self.ask(host).status, 503)


if __name__ == "__main__":
    unittest.main()
