"""A state folder that is a small file system of its own (a private mount, so root is needed): the
agent starts though it is full, and `audit repair` puts its log to work again when there is room."""
import contextlib, json, os, pathlib, shutil, subprocess, tempfile, unittest

from harness import Site, SiteTest
from programs import mapping, wait_until

LONG = "/" + "x" * 8000     # asked for with a method that no rule allows: recorded in any state
ENOUGH = 400            # of them surely fill what is reserved
ROUND = 40              # of them before the agent is asked again
TORN = "torn"           # needs room for a copy, so that a start on a full disk cannot do without
MOUNT = """set -e
state=$1 kind=$2 size=$3 torn=$4; shift 4
mkdir -p "$state.small"
if [ "$kind" = tmpfs ]; then
    mount -t tmpfs -o size=$size tmpfs "$state.small"
else
    rm -f "$state.image"
    truncate -s $size "$state.image"
    mkfs -t "$kind" -q -m 0 "$state.image"
    mount -o loop "$state.image" "$state.small"
fi
cp -a "$state/." "$state.small"
mount --bind "$state.small" "$state"
if [ -n "$torn" ]; then
    for segment in "$state"/audit/*.jsonl; do last=$segment; done
    printf %s "$torn" >>"$last"
    cat /dev/zero >"$state/filler" 2>/dev/null || true
fi
exec "$@"
"""


def may_mount(kind, size):
    """Whether a program gets its state on such a file system here."""
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as folder:
        state = pathlib.Path(folder) / "state"
        state.mkdir()
        return subprocess.run(["unshare", "-m", "bash", "-c", MOUNT, "bash", state, kind, size, "",
                               "true"], capture_output=True, check=False).returncode == 0


@unittest.skipUnless(may_mount("tmpfs", "4m"), "only root may mount a small file system")
class FullDisk(SiteTest):
    ON_FAILURE = "block"
    FILE_SYSTEM = "tmpfs", "4m"

    @classmethod
    def make_site(cls):
        site = Site(agent_extra=lambda site: (
            f'[audit]\non_failure = "{cls.ON_FAILURE}"\n' +
            mapping(site.internal(), rules='path = "/"\nmatch = "subpaths"\nmethods = ["GET"]')))
        cls.arguments = site.agent.program.arguments
        cls.outside = site.agent.state
        return site

    def start_small(self, torn=""):
        """The agent anew, its state on a file system of its own: full if there is a torn tail."""
        agent = self.site.agent
        agent.program.stop()
        agent.program.arguments = ["unshare", "-m", "bash", "-c", MOUNT, "bash", self.outside,
                                   *self.FILE_SYSTEM, torn, *self.arguments]
        agent.program.start()
        self.after_stop = contextlib.ExitStack()
        self.addCleanup(self.after_stop.close)
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
        return self.site.agent.status()

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
        self.look()

    def test_it_is_repaired_after_the_disk_became_full(self):
        self.start_small()
        subprocess.run(["cp", "/dev/zero", self.site.agent.state / "filler"],
                       capture_output=True, check=False)
        self.fill()
        self.assertEqual(self.records()[-1]["event"], "log.disk_full")
        self.check_failed("/failed")
        said = self.site.agent.command("reload")
        self.assertIn("it is recorded when the log is repaired", said, "there is room for that")
        self.make_room()
        self.assertTrue(self.repair()["repaired"])
        (late,) = [record for record in self.records(event="admin.action") if "done_at" in record]
        self.assertEqual((late["act"], late["outcome"]), ("config.reload", "done"))
        self.expect_good_log()

    def test_a_nearly_full_disk_is_told_of_and_it_ends_by_itself(self):
        self.start_small()
        self.assertEqual(self.status()["audit"]["storage"]["watermark_percent"], 0)
        filler = self.site.agent.state / "filler"
        with filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, int(self.free_bytes() * 0.97))
        self.look()
        audit = self.status()["audit"]
        self.assertEqual((audit["healthy"], audit["nearly_full"]), (True, True))
        self.assertEqual(audit["storage"]["watermark_percent"], 95)
        self.assertIn("NEARLY FULL", self.site.agent.command("status"))
        self.check_refused_or_passed("/nearly")
        self.assertEqual(self.records(event="exchange.begin", path="/nearly"), [])
        self.make_room()
        self.look()
        self.expect_good_log()
        told = self.records(event="log.watermark")
        self.assertEqual([record["percent"] for record in told], [95, 0])
        self.assertEqual(told[1]["unrecorded"], self.passed(1))

    def test_what_is_not_to_be_kept_goes_also_when_the_log_has_failed(self):
        self.start_small()
        subprocess.run(["cp", "/dev/zero", self.site.agent.state / "filler"],
                       capture_output=True, check=False)
        self.fill()
        self.make_room()
        self.assertTrue(self.repair()["repaired"])      # in a new segment
        planned = self.retention("--keep-days", "0")
        self.assertFalse(planned["done"])
        due = planned["segments"] + planned.get("held", 0)  # the hub may not have them yet
        self.assertGreaterEqual(due, 1)
        subprocess.run(["cp", "/dev/zero", self.site.agent.state / "filler"],
                       capture_output=True, check=False)
        self.fill()
        done = self.retention("--keep-days", "0", "--now")
        self.assertEqual((done["done"], done["segments"]), (True, due), "a full disk holds nothing")
        wait_until(lambda: "audit.pruned" in self.site.agent.program.log(), "it is told")
        self.make_room()
        self.assertTrue(self.repair()["repaired"])
        (told,) = self.records(event="log.pruned")
        self.assertEqual((told["first"], told["policy"]), (done["first_left"], "days=0"))
        self.expect_good_log()

    def test_what_went_while_the_log_had_failed_is_on_record_after_a_restart(self):
        self.start_small()
        self.fill_disk()
        self.make_room()
        self.assertTrue(self.repair()["repaired"])
        self.fill_disk()
        done = self.retention("--keep-days", "0", "--now")
        self.assertGreaterEqual(done["segments"], 1)
        self.make_room()
        self.kill_and_start()
        (told,) = self.records(event="log.pruned")
        self.assertEqual((told["first"], told["segments"]),
                         (done["first_left"], done["segments"]))
        self.expect_good_log()

    def kill_and_start(self):
        """On the same small file system, which goes with the last program that sees it."""
        agent = self.site.agent
        seer = subprocess.Popen(["nsenter", "-t", str(agent.program.process.pid), "-m", "cat"],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.after_stop.callback(seer.communicate)
        seer.stdin.write(b"!")      # comes back when it sees the file system
        seer.stdin.flush()
        self.assertEqual(seer.stdout.read(1), b"!")
        agent.state = pathlib.Path(f"/proc/{seer.pid}/root{self.outside}")
        agent.program.kill()
        agent.program.arguments = ["nsenter", "-t", str(seer.pid), "-m", *self.arguments]
        agent.program.start()
        self.site.wait_attached()

    def fill_disk(self):
        subprocess.run(["cp", "/dev/zero", self.site.agent.state / "filler"],
                       capture_output=True, check=False)
        self.fill()

    def free_bytes(self):
        facts = os.statvfs(self.site.agent.state)
        return facts.f_bavail * facts.f_frsize

    def look(self):
        """`audit repair` of a healthy log looks at the disk at once."""
        self.assertFalse(self.repair()["repaired"])

    def retention(self, *arguments):
        return json.loads(self.site.agent.command("audit", "retention", *arguments, "--json"))

    def fill(self):
        """Asks for what is refused until the log has used up what it had reserved."""
        for number in range(ENOUGH):
            self.site.ask("DELETE", LONG)
            if number % ROUND == ROUND - 1 and not self.status()["audit"]["healthy"]:
                return
        self.fail("the log has not failed")

    def passed(self, count):
        return 0

    def check_refused_or_passed(self, path):
        """What happens to an exchange that cannot be recorded."""
        answer = self.site.ask("GET", path)
        self.assertEqual(answer.status, 503)
        self.assertEqual(json.loads(answer.body)["error"]["code"], "audit_unavailable")
        self.assertNotIn(path, [request.target for request in self.site.backend.requests])

    def check_failed(self, path):
        self.check_refused_or_passed(path)
        self.assertFalse(self.status()["audit"]["healthy"])


class FullDiskDegraded(FullDisk):
    ON_FAILURE = "degrade"

    def passed(self, count):
        return count

    def check_refused_or_passed(self, path):
        self.assertEqual(self.site.ask("GET", path).status, 200)
        wait_until(lambda: self.status()["audit"]["unrecorded"] > 0, "it is counted")


if __name__ == "__main__":
    unittest.main()
