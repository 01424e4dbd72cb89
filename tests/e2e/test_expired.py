"""Certificates that have run out, and clocks that are wrong."""
import contextlib, datetime, hashlib, json, os, subprocess, time, unittest

from forge import openssl
from harness import SiteTest
from programs import BIN, SECONDS, wait_until
from test_rotation import identity

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"


def age(site, agent, since):
    """The hub itself made the agent's certificate so long ago that it ended `since` ago: the same
    name, key and serial number, and the hub's real signature."""
    slot = agent.state / "identity" / os.readlink(agent.state / "identity" / "active")
    folder = site.folder / "aging"
    folder.mkdir(exist_ok=True)
    state = site.hub.folder / "state"
    text = openssl("x509", "-in", slot / "chain.pem", "-noout", "-serial", "-ext",
                   "subjectAltName").stdout.decode()
    serial = text.split("serial=")[1].split()[0]
    name = "URI:" + text.split("URI:")[1].split()[0]
    end = datetime.datetime.now(datetime.timezone.utc) - since
    dates = [f"{moment:%Y%m%d%H%M%SZ}" for moment in (end - datetime.timedelta(days=30), end)]
    request, made = folder / "request.pem", folder / "made.pem"
    openssl("req", "-new", "-key", slot / "key.pem", "-subj", "/CN=x", "-out", request)
    (folder / "index").write_text("")
    (folder / "serial").write_text(serial + "\n")
    (folder / "ca.conf").write_text(
        f"[ca]\ndefault_ca=own\n[own]\ndatabase={folder}/index\nserial={folder}/serial\n"
        f"new_certs_dir={folder}\ndefault_md=sha256\npolicy=any\nx509_extensions=ext\n"
        f"[any]\ncommonName=optional\n[ext]\nsubjectAltName=critical,{name}\n"
        "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
        "extendedKeyUsage=clientAuth\n")
    openssl("ca", "-batch", "-notext", "-config", folder / "ca.conf", "-in", request,
            "-cert", state / "ca.pem", "-keyfile", state / "ca.key", "-startdate", dates[0],
            "-enddate", dates[1], "-out", made)
    der = openssl("x509", "-in", made, "-outform", "der").stdout
    meta = json.loads((slot / "meta.json").read_text())
    meta["certificate"] = hashlib.sha256(der).hexdigest()
    meta["prepared_at"] = int((end - datetime.timedelta(days=30)).timestamp())
    (slot / "chain.pem").write_bytes(made.read_bytes())
    (slot / "meta.json").write_text(json.dumps(meta))


class Expired(SiteTest):
    def test_within_the_grace_it_recovers_by_itself(self):
        agent = self.site.agent
        agent.program.stop()
        age(self.site, agent, datetime.timedelta(days=3))
        agent.start()
        self.site.wait_attached()
        wait_until(lambda: identity(agent)["renewal"]["health"] == "good", "a good certificate")
        self.assertGreater(identity(agent)["not_after"], time.time())


class ExpiredForTooLong(SiteTest):
    site_options = {"hub_extra": '[enrolment]\nexpired_grace = "1h"\n'}

    def test_after_the_grace_it_names_the_one_command_that_helps(self):
        agent = self.site.agent
        agent.program.stop()
        age(self.site, agent, datetime.timedelta(days=3))
        agent.start()
        said = wait_until(
            lambda: (running := self.status(agent)) and running["renewal"].get("last_error"),
            "the renewal fails")
        self.assertIn("sallyport-hub agent reissue berlin --tenant", said)
        renewal = self.status(agent)["renewal"]
        self.assertEqual(renewal["health"], "expired")
        self.assertGreater(renewal["failed_renewals"], 0)
        self.assertFalse(agent.status()["ready"])
        # And that command helps.
        again = self.site.hub.command("agent", "reissue", "berlin", "--tenant", "acme")
        agent.enrol(again["join_token"])
        agent.command("reload")
        agent.command("reconnect")
        self.site.wait_attached()
        self.assertEqual(self.status(agent)["renewal"]["health"], "good")

    @staticmethod
    def status(agent):
        with contextlib.suppress(AssertionError):
            return identity(agent)


@unittest.skipUnless(os.path.exists(FAKETIME), "needs libfaketime")
class WrongClock(SiteTest):
    def late(self, agent, token, by):
        """`sallyport enroll` on a machine whose clock is wrong: what it says."""
        environment = {**os.environ, "LD_PRELOAD": FAKETIME, "FAKETIME": by,
                       "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                       "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") +
                                       ":verify_asan_link_order=0"}
        done = subprocess.run([BIN / "sallyport", "enroll", "--token-file", "-", "--config",
                               agent.config], input=token, text=True, capture_output=True,
                              timeout=SECONDS, env=environment)
        return done.returncode, done.stdout + done.stderr

    def test_a_clock_that_is_17_minutes_slow_is_told_of(self):
        agent = self.site.add_agent("late", "", hub_extra='location = "late"',
                                    arguments=("--location", "late"))
        code, said = self.late(agent, agent.join_token, "-17m")
        self.assertEqual(code, 1, said)
        self.assertIn("this machine's clock is 17 minutes behind the hub's", said)
        self.assertFalse((agent.state / "identity" / "active").exists())
        # A hub with an older certificate: the handshake succeeds, its answer does not check out.
        code, said = self.late(agent, agent.join_token, "+400d")
        self.assertEqual(code, 1, said)
        self.assertIn("clock", said)
        agent.enrol(agent.join_token)       # the token was not used up


if __name__ == "__main__":
    unittest.main()
