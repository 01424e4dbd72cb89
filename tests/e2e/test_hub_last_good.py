"""A hub whose hub.toml is broken when it starts: the last good one, without what the broken file
does not say any more."""
import json, os, stat, subprocess, unittest

from harness import SiteTest
from programs import BIN, wait_until, whole_lines


class HubLastGood(SiteTest):
    site_options = {"hub_extra": 'token_lifetime = "2h"\nworkers = 1\n'}

    def setUp(self):
        self.good = self.site.hub.config.read_text()
        self.addCleanup(self.mend)

    def mend(self):
        self.site.hub.config.write_text(self.good)
        self.restart()

    def use(self, what, by):
        self.assertIn(what, self.good)
        self.site.hub.config.write_text(self.good.replace(what, by))

    def restart(self):
        program = self.site.hub.program
        if program.running():
            self.assertEqual(program.stop(), 0)
        self.site.hub.start()
        self.site.wait_attached()

    def ends(self):
        """What it said when it would not start."""
        program = self.site.hub.program
        self.assertEqual(program.stop(), 0)
        before = len(program.log())
        program.start(self.site.hub.sockets)
        wait_until(lambda: not program.running(), "the hub ends")
        self.assertEqual(program.process.returncode, 2)
        return program.log()[before:]

    def record(self):
        folder = self.site.hub.folder / "state" / "audit"
        return [record for file in sorted(folder.glob("*.jsonl")) for record in whole_lines(file)
                if record.get("act") == "config.last_good"][-1]

    def findings(self):
        done = subprocess.run([BIN / "sallyport-hub", "doctor", "--json", "--config",
                               self.site.hub.config], capture_output=True, text=True)
        return {one["id"]: one for one in json.loads(done.stdout)["findings"]}

    def test_a_typo_does_not_stop_the_hub(self):
        self.use("workers = 1", "workers = one")
        self.restart()
        self.assertEqual(self.site.ask("GET", "/").status, 200)
        status = self.site.hub.status()
        self.assertIn("hub.toml", status["last_good"]["why"])
        self.assertEqual(status["last_good"]["closed"], [])
        self.assertIn("THE CONFIGURATION ON DISK IS BROKEN", status["warnings"][0])
        self.assertIn("THE CONFIGURATION ON DISK IS BROKEN",
                      self.site.hub.command("status", json_wanted=False))
        self.assertIn("config.broken", self.site.hub.program.log())
        record = self.record()
        self.assertEqual((record["who"], record["outcome"], record["after"]),
                         ("start", "done", "nothing"))
        self.assertEqual(self.findings()["configuration.in_force"]["result"], "failed")
        self.site.hub.command("check", code=1)
        self.site.hub.command("reload", code=1)
        self.assertIn("last_good", self.site.hub.status())
        self.site.hub.config.write_text(self.good)
        self.site.hub.command("reload")
        status = self.site.hub.status()
        self.assertNotIn("last_good", status)
        self.assertEqual(status["warnings"], [])

    def test_what_was_taken_back_does_not_come_back_with_it(self):
        self.use('token_lifetime = "2h"', 'token_lifetime = "1h"\nsocks6 = ')
        self.restart()
        closed = self.site.hub.status()["last_good"]["closed"]
        self.assertIn("[hub] token_lifetime: 10 minutes", closed)
        self.assertIn("[hub] socks5: closed", closed)
        self.assertEqual(self.site.hub.status()["listen"]["socks5"], "")
        self.assertIn("token_lifetime", self.record()["after"])
        token = self.site.hub.token(self.site.shop)
        self.assertEqual(self.site.ask("GET", "/", token=token).status, 200)
        self.site.hub.config.write_text(self.good)
        waiting = self.site.hub.command("reload")["restart_needed"]
        self.assertIn("socks5", waiting)
        self.assertNotIn("token_lifetime", waiting)

    def test_it_ends_where_nothing_narrower_is_known(self):
        self.use("[hub]\n", '[agents]\ncrl_files = ["/nowhere.crl"\n[hub]\n')
        said = self.ends()
        self.assertIn("hub.toml", said)
        self.assertIn("agents.crl_files", said)

    def test_whoever_prefers_to_fail_can(self):
        self.use("workers = 1", "workers = one")
        program = self.site.hub.program
        program.arguments.append("--no-last-good")
        self.addCleanup(program.arguments.remove, "--no-last-good")
        self.assertNotIn("last good", self.ends())

    def test_it_is_kept_for_the_hub_alone(self):
        kept = self.site.hub.folder / "state" / "last_good_configuration.json"
        self.assertEqual(stat.S_IMODE(os.stat(kept).st_mode), 0o600)
        documents = json.loads(kept.read_text())["documents"]
        self.assertEqual(documents, [{"name": str(self.site.hub.config), "text": self.good}])


if __name__ == "__main__":
    unittest.main()
