"""`sallyport bundle`: what support needs, and not one secret of the test set-up."""
import json, pathlib, stat, tarfile, unittest

from backends import closed_port
from harness import Site, SiteTest
from jump_host import JumpHost
from programs import mapping, run
from test_forward import forward


class Bundle(SiteTest):
    """An agent with a secret of each kind in its files; all of them are remembered."""

    @classmethod
    def make_site(cls):
        cls.secrets = {"a password in a URL": "url-passw0rd", "free text": "words-of-somebody"}

        def secret_file(folder, name, text, secret):
            cls.secrets[name] = secret
            file = folder / f"{name}.secret"
            file.write_text(text)
            file.chmod(0o600)
            return file

        def extra(site):
            folder = site.folder
            jump = JumpHost(folder / "jump", "restrict,port-forwarding")
            cls.addClassCleanup(jump.close)
            key = pathlib.Path(jump.key).read_text().splitlines()
            cls.secrets["ssh key"] = key[2]
            ca = site.hub.folder / "state" / "ca.pem"
            technical = secret_file(folder, "technical user", "user = \"u\"\npassword = "
                                    "\"technical-passw0rd\"\n", "technical-passw0rd")
            cls.tokens = f"127.0.0.1:{closed_port()}"
            oauth = secret_file(folder, "client of a token server", "client_id = \"c\"\n"
                                f'token_url = "https://{cls.tokens}/token"\n'
                                "client_secret = \"oauth-passw0rd\"\n", "oauth-passw0rd")
            est = secret_file(folder, "est", "agent:est-passw0rd\n", "est-passw0rd")
            witness_proxy = secret_file(folder, "proxy", "w:proxy-passw0rd\n", "proxy-passw0rd")
            at = f"127.0.0.1:{closed_port()}"
            cls.more = folder / "berlin" / "mappings.d"
            cls.enrolment = (f'[enrolment]\nest_url = "https://{at}"\nca_file = "{ca}"\n'
                             f'credentials_file = "{est}"\n')
            return (f'[[ssh]]\nkey_file = "{jump.key}"\nknown_hosts_file = "{jump.known_hosts}"\n' +
                    mapping(site.internal(), more='description = "words-of-somebody"') +
                    mapping(site.internal(), virtual="technical.virtual:80", more=(
                        "principal = { kind = \"technical\", credentials_file = "
                        f'"{technical}" }}')) +
                    mapping(site.internal(), virtual="oauth.virtual:80", more=(
                        f'principal = {{ kind = "technical", credentials_file = "{oauth}" }}')) +
                    forward("archive", "sftp", url=f"sftp://x@{at}/x", key_file=jump.key,
                            known_hosts_file=jump.known_hosts) +
                    f'[[audit.witness]]\nname = "w"\nurl = "https://{at}/w"\n'
                    'key = "witness.corp.local/w1+490cc093+BFz3qMWOFKgOUqvuxe6iADyfywMBmnx6B7P3tx'
                    f'ynswxo"\nca_file = "{ca}"\nproxy = "http://{at}"\n'
                    f'proxy_credentials_file = "{witness_proxy}"\n')

        return Site(agent_extra=extra)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        site, agent = cls.site, cls.site.agent
        agent.write(cls.enrolment + site.agent_extra)   # after the enrolment, which it would change
        cls.secrets |= {"token": site.token, "client secret": site.shop["clientsecret"],
                        "join token": agent.join_token}
        for file in [*agent.state.rglob("*.pem"), *agent.state.rglob("*.key"),
                     *(site.hub.folder / "state").rglob("*.pem"),
                     *(site.hub.folder / "state").rglob("*.key")]:
            text = file.read_text(errors="replace")
            if "PRIVATE KEY" in text:
                cls.secrets[str(file)] = text.split("PRIVATE KEY-----")[1].split()[0]

    def contents(self, file):
        """name -> text; the file is what a person would open."""
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        with tarfile.open(file, "r:gz") as archive:
            members = archive.getmembers()
            self.assertTrue(all(member.isfile() and member.mode == 0o600 for member in members))
            return {member.name.partition("/")[2]: archive.extractfile(member).read().decode()
                    for member in members}

    def make(self, *arguments, program="sallyport", config=None, name="bundle"):
        file = self.site.folder / f"{name}-{self._testMethodName}.tar.gz"
        said = json.loads(run(program, "bundle", "-o", file, "--json", *arguments, "--config",
                              config or self.site.agent.config))
        self.assertEqual(said["file"], str(file))
        return self.contents(file)

    def assert_no_secret(self, parts):
        for name, text in parts.items():
            for what, secret in self.secrets.items():
                self.assertGreater(len(secret), 8, what)
                self.assertNotIn(secret, text, f"{what} stands in {name}")

    def test_it_holds_what_support_needs_and_no_secret(self):
        self.site.ask("GET", "/looked-for")
        log = self.site.agent.program.log_file
        with log.open("a") as out:
            out.write("odd line with https://somebody:url-passw0rd@host/path?sig=url-passw0rd\n")
        parts = self.make("--log", log)
        self.assertLessEqual({"README.txt", "version.txt", "doctor.txt", "doctor.json", "net.txt",
                              "configuration/agent.toml", "status.json", "log.txt",
                              "audit-tail.jsonl"}, set(parts))
        self.assertIn("LOOK THROUGH IT", parts["README.txt"])
        for name in set(parts) - {"README.txt"}:
            self.assertIn(name, parts["README.txt"])
        self.assertIn("technical.virtual:80", parts["configuration/agent.toml"])
        self.assertTrue(json.loads(parts["status.json"])["hubs"])
        self.assertIn("link.up", parts["log.txt"])
        self.assertIn("https://***@host/path?***", parts["log.txt"])
        self.assertIn('"exchange.end"', parts["audit-tail.jsonl"])
        # All that `net` prints, also what stands in files that the configuration names.
        self.assertEqual(parts["net.txt"], self.site.agent.command("net"))
        self.assertIn(self.tokens.split(":")[1], parts["net.txt"])
        self.assertIn("hub.hub.tls", parts["doctor.json"])
        self.assert_no_secret(parts)

    def test_what_is_secret_stays_out_of_a_configuration_that_nobody_can_use(self):
        config = self.site.agent.folder / "broken.toml"
        config.write_text(self.site.agent.base.replace(
            'name = "hub"', 'name = "hub"\nproxy = "http://x:url-passw0rd@proxy:1"\n'
            'password = "est-passw0rd"\n[passwords]\ntechnical-passw0rd = 1\n[[hub]]'))
        parts = self.make("--socket", self.site.agent.folder / "admin.sock", config=config)
        self.assertIn("http://***@proxy:1", parts["configuration/broken.toml"])
        self.assertIn("2 values", parts["configuration/broken.toml"])
        self.assertTrue(json.loads(parts["status.json"])["hubs"])
        self.assertIn("`check` says it", parts["doctor.txt"])
        self.assert_no_secret(parts)
        config.write_text("this is = no TOML est-passw0rd")
        self.assert_no_secret(self.make(config=config, name="second"))

    def test_what_the_agent_says_of_a_broken_configuration_repeats_nothing_of_it(self):
        agent = self.site.agent
        good = agent.config.read_text()
        self.addCleanup(agent.config.write_text, good)
        agent.config.write_text(good + '\n["url-passw0rd"]\nproxy = "est-passw0rd"\n')
        socket = ("--socket", agent.folder / "admin.sock")
        self.assertIn("url-passw0rd", agent.command("reload", *socket, code=1))
        self.assertIn("config.refused error=", agent.program.log())
        parts = self.make("--log", agent.program.log_file, *socket)
        self.assertIn("config.refused [left out", parts["log.txt"])
        self.assert_no_secret(parts)

    def test_after_a_start_with_the_last_good_configuration_neither(self):
        agent = self.site.agent
        good = agent.config.read_text()

        def start_with(text):
            self.assertEqual(agent.program.stop(), 0)
            agent.config.write_text(text)
            agent.start()
            self.site.wait_attached()

        self.addCleanup(start_with, good)
        start_with(good + '\n["url-passw0rd"]\nproxy = "est-passw0rd"\n')
        # Commands find the agent, though the configuration that says where it listens is broken.
        self.assertIn("url-passw0rd", agent.command("status", "--json"))
        parts = self.make("--log", agent.program.log_file)
        self.assertIn("left out", parts["doctor.txt"])
        self.assertIn("left out", json.loads(parts["status.json"])["last_good"]["why"])
        self.assert_no_secret(parts)

    def test_files_of_mappings_are_in_it(self):
        folder = self.site.agent.folder / "mappings.d"
        folder.mkdir()
        (folder / "one.toml").write_text(
            mapping("http://127.0.0.1:1", virtual="more.virtual:1",
                    more='description = "words-of-somebody"'))
        parts = self.make()
        self.assertIn("more.virtual:1", parts["configuration/mappings.d/one.toml"])
        self.assert_no_secret(parts)

    def test_it_is_made_without_a_daemon_and_never_overwrites(self):
        agent = self.site.add_agent("alone", "", arguments=("--location", "alone"))
        parts = self.make(config=agent.config)
        self.assertNotIn("status.json", parts)
        self.assertIn("(nothing)  status.json", parts["README.txt"])
        file = self.site.folder / f"bundle-{self._testMethodName}.tar.gz"
        self.assertIn("is there already", run("sallyport", "bundle", "-o", file, "--config",
                                              agent.config, code=1))

    def test_the_hub_has_one_too(self):
        config = self.site.hub.config
        parts = self.make("--log", self.site.hub.program.log_file, program="sallyport-hub",
                          config=config, name="hub")
        self.assertLessEqual({"README.txt", "doctor.txt", "status.json", "log.txt",
                              "configuration/hub.toml", "audit-tail.jsonl"}, set(parts))
        self.assertIn("localhost", parts["configuration/hub.toml"])
        self.assert_no_secret(parts)


if __name__ == "__main__":
    unittest.main()
