"""A state folder that is a small file system of its own (a private mount, so root is needed): the
agent starts though it is full, and `audit repair` puts its log to work again when there is room."""
import json, os, pathlib, shutil, subprocess, unittest

from harness import Site, SiteTest
from programs import wait_until

SIZE = "4m"
ENOUGH = 50             # requests that surely fill the rest of a page
TORN = "torn"           # needs room for a copy, so that a start on a full disk cannot do without
MOUNT = """set -e
state=$1 size=$2 torn=$3; shift 3
mkdir -p "$state.small"
mount -t tmpfs -o size=$size tmpfs "$state.small"
cp -a "$state/." "$state.small"
mount --bind "$state.small" "$state"
if [ -n "$torn" ]; then
    for segment in "$state"/audit/*.jsonl; do last=$segment; done
    printf %s "$torn" >>"$last"
    cat /dev/zero >"$state/filler" 2>/dev/null || true
fi
exec "$@"
"""


def may_mount():
    if os.geteuid() != 0:
        return False
    return subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
                          capture_output=True, check=False).returncode == 0


@unittest.skipUnless(may_mount(), "only root may mount a small file system")
class FullDisk(SiteTest):
    ON_FAILURE = "block"

    @classmethod
    def make_site(cls):
        site = Site(agent_extra=lambda site: (
            f'[audit]\non_failure = "{cls.ON_FAILURE}"\n' + site.default_mapping()))
        cls.arguments = site.agent.program.arguments
        cls.outside = site.agent.state
        return site

    def start_small(self, torn=""):
        """The agent anew, its state on a file system of its own: full if there is a torn tail."""
        agent = self.site.agent
        agent.program.stop()
        agent.program.arguments = ["unshare", "-m", "bash", "-c", MOUNT, "bash", self.outside,
                                   SIZE, torn, *self.arguments]
        agent.program.start()
        self.addCleanup(self.stop_small)
        agent.state = pathlib.Path(f"/proc/{agent.program.process.pid}/root{self.outside}")
        self.site.wait_attached()

    def stop_small(self):
        shutil.copy(self.site.agent.state / "epoch", self.outside)  # a lower one looks like a copy
        self.site.agent.state = self.outside
        self.assertEqual(self.site.agent.program.stop(), 0)

    def records(self, **wanted):
        return self.site.agent.records(**wanted)

    def status(self):
        return json.loads(self.site.agent.command("status", "--json"))

    def make_room(self):
        (self.site.agent.state / "filler").unlink()

    def repair(self):
        return json.loads(self.site.agent.command("audit", "repair", "--json"))

    def expect_good_log(self):
        self.assertEqual(self.site.ask("GET", "/after").status, 200)
        self.assertEqual(len(self.records(event="exchange.begin", path="/after")), 1)
        self.site.agent.command("audit", "verify", "--folder",
                                self.site.agent.state / "audit")
        status = self.status()
        self.assertTrue(status["ready"])
        self.assertEqual((status["audit"]["healthy"], status["audit"]["dropped"]), (True, 0))

    def test_it_starts_on_a_full_disk_and_is_repaired_when_there_is_room(self):
        epoch = int((self.outside / "epoch").read_text())
        self.start_small(TORN)
        status = self.status()
        self.assertEqual(status["epoch"], epoch + 1, "counted though the disk is full")
        self.assertEqual((status["ready"], status["audit"]["healthy"]), (False, False))
        self.assertIn("No space left", status["audit"]["failure"])
        self.assertIn("audit repair", self.site.agent.command("status"))
        self.assertIn("audit.failed", self.site.agent.program.log())
        self.check_failed("/failed")
        said = self.site.agent.command("audit", "repair", code=1)
        self.assertIn("No space left", said)
        self.make_room()
        self.check_failed("/still")     # nothing is tried again by itself
        done = self.repair()
        self.assertTrue(done["repaired"])
        self.assertEqual((done["unrecorded"], done["torn_bytes"]), (self.passed(2), len(TORN)))
        (record,) = [record for record in self.records(event="log.recovered")
                     if "failure" in record]
        self.assertEqual(record["unrecorded"], self.passed(2))
        self.expect_good_log()
        self.assertEqual(self.repair(), {"done": True, "repaired": False})

    def test_it_is_repaired_after_the_disk_became_full(self):
        self.start_small()
        subprocess.run(["cp", "/dev/zero", self.site.agent.state / "filler"],
                       capture_output=True, check=False)
        for number in range(ENOUGH):
            self.site.ask("GET", f"/fill/{number}")
        self.check_failed("/failed")
        self.make_room()
        self.assertTrue(self.repair()["repaired"])
        self.expect_good_log()

    def passed(self, count):
        return 0

    def check_failed(self, path):
        """What happens to an exchange while the log has failed."""
        answer = self.site.ask("GET", path)
        self.assertEqual(answer.status, 503)
        self.assertEqual(json.loads(answer.body)["error"]["code"], "audit_unavailable")
        self.assertNotIn(path, [request.target for request in self.site.backend.requests])


class FullDiskDegraded(FullDisk):
    ON_FAILURE = "degrade"

    def passed(self, count):
        return count

    def check_failed(self, path):
        self.assertEqual(self.site.ask("GET", path).status, 200)
        self.assertFalse(self.status()["audit"]["healthy"])
        wait_until(lambda: self.status()["audit"]["unrecorded"] > 0, "it is counted")


if __name__ == "__main__":
    unittest.main()
