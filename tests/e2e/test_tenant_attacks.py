"""Tenants are apart (PROTOCOL.md#security): each sentence of that claim is attacked, with tokens
that only somebody who holds the hub's own signing key could make, so that it is not the signature
that saves us."""
import base64, json, threading, unittest

from backends import ScriptedBackend
from forge import openssl
from harness import SiteTest
from programs import VIRTUAL, mapping, wait_until

LOCATION = "SAP-Connectivity-SCC-Location_ID"


def part(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def opened(text):
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


class TenantAttacks(SiteTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        site, hub = cls.site, cls.site.hub
        hub.command("tenant", "add", "globex", "--subdomain", "globex")
        cls.rival = hub.command("client", "add", "rival", "--tenant", "globex")
        cls.tenants = {tenant["name"]: tenant["id"] for tenant in hub.command("tenant", "list")}
        cls.rival_backend = ScriptedBackend()
        cls.addClassCleanup(cls.rival_backend.close)
        # The other tenant has an agent of the same name that exposes the same system.
        extra = mapping(f"http://127.0.0.1:{cls.rival_backend.port}",
                        rules='path = "/"\nmatch = "subpaths"')
        (site.folder / "globex").mkdir()
        folder, site.folder = site.folder, site.folder / "globex"
        agent = site.add_agent("berlin", extra, tenant="globex")
        site.folder = folder
        agent.enrol(agent.join_token)
        agent.start()
        cls.rival_token = cls.token_of(cls.rival)
        site.wait_attached(token=cls.rival_token)
        cls.header, cls.claims = map(opened, site.token.split(".")[:2])

    @classmethod
    def token_of(cls, client, **headers):
        def token():
            try:
                return cls.site.hub.token(client, **headers)
            except AssertionError:
                return None
        return wait_until(token, "the hub knows the client")

    def forged(self, claims, header=None, key=None):
        """A token with these claims, signed by the hub's own key if no other is given."""
        key = key or self.site.hub.folder / "state" / "token.pem"
        text = ".".join(part(json.dumps(piece).encode())
                        for piece in (header or self.header, claims))
        signature = openssl("dgst", "-sha256", "-sign", key, given=text.encode()).stdout
        return f"{text}.{part(signature)}"

    def status(self, token, fields=()):
        return self.site.ask("GET", "/", fields, token=token).status

    def reached(self):
        return len(self.site.backend.requests), len(self.rival_backend.requests)

    def test_a_token_with_any_other_claim_is_refused_although_its_signature_is_good(self):
        self.assertEqual(self.status(self.forged(self.claims)), 200)     # the forge itself is good
        before = self.reached()
        now, globex = self.claims["iat"], self.tenants["globex"]
        for what, changes in (
                ("no audience", {"aud": None}), ("another audience", {"aud": ["other"]}),
                ("almost the audience", {"aud": ["Connectivity"]}),
                ("audience with more behind", {"aud": "connectivity!b1"}),
                ("expired", {"exp": now - 3600, "iat": now - 7200}),
                ("without end", {"exp": None}), ("end as text", {"exp": str(now + 3600)}),
                ("not yet valid", {"nbf": now + 3600}),
                ("another issuer", {"iss": "https://hub.example/oauth/token"}),
                ("no issuer", {"iss": None}),
                ("unknown client", {"client_id": "x", "cid": "x", "azp": "x", "sub": "x"}),
                ("another tenant's client", {"client_id": self.rival["clientid"],
                                             "cid": self.rival["clientid"]}),
                ("another tenant", {"zid": globex}), ("no tenant", {"zid": None}),
                ("a list of tenants", {"zid": [self.tenants["acme"], globex]}),
                ("unknown tenant", {"zid": "x"})):
            with self.subTest(what):
                claims = {**self.claims, **changes}
                claims = {key: value for key, value in claims.items() if value is not None}
                self.assertEqual(self.status(self.forged(claims)), 407)
        self.assertEqual(self.reached(), before)

    def test_a_token_that_another_key_signed_is_refused_whatever_it_says_of_its_key(self):
        key = self.site.folder / "other.pem"
        openssl("genrsa", "-out", key, "2048")
        public = openssl("rsa", "-in", self.site.hub.folder / "state" / "token.pem",
                         "-pubout").stdout
        text = ".".join(part(json.dumps(piece).encode()) for piece in (
            {**self.header, "alg": "HS256"}, self.claims))
        mac = openssl("dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{public.hex()}",
                      "-binary", given=text.encode()).stdout
        for what, token in (
                ("the same key id", self.forged(self.claims, key=key)),
                ("a key set of its own", self.forged(self.claims, key=key, header={
                    **self.header, "jku": "http://127.0.0.1:1/keys", "jwk": {"kty": "RSA"}})),
                ("the public key as a shared secret", f"{text}.{part(mac)}")):
            with self.subTest(what):
                self.assertEqual(self.status(token), 407)

    def test_x_zid_and_subdomain_select_nothing_that_is_not_subscribed(self):
        form = {"x-zid": self.tenants["globex"]}
        refusals = set()
        for headers in (form, {"x-zid": "00000000-0000-0000-0000-000000000000"},
                        {"x-zid": "globex"}, {"Host": "globex.localhost"}):
            with self.assertRaises(AssertionError) as caught:
                self.site.hub.token(self.site.shop, **headers)
            refusals.add(str(caught.exception))
        self.assertEqual(len(refusals), 1, "who exists is not told")

    def test_a_field_of_a_request_selects_no_tenant(self):
        before = self.reached()
        for name, value in (("x-zid", self.tenants["globex"]), ("X-Zid", "globex"),
                            ("Sallyport-Tenant", "globex"), ("sallyport-client", "rival"),
                            ("X-Tenant", self.tenants["globex"])):
            self.assertEqual(self.status(None, [(name, value)]), 200)
        self.assertEqual(self.reached(), (before[0] + 5, before[1]))

    def test_two_tenants_with_equal_names_never_meet(self):
        """Same agent name, same location, same virtual host, at the same time."""
        wrong = []

        def ask(token, expected):
            for number in range(100):
                answer = self.site.ask("GET", f"/{expected}/{number}", token=token)
                if answer.status != 200:
                    wrong.append(answer.start)

        tokens = ((None, "acme"), (self.rival_token, "globex")) * 2
        threads = [threading.Thread(target=ask, args=pair) for pair in tokens]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        for backend, foreign in ((self.site.backend, "/globex/"), (self.rival_backend, "/acme/")):
            self.assertEqual([request.target for request in backend.requests
                              if request.target.startswith(foreign)], [])

    def test_a_location_of_another_tenant_is_as_good_as_none(self):
        site = self.site
        agent = site.add_agent("only-globex", mapping(site.internal(), VIRTUAL), tenant="globex",
                               arguments=("--location", "G"), hub_extra='location = "G"')
        agent.enrol(agent.join_token)
        agent.start()
        site.wait_attached("G", self.rival_token)
        self.assertEqual(self.status(None, [(LOCATION, "G")]), 503)
        there = site.ask("GET", "/", [(LOCATION, "G")])
        nowhere = site.ask("GET", "/", [(LOCATION, "Q")])
        self.assertEqual(json.loads(there.body)["error"]["message"],
                         json.loads(nowhere.body)["error"]["message"].replace("Q", "G"))

    def test_a_second_agent_at_a_location_needs_both_to_be_shared(self):
        hub = self.site.hub
        hub.command("agent", "add", "first", "--tenant", "acme", "--location", "ONE")
        for more in ((), ("--shared",)):
            said = hub.command("agent", "add", "second", "--tenant", "acme", "--location", "ONE",
                               *more, code=1)
            self.assertIn("--shared", said)


if __name__ == "__main__":
    unittest.main()
