"""Who asks: tokens of a real identity provider (nginx serves its keys over HTTPS), verified at the
agent; every wrong one is refused there, and never reaches the back end."""
import hashlib, hmac, json, os, subprocess, time, unittest, urllib.parse

from backends import Nginx
from harness import Site, SiteTest
from identity import AUDIENCE, ISSUER, IdentityProvider, base64url, server_certificate
from programs import mapping, wait_until

USER = "SAP-Connectivity-Authentication"
TECHNICAL = "SAP-Connectivity-Technical-Authentication"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
REQUIRED = "http://required.virtual/x"
OPTIONAL = "http://optional.virtual/x"
UNASKED = "http://unasked.virtual/x"


class KeyServer(Nginx):
    """Serves folder/www over HTTPS."""

    def __init__(self, folder, certificate, key):
        self.CONFIGURATION = Nginx.CONFIGURATION.replace(
            "listen 127.0.0.1:{port};",
            f"listen 127.0.0.1:{{port}} ssl; ssl_certificate {certificate}; "
            f"ssl_certificate_key {key};")
        super().__init__(folder)


class Forger(IdentityProvider):
    """Makes tokens that are wrong in one way."""

    def claims(self, **changed):
        """Those of a right token; None takes a claim away."""
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": [AUDIENCE], "sub": "u-1", "iat": now,
                  "exp": now + 600, "user_name": "jane@corp.example", **changed}
        return {name: value for name, value in claims.items() if value is not None}

    def forge(self, header=None, payload=None, sign=None, **changed):
        """payload: its text instead of claims; sign: bytes -> signature."""
        header = {"alg": "RS256", "kid": "k1", **(header or {})}
        payload = payload or json.dumps(self.claims(**changed))
        signed = ".".join(base64url(text.encode()) for text in (json.dumps(header), payload))
        return f"{signed}.{base64url((sign or self.sign)(signed.encode()))}"

    def sign(self, data):
        return self._run("dgst", "-sha256", "-sign", self.key, given=data)

    def public(self):
        return self._run("pkey", "-in", self.key, "-pubout")

    @staticmethod
    def _run(*arguments, given=None):
        return subprocess.run(["openssl", *map(str, arguments)], input=given, capture_output=True,
                              check=True).stdout


class Principals(SiteTest):
    @classmethod
    def make_site(cls):
        site = Site()
        folder = site.folder
        cls.login = Forger(folder)
        certificate, key = server_certificate(folder, "keys")
        cls.keys = KeyServer(folder / "login", certificate, key)
        cls.addClassCleanup(cls.keys.close)
        (folder / "login/www/keys").write_bytes(cls.login.jwks.read_bytes())
        wait_until(cls.keys.listening, "nginx listens")
        provider = f"""[[identity_provider]]
issuer = "{ISSUER}"
jwks_url = "https://127.0.0.1:{cls.keys.port}/keys"
ca_file = "{certificate}"
audiences = ["{AUDIENCE}"]
[[identity_provider]]
issuer = "https://silent.test"
jwks_url = "https://127.0.0.1:{cls.keys.port}/nothing"
ca_file = "{certificate}"
audiences = ["{AUDIENCE}"]
"""
        secret = folder / "technical"
        secret.write_text("RFC_USER:secret\n")
        secret.chmod(0o600)
        technical = f'principal = {{ kind = "technical", credentials_file = "{secret}" }}'
        site.agent.write(
            provider +
            mapping(site.internal(), "required.virtual:80",
                    more="principal = { required = true }") +
            mapping(site.internal(), "optional.virtual:80", more=technical) +
            mapping(site.internal(), "unasked.virtual:80"))
        return site

    def ask_as(self, token, target=REQUIRED, field=USER, more=()):
        return self.site.ask("GET", target, [(field, f"Bearer {token}"), *more])

    def check_refused(self, answer, status, code):
        self.assertEqual((answer.status, json.loads(answer.body)["error"]["code"]), (status, code))
        self.assertIn("sallyport-agent", answer.value("proxy-status"))
        if status == 407:
            self.assertEqual(answer.value("proxy-authenticate").split(" ")[0], "Bearer")
        exchange = answer.value("x-sallyport-exchange")
        ends = wait_until(lambda: self.site.agent.records(event="exchange.end", exchange=exchange),
                          "the end is recorded")
        self.assertEqual([(end["outcome"], end["reason"]) for end in ends], [("refused", code)])
        self.assertNotIn("begin", ends[0])
        self.assertNotIn("user", ends[0])
        return json.loads(answer.body)["error"]["message"]

    def begin_of_last(self):
        return self.site.agent.records(event="exchange.begin")[-1]

    def test_a_verified_user_is_on_record_and_his_token_stays_here(self):
        token = self.login.forge()
        answer = self.ask_as(token)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertNotIn(token, answer.body.decode())
        begin = self.begin_of_last()
        self.assertEqual((begin["user"], begin["user_type"], begin["issuer"]),
                         ("jane@corp.example", "Business", ISSUER))

    def test_who_was_refused_by_a_mapping_or_rule_is_on_record(self):
        for target, code in (("http://nowhere.virtual/x", "system_not_exposed"),
                             ("http://unasked.virtual/%2e%2e/x", None)):
            user = f"refused-{code}@x"
            answer = self.ask_as(self.login.forge(user_name=user), target)
            self.assertGreaterEqual(answer.status, 400)
            found = self.site.agent.command("audit", "query", "--user", user, "--outcome",
                                            "refused", "--json").splitlines()
            self.assertEqual(len(found), 1, target)
            self.assertEqual(json.loads(found[0])["issuer"], ISSUER)
            self.assertIn(user, self.site.agent.command("audit", "query", "--user", user))
        answer = self.ask_as(self.login.forge(exp=int(time.time()) - 3600),
                             "http://nowhere.virtual/x")
        end = self.site.agent.records(event="exchange.end",
                                      exchange=answer.value("x-sallyport-exchange"))[-1]
        self.assertEqual((end["token_fault"], "user_c" in end), ("principal_expired", False))

    def test_who_it_was_is_erased_while_the_agent_runs_and_every_proof_holds(self):
        self.assertEqual(self.ask_as(self.login.forge(user_name="gone@x")).status, 200)
        agent = self.site.agent
        erase = ["audit", "erase", "--json", "--subject"]
        counted = json.loads(agent.command(*erase, "gone@x", "--dry-run"))
        self.assertEqual((counted["done"], counted["count"]), (False, 1))
        self.assertTrue(agent.records(event="admin.action", act="audit.erase_dry_run"))
        erased = json.loads(agent.command(*erase, "gone@x", "--reason", "asked for"))
        self.assertEqual((erased["done"], erased["count"]), (True, 1))
        salted = bytes.fromhex(erased["salt"]) + b"gone@x"
        self.assertEqual(hashlib.sha256(salted).hexdigest(), erased["subject_c"])
        (record,) = agent.records(event="audit.erased", seq=erased["record"])
        self.assertEqual((record["subject_c"], record["reason"], record["who"]),
                         (erased["subject_c"], "asked for", f"uid:{os.getuid()}"))
        for file in (agent.state / "audit").glob("*.[jp]*"):
            self.assertNotIn(b"gone@x", file.read_bytes())
        self.assertIn("(erased)", agent.command("audit", "query", "--user", "(erased)"))
        self.assertEqual(self.ask_as(self.login.forge()).status, 200)
        self.assertEqual(self.begin_of_last()["user"], "jane@corp.example")
        agent.command("audit", "verify")

    def test_an_application_is_a_technical_user(self):
        robot = {"sub": "robot", "client_id": "robot", "user_name": None,
                 "grant_type": "client_credentials"}
        token = self.login.forge(**robot)
        self.assertEqual(self.ask_as(token, field=TECHNICAL).status, 200)
        begin = self.begin_of_last()
        self.assertEqual((begin["user"], begin["user_type"]), ("robot", "Technical"))
        self.check_refused(self.ask_as(token), 407, "principal_type")
        user = self.login.forge()
        self.check_refused(self.ask_as(user, field=TECHNICAL), 407, "principal_type")
        both = self.ask_as(user, more=[(TECHNICAL, f"Bearer {token}")])
        self.check_refused(both, 400, "principal_ambiguous")

    def test_without_a_token_it_depends_on_the_mapping(self):
        self.check_refused(self.site.ask("GET", REQUIRED), 407, "principal_required")
        for target in (OPTIONAL, UNASKED):
            self.assertEqual(self.site.ask("GET", target).status, 200)
            self.assertNotIn("user", self.begin_of_last())
        self.check_refused(self.ask_as("x.y.z", OPTIONAL), 407, "principal_malformed")
        self.assertEqual(self.ask_as("x.y.z", UNASKED).status, 200)     # not looked at

    def wrong_tokens(self):
        forge, now = self.login.forge, int(time.time())
        good = forge()
        secret = self.login.public()
        other = Forger(self.site.folder / "login", ISSUER)
        doubled = json.dumps(self.login.claims()).replace('"sub"', '"iss": "x", "sub"', 1)
        deep = json.dumps(self.login.claims())[:-1] + ', "x": ' + "[" * 16 + "]" * 16 + "}"
        self_signed = {"jwk": json.loads(other.jwks.read_text())["keys"][0],
                       "jku": "https://evil.test/keys"}
        return [
            ("alg none", forge({"alg": "none"}, sign=lambda _: b""), "malformed"),
            ("alg none, signed", forge({"alg": "none"}), "algorithm"),
            ("HS256 with the public key",
             forge({"alg": "HS256"}, sign=lambda d: hmac.digest(secret, d, hashlib.sha256)),
             "algorithm"),
            ("alg of another kind of key", forge({"alg": "ES256"}), "algorithm"),
            ("alg that the key set does not say", forge({"alg": "PS256"}), "algorithm"),
            ("unknown kid", forge({"kid": "k9"}), "key"),
            ("crit", forge({"crit": ["exp"]}), "malformed"),
            ("key of its own", other.forge(self_signed), "signature"),
            ("truncated", good[:-2], "signature"),
            ("two parts", good.rsplit(".", 1)[0], "malformed"),
            ("padded", good + "=", "malformed"),
            ("oversized", forge(x="x" * 12_500), "malformed"),
            ("duplicate claim", forge(payload=doubled), "malformed"),
            ("too deep", forge(payload=deep), "malformed"),
            ("times with a fraction", forge(exp=now + 600.5), "malformed"),
            ("expired", forge(exp=now - 61), "expired"),
            ("from the future", forge(iat=now + 3600), "not_yet_valid"),
            ("not before", forge(nbf=now + 3600), "not_yet_valid"),
            ("another audience", forge(aud=["sb-other"]), "audience"),
            ("no audience", forge(aud=None), "audience"),
            ("another issuer", forge(iss="https://evil.test"), "issuer"),
            ("no subject", forge(sub=None), "malformed"),
        ]

    def test_wrong_tokens_never_reach_the_back_end(self):
        reached = len(self.site.backend.requests)
        for what, token, code in self.wrong_tokens():
            with self.subTest(what):
                self.check_refused(self.ask_as(token), 407, f"principal_{code}")
        self.assertEqual(len(self.site.backend.requests), reached)
        self.assertEqual(self.ask_as(self.login.forge()).status, 200)

    def test_where_a_token_says_its_keys_are_is_not_looked_at(self):
        for name in ("jku", "x5u"):
            token = self.login.forge({name: "https://evil.test/"})
            self.assertEqual(self.ask_as(token).status, 200)

    def test_a_slow_clock_is_named(self):
        token = self.login.forge(iat=int(time.time()) + 17 * 60 + 30)
        message = self.check_refused(self.ask_as(token), 407, "principal_not_yet_valid")
        self.assertRegex(message,
                         "not yet valid: this clock or its issuer's is off by 1[4-7] min")

    def test_an_issuer_without_keys_is_a_503(self):
        token = self.login.forge(iss="https://silent.test")
        self.check_refused(self.ask_as(token), 503, "principal_keys_missing")

    def test_status_tells_whose_keys_are_missing(self):
        self.ask_as(self.login.forge(iss="https://silent.test"))
        status = self.site.agent.status()
        good, silent = status["identity_providers"]
        self.assertEqual((good["issuer"], good["keys"]), (ISSUER, 1))
        self.assertEqual((silent["keys"], status["warnings"]), (0, []))
        self.assertIn("404", silent["last_error"])
        self.assertIn("404", self.site.agent.command("status"))

    def test_two_lines_of_one_field_are_refused(self):
        token = self.login.forge()
        answer = self.ask_as(token, more=[(USER, f"Bearer {token}")])
        self.assertEqual((answer.status, json.loads(answer.body)["error"]["code"]),
                         (400, "ambiguous_identity"))

    def exchange(self, assertion):
        form = urllib.parse.urlencode({
            "grant_type": JWT_BEARER, "client_id": self.site.shop["clientid"],
            "client_secret": self.site.shop["clientsecret"], "assertion": assertion,
            "token_format": "jwt", "response_type": "token"})
        status, body = self.site.hub.api("POST", "/oauth/token", form, {
            "Content-Type": "application/x-www-form-urlencoded"})
        return status, json.loads(body)

    def test_an_exchanged_token_carries_the_user(self):
        user = self.login.forge()
        status, granted = self.exchange(user)
        self.assertEqual(status, 200, granted)
        self.assertLessEqual(granted["expires_in"], 570)
        exchanged = granted["access_token"]
        self.assertNotIn("jane", exchanged)
        answer = self.site.ask("GET", REQUIRED, token=exchanged)
        self.assertEqual(answer.status, 200, answer.body)
        begin = self.begin_of_last()
        self.assertEqual((begin["user"], begin["issuer"]), ("jane@corp.example", ISSUER))
        self.assertEqual(begin["client"], self.site.shop["clientid"])
        beside = self.site.ask("GET", REQUIRED, [(USER, f"Bearer {user}")], token=exchanged)
        self.assertEqual(beside.status, 400)

    def test_an_exchange_proves_nothing_about_the_user(self):
        other = Forger(self.site.folder / "login", ISSUER)
        status, granted = self.exchange(other.forge(user_name="admin"))
        self.assertEqual(status, 200, granted)
        answer = self.site.ask("GET", REQUIRED, token=granted["access_token"])
        self.check_refused(answer, 407, "principal_signature")

    def test_what_cannot_be_exchanged_says_why(self):
        now = int(time.time())
        for assertion, words in ((self.login.forge(exp=now + 50), "less than 60 seconds left"),
                                 (self.login.forge(x="x" * 6_000), "too large"),
                                 (self.login.forge(exp=None), "no exp"),
                                 ("x.y.z", "no usable JWT")):
            status, body = self.exchange(assertion)
            self.assertEqual((status, body["error"]), (400, "invalid_grant"), body)
            self.assertIn(words, body["error_description"])

    def test_the_log_verifies(self):
        self.site.agent.command("audit", "verify")


if __name__ == "__main__":
    unittest.main()
