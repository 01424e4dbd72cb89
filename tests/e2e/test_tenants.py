"""Tenants, clients and locations are apart; changes count within seconds and without a restart."""
import base64, json, unittest

from harness import PROBE, SiteTest
from programs import mapping, wait_until


def claims(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


class Tenants(SiteTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        hub = cls.site.hub
        hub.command("tenant", "add", "globex", "--subdomain", "globex")
        cls.rival = hub.command("client", "add", "rival", "--tenant", "globex")
        cls.broker = hub.command("client", "add", "broker", "--tenant", "acme",
                                 "--subscribe", "globex")
        cls.tenants = {tenant["name"]: tenant["id"] for tenant in hub.command("tenant", "list")}

    def known(self, client, **headers):
        """A token of a client that may have been added a moment ago."""
        def token():
            try:
                return self.site.hub.token(client, **headers)
            except AssertionError:
                return None
        return wait_until(token, "the hub knows the client")

    def test_a_client_reaches_no_agent_of_another_tenant(self):
        answer = self.site.ask("GET", "/", token=self.known(self.rival))
        self.assertEqual(answer.status, 503)
        self.assertEqual(self.site.ask("GET", "/").status, 200)

    def test_x_zid_selects_only_among_the_tenants_a_client_is_subscribed_to(self):
        own = claims(self.known(self.broker))["zid"]
        self.assertEqual(own, self.tenants["acme"])
        other = self.known(self.broker, **{"x-zid": self.tenants["globex"]})
        self.assertEqual(claims(other)["zid"], self.tenants["globex"])
        self.assertEqual(self.site.ask("GET", "/", token=other).status, 503)
        with self.assertRaises(AssertionError):
            self.site.hub.token(self.rival, **{"x-zid": self.tenants["acme"]})

    def test_a_wrong_secret_gets_no_token_and_no_hint(self):
        answers = set()
        for name, secret in ((self.site.shop["clientid"], "x"), ("x", "x")):
            client = {"clientid": name, "clientsecret": secret}
            with self.assertRaises(AssertionError) as caught:
                self.site.hub.token(client)
            answers.add(str(caught.exception))
        self.assertEqual(len(answers), 1, answers)

    def test_the_key_set_fits_the_tokens(self):
        status, body = self.site.hub.api("GET", "/token_keys")
        self.assertEqual(status, 200)
        header = self.site.token.split(".")[0]
        kid = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"]
        self.assertIn(kid, [key["kid"] for key in json.loads(body)["keys"]])

    def test_locations_are_apart_and_must_be_granted(self):
        site = self.site
        extra = mapping(site.internal(), "branch.virtual:80")
        branch = site.add_agent("branch", extra, arguments=("--location", "BRANCH"),
                                hub_extra='location = "BRANCH"')
        branch.enrol(branch.join_token)
        branch.start()
        site.wait_attached("BRANCH")
        location = [("SAP-Connectivity-SCC-Location_ID", "BRANCH")]
        self.assertEqual(site.ask("GET", "http://branch.virtual/", location).status, 200)
        self.assertEqual(site.ask("GET", "http://branch.virtual/").status, 403)
        self.assertEqual(site.ask("GET", "/", location).status, 403)

        liar = site.add_agent("liar", extra, arguments=("--location", "OTHER"),
                              hub_extra='location = "BRANCH"')
        liar.enrol(liar.join_token)
        liar.start()
        wait_until(lambda: "refused" in liar.program.log(), "the hub refuses the location")
        agents = {agent["name"] for agent in site.hub.status()["agents"]}
        self.assertEqual(agents, {"berlin", "branch"})

    def test_two_agents_share_a_location_only_if_both_may(self):
        for name in ("twin-1", "twin-2"):
            agent = self.site.add_agent(name, mapping(self.site.internal(), "twin.virtual:80"),
                                        arguments=("--location", "TWINS", "--shared"),
                                        hub_extra='location = "TWINS"')
            agent.enrol(agent.join_token)
            agent.start()
        wait_until(lambda: {"twin-1", "twin-2"} <= {
            agent["name"] for agent in self.site.hub.status()["agents"]}, "both are attached")
        location = [("SAP-Connectivity-SCC-Location_ID", "TWINS")]
        self.site.agents[-1].program.kill()
        for _ in range(20):
            answer = self.site.ask("GET", "http://twin.virtual/", location)
            if answer.status == 200:
                break
        self.assertEqual(answer.status, 200, "the other agent answers for both")

    def test_a_disabled_tenant_is_shut_out_and_let_in_again(self):
        self.site.hub.command("tenant", "disable", "acme")
        wait_until(lambda: self.site.ask("GET", PROBE).status in (407, 503), "acme is shut out")
        self.site.hub.command("tenant", "enable", "acme")
        self.site.wait_attached()

    def test_a_disabled_client_is_shut_out_although_its_token_lives(self):
        client = self.site.hub.command("client", "add", "leaver", "--tenant", "acme")
        token = self.known(client)
        wait_until(lambda: self.site.ask("GET", "/", token=token).status == 200, "it gets through")
        self.site.hub.command("client", "disable", client["clientid"])
        wait_until(lambda: self.site.ask("GET", "/", token=token).status == 407, "it is shut out")


if __name__ == "__main__":
    unittest.main()
