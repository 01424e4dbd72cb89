"""Hub and agent end and come back in every way: killed, asked, drained; and what was recorded says
what happened."""
import contextlib, threading, unittest

import wire
from harness import SiteTest
from programs import SECONDS, wait_until

KILLS = 3


class Restart(SiteTest):
    def setUp(self):
        self.site.backend.answers.clear()

    def start_slow_exchange(self, path):
        """A request whose answer comes when told: (client, function that lets it come)."""
        go, reached = threading.Event(), threading.Event()

        def answer(connection, _):
            reached.set()
            go.wait(SECONDS)
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow")

        self.site.backend.answers[path] = answer
        client = self.site.connect()
        client.send(self.site.head("GET", path))
        self.assertTrue(reached.wait(SECONDS))
        self.addCleanup(go.set)
        return client, go.set

    def open_begins(self):
        ended = {record["exchange"] for record in self.site.agent.records(event="exchange.end")}
        return [record["exchange"] for record in self.site.agent.records(event="exchange.begin")
                if record["exchange"] not in ended]

    def test_a_killed_agent_comes_back_and_closes_what_it_had_begun(self):
        for _ in range(KILLS):
            client, _ = self.start_slow_exchange("/killed")
            (begun,) = self.open_begins()
            self.site.agent.program.kill()
            with contextlib.closing(client), contextlib.suppress(wire.Closed):
                self.assertIn(client.response().status, (502, 503, 504))
            self.site.agent.start()
            self.site.wait_attached()
            (end,) = self.site.agent.records(event="exchange.end", exchange=begun)
            self.assertEqual(end["outcome"], "lost")
        self.assertEqual(self.open_begins(), [])
        self.site.agent.command("audit", "verify")

    def test_a_killed_hub_comes_back_and_agents_return_by_themselves(self):
        for _ in range(KILLS):
            self.site.hub.program.kill()
            self.site.hub.start()
            self.site.wait_attached()
        self.assertEqual(self.site.ask("GET", "/").status, 200)

    def test_tokens_outlive_a_restart_of_the_hub(self):
        token = self.site.token
        self.assertEqual(self.site.hub.program.stop(), 0)
        self.site.hub.start()
        self.site.wait_attached()
        self.assertEqual(self.site.ask("GET", "/", token=token).status, 200)

    def test_an_agent_that_is_asked_to_end_finishes_what_runs(self):
        client, go = self.start_slow_exchange("/drained")
        self.site.agent.program.signal(15)
        wait_until(lambda: "stopping" in self.site.agent.program.log() or
                   "drain" in self.site.agent.program.log(), "the agent says that it stops")
        go()
        with contextlib.closing(client):
            self.assertEqual(client.response().body, b"slow")
        self.assertEqual(self.site.agent.program.stop(), 0)
        self.site.agent.start()
        self.site.wait_attached()
        self.assertEqual(self.site.agent.records()[-1]["event"] != "log.closed", True)

    def test_a_hub_that_is_asked_to_end_finishes_what_runs(self):
        client, go = self.start_slow_exchange("/hub-drained")
        self.site.hub.program.signal(15)
        wait_until(lambda: "hub.stopping" in self.site.hub.program.log(), "the hub stops")
        go()
        with contextlib.closing(client):
            self.assertEqual(client.response().body, b"slow")
        self.assertEqual(self.site.hub.program.stop(), 0)
        self.site.hub.start()
        self.site.wait_attached()

    @contextlib.contextmanager
    def nothing_is_lost(self):
        """Asks all the time, on a new connection each; every answer must be a 200."""
        stop, outcomes = threading.Event(), set()

        def ask_all_the_time():
            while not stop.is_set():
                try:
                    answer = self.site.ask("GET", "/steady")
                    outcomes.add("200" if answer.status == 200 else answer.body)
                except (wire.Closed, OSError) as error:
                    outcomes.add(repr(error))

        threads = [threading.Thread(target=ask_all_the_time) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(outcomes, {"200"})

    def wait_settled(self):
        """Until every link of the agent is up."""
        wait_until(lambda: [agent["links"] for agent in self.site.hub.status()["agents"]] == [2],
                   "both links are up")

    def test_a_planned_restart_of_the_agent_loses_no_request(self):
        self.wait_settled()
        with self.nothing_is_lost():
            for _ in range(KILLS):
                self.assertEqual(self.site.agent.program.stop(), 0)
                self.site.agent.start()
                self.wait_settled()

    def test_a_planned_restart_of_the_hub_with_passed_sockets_loses_no_request(self):
        self.wait_settled()
        with self.nothing_is_lost():
            for _ in range(KILLS):
                self.assertEqual(self.site.hub.program.stop(), 0)
                self.site.hub.start()
                self.wait_settled()

    def test_an_agent_that_is_asked_to_end_while_it_dials_ends_at_once(self):
        for _ in range(5):
            self.assertEqual(self.site.agent.program.stop(), 0)
            started = self.site.agent.program.log().count("agent.started")
            self.site.agent.start()
            wait_until(lambda started=started: self.site.agent.program.log().count(
                "agent.started") > started, "the agent runs")
        self.site.wait_attached()

    def test_every_start_counts_the_epoch_up(self):
        def epoch():
            (agent,) = self.site.hub.status()["agents"]
            return agent["epoch"]

        before = epoch()
        self.site.agent.program.stop()
        self.site.agent.start()
        self.site.wait_attached()
        self.assertEqual(epoch(), before + 1)

    def test_a_copy_of_a_running_agent_does_not_take_its_place(self):
        copy = self.site.add_agent("copy", self.site.agent_extra, arguments=("--location", "C"))
        self.addCleanup(self.site.agents.remove, copy)
        copy.config.write_text(self.site.agent.config.read_text().replace(
            f"{self.site.agent.folder}/admin.sock", f"{copy.folder}/admin.sock"))
        copy.start()    # the same state folder: its audit log is locked by the one that runs
        self.assertNotEqual(copy.program.process.wait(SECONDS), 0)
        self.assertEqual(self.site.ask("GET", "/").status, 200)

    def test_links_are_replaced_without_losing_a_request(self):
        self.wait_settled()
        with self.nothing_is_lost():
            for _ in range(KILLS):
                ups = self.site.agent.program.log().count("link.up")
                self.site.agent.command("reconnect", "--replace")
                wait_until(lambda ups=ups: self.site.agent.program.log().count("link.up") >=
                           ups + 2, "both links have a successor")
                self.wait_settled()

    def test_reconnect_and_drain_are_one_command_each(self):
        self.site.agent.command("reconnect")
        self.site.wait_attached()
        self.site.agent.command("drain")
        self.assertEqual(self.site.agent.program.process.wait(SECONDS), 0)
        self.site.agent.start()
        self.site.wait_attached()


if __name__ == "__main__":
    unittest.main()
