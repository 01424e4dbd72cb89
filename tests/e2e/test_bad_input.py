"""Files that are not as they should be: each is refused, named, and said how to mend; nothing waits
for what never ends, and nothing is exposed meanwhile."""
import os, pathlib, shutil, subprocess, tempfile, unittest

from harness import Site, SiteTest
from programs import BIN, SECONDS, mapping

READ_ONLY = """set -e
state=$1; shift
mount --bind "$state" "$state"
mount -o remount,ro,bind "$state"
exec "$@"
"""


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

    def test_a_configuration_that_is_half_written_is_not_taken_by_a_reload(self):
        whole = self.agent.config.read_text()
        self.addCleanup(self.agent.config.write_text, whole)
        for size in range(0, len(whole), max(1, len(whole) // 12)):
            self.agent.config.write_text(whole[:size])
            socket = self.agent.folder / "admin.sock"
            outcome(BIN / "sallyport", "reload", "--socket", socket, "--config", self.agent.config)
        self.agent.config.write_text(whole)
        self.agent.command("reload")
        self.assertEqual(self.site.ask("GET", "/").status, 200)

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
        code, said = self.run_agent("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        self.assertIn(code, (1, 2), said)
        self.assertIn("Permission denied", said)
        self.assertIn(str(self.agent.state), said)


if __name__ == "__main__":
    unittest.main()
