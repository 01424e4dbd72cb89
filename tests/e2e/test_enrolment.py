"""An agent gets its certificate once, from the hub it was told of, and only that one."""
import base64, contextlib, hashlib, json, pathlib, shutil, sqlite3, subprocess, tempfile, unittest

from backends import closed_port
from harness import SiteTest
from programs import SECONDS, Agent, Hub, basic

EST = "/.well-known/est"


def opened(token):
    """The content of a join token."""
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def sealed(content):
    """A join token with this content, as a hub would write it."""
    text = "sp1." + base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
    return f"{text}.{hashlib.sha256(text.encode()).hexdigest()[:8]}"


class Enrolment(SiteTest):
    number = 0

    def new_agent(self):
        Enrolment.number += 1
        location = f"L{Enrolment.number}"
        return self.site.add_agent(f"agent-{Enrolment.number}", "", hub_extra=(
            f'location = "{location}"'), arguments=("--location", location))

    def refused(self, agent, token, *words):
        said = agent.enrol(token, code=1)
        for word in words:
            self.assertIn(word, said)
        self.assertFalse(list((agent.state / "identity").rglob("key.pem")), "no key is left behind")

    def test_a_join_token_works_once(self):
        first, second = self.new_agent(), Agent(self.site.folder, "thief", self.site.hub.url)
        first.enrol(first.join_token)
        self.refused(second, first.join_token, "used already", "agent reissue agent-")

    def test_a_changed_join_token_is_refused_before_anybody_is_asked(self):
        agent = self.new_agent()
        token = agent.join_token
        middle = len(token) // 2
        for broken in (token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1:],
                       token[:-10], "", "sp2." + token[4:]):
            agent.enrol(broken, code=1)
        agent.enrol(token)

    def test_an_expired_join_token_is_refused_by_both_sides(self):
        agent = self.new_agent()
        file = self.site.hub.folder / "state" / "hub.db"
        with contextlib.closing(sqlite3.connect(file, timeout=SECONDS)) as database, database:
            database.execute("UPDATE join_token SET expires_at = 1 WHERE used_at IS NULL")
        self.refused(agent, agent.join_token, "expired", f"agent reissue {agent.name}")
        self.refused(agent, sealed({**opened(agent.join_token), "expiry": 1}), "expired",
                     f"agent reissue {agent.name}", "clock")

    def test_a_hub_with_another_authority_than_the_pinned_one_gets_no_token(self):
        agent = self.new_agent()
        wrong = base64.urlsafe_b64encode(hashlib.sha256(b"another").digest()).decode().rstrip("=")
        self.refused(agent, sealed({**opened(agent.join_token), "ca": wrong}),
                     "not the hub this join token was made by", "get a new join token")
        agent.enrol(agent.join_token)       # it was not used up

    def test_a_token_of_another_hub_is_refused(self):
        agent = self.new_agent()
        other = f"https://localhost:{closed_port()}"
        self.refused(agent, sealed({**opened(agent.join_token), "hub": other}), other,
                     "correct the url")

    def test_a_hub_that_is_not_who_it_should_be_gets_no_token(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-"))
        self.addCleanup(shutil.rmtree, folder)
        hub = Hub(folder, name="hub.example")
        self.addCleanup(hub.close)
        hub.command("tenant", "add", "acme")
        token = hub.command("agent", "add", "x", "--tenant", "acme")["join_token"]
        hub.start()
        self.addCleanup(hub.program.stop)
        agent = Agent(folder, "x", hub.url)
        self.refused(agent, token, "not for localhost", "hub.example", "check the hub's url")

    def test_the_private_key_is_for_the_owner_only_and_never_in_the_log(self):
        keys = [file for file in self.site.agent.state.rglob("*") if file.name == "key.pem"]
        self.assertTrue(keys)
        for file in keys:
            self.assertEqual(file.stat().st_mode & 0o077, 0, file)
        secret = opened(self.site.agent.join_token)["secret"]
        for file in self.site.folder.rglob("*.log"):
            text = file.read_text(errors="replace")
            self.assertNotIn(secret, text)
            self.assertNotIn("PRIVATE KEY", text)
            self.assertNotIn(self.site.shop["clientsecret"], text)

    def test_an_agent_without_enrolment_says_what_to_do(self):
        agent = self.new_agent()
        agent.start()
        self.assertEqual(agent.program.process.wait(SECONDS), 1)
        self.assertIn("enroll", agent.program.log())

    def test_a_revoked_agent_loses_its_links_and_may_return_when_reissued(self):
        agent = self.new_agent()
        location = f"L{Enrolment.number}"
        agent.enrol(agent.join_token)
        agent.start()
        self.site.wait_attached(location)
        self.site.hub.command("agent", "revoke", agent.name, "--tenant", "acme")
        self.site.wait_status(503, location)
        agent.program.stop()
        again = self.site.hub.command("agent", "reissue", agent.name, "--tenant", "acme")
        agent.enrol(again["join_token"])
        agent.start()
        self.site.wait_attached(location)


class ForeignClient(SiteTest):
    """strongSwan's EST client, which knows nothing of us."""

    def pki(self, *arguments):
        return subprocess.run(["pki", *map(str, arguments)], capture_output=True, timeout=SECONDS)

    def test_strongswan_enrols_with_the_secret_of_a_join_token(self):
        """It cuts passwords as long as a whole join token, so it gets the secret inside."""
        folder = self.site.folder / "strongswan"
        folder.mkdir()
        key, request, got = folder / "key.pem", folder / "request.der", folder / "got.pem"
        made = self.pki("--gen", "--type", "ecdsa", "--size", 256, "--outform", "pem")
        key.write_bytes(made.stdout)
        made = self.pki("--req", "--type", "priv", "--in", key, "--dn", "CN=x")
        request.write_bytes(made.stdout)
        agent = self.site.hub.command("agent", "add", "foreign", "--tenant", "acme",
                                      "--location", "foreign")
        done = self.pki("--est", "--url", self.site.hub.url, "--in", request, "--outform", "pem",
                        "--cacert", self.site.hub.folder / "state" / "ca.pem",
                        "--userpass", f"x:{opened(agent['join_token'])['secret']}")
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        got.write_bytes(done.stdout)
        shown = subprocess.run(["openssl", "x509", "-in", got, "-noout", "-text"], text=True,
                               capture_output=True, check=True, timeout=SECONDS).stdout
        self.assertRegex(shown, r"URI:spiffe://localhost/tenant/[^/]+/agent/foreign")
        self.assertIn("TLS Web Client Authentication", shown)
        self.assertNotIn("TLS Web Server Authentication", shown)

        # The same client renews what it has got, with another key.
        second, request = folder / "second.pem", folder / "second.der"
        second.write_bytes(self.pki("--gen", "--type", "ecdsa", "--size", 256,
                                    "--outform", "pem").stdout)
        made = self.pki("--req", "--type", "priv", "--in", second, "--dn", "CN=x")
        request.write_bytes(made.stdout)
        done = self.pki("--est", "--url", self.site.hub.url, "--in", request, "--outform", "pem",
                        "--cacert", self.site.hub.folder / "state" / "ca.pem",
                        "--cert", got, "--key", key)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        self.assertIn(b"BEGIN CERTIFICATE", done.stdout)
        shown = self.site.hub.command("agent", "show", "foreign", "--tenant", "acme")
        self.assertEqual([entry["generation"] for entry in shown["certificates"]], [1, 2])

    def test_the_authority_is_told_to_anybody_and_nothing_else(self):
        status, body = self.site.hub.api("GET", EST + "/cacerts")
        self.assertEqual(status, 200)
        self.assertNotIn(b"\n", body.strip())
        for headers in ({}, {"Authorization": basic("x", "y")}):
            status, _ = self.site.hub.api("POST", EST + "/simpleenroll", b"MAA=", {
                "Content-Type": "application/pkcs10", **headers})
            self.assertEqual(status, 401)


if __name__ == "__main__":
    unittest.main()
