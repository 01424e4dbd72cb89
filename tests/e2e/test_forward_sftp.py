"""Finished segments of the audit log at a file server: OpenSSH's sshd."""
import contextlib, os, unittest

from harness import Site, SiteTest
from jump_host import JumpHost
from programs import run, wait_until
from test_expired import FAKETIME
from test_forward import forward


@unittest.skipUnless(os.path.exists(FAKETIME), "needs libfaketime")
class ForwardSegments(SiteTest):
    @classmethod
    def make_site(cls):
        def extra(site):
            cls.server = JumpHost(site.folder / "sshd", "restrict", "Subsystem sftp internal-sftp")
            cls.addClassCleanup(cls.server.close)
            cls.there = site.folder / "archive"
            cls.there.mkdir()
            url = cls.server.url().replace("ssh://", "sftp://")
            return site.default_mapping() + forward(
                "archive", "sftp", url=f"{url}{cls.there}", key_file=cls.server.key,
                known_hosts_file=cls.server.known_hosts, **{"from": "start"})

        return Site(agent_extra=extra)

    def status(self):
        (status,) = self.site.agent.status()["audit"]["forward"]
        return status

    def next_day(self, days):
        """The agent anew, on a later day: its first record is in a segment of its own."""
        program = self.site.agent.program
        self.assertEqual(program.stop(), 0)
        program.environment = {
            "LD_PRELOAD": FAKETIME, "FAKETIME": f"+{days}d", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
        program.start()
        wait_until(self.answers, "the agent answers `status`")

    def answers(self):
        with contextlib.suppress(AssertionError):
            return self.status()

    def archive(self):
        """The folder of the log that is kept now."""
        origin = (self.site.agent.state / "audit" / "vkeys").read_text().split()[1].split("+")[0]
        return self.there / origin.replace("/", "-")

    def segments(self):
        """Those that are there whole: others have a name that begins with a dot."""
        return sorted(path.name for path in self.archive().glob("[0-9]*.jsonl*"))

    def test_segments_arrive_when_they_are_finished_and_can_be_verified_there(self):
        wait_until(lambda: self.status()["state"] == "connected", "there is nothing to do yet")
        self.assertEqual((self.status()["lag_records"], self.segments()), (0, []))
        self.server.know("")        # nobody vouches for the server
        self.next_day(1)
        wait_until(lambda: self.status()["state"] == "waiting", "the server is not believed")
        self.assertIn("known_hosts", self.status()["why"])
        self.assertGreater(self.status()["lag_records"], 0)
        self.assertEqual(self.segments(), [])
        self.server.know()
        wait_until(lambda: len(self.segments()) == 1, "the first segment is there")
        self.next_day(2)
        wait_until(lambda: len(self.segments()) == 2, "the second one, too")
        wait_until(lambda: self.status()["lag_records"] == 0, "it is all")
        for name in self.segments():
            here = self.site.agent.state / "audit" / name
            if here.exists():       # not compressed meanwhile
                self.assertEqual((self.archive() / name).read_bytes(), here.read_bytes())
        for unwanted in (".sallyport*", "*.pii"):
            self.assertEqual(list(self.archive().glob(unwanted)), [])
        run("sallyport", "audit", "verify", "--folder", self.archive())
        self.begin_another_log()

    def begin_another_log(self):
        """Its first segment has the name of the first one of the log before."""
        before = self.archive()
        content = {path: path.read_bytes() for path in before.iterdir()}
        self.assertEqual(self.site.agent.program.stop(), 0)
        (self.site.agent.state / "audit" / "vkeys").unlink()
        self.next_day(3)
        self.next_day(4)
        wait_until(self.segments, "the first segment of the new log")
        wait_until(lambda: self.status()["lag_records"] == 0, "all of it")
        self.assertNotEqual(self.archive(), before)
        self.assertEqual({path: path.read_bytes() for path in before.iterdir()}, content)
        run("sallyport", "audit", "verify", "--folder", self.archive())


if __name__ == "__main__":
    unittest.main()
