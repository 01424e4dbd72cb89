"""An agent whose audit log cannot be opened: what still works is what stops it, what repairs it,
and what says what happens meanwhile."""
import contextlib, json, threading, unittest

from harness import Site, SiteTest
from programs import SECONDS, VIRTUAL, wait_until


class FailedLog(SiteTest):
    @classmethod
    def make_site(cls):
        return Site(agent_extra=lambda site: (
            f'[audit]\non_failure = "block"\n{site.default_mapping()}'))

    def setUp(self):
        """The agent anew, with a file where the folder of its log should be."""
        self.agent = self.site.agent
        self.folder = self.agent.state / "audit"
        self.kept = self.folder.with_name("audit.kept")
        self.assertEqual(self.agent.program.stop(), 0)
        self.folder.rename(self.kept)
        self.folder.write_text("no folder")
        self.before = self.agent.config.read_text()
        self.agent.start()
        self.site.wait_attached()
        self.assertFalse(self.audit()["healthy"])
        self.assertEqual(self.site.ask("GET", "/refused").status, 503)

    def tearDown(self):
        self.agent.program.stop()
        self.agent.config.write_text(self.before)
        if self.kept.exists():
            self.give_back()
        self.agent.start()
        self.site.wait_attached()
        self.agent.command("audit", "verify")

    def audit(self):
        return self.agent.status()["audit"]

    def give_back(self):
        self.folder.unlink()
        self.kept.rename(self.folder)

    def test_it_is_drained_and_what_runs_ends(self):
        reached, go = threading.Event(), threading.Event()
        self.agent.config.write_text(self.before.replace('"block"', '"degrade"'))
        self.agent.command("reload")

        def answer(connection, _):
            reached.set()
            go.wait(SECONDS)
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow")

        self.site.backend.answers["/slow"] = answer
        self.addCleanup(go.set)
        with contextlib.closing(self.site.connect()) as client:
            client.send(self.site.head("GET", "/slow"))
            self.assertTrue(reached.wait(SECONDS))
            self.agent.command("drain")
            go.set()
            answered = client.response("GET")
        self.assertEqual((answered.status, answered.body), (200, b"slow"))
        wait_until(lambda: not self.agent.program.running(), "the agent ends")
        self.assertEqual(self.agent.program.process.returncode, 0)

    def test_a_reload_of_its_policy_counts_at_once_and_the_repair_tells_what_passed(self):
        self.agent.config.write_text(self.before.replace('"block"', '"degrade"'))
        said = self.agent.command("reload")
        self.assertNotIn("sealed", said)
        self.assertEqual(self.audit()["on_failure"], "degrade")
        for _ in range(3):
            self.assertEqual(self.site.ask("GET", "/passes").status, 200)
        self.assertEqual(self.audit()["unrecorded"], 3)
        self.give_back()
        self.assertTrue(json.loads(self.agent.command("audit", "repair", "--json"))["repaired"])
        opened = self.agent.records(event="log.opened")[-1]
        self.assertEqual(opened["on_failure"], "degrade")
        told = [record for record in self.agent.records(event="log.recovered")
                if "failure" in record][-1]
        self.assertEqual(told["unrecorded"], 3)

    def test_mappings_can_be_closed_and_none_can_be_opened(self):
        virtual = VIRTUAL

        def override(verb):
            return lambda code: self.agent.command("mappings", verb, "--override", virtual,
                                                   code=code)
        override("disable")(0)
        listed = json.loads(self.agent.command("mappings", "list", "--json"))
        self.assertIn("disabled", json.dumps(listed))
        said = override("enable")(1)
        self.assertIn("would not be on record", said)
        self.assertIn("would not be on record", self.agent.command("mappings", "clear", virtual,
                                                                   code=1))
        self.give_back()
        self.agent.command("audit", "repair")
        override("enable")(0)
        self.assertEqual(self.site.ask("GET", "/open").status, 200)
        self.agent.command("mappings", "clear", virtual)

    def late(self):
        return [(record["act"], record["outcome"]) for record in
                self.agent.records(event="admin.action") if "done_at" in record]

    def test_what_was_done_meanwhile_is_recorded_by_the_next_process(self):
        self.assertIn("it is recorded when the log is repaired", self.agent.command("reload"))
        self.agent.command("audit", "repair", code=1)
        self.agent.command("drain")
        wait_until(lambda: not self.agent.program.running(), "the agent ends")
        self.give_back()
        self.agent.start()
        self.site.wait_attached()
        done = [("config.reload", "done"), ("audit.repair", "failed"), ("agent.drain", "done")]
        recorded = self.late()  # also what other tests did
        self.assertEqual(recorded[-len(done):], done)
        self.agent.command("reconnect")
        self.assertEqual(self.late(), recorded, "once")

    def test_what_was_done_meanwhile_is_recorded_after_the_repair(self):
        self.agent.command("reload")
        self.give_back()
        self.agent.command("audit", "repair")
        self.assertEqual(self.late()[-1], ("config.reload", "done"))
        *_, reload, repair = self.agent.records(event="admin.action")
        self.assertEqual((reload["act"], repair["act"]), ("config.reload", "audit.repair"))
        self.assertEqual(reload["who"], repair["who"])

    def test_other_commands_are_refused_until_it_is_repaired(self):
        said = self.agent.command("reconnect", code=1)
        self.assertIn("audit", said)
        self.assertIn("Not a directory", self.agent.command("audit", "repair", code=1))
        said = self.agent.command("audit", "retention", "--now", code=1)
        self.assertIn("nothing more is deleted", said)
        self.give_back()
        self.agent.command("audit", "repair")
        self.assertIn("segments", self.agent.command("audit", "retention"))
        self.agent.command("reconnect")
        self.site.wait_attached()
        self.assertEqual(len(self.agent.records(event="admin.action", act="links.reconnect")), 1)
        self.assertEqual(self.site.ask("GET", "/after").status, 200)


if __name__ == "__main__":
    unittest.main()
