"""`sallyport certs`: what is in use is shown, and replaced while requests run."""
import json, unittest

from authority import Authority
from harness import Site, SiteTest
from identity import openssl
from programs import mapping, wait_until
from test_delivery import TlsNginx
from test_rotation import Traffic


def listed(agent):
    """What `certs list` says: (source, certificates by kind)."""
    said = json.loads(agent.command("certs", "list", "--json"))
    return said, {one["kind"]: one for one in said["certificates"]}


class List(SiteTest):
    def test_the_serial_in_use_is_shown(self):
        said, kinds = listed(self.site.agent)
        tunnel = kinds["tunnel"]
        status = self.site.agent.status()
        self.assertEqual(said["source"], "daemon")
        self.assertEqual(tunnel["serial"], status["identity"]["serial"])
        self.assertTrue(tunnel["renews_itself"] and tunnel["in_use"])
        self.assertEqual((tunnel["warning"], round(tunnel["life_spent"])), ("", 0))
        self.assertEqual([one["serial"] for one in status["certificates"]], [tunnel["serial"]])
        self.assertIn(tunnel["serial"], self.site.agent.command("certs", "list"))

    def test_without_a_daemon_it_says_that_it_looked_on_disk(self):
        other = self.site.add_agent("offline", self.site.agent_extra,
                                    arguments=("--location", "offline"))
        self.assertEqual(listed(other)[0]["certificates"], [])
        other.enrol(other.join_token)
        said, kinds = listed(other)
        self.assertEqual((said["source"], set(kinds)), ("disk", {"tunnel"}))
        self.assertIn("no agent answers", other.command("certs", "list"))


CLIENT = "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=clientAuth\n"
SERVER = "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\n"
ISSUER = "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n"


class Change(SiteTest):
    """nginx believes the company's authority and the agent's own, and says whom it sees."""

    @classmethod
    def make_site(cls):
        site = Site()
        cls.corp = Authority(site.folder, "corp CA")
        own = site.folder / "principals.pem"
        site.agent.command("certs", "show", "principal-ca", "--out", own)
        cls.believed = site.folder / "believed.pem"
        cls.believed.write_text(own.read_text() + cls.corp.certificate.read_text())
        cls.nginx = TlsNginx(site.folder / "nginx", site.folder, cls.believed)
        cls.addClassCleanup(cls.nginx.close)
        wait_until(cls.nginx.listening, "nginx listens")
        site.agent.write(f'[trust]\nca_file = "{cls.nginx.certificate}"\n' + mapping(
            f"https://127.0.0.1:{cls.nginx.port}", more="system_certificate = true"))
        return site

    def seen(self):
        """What nginx says of the agent's certificate."""
        answer = self.site.ask("GET", "/")
        self.assertEqual(answer.status, 200, answer.body)
        return json.loads(answer.body)

    def in_use(self, kind="system"):
        return listed(self.site.agent)[1][kind]

    def csr(self, kind, *options):
        out = self.site.folder / f"{kind}.csr"
        self.site.agent.command("certs", "csr", kind, "--out", out, *options)
        return out

    def bring(self, kind, file, *options, code=0):
        return self.site.agent.command("certs", "import", kind, file, *options, code=code)

    def test_request_import_and_what_back_ends_then_see(self):
        agent = self.site.agent
        before = self.seen()
        self.assertEqual(int(before["serial"], 16), int(self.in_use()["serial"], 16))
        agent.command("certs", "rotate", "system")
        self.assertNotEqual(self.seen()["serial"], before["serial"])
        for key in ("ed25519", "rsa2048", "p384"):
            request = self.csr("system", "--key-type", key, "--replace",
                               "--subject", "CN=gate,O=Corp")
            openssl("req", "-in", request, "-verify", "-noout")
        self.assertIn("requested already", agent.command("certs", "csr", "system", code=1))
        self.assertEqual(listed(agent)[0]["pending"], ["system"])
        wrong = self.corp.sign(request, SERVER)
        self.assertIn("clientAuth", self.bring("system", wrong, code=1))
        signed = self.corp.sign(request, CLIENT)
        self.bring("system", signed)
        seen = self.seen()
        self.assertEqual((seen["subject"], seen["verify"]), ("CN=gate,O=Corp", "SUCCESS"))
        self.assertEqual(int(seen["serial"], 16), int(self.in_use()["serial"], 16))
        self.assertEqual(self.in_use()["warning"], "7 days")    # it ends the day after tomorrow
        self.assertEqual(listed(agent)[0]["pending"], [])
        wait_until(lambda: "certificate.expiry" in agent.program.log(), "the log warns")
        self.assertIn("CERTIFICATE 7 days", agent.command("status"))
        told = [record["serial"] for record in agent.records(event="certificate.enrolled",
                                                             purpose="system")]
        self.assertEqual(told, [self.in_use()["serial"]])
        self.assertIn("csr system", agent.command("certs", "rotate", "system", code=1))
        self.pkcs12()

    def pkcs12(self):
        """Another one comes with its key; the wrong password and a foreign key change nothing."""
        folder, before = self.site.folder, self.in_use()["serial"]
        key, request = folder / "brought.key", folder / "brought.csr"
        openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=brought",
                "-keyout", key, "-out", request)
        signed, file = self.corp.sign(request, CLIENT, days=1000), folder / "brought.p12"
        openssl("pkcs12", "-export", "-inkey", key, "-in", signed, "-certfile",
                self.corp.certificate, "-passout", "pass:s3cret", "-out", file)
        for name, text in (("right", "s3cret\n"), ("wrong", "secret\n")):
            (folder / name).write_text(text)
        self.assertIn("password", self.bring("system", file, code=1))
        self.assertIn("wrong", self.bring("system", file, "--password-file", folder / "wrong",
                                          code=1))
        self.assertIn("no private key", self.bring("system", signed, code=1))
        foreign = folder / "foreign.pem"
        foreign.write_text(key.read_text() + self.corp.certificate.read_text())
        self.assertIn("belongs to the private key", self.bring("system", foreign, code=1))
        ended = folder / "ended.pem"
        ended.write_text(self.corp.sign(request, CLIENT, days=-1).read_text() + key.read_text())
        self.assertIn("expired", self.bring("system", ended, code=1))
        self.assertEqual(self.in_use()["serial"], before)
        both = folder / "both.pem"
        both.write_text(key.read_text() + signed.read_text())
        with Traffic(self.site) as traffic:
            for source in (both, file, both, file):
                self.bring("system", source, "--password-file", folder / "right")
        self.assertEqual(traffic.faults, [])
        self.assertEqual((self.seen()["subject"], self.in_use()["warning"]), ("CN=brought", ""))

    def test_what_the_agent_refuses_is_replaced_by_the_bytes_from_before(self):
        """Also by such as nobody can read: they may be all there is of a key."""
        agent, folder = self.site.agent, self.site.folder
        key, request, both = folder / "fit.key", folder / "fit.csr", folder / "fit.pem"
        openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=fit",
                "-keyout", key, "-out", request)
        both.write_text(self.corp.sign(request, CLIENT).read_text() + key.read_text())
        system, ca = agent.state / "system-certificate.pem", agent.state / "principal-ca.pem"
        before = {file: file.read_bytes() for file in (system, ca) if file.exists()}
        try:
            for file in (system, ca):   # the agent reads both, and so refuses
                file.touch(mode=0o600)
                file.write_text("a key in the words of another program\n")
            self.assertIn("did not take it", self.bring("system", both, code=1))
            self.assertEqual(system.read_text(), ca.read_text())
        finally:
            system.unlink()
            for file, content in before.items():
                file.touch(mode=0o600)
                file.write_bytes(content)
        agent.command("reload")

    def test_the_principal_ca_is_rotated_in_two_steps_and_imported(self):
        agent = self.site.agent
        before = self.in_use("principal-ca")["serial"]
        self.assertIn("--prepare", agent.command("certs", "rotate", "principal-ca", code=1))
        first = agent.command("certs", "rotate", "principal-ca", "--prepare")
        self.assertEqual(first, agent.command("certs", "rotate", "principal-ca", "--prepare"))
        self.assertEqual(self.in_use("principal-ca")["serial"], before)
        self.assertIn("the next one is prepared", agent.command("certs", "list"))
        agent.command("certs", "rotate", "principal-ca")
        self.assertNotIn("prepared", agent.command("certs", "list"))
        self.assertIn(agent.command("certs", "show", "principal-ca"), first)
        self.assertNotEqual(self.in_use("principal-ca")["serial"], before)
        request = self.csr("principal-ca", "--key-type", "rsa3072")
        self.assertIn("authority", self.bring("principal-ca", self.corp.sign(request, CLIENT),
                                              code=1))
        signed = self.corp.sign(request, ISSUER)
        signed.write_text(self.corp.certificate.read_text() + signed.read_text())  # any order
        self.bring("principal-ca", signed)
        self.assertEqual(self.in_use("principal-ca")["issuer"], "CN=corp CA")
        self.assertIn("csr principal-ca", agent.command("certs", "rotate", "principal-ca", code=1))

    def test_the_tunnel_is_renewed_and_nothing_else_is_done_with_it(self):
        agent = self.site.agent
        before = self.in_use("tunnel")["serial"]
        agent.command("certs", "rotate", "tunnel")
        self.assertNotEqual(self.in_use("tunnel")["serial"], before)
        self.assertIn("rotate tunnel", agent.command("certs", "csr", "tunnel", code=1))
        self.assertIn("no console", agent.command("certs", "show", "console", code=1))
        self.assertIn("is none of", agent.command("certs", "show", "other", code=1))


if __name__ == "__main__":
    unittest.main()
