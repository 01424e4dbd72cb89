"""/livez, /readyz, `ready` and the synthetic exchange that they rest on: hub -> agent -> hub."""
import signal, unittest

from administration import over_socket
from harness import SiteTest
from programs import segments_of, wait_until, whole_lines

RESERVED = "http://ready.sallyport.invalid:443/"


class Health(SiteTest):
    site_options = {"hub_extra": '[tunnel]\nready_interval = "100ms"\n'}

    def agent_socket(self):
        return self.site.agent.folder / "admin.sock"

    def hub_socket(self):
        return self.site.hub.folder / "admin.sock"

    def ready(self, socket):
        answer = over_socket(socket, "GET", "/readyz")
        return answer.status == 200 and answer.json()["ready"]

    def wait_ready(self):
        for socket in (self.agent_socket(), self.hub_socket()):
            wait_until(lambda: self.ready(socket), "it is ready")

    def setUp(self):
        self.wait_ready()

    def agent_records(self, **wanted):
        return self.site.agent.records(event="ready.changed", **wanted)

    def test_both_ends_know_that_the_way_works_and_how_long_it_takes(self):
        status = self.site.agent.status()
        hub = status["hubs"][0]
        self.assertEqual((status["ready"], status["not_ready"], hub["ready"]["interval_ms"]),
                         (True, [], 100))
        self.assertGreater(hub["ready"]["round_trip_us"], 0)
        self.assertIn("answered through it", self.site.agent.command("status"))
        agent = self.site.hub.status()["agents"][0]
        self.assertTrue(agent["ready"] and agent["answers_ready"])
        self.assertGreater(agent["round_trip_us"], 0)
        self.assertEqual(self.site.agent.command("ready"), "ready\n")
        self.assertEqual(self.site.hub.command("ready")["ready"], True)

    def test_both_live(self):
        for socket in (self.agent_socket(), self.hub_socket()):
            answer = over_socket(socket, "GET", "/livez")
            self.assertEqual((answer.status, answer.json()),
                             (200, {"live": True, "loops_silent": 0}))

    def test_no_synthetic_exchange_is_an_exchange(self):
        before = len(self.site.agent.records(event="exchange.end"))
        last = self.site.agent.status()["hubs"][0]["links"]
        streams = sum(link["bytes_in"] for link in last)
        wait_until(lambda: sum(link["bytes_in"] for link in
                               self.site.agent.status()["hubs"][0]["links"]) > streams + 200,
            "more of them have gone there and back")
        self.assertEqual(len(self.site.agent.records(event="exchange.end")), before)
        self.assertEqual(self.site.agent.records(event="exchange.begin",
                                                 virtual_host=RESERVED.split("/")[2]), [])

    def test_a_client_that_asks_for_the_reserved_system_is_refused_as_for_any_unknown_one(self):
        answer = self.site.ask("GET", RESERVED)
        unknown = self.site.ask("GET", "http://no.such.system:443/")
        self.assertEqual((answer.status, answer.value("x-sallyport-exchange") is not None),
                         (403, True))
        self.assertEqual(answer.status, unknown.status)
        ends = wait_until(lambda: self.site.agent.records(
            event="exchange.end", virtual_host="ready.sallyport.invalid:443"), "it is on record")
        self.assertEqual((ends[0]["outcome"], ends[0]["reason"]), ("refused", "system_not_exposed"))

    def test_no_mapping_may_have_a_reserved_name(self):
        agent = self.site.agent
        self.addCleanup(agent.write, self.site.agent_extra)
        agent.write(self.site.agent_extra + '[[mapping]]\nvirtual = "ready.sallyport.invalid:443"\n'
                    'internal = "http://127.0.0.1:1"\n[[mapping.rule]]\npath = "/"\n')
        self.assertIn("reserved", agent.command("check", code=1))

    def test_without_the_hub_it_is_not_ready_and_says_why_and_both_changes_are_on_record(self):
        before = len(self.agent_records(state="not_ready"))
        self.site.hub.program.stop()
        wait_until(lambda: not self.ready(self.agent_socket()), "the agent is not ready")
        told = over_socket(self.agent_socket(), "GET", "/readyz")
        self.assertEqual((told.status, told.json()["not_ready"][0]["code"]), (503, "no_link"))
        said = self.site.agent.command("ready", code=1)
        self.assertIn("NOT READY", said)
        self.assertIn("no link to hub hub is up", said)
        self.assertIn("NOT READY", self.site.agent.command("status"))
        gone = wait_until(lambda: self.agent_records(state="not_ready")[before:],
                          "it is on record")
        self.assertIn("no link", gone[0]["reason"])
        self.site.hub.start()
        self.site.agent.command("ready", "--wait", "30")
        back = wait_until(lambda: [record for record in self.agent_records(state="ready")
                                   if record["seq"] > gone[0]["seq"]], "that as well")
        self.assertGreater(back[0]["round_trip_us"], 0)
        # A line for each change, in the log and on record: none for the looks in between.
        states = [record["state"] for record in self.agent_records()]
        self.assertEqual(states, [("ready", "not_ready")[i % 2] for i in range(len(states))])
        self.assertEqual(len(self.agent_records(state="not_ready")), before + 1)
        for state in ("ready", "not_ready"):
            wait_until(lambda: self.site.agent.program.log().count(f"agent.{state} ") >=
                       states.count(state), "the lines are written")
            self.assertEqual(self.site.agent.program.log().count(f"agent.{state} "),
                             states.count(state))
        self.site.wait_attached()

    def states_at_the_hub(self):
        """What the hub's log says of the agent's readiness."""
        return [record["state"]
                for file in segments_of(self.site.hub.folder / "state" / "audit")
                for record in whole_lines(file)
                if record["event"] == "ready.changed" and record.get("agent") == "berlin"]

    def test_an_agent_that_does_not_answer_is_not_ready_at_the_hub(self):
        """Its process stands still, its connections do not end: links alone would say nothing."""
        self.site.agent.program.signal(signal.SIGSTOP)
        try:
            wait_until(lambda: not self.ready(self.hub_socket()), "the hub is not ready")
            told = over_socket(self.hub_socket(), "GET", "/readyz").json()
            self.assertEqual(told["not_ready"][0]["code"], "no_answer")
            self.assertIn("NO", self.site.hub.command("status", json_wanted=False))
            wait_until(lambda: "not_ready" in self.states_at_the_hub(), "it is on record")
        finally:
            self.site.agent.program.signal(signal.SIGCONT)
        self.wait_ready()
        states = self.states_at_the_hub()
        self.assertEqual(states, [("ready", "not_ready")[i % 2] for i in range(len(states))])
        self.site.wait_attached()


if __name__ == "__main__":
    unittest.main()
