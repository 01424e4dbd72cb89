"""The hub as a witness of the agent's audit log: what it has countersigned cannot be taken back
without its alarm, and who asks later gets the evidence from it and not from the agent."""
import shutil, unittest

from harness import Site
from programs import run, wait_until
from witnessed import REQUESTS, WitnessedTest


class WitnessTest(WitnessedTest):
    @classmethod
    def make_site(cls):
        return Site()

    def witness(self):
        """How it stands with the hub, as the agent's status says."""
        (witness,) = self.site.agent.status()["witnesses"]
        return witness

    def countersigned(self, more_than=0):
        def enough():
            known = self.witness()
            return known if known["countersigned"] > more_than else None

        return wait_until(enough, f"more than {more_than} records are countersigned")

    def refused(self, code):
        return wait_until(lambda: self.witness().get("refusal", {}).get("code") == code,
                          f"the hub refuses: {code}")

    def known_logs(self):
        return self.site.hub.command("witness", "list")

    def alarms(self):
        return [(log["log"], alarm["code"]) for log in self.known_logs() for alarm in log["alarms"]]


class Countersigned(WitnessTest):
    def test_an_auditor_gets_the_evidence_from_the_hub(self):
        self.countersigned()
        key = self.site.hub.command("witness", "key")["key"]
        self.assertEqual(self.witness()["key"], key)
        self.assertTrue(key.startswith("localhost/witness+"), key)
        (pinned,) = wait_until(lambda: self.site.agent.records(event="admin.action",
                                                               act="audit.trust_witness"),
                               "the key that is believed at first use is on record")
        self.assertEqual((pinned["who"], pinned["object"], pinned["after"]),
                         ("first use", self.witness()["name"], key))
        file = self.site.folder / "kept.checkpoint"
        shown = self.site.hub.command("witness", "show", "berlin", "--tenant", "acme",
                                      "--out", file)
        self.assertEqual(file.read_text(), shown["note"])
        self.assertIn("localhost/witness", shown["note"])
        self.assertEqual(shown["alarms"], [])
        self.assertEqual(self.alarms(), [])
        vkey = (self.log / "vkeys").read_text().split()[1]
        self.assertEqual(shown["keys"], [vkey])
        said = self.site.agent.command("audit", "verify", "--checkpoint", file,
                                       "--witness-vkey", key, "--vkey", vkey)
        self.assertIn(str(shown["size"]), said)
        self.assertTrue(any("localhost/witness" in one.read_text()
                            for one in self.log.glob("*.cp")))

    def test_what_was_recorded_before_a_stop_is_countersigned_when_it_is_over(self):
        self.countersigned()
        self.ask()
        last = self.site.agent.records(event="exchange.end")[-1]
        self.assertEqual(self.site.agent.program.stop(), 0)
        (log,) = self.known_logs()
        self.assertGreater(log["size"], last["seq"])
        self.site.agent.start()
        self.site.wait_attached()

    def test_what_the_hub_has_missed_is_countersigned_when_it_is_back(self):
        before = self.countersigned()["countersigned"]
        self.assertEqual(self.site.hub.program.stop(), 0)
        wait_until(lambda: self.witness()["not_countersigned"] > 0, "the link's end is on record")
        self.assertEqual(self.witness()["countersigned"], before)
        self.site.hub.start()
        self.site.wait_attached()
        self.countersigned(more_than=before)
        self.assertEqual(self.alarms(), [])

    def test_another_key_of_the_hub_is_refused_until_somebody_trusts_it(self):
        before = self.countersigned()["key"]
        self.assertEqual(self.site.hub.program.stop(), 0)
        for name in ("witness.key", "witness.vkey"):
            (self.site.hub.folder / "state" / name).unlink()
        self.site.hub.start()
        self.site.wait_attached()
        self.refused("key_changed")
        self.assertIsNone(self.witness()["key"])
        self.assertIn("REFUSED key_changed", self.site.agent.command("status"))
        key = self.site.hub.command("witness", "key")["key"]
        hub = self.witness()["name"]
        other = "localhost/witness+" + "0" * 8 + "+AAAA"
        run("sallyport", "audit", "trust-witness", hub, other, "--config",
            self.site.agent.config, code=1)
        run("sallyport", "audit", "trust-witness", "nobody", key, "--config",
            self.site.agent.config, code=1)
        self.assertIn("REFUSED key_changed", self.site.agent.command("status"))
        self.assertIn(key, self.site.agent.command("audit", "trust-witness", hub, key))
        said = self.site.agent.records(event="admin.action", act="audit.trust_witness",
                                       outcome="done")[-1]
        self.assertEqual((said["object"], said["before"], said["after"]), (hub, before, key))
        wait_until(lambda: "refusal" not in self.witness(), "the hub's new key is used")
        self.assertEqual(self.witness()["key"], key)


class TakenBack(WitnessTest):
    def test_a_log_that_is_put_back_to_an_older_state_raises_alarms_on_both_sides(self):
        self.countersigned()
        self.restart_agent(lambda: shutil.copytree(self.log, self.site.folder / "older"))
        self.ask()
        self.restart_agent()
        known = self.countersigned(more_than=REQUESTS)["countersigned"]

        def put_back():
            shutil.rmtree(self.log)
            shutil.copytree(self.site.folder / "older", self.log)

        self.restart_agent(put_back)
        self.refused("rollback")
        ((_, code),) = self.alarms()
        self.assertEqual(code, "rollback")
        shown = self.site.hub.command("witness", "show", "berlin", "--tenant", "acme")
        self.assertGreaterEqual(shown["size"], known)
        said = self.site.hub.command("agent", "show", "berlin", "--tenant", "acme",
                                     json_wanted=False)
        self.assertIn("AUDIT ALARM rollback", said)
        self.assertIn("AUDIT ALARM rollback",
                      self.site.hub.command("status", json_wanted=False))
        self.assertIn("witness.refused", self.site.agent.program.log())
        self.assertIn("witness.alarm", self.site.hub.program.log())


class Gone(WitnessTest):
    def test_a_new_log_in_the_place_of_the_old_one_raises_an_alarm_until_it_is_accepted(self):
        first = self.countersigned()
        (old,) = self.known_logs()
        self.restart_agent(lambda: shutil.rmtree(self.log))
        wait_until(lambda: len(self.known_logs()) == 2, "the hub has seen the new log")
        before, new = self.known_logs()
        self.assertEqual(before["log"], old["log"])
        self.assertGreaterEqual(before["size"], first["countersigned"])
        self.assertEqual(self.alarms(), [(new["log"], "new_log")])
        self.countersigned()        # a new log is worth something, too
        accepted = self.site.hub.command("witness", "accept", "berlin", "--tenant", "acme")
        self.assertEqual(accepted["accepted"], [{"log": new["log"], "code": "new_log"}])
        self.assertEqual(self.alarms(), [])
        run("sallyport-hub", "witness", "accept", "berlin", "--tenant", "acme", "--config",
            self.site.hub.config, code=1)


if __name__ == "__main__":
    unittest.main()
