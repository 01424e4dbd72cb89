"""`sallyport net`: what has to be let out is exactly what the agent connects to."""
import json, pathlib, subprocess, tempfile, unittest

import streams
from backends import closed_port
from harness import Site, SiteTest
from jump_host import JumpHost
from programs import BIN, SECONDS, mapping, run, wait_until
from test_forward import forward

WITNESS_KEY = "witness.corp.local/w1+490cc093+BFz3qMWOFKgOUqvuxe6iADyfywMBmnx6B7P3txynswxo"
RECORDER = BIN.parent / "tests" / "e2e" / "connect_recorder.so"


class Net(SiteTest):
    """An agent with a server of each kind; most of them are ports on which nobody listens, since
    it is the attempt that counts."""

    @classmethod
    def make_site(cls):
        def extra(site):
            cls.jump = JumpHost(site.folder / "jump", "restrict,port-forwarding")
            cls.addClassCleanup(cls.jump.close)
            cls.ports = {name: closed_port() for name in
                         ("jwks", "syslog", "sftp", "witness", "witness_proxy", "token", "tcp",
                          "behind")}
            at = {name: f"127.0.0.1:{port}" for name, port in cls.ports.items()}
            secret = site.folder / "technical.toml"
            secret.write_text(f'token_url = "https://{at["token"]}/t"\nclient_id = "c"\n'
                              'client_secret = "s"\n')
            secret.chmod(0o600)
            ca = site.hub.folder / "state" / "ca.pem"
            ssh = (f'key_file = "{cls.jump.key}"\n'
                   f'known_hosts_file = "{cls.jump.known_hosts}"\n')
            return (f'[[ssh]]\n{ssh}[trust]\nca_file = "{ca}"\n'
                    f'[[identity_provider]]\nissuer = "i"\njwks_url = "https://{at["jwks"]}/k"\n'
                    'audiences = ["a"]\n' +
                    mapping(site.internal()) +
                    mapping(site.internal(), virtual="technical.virtual:80", more=(
                        "principal = { kind = \"technical\", credentials_file = "
                        f'"{secret}" }}')) +
                    mapping(f"tcp://{at['tcp']}", virtual="tcp.virtual:1", rules="") +
                    mapping(f"tcp://{at['behind']}", virtual="behind.virtual:1", rules="",
                            more=f'via = "{cls.jump.url()}"') +
                    forward("siem", "syslog", url=f"syslog+tls://{at['syslog']}", ca_file=ca) +
                    forward("archive", "sftp", url=f"sftp://x@{at['sftp']}/x",
                            key_file=cls.jump.key, known_hosts_file=cls.jump.known_hosts) +
                    f'[[audit.witness]]\nname = "w"\nurl = "https://{at["witness"]}/w"\n'
                    f'key = "{WITNESS_KEY}"\nca_file = "{ca}"\n'
                    f'proxy = "http://{at["witness_proxy"]}"\n')

        site = Site(agent_extra=extra)
        cls.connects = site.folder / "connects"
        site.agent.program.environment = {"LD_PRELOAD": str(RECORDER),
                                          "CONNECTS_TO": str(cls.connects),
                                          "ASAN_OPTIONS": "verify_asan_link_order=0"}
        return site

    def listed(self):
        return json.loads(self.site.agent.command("net", "--json"))["outbound"]

    def dialled(self):
        return set(self.connects.read_text().split()) if self.connects.exists() else set()

    def from_here(self):
        return {f"{one['host'].replace('localhost', '127.0.0.1')}:{one['port']}"
                for one in self.listed() if one["from"] == "this machine"}

    def test_nothing_is_dialled_that_is_not_listed_and_the_other_way_round(self):
        self.site.ask("GET", "/")
        self.site.ask("GET", "http://technical.virtual:80/")
        for virtual in ("tcp.virtual:1", "behind.virtual:1"):
            with self.assertRaises(streams.Refused):
                streams.connect(self.site.hub, self.site.token, virtual)
        expected = self.from_here()
        self.assertEqual(len(expected), 9, expected)
        # A file server is needed when the first segment of the audit log is finished.
        soon = expected - {f"127.0.0.1:{self.ports['sftp']}"}
        wait_until(lambda: self.dialled() >= soon, f"{soon} are dialled")
        self.assertLessEqual(self.dialled(), expected)

    def test_what_others_dial_for_the_agent_is_told_with_who(self):
        by_others = {(one["from"], f"{one['host']}:{one['port']}") for one in self.listed()
                     if one["from"] != "this machine"}
        at = {name: f"127.0.0.1:{port}" for name, port in self.ports.items()}
        self.assertEqual(by_others, {(f"127.0.0.1:{self.jump.port}", at["behind"]),
                                     (at["witness_proxy"], at["witness"])})

    def test_people_get_a_table_for_their_request(self):
        text = self.site.agent.command("net", "--resolve")
        self.assertIn("Outbound connections of the agent of Sallyport", text)
        self.assertRegex(text, r"this machine +tcp +localhost +\d+ +TLS 1\.3 +links")
        self.assertIn("now: 127.0.0.1", text)
        self.assertIn("[[audit.forward]] siem url", text)

    def test_systemd_gets_a_drop_in_that_it_takes(self):
        text = self.site.agent.command("net", "--systemd")
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        self.assertEqual(lines[:3], ["[Service]", "IPAddressDeny=any", "IPAddressAllow=localhost"])
        self.assertNotIn("IPAddressAllow=127.", text)      # localhost says that
        with tempfile.TemporaryDirectory(prefix="sallyport-") as folder:
            unit = pathlib.Path(folder) / "allowed.service"
            unit.write_text(text + "IPAddressAllow=192.0.2.1\nIPAddressAllow=2001:db8::1\n"
                            "ExecStart=/bin/true\n")
            done = subprocess.run(["systemd-analyze", "verify", unit], text=True,
                                  capture_output=True, timeout=SECONDS)
        self.assertEqual([line for line in done.stderr.splitlines() if "allowed" in line], [])

    def test_a_configuration_that_is_wrong_lists_nothing(self):
        broken = self.site.agent.folder / "broken.toml"
        broken.write_text("[[hub]]\nurl = 1\n")
        self.assertIn("url", run("sallyport", "net", "--config", broken, code=1))


if __name__ == "__main__":
    unittest.main()
