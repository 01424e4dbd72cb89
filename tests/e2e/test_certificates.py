"""Who may stand at either end of a link, seen from outside: the real hub is asked by OpenSSL's
client, the real agent lured to OpenSSL's server, each with certificates that are almost right."""
import contextlib, hashlib, itertools, json, shutil, unittest

from forge import Forge, false_hub, openssl, talk
from harness import SiteTest
from programs import Agent, mapping, wait_until

SPIFFE = "URI:spiffe://localhost/tenant/{tenant}/agent/berlin"
PAST = ("20200101000000Z", "20200201000000Z")
FUTURE = ("20490101000000Z", "20491201000000Z")
PREFACE = "PRI * HTTP/2.0"
REFUSED = ("alert", "handshake failure", "sslv3", "no protocols available", "unsupported protocol")


class CertificatesTest(SiteTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.forge = Forge(cls.site.folder)
        state = cls.site.hub.folder / "state"
        cls.authority = (state / "ca.pem", state / "ca.key")
        cls.hub_certificate = (state / "hub.pem", state / "hub.key")
        cls.name = SPIFFE.format(tenant=cls.site.hub.command("tenant", "list")[0]["id"])

    def agent_files(self, agent=None):
        """Certificate and key of an enrolled agent."""
        slot = (agent or self.site.agent).state / "identity" / "active"
        return slot / "chain.pem", slot / "key.pem"


class AtTheHub(CertificatesTest):
    def link(self, certificate=None, *arguments):
        own = ["-cert", certificate[0], "-key", certificate[1]] if certificate else []
        return talk(self.site.hub.tls, "-alpn", "rh2", *own, *arguments, until=PREFACE)

    def refused(self, said):
        self.assertTrue(any(word in said for word in REFUSED), said[-2000:])
        self.assertNotIn(PREFACE, said)

    def test_a_link_begins_for_an_agents_certificate_only(self):
        """The hub speaks first, HTTP/2's preface: the agent's own certificate shows that the
        attacks below fail for the reason they name."""
        self.assertIn(PREFACE, self.link(self.agent_files()))

    def test_who_has_no_agents_certificate_gets_no_link(self):
        forge, foreign = self.forge, self.forge.authority("Sallyport hub localhost")
        for what, certificate in (
                ("none", None),
                ("of another authority", forge.issue(foreign, self.name, "clientAuth")),
                ("without usage", forge.issue(self.authority, self.name, None)),
                ("for servers", forge.issue(self.authority, self.name, "serverAuth")),
                ("for mail", forge.issue(self.authority, self.name, "emailProtection")),
                ("the hub's own", self.hub_certificate),
                ("the authority's own", self.authority),
                ("expired", forge.issue(self.authority, self.name, "clientAuth", PAST)),
                ("of the future", forge.issue(self.authority, self.name, "clientAuth", FUTURE)),
                ("signed by an agent", forge.issue(self.agent_files(), self.name, "clientAuth"))):
            with self.subTest(what):
                self.refused(self.link(certificate))

    def test_a_certificate_that_names_no_agent_of_this_hub_gets_no_link(self):
        """Signed by our authority, so it is the name alone that does not do."""
        for what, name in (("no agent", "DNS:localhost"),
                           ("another hub", self.name.replace("localhost", "hub.example")),
                           ("two names", f"{self.name},{self.name}-2")):
            with self.subTest(what):
                self.assertNotIn(PREFACE, self.link(
                    self.forge.issue(self.authority, name, "clientAuth")))

    def test_a_good_certificate_that_was_never_issued_gets_no_link(self):
        """A thief of the authority's key is not in the register: the hub knows each certificate."""
        site = self.site
        for what, name in (("known agent", self.name),
                           ("unknown agent", self.name.replace("berlin", "ghost")),
                           ("unknown tenant", SPIFFE.format(tenant="t-unknown"))):
            with self.subTest(what):
                thief = Agent(site.folder, f"thief-{what.replace(' ', '-')}", site.hub.url,
                              mapping(site.internal(), "thief.virtual:80"))
                shutil.copytree(site.agent.state / "identity", thief.state / "identity",
                                symlinks=True)
                chain, key = self.agent_files(thief)
                certificate, own_key = self.forge.issue(self.authority, name, "clientAuth")
                shutil.copy(own_key, key)
                chain.write_bytes(certificate.read_bytes() + self.authority[0].read_bytes())
                digest = openssl("x509", "-in", certificate, "-outform", "DER").stdout
                (chain.parent / "meta.json").write_text(json.dumps(
                    {"format": 1, "certificate": hashlib.sha256(digest).hexdigest(),
                     "prepared_at": 1}))
                thief.start()
                self.addCleanup(thief.program.stop)
                log = wait_until(lambda thief=thief: [
                    line for line in thief.program.log().splitlines() if "link." in line],
                    "the hub answered")
                self.assertIn("link.refused", log[0])
                self.assertEqual(site.ask("GET", "http://thief.virtual/").status, 403)

    def test_a_revoked_certificate_gets_no_link(self):
        site = self.site
        agent = site.add_agent("leaver", mapping(site.internal(), "leaver.virtual:80"),
                               arguments=("--location", "LEAVER"), hub_extra='location = "LEAVER"')
        self.addCleanup(site.agents.remove, agent)
        agent.enrol(agent.join_token)
        self.assertIn(PREFACE, self.link(self.agent_files(agent)))
        site.hub.command("agent", "revoke", "leaver", "--tenant", "acme")
        wait_until(lambda: PREFACE not in self.link(self.agent_files(agent)),
                   "the hub knows that it is revoked")

    def test_links_and_enrolment_are_never_tls_1_2(self):
        for protocol in ("rh2", "sallyport-est"):
            with self.subTest(protocol):
                certificate, key = self.agent_files()
                self.refused(talk(self.site.hub.tls, "-alpn", protocol, "-tls1_2",
                                  "-cert", certificate, "-key", key))

    def test_nothing_resumes_a_session(self):
        ticket = self.site.folder / "session"
        for version in ("-tls1_2", "-tls1_3"):
            for protocol, client in (("http/1.1", ()), ("rh2", self.agent_files())):
                if protocol == "rh2" and version == "-tls1_2":
                    continue
                own = ("-cert", client[0], "-key", client[1]) if client else ()
                with self.subTest(f"{protocol} {version}"):
                    ask = (b"GET /token_keys HTTP/1.1\r\nHost: localhost\r\n"
                           b"Connection: close\r\n\r\n")
                    said = talk(self.site.hub.tls, version, "-alpn", protocol,
                                "-sess_out", ticket, *own, given=ask)
                    self.assertNotIn("Post-Handshake New Session Ticket", said)
                    self.assertNotIn("TLS session ticket:", said)
                    if not ticket.exists():
                        continue            # there was nothing to keep
                    again = talk(self.site.hub.tls, version, "-alpn", protocol,
                                 "-sess_in", ticket, *own, given=ask)
                    self.assertNotIn("Reused, TLS", again)
                    ticket.unlink()


class AtTheAgent(CertificatesTest):
    lures = itertools.count(1)

    def lured(self, certificate, *arguments):
        """The agent's words on a server with this certificate at the hub's name."""
        with false_hub(*certificate, *arguments) as (port, _), self.agent_of(port) as agent:
            return wait_until(lambda: [line for line in agent.program.log().splitlines()
                                       if "link.down" in line or "link.up" in line],
                              "the agent says what is wrong")[0]

    @contextlib.contextmanager
    def agent_of(self, port):
        # Not named by the port: the system may give the same one out again.
        agent = Agent(self.site.folder, f"lured-{next(self.lures)}", f"https://localhost:{port}")
        agent.state.symlink_to(self.site.agent.state)
        agent.start()
        try:
            yield agent
        finally:
            agent.program.stop()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.site.agent.program.stop()       # its state is lent to the lured ones

    def test_the_agent_refuses_every_hub_that_is_not_the_enrolled_one(self):
        forge, foreign = self.forge, self.forge.authority("Sallyport hub localhost")
        for what, certificate, word in (
                ("another authority", forge.issue(foreign, "DNS:localhost", "serverAuth"),
                 "issuer"),
                ("another name", forge.issue(self.authority, "DNS:hub.example", "serverAuth"),
                 "not for localhost"),
                ("no usage", forge.issue(self.authority, "DNS:localhost", None), "serverAuth"),
                ("for clients", forge.issue(self.authority, "DNS:localhost", "clientAuth"),
                 "purpose"),
                ("an agent's own", self.agent_files(), "purpose"),
                ("expired", forge.issue(self.authority, "DNS:localhost", "serverAuth", PAST),
                 "clock"),
                ("of the future", forge.issue(self.authority, "DNS:localhost", "serverAuth",
                                              FUTURE), "clock")):
            with self.subTest(what):
                said = self.lured(certificate)
                self.assertIn("link.down", said)
                self.assertIn("the certificate of the hub is refused", said)
                self.assertIn(word, said)

    def test_the_agent_speaks_tls_1_3_only(self):
        said = self.lured(self.hub_certificate, "-tls1_2")
        self.assertIn("link.down", said)
        self.assertIn("version", said)

    def test_the_agent_never_resumes_a_session(self):
        """This server gives tickets, and its links break all the time: none is offered back."""
        arguments = ("-num_tickets", "4")
        with false_hub(*self.hub_certificate, *arguments) as (port, nonsense), self.agent_of(port):
            wait_until(lambda: nonsense().count("CIPHER is") >= 4, "the agent dialled again")
            self.assertNotIn("Reused session-id", nonsense())


if __name__ == "__main__":
    unittest.main()
