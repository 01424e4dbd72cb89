"""Retention waits for who has not got the records: a target of the log, a witness of it."""
import json, shutil, unittest

from harness import Site
from programs import wait_until
from test_forward import forward
from witnessed import WitnessedTest

LONG = "/" + "x" * 8000     # asked for with a method that no rule allows: recorded with its path
SEGMENT = 1024 * 1024
ENOUGH = 2 * SEGMENT // len(LONG)
AUDIT = "[audit]\nsegment_bytes = 1048576\nretention_days = 1\nhold_days = {}\n"


class HeldTest(WitnessedTest):
    def fill(self):
        """Two segments that are finished."""
        for _ in range(ENOUGH):
            self.site.ask("DELETE", LONG)
        wait_until(lambda: len(self.segments()) > 2, "three segments")

    def segments(self):
        return sorted(path.name[:20] for path in self.log.glob("*.jsonl*"))

    def retention(self, *arguments):
        return json.loads(self.site.agent.command("audit", "retention", "--keep-days", "0",
                                                  *arguments, "--json"))

    def pruned(self):
        return self.site.agent.records(event="log.pruned")

    def hold_no_more(self):
        agent = self.site.agent
        agent.write(self.site.agent_extra.replace(AUDIT.format(30), AUDIT.format(0)))
        agent.command("reload")


class HeldForATarget(HeldTest):
    @classmethod
    def make_site(cls):
        def extra(site):
            cls.folder = site.folder / "siem"
            return site.default_mapping() + AUDIT.format(30) + forward(
                "siem", "file", path=cls.folder / "audit.log", **{"from": "start"})

        return Site(agent_extra=extra)

    def test_segments_stay_until_the_target_has_them_or_nobody_waits_any_more(self):
        self.fill()
        self.wait_held()
        before = self.segments()
        done = self.retention("--now")
        self.assertEqual((done["segments"], self.segments()), (0, before))
        self.assertIn("forward siem", self.site.agent.command("audit", "retention", "--keep-days",
                                                              "0"))
        self.folder.mkdir()
        wait_until(lambda: self.retention().get("held", 0) == 0, "the target has got them")
        wait_until(lambda: self.retention()["segments"] > 1, "the witness has, too")
        self.retention("--now")
        self.assertLess(len(self.segments()), len(before))
        (told,) = self.pruned()
        self.assertNotIn("untaken", told)
        self.assertRegex(told["youngest"], r"^20\d\d-")
        self.shut_out_the_target()

    def shut_out_the_target(self):
        shutil.move(self.folder, self.folder.with_suffix(".away"))
        self.fill()
        self.wait_held()
        self.hold_no_more()
        wait_until(lambda: self.retention().get("untaken") == ["forward siem"],
                   "nobody is waited for, and the hub has countersigned all of it")
        self.retention("--now")
        self.assertEqual(self.pruned()[-1]["untaken"], "forward siem")
        wait_until(lambda: "audit.pruned_untaken" in self.site.agent.program.log(), "told")
        self.site.agent.command("audit", "verify")

    def wait_held(self):
        wait_until(lambda: self.retention().get("held_by") == ["forward siem"] and
                   self.retention()["segments"] == 0, "they wait for the target alone")


class HeldForAWitness(HeldTest):
    @classmethod
    def make_site(cls):
        return Site(agent_extra=lambda site: site.default_mapping() + AUDIT.format(30))

    def test_segments_stay_while_the_hub_does_not_countersign_them(self):
        copy = self.site.folder / "older"
        self.restart_agent(lambda: shutil.copytree(self.log, copy))
        self.ask()
        wait_until(lambda: self.witness()["countersigned"] >= 40, "the hub knows more")
        self.restart_agent(self.put_back(copy))
        wait_until(lambda: "refusal" in self.witness(), "the hub does not countersign")
        self.fill()
        wait_until(lambda: self.retention().get("held_by") == ["witness hub"],
                   "they wait for the hub")
        before = self.segments()
        self.assertEqual(self.retention("--now")["segments"], 0)
        self.assertEqual(self.segments(), before)
        self.hold_no_more()
        self.assertGreater(self.retention("--now")["segments"], 0)
        self.assertEqual(self.pruned()[-1]["untaken"], "witness hub")

    def put_back(self, copy):
        def act():
            shutil.rmtree(self.log)
            shutil.copytree(copy, self.log)

        return act

    def witness(self):
        (witness,) = self.site.agent.status()["witnesses"]
        return witness


if __name__ == "__main__":
    unittest.main()
