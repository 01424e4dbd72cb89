"""Certificates from the customer's own authority by EST; a second hub plays the customer's."""
import pathlib, unittest

from harness import SiteTest
from programs import Hub, wait_until
from test_enrolment import opened
from test_proxy import Squid
from test_rotation import ask_for_renewal, identity, renew


class CustomerTest(SiteTest):
    """A site whose customer has an authority, and agents with certificates of it."""
    number = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = cls.site.folder / "customer"
        folder.mkdir()
        cls.customer = Hub(folder)
        cls.addClassCleanup(cls.customer.close)
        cls.customer.command("tenant", "add", "pki")
        cls.customer.start()
        cls.addClassCleanup(cls.customer.program.stop)
        cls.ca_file = cls.customer.folder / "state" / "ca.pem"

    def ca(self, *arguments, code=0):
        return self.site.hub.command("ca", *arguments, code=code)

    def trust(self, tenant="acme"):
        for known in self.ca("external"):
            if known["tenant"] == tenant:
                return known["fingerprint"]
        return self.ca("trust-external", self.ca_file, "--tenant", tenant)["fingerprint"]

    def credentials(self, agent, name):
        """What the customer's authority wants to see: here a join token of the second hub."""
        entry = self.customer.command("agent", "add", name, "--tenant", "pki",
                                      "--location", name)
        secret = opened(entry["join_token"])["secret"]
        file = agent.folder / "est.cred"
        file.write_text(f"x:{secret}\n")
        file.chmod(0o600)

    def new_agent(self, tenant="acme"):
        type(self).number += 1
        name = location = f"external-{self.number}"
        agent = self.site.add_agent(name, "", tenant=tenant, hub_extra=f'location = "{location}"',
                                    arguments=("--location", location))
        self.credentials(agent, name)
        agent.location = location
        agent.write(f'''[enrolment]
est_url = "{self.customer.url}"
ca_file = "{self.ca_file}"
credentials_file = "{agent.folder}/est.cred"
''')
        return agent

    def shown(self, agent):
        return self.site.hub.command("agent", "show", agent.name, "--tenant", "acme")

    def started(self):
        self.trust()
        agent = self.new_agent()
        said = agent.enrol(agent.join_token)
        self.assertRegex(said, rf"spiffe://localhost/tenant/[^/]+/agent/{agent.name}")
        agent.start()
        self.site.wait_attached(agent.location)
        return agent


class ExternalAuthority(CustomerTest):
    def test_an_agent_lives_with_certificates_of_the_customer(self):
        agent = self.started()
        self.assertIn(f"/agent/{agent.name}", identity(agent)["name"])
        first, = self.shown(agent)["certificates"]
        self.assertRegex(first["serial"], "^x[0-9a-f]{64}$")
        # The agent believes this hub's authority only, not the customer's.
        anchors = (agent.state / "identity" / "active" / "ca.pem").read_text()
        self.assertEqual(anchors, (self.site.hub.folder / "state" / "ca.pem").read_text())
        for generation in (2, 3):
            renew(agent)
            wait_until(lambda wanted=generation: self.shown(agent)["confirmed"] == wanted,
                       f"generation {generation} is in use")
        self.assertIsNone(self.shown(agent)["alarm"])
        self.site.wait_attached(agent.location)
        # Both keys are known to the hub by their fingerprints only; a restart finds its way.
        agent.program.stop()
        agent.start()
        self.site.wait_attached(agent.location)
        links = agent.records(event="link.up")
        self.assertEqual({record.get("agent") for record in links}, {agent.name}, links[:1])

    def test_revocation_ends_its_links_and_a_reissue_lets_it_return(self):
        agent = self.started()
        self.site.hub.command("agent", "revoke", agent.name, "--tenant", "acme")
        self.site.wait_status(503, agent.location)
        ask_for_renewal(agent)
        wait_until(lambda: identity(agent)["renewal"]["failed_renewals"], "the renewal fails")
        agent.program.stop()
        again = self.site.hub.command("agent", "reissue", agent.name, "--tenant", "acme")
        self.credentials(agent, agent.name + "-again")
        agent.enrol(again["join_token"])
        agent.start()
        self.site.wait_attached(agent.location)

    def test_without_the_hubs_permission_there_is_no_way_in(self):
        self.trust()
        self.site.hub.command("tenant", "add", "stranger")
        agent = self.new_agent("stranger")
        said = agent.enrol(agent.join_token, code=1)
        self.assertIn("ca trust-external", said)
        self.assertIn("--tenant stranger", said)
        self.assertFalse((agent.state / "identity" / "active").exists())

    def test_distrust_ends_the_links_that_rest_on_it(self):
        agent = self.started()
        fingerprint = self.trust()
        self.ca("distrust-external", fingerprint, "--tenant", "acme")
        try:
            self.site.wait_status(503, agent.location)
            self.assertEqual(self.site.ask("GET", "/x").status, 200, "others stay")
        finally:
            self.trust()
        self.site.wait_attached(agent.location)

    def test_who_vouches_must_be_an_authority_and_not_the_hub(self):
        own = self.site.hub.folder / "state" / "ca.pem"
        self.assertIn("own authority", self.ca("trust-external", own, "--tenant", "acme", code=1))
        leaf = pathlib.Path(self.site.agent.state / "identity" / "active" / "chain.pem")
        self.assertIn("no authority",
                      self.ca("trust-external", leaf, "--tenant", "acme", code=1))

class ThroughSquid(CustomerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.squid = Squid(cls.site.folder / "squid")
        cls.addClassCleanup(cls.squid.stop)

    def tunnels(self):
        return [line for line in self.squid.access_log.read_text().splitlines()
                if "TCP_TUNNEL/200" in line and self.customer.url.split("/")[2] in line]

    def test_enrolment_and_renewal_go_through_the_proxy_of_the_est_server(self):
        self.trust()
        agent = self.new_agent()
        secret = agent.folder / "proxy.cred"
        secret.write_text("agent:right one\n")
        secret.chmod(0o600)
        agent.write(agent.config.read_text().removeprefix(agent.base) +
                    f'proxy = "http://127.0.0.1:{self.squid.port}"\n'
                    f'proxy_credentials_file = "{secret}"\n')
        agent.enrol(agent.join_token)
        wait_until(self.tunnels, "squid saw the enrolment")
        agent.start()
        self.site.wait_attached(agent.location)
        before = len(self.tunnels())
        renew(agent)
        wait_until(lambda: len(self.tunnels()) > before, "squid saw the renewal")


if __name__ == "__main__":
    unittest.main()
