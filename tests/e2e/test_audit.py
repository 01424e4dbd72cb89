"""What the audit log says of links and certificates."""
import json, os, unittest

from harness import SiteTest
from programs import SECONDS, mapping, wait_until


class Audit(SiteTest):
    def records(self, event):
        return self.site.agent.records(event=event)

    def records_with(self, event, **wanted):
        return self.site.agent.records(event=event, **wanted)

    def test_each_link_that_came_up_went_down_once(self):
        wait_until(lambda: len(self.records("link.up")) >= 2, "two links are recorded")
        self.assertEqual(self.site.agent.program.stop(), 0)
        ups, downs = self.records("link.up"), self.records("link.down")
        opened = self.records("log.opened")[-1]["seq"]
        self.assertEqual(sorted(up["link"] for up in ups if up["seq"] > opened),
                         sorted(down["link"] for down in downs if down["seq"] > opened))
        for record in ups:
            self.assertEqual((record["hub"], record["agent"]), ("hub", "berlin"))
            self.assertRegex(record["remote"], r"^127\.0\.0\.1:\d+$")
            self.assertRegex(record["certificate"], "^[0-9a-f]{64}$")
        for record in downs:
            self.assertTrue(record["reason"])
        self.site.agent.start()
        self.site.wait_attached()
        self.site.agent.command("audit", "verify")

    def test_the_enrolled_certificate_is_recorded_once(self):
        (record,) = self.records("certificate.enrolled")
        self.assertEqual(record["purpose"], "tunnel")
        self.site.agent.command("reload")
        self.assertEqual(len(self.records("certificate.enrolled")), 1)
        self.assertEqual(self.site.agent.program.stop(), 0)
        self.site.agent.start()
        self.site.wait_attached()
        self.assertEqual(len(self.records("certificate.enrolled")), 1)

    def test_a_reload_says_who_changed_what(self):
        agent = self.site.agent
        self.addCleanup(lambda: agent.write(self.site.agent_extra))
        more = mapping("http://127.0.0.1:1", "other.virtual:80")
        agent.write(self.site.agent_extra + more)
        said = json.loads(agent.command("reload", "--json"))
        self.assertTrue(said["record"]["recorded"], said)
        who = f"uid:{os.getuid()}"
        (changed,) = self.records_with("config.changed", changes="mapping other.virtual:80 added")
        self.assertEqual((changed["categories"], changed["who"]), ("BackendMapping", who))
        act = self.records_with("admin.action", act="config.reload", who=who, outcome="done")[-1]
        self.assertNotEqual(changed["before"], changed["after"])
        self.assertGreater(act["seq"], changed["seq"])

        agent.write("[[mapping]]\nvirtual = 7\n")
        agent.command("reload", "--socket", agent.folder / "admin.sock", code=1)
        act = self.records_with("admin.action", outcome="refused")[-1]
        self.assertIn("virtual", act["reason"])
        agent.write(self.site.agent_extra)
        self.assertIn("on record", agent.command("reload"))

    def test_a_reload_of_the_same_configuration_changes_nothing(self):
        before = len(self.records("config.changed"))
        self.assertIn("on record", self.site.agent.command("reload"))
        self.assertEqual(len(self.records("config.changed")), before)

    def query(self, *arguments):
        return self.site.agent.command("audit", "query", "--json", *arguments).splitlines()

    def test_a_virtual_host_is_recorded_and_found_with_its_port(self):
        self.assertEqual(self.site.ask("GET", "http://web.virtual/port").status, 403)
        (end,) = self.records_with("exchange.end", path="/port")
        self.assertEqual(end["virtual_host"], "web.virtual:80")
        for host in ("web.virtual", "web.virtual:80", "web.virtual:*"):
            self.assertEqual(len(self.query("--virtual-host", host, "--method", "get")), 1, host)
        self.assertEqual(self.query("--virtual-host", "web.virtual:443"), [])

    def test_each_command_that_changes_something_is_on_record(self):
        for command, act in ((["reconnect"], "links.reconnect"),
                             (["reconnect", "--replace"], "links.replace"),
                             (["audit", "repair"], "audit.repair")):
            with self.subTest(act):
                before = len(self.records_with("admin.action", act=act))
                self.site.agent.command(*command)
                self.assertEqual(len(self.records_with("admin.action", act=act)), before + 1)
        self.site.agent.command("drain")
        self.assertEqual(self.site.agent.program.process.wait(SECONDS), 0)
        self.assertEqual(len(self.records_with("admin.action", act="agent.drain")), 1)
        self.site.agent.start()
        self.site.wait_attached()


if __name__ == "__main__":
    unittest.main()
