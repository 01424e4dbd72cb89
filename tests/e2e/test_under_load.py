"""What accidents and bad neighbours may not do to those who just use the chain: kills under load, a
client that breaks off all the time, readers that stand still, links that fall silent."""
import contextlib, hashlib, json, pathlib, socket, threading, unittest

import wire
from harness import SiteTest
from programs import SECONDS, wait_until

KILLS = 3
MIB = 1 << 20


class Load:
    """Clients that ask one after the other until told to stop; every outcome is counted."""

    def __init__(self, site, clients=4, token=None, target="/load"):
        self.site, self.token, self.target = site, token, target
        self.outcomes, self._lock, self._stop = {}, threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(clients)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def count(self, outcome):
        with self._lock:
            return self.outcomes.get(outcome, 0)

    def _ask(self):
        while not self._stop.is_set():
            try:
                with contextlib.closing(self.site.connect()) as client:
                    while not self._stop.is_set():
                        client.send(self.site.head("GET", self.target, token=self.token))
                        answer = client.response()
                        self._add(answer.status if answer.complete else "cut")
            except (wire.Closed, OSError):
                self._add("cut")

    def _add(self, outcome):
        with self._lock:
            self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1

    def wait_for_answers(self, count=50):
        """Until so many more were answered with 200."""
        before = self.count(200)
        wait_until(lambda: self.count(200) >= before + count, f"{count} more answers")


class KilledUnderLoad(SiteTest):
    def records(self):
        """What the audit log holds of each exchange: (number of begins, ends)."""
        found = {}
        for record in self.site.agent.records():
            if record["event"] in ("exchange.begin", "exchange.end"):
                begins, ends = found.setdefault(record["exchange"], ([], []))
                (begins if record["event"] == "exchange.begin" else ends).append(record)
        return found

    def test_a_killed_agent_leaves_a_log_that_verifies_and_names_what_was_lost(self):
        lost_before = len(self.site.agent.records(event="exchange.end", outcome="lost"))
        with Load(self.site) as load:
            for _ in range(KILLS):
                load.wait_for_answers()
                self.site.agent.program.kill()
                self.site.agent.start()
                load.wait_for_answers()
            # One exchange is surely under way when it is killed for the last time.
            held = threading.Event()
            self.addCleanup(held.set)
            reached = threading.Event()

            def answer(*_):
                reached.set()
                held.wait(SECONDS)

            self.site.backend.answers["/held"] = answer
            with contextlib.closing(self.site.connect()) as client:
                client.send(self.site.head("GET", "/held"))
                self.assertTrue(reached.wait(SECONDS))
                self.site.agent.program.kill()
            self.site.agent.start()
            load.wait_for_answers()
        self.assertLessEqual(set(load.outcomes), {200, 502, 503, "cut"}, load.outcomes)
        wait_until(lambda: all(len(ends) == 1 for _, ends in self.records().values()),
                   "every exchange has exactly one end")
        self.assertTrue(all(len(begins) <= 1 for begins, _ in self.records().values()))
        lost = self.site.agent.records(event="exchange.end", outcome="lost")
        self.assertGreater(len(lost), lost_before)
        self.site.agent.command("audit", "verify")
        self.assertEqual(self.site.ask("GET", "/").status, 200)

    def test_a_killed_hub_is_back_with_every_link_and_nothing_looks_whole_that_is_not(self):
        with Load(self.site) as load:
            for _ in range(KILLS):
                load.wait_for_answers()
                self.site.hub.program.kill()
                self.site.hub.start()
                load.wait_for_answers()
        self.assertLessEqual(set(load.outcomes), {200, 502, 503, "cut"}, load.outcomes)
        wait_until(lambda: [agent["links"] for agent in self.site.hub.status()["agents"]] == [2],
                   "both links are up again")
        wait_until(lambda: all(len(ends) == 1 for _, ends in self.records().values()),
                   "every exchange has exactly one end")
        self.site.agent.command("audit", "verify")


class BesideAnImpatientClient(SiteTest):
    ABORTS = 3000       # as fast as it can: above 1,000 a second on an idle machine
    site_options = {"hub_extra": "[limits]\naborts_per_second = 1\naborts_burst = 40\n"}

    def test_a_client_that_breaks_off_all_the_time_costs_another_nothing(self):
        site = self.site
        client = site.hub.command("client", "add", "impatient", "--tenant", "acme")
        token = wait_until(lambda: self.token_of(client), "the hub knows the client")

        def never(connection, _):
            connection.wait_for_end()

        site.backend.answers["/never"] = never
        (agent,) = site.hub.status()["agents"]
        refusals = []
        with Load(site, clients=2) as load:
            request = site.head("GET", "/never", token=token)
            for number in range(self.ABORTS):
                with contextlib.suppress(OSError):
                    impatient = socket.create_connection(site.hub.proxy, SECONDS)
                    impatient.sendall(request)
                    impatient.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                    impatient.close()
                if number % 100 == 99:
                    answer = site.ask("GET", "/", token=token)
                    if answer.status == 429:
                        refusals.append(json.loads(answer.body)["error"]["code"])
            load.wait_for_answers()
        self.assertEqual(set(load.outcomes), {200}, load.outcomes)
        self.assertEqual(set(refusals), {"too_many_aborts"}, "the hub holds back who did it")
        (after,) = site.hub.status()["agents"]
        self.assertEqual((after["links"], after["epoch"]), (agent["links"], agent["epoch"]))
        self.assertNotIn("link.down", site.agent.program.log(), "no link was lost by it")
        self.assertNotIn("exchange.failed", site.agent.program.log(), "nor filled it the log")

    def token_of(self, client):
        with contextlib.suppress(AssertionError):
            return self.site.hub.token(client)


class LargeStreams(SiteTest):
    BYTES = 256 * MIB
    GROWTH_MAX = 64 * MIB       # the budget of streams; what passed is many times as much

    @classmethod
    def make_site(cls):
        site = super().make_site()
        for program in (site.hub.program, site.agent.program):
            # AddressSanitizer keeps what is freed for a while, which would look like growth.
            program.environment["ASAN_OPTIONS"] = "quarantine_size_mb=1"
        return site

    def resident(self, program):
        for line in pathlib.Path(f"/proc/{program.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmHWM")

    def test_memory_stays_flat_while_much_passes_each_way(self):
        block = hashlib.sha256(b"seed").digest() * 2048
        blocks = self.BYTES // len(block)

        def give(connection, _):
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % self.BYTES)
            for _ in range(blocks):
                connection.send(block)
            return True

        self.site.backend.answers["/give"] = give
        self.assertEqual(self.site.ask("GET", "/").status, 200)
        programs = (self.site.hub.program, self.site.agent.program)
        before = [self.resident(program) for program in programs]
        got = self.site.ask("GET", "/give")
        self.assertEqual((got.body_bytes, got.complete), (self.BYTES, True))
        with contextlib.closing(self.site.connect()) as client:
            client.send(self.site.head("POST", "/take", [("Content-Length", self.BYTES)]))
            for _ in range(blocks):
                client.send(block)
            seen = self.site.seen(client.response())
        self.assertEqual(seen["body_bytes"], self.BYTES)
        self.assertEqual(seen["sha256"], got.sha256)
        for program, at_first in zip(programs, before):
            growth = self.resident(program) - at_first
            self.assertLess(growth, self.GROWTH_MAX, f"{program.arguments[0]} grew")

    def test_one_reader_that_stands_still_among_a_hundred_holds_up_nobody(self):
        def endless(connection, _):
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (1 << 40))
            while True:
                connection.send(b"x" * 65536)

        def fast(connection, _):
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % MIB + b"y" * MIB)
            return True

        self.site.backend.answers.update({"/endless": endless, "/fast": fast})
        stalled = self.site.connect()
        self.addCleanup(stalled.reset)
        stalled.send(self.site.head("GET", "/endless"))
        stalled.response_head()
        clients = [self.site.connect() for _ in range(100)]
        for client in clients:
            client.send(self.site.head("GET", "/fast"))
        for client in clients:
            answer = client.response()
            self.assertEqual((answer.status, answer.body_bytes, answer.complete), (200, MIB, True))
            client.close()


class Relay:
    """Passes the bytes of TCP connections on, until it becomes a black hole: then nothing passes,
    nothing is closed, and new connections are taken and never answered."""

    def __init__(self, target):
        self._target, self._open = target, threading.Event()
        self._open.set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self._sockets = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def fall_silent(self):
        self._open.clear()

    def speak_again(self):
        """New connections pass; those that fell silent stay so."""
        self._open = threading.Event()
        self._open.set()

    def close(self):
        for sock in self._sockets:
            sock.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(client)
            passing = self._open
            if not passing.is_set():
                continue                         # kept open, never read
            server = socket.create_connection(self._target, SECONDS)
            self._sockets.append(server)
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pass, args=(source, sink, passing),
                                 daemon=True).start()

    @staticmethod
    def _pass(source, sink, passing):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if not passing.is_set():
                    threading.Event().wait()     # a black hole, for as long as the test runs
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


class BlackHole(SiteTest):
    site_options = {"hub_extra": '[tunnel]\nping_interval = "200ms"\nping_timeout = "2s"\n'}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.relay = Relay(cls.site.hub.tls)
        cls.addClassCleanup(cls.relay.close)
        agent = cls.site.agent
        agent.program.stop()
        agent.base = agent.base.replace(f":{cls.site.hub.tls[1]}", f":{cls.relay.port}").replace(
            "[tunnel]\n", '[tunnel]\nping_interval = "200ms"\nping_timeout = "2s"\n')
        agent.write(cls.site.agent_extra)
        agent.start()
        cls.site.wait_attached()

    def test_links_that_fall_silent_are_noticed_by_both_ends_and_come_back(self):
        site = self.site
        self.relay.fall_silent()
        site.wait_status(503)           # the hub noticed and says so, no request hangs
        wait_until(lambda: site.hub.status()["agents"] == [], "the hub noticed each link")
        wait_until(lambda: "link.down" in site.agent.program.log(), "the agent noticed")
        self.relay.speak_again()
        site.wait_attached()
        site.agent.command("audit", "verify")


if __name__ == "__main__":
    unittest.main()
