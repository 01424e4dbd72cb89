"""The hub's own audit log: links, refusals, certificates, and what administrators do."""
import json, os, unittest

from harness import SiteTest
from programs import wait_until


class HubAudit(SiteTest):
    def folder(self):
        return self.site.hub.folder / "state" / "audit"

    def records(self, event, **wanted):
        found = []
        for file in sorted(self.folder().glob("*.jsonl")):
            for line in file.read_text().splitlines(keepends=True):
                if line.endswith("\n"):
                    record = json.loads(line)
                    if record["event"] == event and all(record.get(key) == value
                                                        for key, value in wanted.items()):
                        found.append(record)
        return found

    def wait_record(self, event, **wanted):
        return wait_until(lambda: self.records(event, **wanted), f"{event} {wanted}")[-1]

    def restart_hub(self):
        self.site.hub.start()
        self.site.wait_attached()

    def newcomer(self, name):
        return self.site.add_agent(name, "", arguments=("--location", name))

    def verify(self):
        return self.site.hub.command("audit", "verify", json_wanted=False)

    def test_what_was_done_before_the_hub_ran_is_on_record(self):
        who = f"uid:{os.getuid()}"
        for act, thing in (("tenant.add", "acme"), ("client.add", self.site.shop["clientid"]),
                           ("agent.add", "berlin")):
            record = self.wait_record("admin.action", act=act, object=thing)
            self.assertEqual((record["who"], record["outcome"]), (who, "done"))
            self.assertRegex(record["done_at"], r"^\d{4}-\d\d-\d\dT")
        text = (self.folder() / f"{0:020}.jsonl").read_text()
        self.assertNotIn(self.site.shop["clientsecret"], text)
        self.assertNotIn(self.site.agent.join_token, text)

    def test_what_is_done_while_the_hub_runs_is_on_record_once(self):
        self.site.hub.command("tenant", "add", "late")
        self.wait_record("admin.action", act="tenant.add", object="late")
        self.site.hub.command("tenant", "disable", "late")
        self.wait_record("admin.action", act="tenant.disable")
        self.assertEqual(len(self.records("admin.action", object="late")), 1)
        outbox = [record["outbox"] for record in self.records("admin.action") if "outbox" in record]
        self.assertEqual(outbox, sorted(set(outbox)))

    def test_a_tenant_is_found_by_its_name(self):
        up = self.wait_record("link.up")
        for tenant in ("acme", up["tenant"]):
            said = self.site.hub.command("audit", "query", "--event", "link.up", "--json",
                                         "--tenant", tenant, json_wanted=False)
            self.assertIn(up["certificate"], said)

    def test_what_is_done_while_the_hub_is_stopped_is_on_record_when_it_starts(self):
        self.assertEqual(self.site.hub.program.stop(), 0)
        self.site.hub.command("tenant", "add", "night")
        self.assertEqual(self.records("admin.action", object="night"), [])
        self.restart_hub()
        self.wait_record("admin.action", act="tenant.add", object="night")
        self.verify()

    def test_an_agents_way_in_is_on_record(self):
        issued = self.wait_record("certificate.issued", agent="berlin", purpose="enrolment")
        self.assertEqual(issued["generation"], 1)
        for key in ("sha256", "key", "issuer"):
            self.assertRegex(issued[key], "^[0-9a-f]{64}$")
        up = self.wait_record("link.up", agent="berlin", certificate=issued["sha256"])
        self.assertEqual(up["tenant"], issued["tenant"])
        self.assertRegex(up["remote"], r"^127\.0\.0\.1:\d+$")

    def test_a_renewal_is_on_record_and_its_links_show_the_new_certificate(self):
        self.assertIn("on record", self.site.agent.command("certs", "rotate", "tunnel"))
        renewed = self.wait_record("certificate.issued", agent="berlin", purpose="renewal")
        self.assertGreater(renewed["generation"], 1)
        self.wait_record("link.up", certificate=renewed["sha256"])

    def test_each_link_that_came_up_goes_down_once(self):
        self.site.agent.command("reconnect", "--replace")
        ups = wait_until(lambda: len(self.records("link.up")) > 2 and self.records("link.up"),
                         "links were replaced")
        self.assertEqual(self.site.hub.program.stop(), 0)
        opened = self.records("log.opened")[-1]["seq"]
        since = lambda event: sorted(record["link"] for record in self.records(event)
                                     if record["seq"] > opened)
        self.assertTrue(ups)
        self.assertEqual(since("link.up"), since("link.down"))
        self.assertEqual(len(self.records("log.closed")), len(self.records("log.opened")))
        self.restart_hub()

    def test_who_is_refused_is_on_record(self):
        self.site.ask("GET", "/", token="forged")
        forged = self.wait_record("token.refused", via="http")
        self.assertEqual(forged["code"], "token_refused")
        self.assertRegex(forged["remote"], r"^127\.0\.0\.1:\d+$")
        self.assertEqual(forged["virtual_host"], "erp.virtual:44300")
        answer = self.site.ask("GET", "/", token="forged-too")
        self.wait_record("token.refused", exchange=answer.value("x-sallyport-exchange"))

        with self.assertRaises(AssertionError):
            self.site.hub.token({"clientid": "nobody", "clientsecret": "guessed"})
        refused = json.dumps(self.wait_record("client.refused"))
        self.assertNotIn("nobody", refused)     # whoever that may be
        self.assertNotIn("guessed", refused)

        stranger = self.newcomer("stranger")
        stranger.enrol(stranger.join_token)
        said = stranger.enrol(stranger.join_token, code=1)
        self.assertIn("used already", said)
        self.assertIn("used already", self.wait_record("enrolment.refused")["reason"])

    def test_a_reload_says_who_and_whether_it_is_on_record(self):
        self.site.hub.command("reload")     # what other tests have left
        before = len(self.records("config.changed"))
        said = self.site.hub.command("reload")
        self.assertTrue(said["record"]["recorded"], said)
        self.wait_record("admin.action", act="config.reload", who=f"uid:{os.getuid()}")
        self.assertEqual(len(self.records("config.changed")), before, "it is the same")

    def test_a_reload_says_which_targets_of_the_log_it_changed(self):
        config = self.site.hub.config
        before = config.read_text()
        self.addCleanup(config.write_text, before)
        target = '[[audit.forward]]\nname = "siem"\nkind = "file"\npath = "%s"\n'
        for name, change in (("one", "added"), ("other", "changed")):
            config.write_text(before + target % (self.site.hub.folder / name))
            self.site.hub.command("reload")
            changed = self.wait_record("config.changed", changes=f"audit.forward siem {change}")
            self.assertEqual(changed["categories"], "AuditLogForwarding")
            self.assertEqual(changed["who"], f"uid:{os.getuid()}")

    def test_status_tail_and_query_speak_of_it(self):
        status = self.site.hub.status()
        self.assertTrue(status["audit"]["healthy"])
        self.assertIn("audit log healthy",
                      self.site.hub.command("status", json_wanted=False))
        said = self.site.hub.command("audit", "query", "--event", "link.up", json_wanted=False)
        self.assertIn("berlin", said)
        self.assertTrue(self.site.hub.command("audit", "tail", "-n", "3", json_wanted=False))

    def test_with_a_failed_log_requests_pass_and_no_certificate_is_issued(self):
        newcomer = self.newcomer("newcomer")
        self.assertEqual(self.site.hub.program.stop(), 0)
        kept = self.folder().with_name("audit.kept")
        self.folder().rename(kept)
        self.folder().write_text("no folder")
        self.restart_hub()  # which waits until a request has passed
        status = self.site.hub.status()
        self.assertFalse(status["audit"]["healthy"])
        self.assertIn("no certificate is issued",
                      self.site.hub.command("status", json_wanted=False))
        self.assertIn("audit log has failed", newcomer.enrol(newcomer.join_token, code=1))
        self.site.hub.command("tenant", "add", "meanwhile")

        self.folder().unlink()
        kept.rename(self.folder())
        repaired = self.site.hub.command("audit", "repair")
        self.assertTrue(repaired["repaired"])
        self.wait_record("admin.action", act="audit.repair")
        self.wait_record("admin.action", act="tenant.add", object="meanwhile")
        newcomer.enrol(newcomer.join_token)
        self.wait_record("certificate.issued", agent="newcomer")
        self.verify()


if __name__ == "__main__":
    unittest.main()
