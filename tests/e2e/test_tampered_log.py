"""Somebody changes the audit log while the agent is stopped. The start finds it and puts the log
aside; whoever verifies or exports it afterwards is told, whatever he asks."""
import contextlib, gzip, json, pathlib, subprocess, sys, unittest

from programs import run, segments_of, wait_until
from witnessed import WitnessedTest

VERIFY = pathlib.Path(__file__).resolve().parents[2] / "packaging" / "verify"


class TamperedLog(WitnessedTest):
    def tamper(self):
        (first, *_) = segments_of(self.log)
        before = first.read_bytes()
        self.assertIn(b'"path":"/7"', before)
        first.write_bytes(before.replace(b'"path":"/7"', b'"path":"/8"', 1))

    def verify(self, *arguments, code):
        return self.site.agent.command("audit", "verify", *arguments, code=code)

    def test_a_log_that_was_put_aside_is_not_passed_over(self):
        self.ask()
        kept = (self.log / "vkeys").read_text()
        self.restart_agent(meanwhile=self.tamper)
        self.assertIn("THE LOG BEFORE WAS CHANGED", self.site.agent.command("status"))
        aside = self.log / "generation-0001"

        said = self.verify(code=1)
        self.assertIn("THE LOG BEFORE THIS ONE was not as it was signed, and was put aside as "
                      "generation-0001", said)
        self.assertRegex(said, "== generation-0001(?s:.*) root: the first")
        self.assertRegex(said, r"ALTOGETHER: this log: good; generation-0001: \d PROBLEMS")
        report = json.loads(self.verify("--json", code=1))
        self.assertEqual((report["good"], report["this_log_good"]), (False, True))
        (before,) = report["generations"]
        self.assertEqual((before["generation"], before["good"]), ("generation-0001", False))
        (edited,) = [problem for problem in before["problems"] if problem["verdict"] == "chain"]
        self.assertRegex(edited["problem"], r"record (\d+) \(the line before\), or the prev of")
        self.assertIn("THE LOG BEFORE THIS ONE", self.verify("--this-log", code=0))
        self.assertIn("generation-0001", self.verify("--vkey", kept, code=1))
        self.assertIn("there is no record 99999", self.verify("--since-seq", "99999", code=2))

        for folder, verdict in ((aside, "BAD: CHANGED"), (self.log, "is not signed with KEY")):
            done = subprocess.run([sys.executable, "-B", VERIFY / "check_log.py", folder, kept],
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            self.assertIn(verdict, done.stderr)

        out = self.site.folder / "export"
        said = self.site.agent.command("audit", "export", "--folder", aside, "--format", "json",
                                       "--without-personal", "--out", out, code=1)
        self.assertIn("NOT VERIFIED", said)
        self.assertIn(b'"path":"/8"', gzip.decompress((out / "records.jsonl.gz").read_bytes()))
        verified = json.loads((out / "manifest.json").read_text())["verified"]
        self.assertEqual((verified["good"], verified["problems"][0]["verdict"]), (False, "chain"))
        run("sallyport", "audit", "export", "--folder", self.log, "--out",
            self.site.folder / "export-of-the-next")

        aside.rename(self.site.folder / "elsewhere")
        self.assertIn("generation-0001, which was put aside, is not here", self.verify(code=0))


class KeptElsewhere(WitnessedTest):
    """With the key that one was told to keep, of a log whose key was changed since."""

    def script(self, *arguments):
        done = subprocess.run([sys.executable, "-B", VERIFY / "verify_audit.py", *arguments],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_both_verifiers_follow_a_change_of_the_key(self):
        hub, agent = self.site.hub, self.site.agent
        wait_until(lambda: agent.records(event="admin.action", act="audit.trust_witness"),
                   "the hub has shown its key")
        for folder, command in ((self.log, agent.command),
                                (hub.folder / "state" / "audit",
                                 lambda *asked: hub.command(*asked, json_wanted=False))):
            kept = (folder / "vkeys").read_text()
            said = command("audit", "rotate-key")
            self.assertEqual("no witness configured" in said, folder != self.log, said)
            new = (folder / "vkeys").read_text().splitlines()[-1].split()[1]
            told = "records on another key signs, "
            self.assertIn(told + new, command("audit", "verify", "--vkey", kept))
            self.assertIn(told, self.script(folder, kept))

    def test_what_the_witness_has_is_compared_without_our_program(self):
        file = self.site.folder / "w.cp"
        hub = self.site.hub

        def shown():
            file.unlink(missing_ok=True)
            with contextlib.suppress(AssertionError):
                return hub.command("witness", "show", "berlin", "--tenant", "acme", "--out", file)

        kept = wait_until(shown, "the hub has countersigned")
        key = hub.command("witness", "key", json_wanted=False)
        said = self.script(self.log, "--checkpoint", file, key, kept["keys"][0])
        self.assertIn(f"w.cp: {kept['size']} records signed by ", said)
        self.assertIn(key.strip() + " at 20", said)
        self.assertIn("good: ", said)


if __name__ == "__main__":
    unittest.main()
