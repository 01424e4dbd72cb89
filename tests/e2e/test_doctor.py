"""`sallyport doctor`: each thing that goes wrong in corporate networks is found, and told with what
to do about it."""
import contextlib, json, os, socket, ssl, subprocess, threading, unittest

from authority import Authority
from backends import Nginx, closed_port
from harness import Site, SiteTest
from identity import IdentityProvider
from interception import InterceptingProxy
from programs import BIN, SECONDS, mapping, wait_until
from test_back_end_trust import SecureNginx
from test_expired import FAKETIME
from test_full_disk import MOUNT, may_mount
from test_proxy import Squid


class DemandingServer:
    """HTTPS that takes nobody without a certificate of `believed`, and answers others with 200."""

    def __init__(self, certificate, key, believed, newest):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.maximum_version = newest
        self.context.load_cert_chain(certificate, key)
        self.context.load_verify_locations(believed)
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError), connection:
            with self.context.wrap_socket(connection, server_side=True) as stream:
                while not stream.recv(10_000).endswith(b"\r\n\r\n"):
                    pass
                stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                stream.recv(1)

    def close(self):
        self.listener.close()


class Doctor(SiteTest):
    """One site that is well; each test spoils a copy of the configuration."""

    @classmethod
    def make_site(cls):
        def extra(site):
            cls.authority = Authority(site.folder, "corp CA")
            cls.certificate, cls.key = cls.authority.server("erp")
            cls.nginx = SecureNginx(site.folder / "nginx", cls.certificate, cls.key)
            cls.plain = Nginx(site.folder / "plain")
            for server in (cls.nginx, cls.plain):
                cls.addClassCleanup(server.close)
                wait_until(server.listening, "nginx listens")
            cls.trust = f'[trust]\nca_file = "{cls.authority.certificate}"\n'
            return (cls.trust + mapping(f"https://127.0.0.1:{cls.nginx.port}") +
                    mapping(f"http://127.0.0.1:{cls.plain.port}", virtual="web.virtual:80"))

        return Site(agent_extra=extra)

    def examine(self, config=None, code=0, environment=None, command=(), arguments=()):
        """Findings by id."""
        done = subprocess.run(
            [*command, str(BIN / "sallyport"), "doctor", "--json", *arguments, "--config",
             str(config or self.site.agent.config)], text=True, capture_output=True,
            timeout=4 * SECONDS, check=False, env=os.environ | (environment or {}))
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        found = json.loads(done.stdout)["findings"]
        for finding in found:
            self.assertEqual("remedy" in finding, finding["result"] in ("failed", "warning"),
                             finding)
        return {finding["id"]: finding for finding in found}

    def spoiled(self, old, new, extra=None):
        """A copy of the configuration with another text."""
        agent = self.site.agent
        text = agent.base + (self.site.agent_extra if extra is None else extra)
        self.assertIn(old, text)
        config = agent.folder / f"{self._testMethodName}.toml"
        config.write_text(text.replace(old, new))
        return config

    def assert_failed(self, found, name, seen, remedy):
        self.assertIn(name, found)
        self.assertEqual(found[name]["result"], "failed", found[name])
        self.assertIn(seen, found[name]["seen"])
        self.assertIn(remedy, found[name]["remedy"])

    def url(self):
        return f'url = "{self.site.hub.url}"'

    def test_a_site_that_is_well_has_nothing_that_failed(self):
        found = self.examine()
        good = {name for name, finding in found.items() if finding["result"] == "ok"}
        self.assertLessEqual(
            {"configuration", "daemon", "files", "enrolment", "hub.hub.name", "hub.hub.tcp",
             "hub.hub.tls", "hub.hub.answer", "hub.hub.clock", "hub.hub.link", "audit.log",
             "descriptors", "time_zone", "mapping.erp.virtual:44300.tls",
             "mapping.erp.virtual:44300.answer", "mapping.web.virtual:80.answer"}, good, found)
        self.assertIn("CN=erp", found["mapping.erp.virtual:44300.tls"]["seen"])
        self.assertIn("status 200", found["mapping.erp.virtual:44300.answer"]["seen"])
        quiet = self.examine(arguments=["--no-requests"])
        self.assertNotIn("mapping.web.virtual:80.answer", quiet)

    def test_people_read_lines_with_remedies(self):
        config = self.spoiled(str(self.plain.port), str(closed_port()))
        done = subprocess.run([BIN / "sallyport", "doctor", "--config", config], text=True,
                              capture_output=True, timeout=4 * SECONDS, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"(?m)^failed   web\.virtual:80: tcp .*refused")
        self.assertRegex(done.stdout, r"(?m)^ +-> Nothing takes connections at 127\.0\.0\.1")
        self.assertRegex(done.stdout, r"(?m)^\d+ checks: \d+ ok, \d+ warnings?, 1 failed")
        self.assertNotIn("\x1b", done.stdout)

    def test_back_ends_say_what_their_chain_lacks(self):
        stranger = Authority(self.site.folder, "other CA")
        expired_request = self.authority.folder / "erp.csr"
        expired = self.authority.sign(expired_request, "subjectAltName=IP:127.0.0.1\n", days=-1)
        old = SecureNginx(self.site.folder / "old", expired, self.key)
        self.addCleanup(old.close)
        wait_until(old.listening, "nginx listens")
        port = self.nginx.port
        extra = (mapping(f"https://localhost:{port}", virtual="name.virtual:1") +
                 mapping(f"https://127.0.0.1:{old.port}", virtual="old.virtual:1") +
                 mapping(f"tcps://127.0.0.1:{self.plain.port}", virtual="plain.virtual:1",
                         rules=""))
        found = self.examine(self.spoiled("[agent]", "[agent]", self.trust + extra), code=1)
        self.assert_failed(found, "mapping.name.virtual:1.tls", "not for localhost",
                           "`internal`")
        self.assert_failed(found, "mapping.old.virtual:1.tls", "has expired",
                           "Renew the certificate")
        self.assert_failed(found, "mapping.plain.virtual:1.tls", "TLS", "TLS port")
        trust = f'[trust]\nca_file = "{stranger.certificate}"\n'
        found = self.examine(self.spoiled("[agent]", "[agent]", trust + mapping(
            f"https://127.0.0.1:{port}")), code=1)
        self.assert_failed(found, "mapping.erp.virtual:44300.tls", "nobody who is trusted",
                    f'"CN=corp CA" into [trust] ca_file ({stranger.certificate})')

    def test_mappings_that_let_nobody_through_are_skipped(self):
        agent, dead = self.site.agent, f"http://127.0.0.1:{closed_port()}"
        agent.command("mappings", "maintenance", "web.virtual:80", "on")
        self.addCleanup(agent.command, "mappings", "clear", "--all")
        more = {"off.virtual:1": "enabled = false", "over.virtual:1":
                'expires = "2020-01-01T00:00:00Z"', "later.virtual:1": "maintenance = true"}
        found = self.examine(self.spoiled("[agent]", "[agent]", mapping(dead, "web.virtual:80") +
                             "".join(mapping(dead, name, more=key) for name, key in more.items())))
        for name, why in (("web.virtual:80", "maintenance on"), ("off.virtual:1", "disabled"),
                          ("over.virtual:1", "expired at 2020-01-01"),
                          ("later.virtual:1", "in maintenance")):
            self.assertEqual(found[f"mapping.{name}"]["result"], "skipped")
            self.assertIn(why, found[f"mapping.{name}"]["seen"])

        overrides = agent.state / "overrides.json"
        good = overrides.read_text()
        self.addCleanup(overrides.write_text, good)
        overrides.write_text("{")
        self.assert_failed(self.examine(code=1), "overrides", "cannot be used", "delete it")
        overrides.write_text(good)

    def test_what_no_caller_may_get_is_not_asked_for(self):
        found = self.examine(self.spoiled("[agent]", "[agent]", mapping(
            f"http://127.0.0.1:{self.plain.port}", "web.virtual:80",
            'path = "/"\nmethods = ["POST"]')))
        self.assertEqual(found["mapping.web.virtual:80.tcp"]["result"], "ok")
        self.assertEqual(found["mapping.web.virtual:80.answer"]["result"], "skipped")
        self.assertIn("GET", found["mapping.web.virtual:80.answer"]["seen"])

    def test_back_ends_that_demand_a_client_certificate(self):
        agent = self.site.agent
        users = self.site.folder / "users.pem"
        agent.command("certs", "show", "principal-ca", "--out", users)
        provider = IdentityProvider(self.site.folder).config()
        for newest in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(newest):
                known, strange = (
                    DemandingServer(self.certificate, self.key, believed, newest)
                    for believed in (users, self.authority.certificate))
                self.addCleanup(known.close)
                self.addCleanup(strange.close)
                system = "system_certificate = true"
                step = "tls" if newest == ssl.TLSVersion.TLSv1_2 else "answer"

                def examine(*mappings, code=0):
                    extra = self.trust + provider + "".join(mappings)
                    return self.examine(self.spoiled("[agent]", "[agent]", extra), code)

                found = examine(
                    mapping(known.url, "user.virtual:1", more='principal = { kind = "x509" }'),
                    mapping(known.url, "system.virtual:1", more=system))
                of_user = found[f"mapping.user.virtual:1.{step}"]
                self.assertEqual(of_user["result"], "ok")
                self.assertIn("users show theirs", of_user["seen"])
                self.assertEqual(found["mapping.system.virtual:1.answer"]["seen"], "status 200")

                found = examine(mapping(known.url, "nobody.virtual:1"),
                                mapping(strange.url, "strange.virtual:1", more=system), code=1)
                self.assert_failed(found, f"mapping.nobody.virtual:1.{step}",
                                   "demands a client certificate", "system_certificate = true")
                self.assert_failed(found, f"mapping.strange.virtual:1.{step}",
                                   "demands a client certificate", "certs show system")

    def test_a_hub_that_is_away(self):
        away = f'url = "https://localhost:{closed_port()}"'
        found = self.examine(self.spoiled(self.url(), away), code=1)
        self.assert_failed(found, "hub.hub.tcp", "refused", "start the service")
        self.assertNotIn("hub.hub.tls", found)
        nowhere = 'url = "https://no-such-hub.invalid"'
        found = self.examine(self.spoiled(self.url(), nowhere), code=1)
        self.assert_failed(found, "hub.hub.name", "no-such-hub.invalid", "DNS servers")

    def test_a_proxy_that_does_not_take_the_password(self):
        squid = Squid(self.site.folder / "squid")
        self.addCleanup(squid.stop)
        credentials = self.site.agent.folder / "proxy.cred"

        def examine(password, code):
            credentials.write_text(f"agent:{password}\n")
            credentials.chmod(0o600)
            return self.examine(self.spoiled(
                self.url(), f'{self.url()}\nproxy = "http://127.0.0.1:{squid.port}"\n'
                            f'proxy_credentials_file = "{credentials}"'), code)

        found = examine("much too wrong", 1)
        self.assert_failed(found, "hub.hub.proxy", "407", "user:password")
        self.assertNotIn("much too wrong", json.dumps(found))
        found = examine("right one", 0)
        self.assertEqual(found["hub.hub.tls"]["result"], "ok")
        self.assertEqual(found["hub.hub.answer"]["result"], "ok")

    def test_who_breaks_tls_open_is_named(self):
        for newest in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(newest):
                folder = self.site.folder / f"interception-{newest}"
                folder.mkdir()
                proxy = InterceptingProxy(folder, newest)
                self.addCleanup(proxy.close)
                found = self.examine(self.spoiled(
                    self.url(), f'{self.url()}\nproxy = "http://127.0.0.1:{proxy.port}"'), code=1)
                self.assert_failed(found, "hub.hub.tls", "CN=corp inspection CA", "TLS inspection")
                self.assertIn("intercepted", found["hub.hub.tls"]["seen"])

    @unittest.skipUnless(os.path.exists(FAKETIME), "needs libfaketime")
    def test_a_clock_that_is_wrong(self):
        def at(offset):
            return self.examine(code=1, environment={
                "LD_PRELOAD": FAKETIME, "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"})

        self.assert_failed(at("-3h"), "hub.hub.clock", "3 hours behind the hub's", "timedatectl")
        self.assert_failed(at("+20m"), "hub.hub.clock", "20 minutes ahead of the hub's",
                           "timedatectl")

    def test_a_key_that_others_can_read(self):
        key = next((self.site.agent.state / "identity").glob("?/key.pem"))
        key.chmod(0o644)
        self.addCleanup(key.chmod, 0o600)
        found = self.examine(code=1)
        self.assert_failed(found, f"files.{key}", "0644", f"chmod 0600 {key}")
        subprocess.run(found[f"files.{key}"]["remedy"], shell=True, check=True)
        self.assertNotIn(f"files.{key}", self.examine())

    @unittest.skipUnless(may_mount("tmpfs", "4m"), "only root may mount a small file system")
    def test_a_small_disk(self):
        found = self.examine(code=1, command=[
            "unshare", "-m", "bash", "-c", MOUNT, "bash", str(self.site.agent.state), "tmpfs",
            "8m", ""])
        self.assert_failed(found, "disk.state", "of 8 MiB free", "Make room")

    def test_an_agent_that_does_not_run_and_is_not_enrolled(self):
        agent = self.site.add_agent("new", "", arguments=("--location", "new"))
        found = self.examine(agent.config, code=1)
        self.assertEqual(found["daemon"]["result"], "warning")
        self.assert_failed(found, "enrolment", "not enrolled", "sallyport enroll --token-file -")
        self.assertEqual(found["hub.hub.tls"]["result"], "skipped")
        self.assertFalse((agent.state / "identity").exists())   # looking makes nothing

    def test_a_configuration_that_is_wrong_and_one_that_is_not_reloaded(self):
        config = self.spoiled("[trust]", "[trsut]")
        found = self.examine(config, code=1)
        self.assert_failed(found, "configuration", "trsut", "sallyport check")
        self.assertEqual(found["rest"]["result"], "skipped")
        found = self.examine(self.spoiled("[trust]", "# changed\n[trust]"))
        self.assertIn("reload", found["configuration.in_force"]["remedy"])

    def test_a_wrong_call_is_not_a_finding(self):
        done = subprocess.run([BIN / "sallyport", "doctor", "--no-such-option"], text=True,
                              capture_output=True, timeout=SECONDS, check=False)
        self.assertEqual(done.returncode, 2)


if __name__ == "__main__":
    unittest.main()
