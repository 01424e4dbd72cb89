"""A witness that is nobody's but the customer's countersigns the logs of agent and hub: with it
neither side can take back alone what it has recorded."""
import json, shutil, unittest

from authority import Authority
from harness import Site
from programs import wait_until
from tlog_witness import Witness
from witnessed import WitnessedTest


def key_of(log):
    """The public key that signs a log now."""
    return (log / "vkeys").read_text().splitlines()[-1].split()[1]


class WitnessedSite(WitnessedTest):
    interval = "1s"

    @classmethod
    def make_site(cls):
        site = Site()
        cls.authority = Authority(site.folder, "customer")
        cls.witness = Witness(site.folder, cls.authority)
        cls.addClassCleanup(cls.witness.stop)
        table = cls.witness.config("customer", cls.authority, interval=cls.interval)
        site.agent.write(site.agent_extra + table)
        with site.hub.config.open("a") as file:
            file.write(table)
        return site

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent_log = cls.witness.take_up(key_of(cls.site.agent.state / "audit"))
        cls.hub_log = cls.witness.take_up(key_of(cls.site.hub.folder / "state" / "audit"))

    def agent(self, *arguments):
        return self.site.agent.command(*arguments)

    def status(self, name="customer"):
        witnesses = self.site.agent.status()["witnesses"]
        return next(each for each in witnesses if each["name"] == name)

    def hub_status(self):
        (witness,) = self.site.hub.status()["witnesses"]
        return witness

    def up_to_date(self, status=None):
        """How it stands once everything there is has been countersigned."""
        status = status or self.status

        def done():
            now = status()
            good = now["countersigned"] and not now["not_countersigned"]
            return now if good and "refusal" not in now and "last_error" not in now else None

        return wait_until(done, "everything is countersigned")

    def refused(self, code):
        return wait_until(lambda: self.status().get("refusal", {}).get("code") == code,
                          f"the witness refuses: {code}")

    def recorded(self, code):
        return wait_until(lambda: self.site.agent.records(event="witness.refused", code=code,
                                                          witness="customer"),
                          f"the refusal is on record: {code}")


class Countersigned(WitnessedSite):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Its operator has taken up the logs; nobody waits until it is asked again by itself.
        cls.site.agent.command("reload")
        cls.site.hub.command("reload")

    def verified(self, command, log):
        """Size up to which `audit verify` finds the witness's signature."""
        said = command("audit", "verify", "--checkpoint", log / "customer.countersigned",
                       "--witness-vkey", self.witness.vkey, "--vkey", key_of(log), "--json")
        report = said if isinstance(said, dict) else json.loads(said)
        return report["seal"]["witnessed_size"] if "seal" in report else report["witnessed_size"]

    def test_the_log_of_the_agent_has_a_second_witness(self):
        self.ask()
        now = self.up_to_date()
        self.assertEqual(now["key"], self.witness.vkey)
        self.assertTrue(now["url"].endswith("/tlog/add-checkpoint"), now)
        self.assertGreater(self.status("hub")["countersigned"], 0)
        self.assertGreaterEqual(self.verified(self.agent, self.log), now["countersigned"])
        self.assertIn(f"witness customer ({now['url']}): ", self.agent("status"))
        wait_until(lambda: any(self.witness.name in one.read_text()
                               for one in self.log.glob("*.cp")), "it stands in the log, too")

    def test_the_log_of_the_hub_has_a_witness(self):
        self.site.hub.command("tenant", "add", "witnessed")
        now = self.up_to_date(self.hub_status)
        folder = self.site.hub.folder / "state" / "audit"
        self.assertGreaterEqual(self.verified(self.site.hub.command, folder), now["countersigned"])
        self.assertGreaterEqual(self.witness.known(self.hub_log)[0], now["countersigned"])
        self.assertIn("witness customer (", self.site.hub.command("status", json_wanted=False))

    def test_a_witness_that_forgot_what_it_knew_countersigns_again(self):
        self.up_to_date()
        with self.witness.lock:
            self.witness.remember(self.agent_log, 0)
        self.ask()
        wait_until(lambda: self.witness.known(self.agent_log)[0], "it countersigns again")
        self.up_to_date()

    def test_a_signature_that_never_arrived_is_asked_for_again(self):
        self.up_to_date()
        with self.witness.lock:
            self.witness.answers_lost = 1
        self.ask()
        wait_until(lambda: 503 in self.witness.statuses, "an answer is lost")
        self.agent("reload")        # asks again at once
        self.up_to_date()

    def test_an_agent_that_forgot_what_the_witness_knows_goes_on_from_there(self):
        self.up_to_date()
        known = self.witness.known(self.agent_log)[0]
        self.restart_agent((self.log / "witnesses").unlink)
        self.assertGreater(self.up_to_date()["countersigned"], known)

    def test_a_witness_that_was_away_covers_what_it_missed(self):
        before = self.up_to_date()["countersigned"]
        self.witness.stop()
        self.ask()
        wait_until(lambda: "last_error" in self.status(), "the loss is visible")
        self.assertGreater(self.status()["not_countersigned"], 0)
        self.assertEqual(self.status()["countersigned"], before)
        self.witness.start()
        self.assertGreater(self.up_to_date()["countersigned"], before)

    def test_a_key_change_of_the_log_needs_the_witness_operator(self):
        self.up_to_date()
        self.agent("audit", "rotate-key")
        self.refused("unknown_key")
        new = key_of(self.log)
        self.assertIn(new, self.status()["refusal"]["reason"])
        self.witness.take_up(new)
        self.agent("reload")
        self.up_to_date()


class Urgent(WitnessedSite):
    interval = "1h"

    def test_what_an_administrator_does_does_not_wait_for_the_interval(self):
        self.agent("reload")
        self.site.hub.command("reload")
        wait_until(lambda: self.status()["countersigned"], "the agent's log is countersigned")
        wait_until(lambda: self.hub_status()["countersigned"], "the hub's log is countersigned")
        self.agent("reconnect")
        self.site.hub.command("audit", "repair")
        for status, records in ((self.status, self.site.agent.records(event="admin.action")),
                                (self.hub_status, self.hub_records())):
            act = records[-1]["seq"]
            wait_until(lambda: status()["countersigned"] > act, "the act is countersigned")

    def hub_records(self):
        file = max((self.site.hub.folder / "state" / "audit").glob("*.jsonl"))
        lines = [json.loads(line) for line in file.read_text().splitlines(keepends=True)
                 if line.endswith("\n")]
        return [line for line in lines if line["event"] == "admin.action"]


class Refused(WitnessedSite):
    def test_1_a_log_that_the_witness_was_not_told_of_is_refused(self):
        self.witness.logs.clear()
        self.refused("unknown_log")
        self.assertIn("REFUSED unknown_log", self.agent("status"))
        self.assertIn(key_of(self.log), self.status()["refusal"]["reason"])
        self.recorded("unknown_log")
        self.agent_log = self.witness.take_up(key_of(self.log))

    def test_2_a_log_that_is_put_back_to_an_older_state_is_refused(self):
        self.agent("reload")
        self.up_to_date()
        self.restart_agent(lambda: shutil.copytree(self.log, self.site.folder / "older"))
        self.ask()
        self.restart_agent()
        self.up_to_date()
        log = self.site.agent.program.log()

        def put_back():
            shutil.rmtree(self.log)
            shutil.copytree(self.site.folder / "older", self.log)

        self.restart_agent(put_back)
        self.refused("rollback")
        self.assertIn("this log was rolled back", self.status()["refusal"]["reason"])
        self.assertIn("REFUSED rollback", self.agent("status"))
        self.assertIn("witness.refused", self.site.agent.program.log()[len(log):])
        self.recorded("rollback")

    def test_3_another_history_of_the_same_length_is_refused(self):
        self.restart_agent(lambda: shutil.rmtree(self.log))
        vkey = key_of(self.log)
        log = self.witness.take_up(vkey)
        self.agent("reload")
        self.up_to_date()
        with self.witness.lock:
            self.witness.remember(log, self.witness.known(log)[0], bytes(32))
        self.ask()
        self.refused("bad_proof")
        self.recorded("bad_proof")

    def test_4_another_key_than_the_configured_one_is_refused(self):
        self.restart_agent(lambda: shutil.rmtree(self.log))
        self.witness.take_up(key_of(self.log))
        self.witness.new_key()
        self.agent("reload")
        self.refused("bad_signature")
        self.recorded("bad_signature")
        self.assertEqual(self.status()["countersigned"], 0)
        self.assertFalse((self.log / "customer.countersigned").exists())

    def test_5_a_server_that_is_not_the_one_is_told_nothing(self):
        other = Authority(self.site.folder, "somebody else")
        self.site.agent.write(self.site.agent_extra + self.witness.config("customer", other))
        self.agent("reload")
        self.refused("untrusted")
        # Only now: what was asked just before the reload may be answered after it.
        asked = len(self.witness.statuses)
        self.agent("reload")        # asks again at once
        self.recorded("untrusted")
        self.assertEqual(len(self.witness.statuses), asked)
        changed = self.site.agent.records(event="config.changed")[-1]
        self.assertIn("audit.witness customer changed", changed["changes"])

    def test_6_clear_text_is_an_error_that_says_where(self):
        self.site.agent.write(self.site.agent_extra + self.witness.config(
            "customer", self.authority, url="http://127.0.0.1:1/"))
        said = self.site.agent.command("check", code=1)
        self.assertRegex(said, r"agent\.toml:\d+:\d+: audit\.witness\.url must be https://")
        self.assertIn("clear text", said)


if __name__ == "__main__":
    unittest.main()
