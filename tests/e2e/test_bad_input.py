"""Files that are not as they should be: each is refused, named, and said how to mend; nothing waits
for what never ends, and nothing is exposed meanwhile."""
import json, os, shutil, subprocess, tempfile, tomllib, unittest

from harness import Site, SiteTest
from programs import BIN, SECONDS, mapping, wait_until

READ_ONLY = """set -e
state=$1; shift
mount --bind "$state" "$state"
mount -o remount,ro,bind "$state"
exec "$@"
"""


AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


def may_mount():
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(["unshare", "-m", "bash", "-c", READ_ONLY, "bash", folder, "true"],
                              capture_output=True, check=False).returncode == 0


def outcome(*command):
    """(exit code, what it said)"""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                          timeout=SECONDS, check=False)
    return done.returncode, done.stdout + done.stderr


class BadInput(SiteTest):
    @classmethod
    def make_site(cls):
        return Site()

    def setUp(self):
        self.agent = self.site.agent

    def run_agent(self, *before):
        return outcome(*before, BIN / "sallyport", "run", "--config", self.agent.config)

    def stopped(self):
        """The agent stands still for this test."""
        if self.agent.program.running():
            self.assertEqual(self.agent.program.stop(), 0)
        self.addCleanup(self.start_again)

    def start_again(self):
        self.agent.write(self.site.agent_extra)
        self.agent.start()
        self.site.wait_attached()

    def test_a_second_agent_on_the_same_state_is_refused(self):
        code, said = self.run_agent()
        self.assertEqual(code, 1, said)
        self.assertIn("another process writes the audit log", said)
        self.assertEqual(self.site.ask("GET", "/").status, 200)

    def test_a_second_hub_on_the_same_state_is_refused(self):
        code, said = outcome(BIN / "sallyport-hub", "run", "--config", self.site.hub.config)
        self.assertEqual(code, 1, said)
        self.assertIn("another process writes the audit log", said)
        self.assertEqual(self.site.ask("GET", "/").status, 200)

    def test_a_private_key_that_others_may_read_is_not_used(self):
        self.stopped()
        self.agent.command("certs", "show", "principal-ca")
        self.agent.write('[[identity_provider]]\nissuer = "https://i"\njwks_url = "https://i/k"\n'
                         'audiences = ["a"]\n' + mapping(
                             self.site.internal().replace("http:", "https:"),
                             more='principal = { kind = "x509", deliver = "tls" }'))
        active = self.agent.state / "identity" / "active"
        for key in (active.resolve() / "key.pem", self.agent.state / "principal-ca.pem"):
            with self.subTest(key.name):
                key.chmod(0o644)
                code, said = self.run_agent()
                key.chmod(0o600)
                self.assertEqual(code, 1, said)
                self.assertRegex(said, f"chmod (go|o)= .*{key.name}")

    def test_secrets_of_the_configuration_that_everybody_may_read_are_refused(self):
        secret = self.site.folder / "technical.cred"
        secret.write_text("user:password\n")
        self.agent.write(mapping(self.site.internal(), more='principal = { kind = "technical", '
                                 f'credentials_file = "{secret}" }}'))
        self.addCleanup(self.agent.write, self.site.agent_extra)
        secret.chmod(0o644)
        said = self.agent.command("check", code=1)
        self.assertIn(f"chmod o= {secret}", said)
        self.assertNotIn("password", said.replace("user:password", ""))
        secret.chmod(0o640)
        self.agent.command("check")

    def test_keys_of_the_hub_that_others_may_read_are_refused(self):
        for name in ("ca.key", "hub.key", "token.pem", "witness.key"):
            key = self.site.hub.folder / "state" / name
            with self.subTest(name):
                key.chmod(0o640)
                code, said = outcome(BIN / "sallyport-hub", "run", "--config",
                                     self.site.hub.config)
                key.chmod(0o600)
                self.assertEqual(code, 1, said)
                self.assertIn(f"chmod go= {key}", said)

    def test_what_is_no_file_in_the_place_of_a_configuration_is_named_and_not_waited_for(self):
        place = self.site.folder / "odd" / "agent.toml"
        place.parent.mkdir()

        def judge():
            return outcome(BIN / "sallyport", "check", "--config", place)

        def sparse():
            place.touch()
            os.truncate(place, 100_000_000)

        for make, words in ((lambda: os.mkfifo(place), "is a named pipe"),
                            (place.mkdir, "is a folder"),
                            (lambda: place.symlink_to(place), "Too many levels"),
                            (lambda: place.symlink_to("/dev/zero"), "is a device"),
                            (sparse, "has more than"),
                            (lambda: place.write_bytes(os.urandom(5000)), "agent.toml"),
                            (lambda: place.write_bytes(b"\0" * 100), "agent.toml:1:"),
                            (lambda: place.write_text("[" * 100_000), "agent.toml:1:")):
            with self.subTest(words):
                make()
                code, said = judge()
                self.assertEqual(code, 1, said)
                self.assertIn(words, said)
                if place.is_dir() and not place.is_symlink():
                    place.rmdir()
                else:
                    place.unlink()

    def told(self, *command):
        """(exit code, what the agent said), whatever its configuration looks like on disk."""
        return outcome(BIN / "sallyport", *command, "--json", "--socket",
                       self.agent.folder / "admin.sock", "--config", self.agent.config)

    def in_force(self):
        code, said = self.told("status")
        self.assertEqual(code, 0, said)
        return json.loads(said)["configuration"]

    def test_a_configuration_that_is_half_written_is_taken_whole_or_not_at_all(self):
        whole = self.agent.config.read_text()
        self.addCleanup(self.agent.config.write_text, whole)
        sizes = {*range(0, len(whole), max(1, len(whole) // 12)),
                 *(at + 1 for at, letter in enumerate(whole) if letter == "\n")}
        taken = refused = 0
        for size in sorted(sizes):
            before = self.in_force()
            self.agent.config.write_text(whole[:size])
            code, said = self.told("reload")
            with self.subTest(size=size):
                if code == 0:
                    taken += 1
                    tomllib.loads(whole[:size])     # raises: half of a line is in force
                    self.assertEqual(self.in_force(), json.loads(said)["configuration"])
                    self.agent.command("check")
                else:
                    refused += 1
                    self.assertEqual(code, 1, said)
                    self.assertIn("the one before stays in force", said)
                    self.assertEqual(self.in_force(), before)
        self.assertTrue(taken and refused, (taken, refused))
        self.agent.config.write_text(whole)
        self.agent.command("reload")
        self.assertEqual(self.site.ask("GET", "/").status, 200)

    def test_a_start_with_half_a_configuration_takes_the_last_good_one(self):
        self.assertEqual(self.site.ask("GET", "/").status, 200)
        self.stopped()
        whole = self.agent.config.read_text()
        mapping_at = whole.index("[[mapping]]")
        for size in (mapping_at + len("[[mapp"), len(whole) - 3):
            with self.subTest(size=size):
                self.agent.config.write_text(whole[:size])
                self.agent.start()
                wait_until(lambda: self.told("status")[0] == 0, "the agent answers")
                status = json.loads(self.told("status")[1])
                self.assertIn("agent.toml:", status["last_good"]["why"])
                self.assertEqual(self.agent.program.stop(), 0)

    def test_a_start_with_what_is_no_configuration_is_refused_with_what_to_do(self):
        self.stopped()
        config = self.agent.config

        def huge():
            config.write_bytes(b"")
            os.truncate(config, 100_000_000)

        for what, make in (("huge", huge), ("binary", lambda: config.write_bytes(os.urandom(5000))),
                           ("zeros", lambda: config.write_bytes(b"\0" * 4096)),
                           ("empty", lambda: config.write_bytes(b"")),
                           ("deep", lambda: config.write_text("[" * 100_000))):
            with self.subTest(what):
                make()
                code, said = self.run_agent()
                self.assertIn(code, (1, 2), said)
                self.assertIn(str(config), said)
                self.assertIn("has more than" if what == "huge" else
                              "there is no last good configuration", said)
                self.assertLess(len(said), 5_000)

    @unittest.skipUnless(may_mount(), "only root may mount")
    def test_a_state_directory_that_is_read_only_is_said_to_be_so(self):
        self.stopped()
        code, said = self.run_agent("unshare", "-m", "bash", "-c", READ_ONLY, "bash",
                                    self.agent.state)
        self.assertEqual(code, 1, said)
        self.assertIn("Read-only file system", said)
        self.assertIn(str(self.agent.state), said)

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "only root may")
    def test_a_state_directory_of_another_user_is_said_to_be_so(self):
        self.stopped()
        folder = self.site.folder
        folder.chmod(0o755)
        self.agent.config.chmod(0o644)
        code, said = self.run_agent(*AS_NOBODY)
        self.assertIn(code, (1, 2), said)
        self.assertIn("Permission denied", said)
        self.assertIn(f"{self.agent.state} belongs to root", said)
        self.assertIn(f"chown -R nobody {self.agent.state}", said)

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "only root may")
    def test_keys_that_belong_to_another_user_are_said_to_be_so(self):
        """As after a restore, or a command, that was run as root."""
        self.stopped()
        state = self.agent.state

        def give(owner, *paths):
            for path in paths:
                os.chown(path, owner, owner, follow_symlinks=False)

        everything = [state, *state.rglob("*")]
        self.addCleanup(give, 0, *everything)
        self.site.folder.chmod(0o755)
        self.agent.folder.chmod(0o777)
        self.agent.config.chmod(0o644)
        key = (state / "identity" / "active").resolve() / "key.pem"
        for theirs in (key, state / "audit", state / "overrides.json"):
            with self.subTest(theirs.name):
                if not theirs.exists():
                    theirs.write_text("{}")
                    everything.append(theirs)
                theirs.chmod(0o700 if theirs.is_dir() else 0o600)
                give(65534, *everything)
                give(0, theirs)
                code, said = self.run_agent(*AS_NOBODY)
                self.assertIn(code, (1, 2), said)
                self.assertIn("Permission denied", said)
                self.assertIn(f"{theirs} belongs to root", said)
                self.assertIn(f"chown -R nobody {state}", said)
        (state / "overrides.json").unlink()
        everything.remove(state / "overrides.json")


if __name__ == "__main__":
    unittest.main()
