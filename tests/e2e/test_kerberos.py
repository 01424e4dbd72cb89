"""Constrained delegation: a real KDC, and an Apache that believes nothing but its tickets."""
import concurrent.futures, json, os, unittest

from harness import Site, SiteTest
from identity import IdentityProvider
from kerberos_realm import AGENT, REALM, Apache, Realm
from programs import mapping, wait_until

# SALLYPORT_KERBEROS_REQUESTS: how many requests of two users are mixed.
MIXED = int(os.environ.get("SALLYPORT_KERBEROS_REQUESTS", "200"))

USERS = """user = [ { when = { user_type = "Technical" }, pattern = "app-${client_id}" },
         { when = { mail = true }, pattern = "${mail@corp.test}" }, { pattern = "${name}" } ]
"""


class Kerberos(SiteTest):
    @classmethod
    def make_site(cls):
        site = Site()
        folder = site.folder
        cls.login = IdentityProvider(folder)
        cls.realm = Realm(folder / "realm")
        cls.addClassCleanup(cls.realm.close)
        cls.keytab, web = folder / "agent.keytab", folder / "realm" / "web.keytab"
        cls.realm.principals(
            f"addprinc -randkey +ok_to_auth_as_delegate {AGENT}",
            *(f"addprinc -randkey {name}" for name in (
                "HTTP/web.corp.test", "HTTP/other.corp.test", "jane", "john", "app-sb-shop")),
            "addprinc -randkey -allow_forwardable boss",
            f"ktadd -k {cls.keytab} {AGENT}", f"ktadd -k {web} HTTP/web.corp.test")
        cls.realm.may_delegate_to(f"HTTP/web.corp.test@{REALM}")
        cls.realm.start_kdc()
        cls.apache = Apache(folder / "apache", cls.realm, web)
        site.agent.write(cls.agent_config())
        return site

    @classmethod
    def agent_config(cls):
        internal = f"http://127.0.0.1:{cls.apache.port}"

        def system(virtual, service, more=""):
            principal = f'kind = "kerberos", service = "{service}"{more}'
            return mapping(internal, virtual, more=f"principal = {{ {principal} }}\n")

        return "".join((
            f'[kerberos]\nkeytab = "{cls.keytab}"\nprincipal = "{AGENT}"\n',
            f'krb5_conf = "{cls.realm.krb5_conf}"\n', USERS, cls.login.config(),
            system("web.virtual:80", "HTTP/web.corp.test"),
            system("only.virtual:80", "HTTP/web.corp.test", ", required = true"),
            system("other.virtual:80", "HTTP/other.corp.test"),
            system("strange.virtual:80", f"HTTP/strange.corp.test@{REALM}"),
            mapping(internal, "plain.virtual:80")))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.jane = cls.login.token(sub="1", user_name="jane", mail="jane@corp.test")
        cls.john = cls.login.token(sub="2", user_name="john")

    def ask_as(self, token, virtual="web.virtual", fields=()):
        if token:
            fields = [*fields, ("SAP-Connectivity-Authentication", f"Bearer {token}")]
        return self.site.ask("GET", f"http://{virtual}:80/x", fields)

    def user(self, token, virtual="web.virtual"):
        answer = self.ask_as(token, virtual)
        self.assertEqual(answer.status, 200, (answer.body, self.apache.log()))
        return answer.value("x-user")

    def refused(self, token, virtual, status, code):
        answer = self.ask_as(token, virtual)
        self.assertEqual((answer.status, json.loads(answer.body)["error"]["code"]), (status, code))
        self.assertIn("sallyport-agent", answer.value("proxy-status"))
        return self.site.agent.records(event="exchange.end", reason=code)[-1]

    def test_the_back_end_sees_the_user(self):
        self.assertEqual(self.user(self.jane), f"jane@{REALM}")
        self.assertEqual(self.user(self.john), f"john@{REALM}")
        self.assertEqual(self.user(self.jane, "only.virtual"), f"jane@{REALM}")
        token = self.login.token(sub="sb-shop", client_id="sb-shop",
                                 grant_type="client_credentials")
        answer = self.ask_as(None, fields=[
            ("SAP-Connectivity-Technical-Authentication", f"Bearer {token}")])
        self.assertEqual(answer.value("x-user"), f"app-sb-shop@{REALM}")
        begins = self.site.agent.records(event="exchange.begin")
        self.assertIn(f"kerberos:jane@{REALM}", [one.get("principal") for one in begins])

    def test_users_at_once_are_never_mixed_up_and_no_connection_is_used_twice(self):
        names = {self.jane: f"jane@{REALM}", self.john: f"john@{REALM}"}

        def ask(number):
            token = (self.jane, self.john)[number % 2]
            answer = self.ask_as(token)
            return answer.value("x-user") == names[token], answer.value("x-connection")

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            told = list(pool.map(ask, range(MIXED)))
        self.assertEqual([right for right, _ in told].count(False), 0)
        # Kernels give a port again, but not at once.
        self.assertGreater(len({connection for _, connection in told}), min(MIXED, 200) * 3 // 4)

    def test_tickets_are_asked_for_once(self):
        self.user(self.jane)
        before = self.realm.tickets_issued()
        for _ in range(10):
            self.user(self.jane)
        self.site.agent.command("reload")
        self.user(self.jane)
        self.assertEqual(self.realm.tickets_issued(), before)

    def test_nobody_is_nobody(self):
        self.assertEqual(self.ask_as(None).status, 401)
        forged = [("Authorization", "Negotiate YIIJ"), ("X-Remote-User", "jane")]
        self.assertEqual(self.ask_as(None, fields=forged).status, 401)
        answer = self.ask_as(None, "only.virtual")
        self.assertEqual(answer.status, 407)
        self.assertEqual(self.ask_as(self.jane, fields=forged).value("x-user"), f"jane@{REALM}")

    def test_whom_the_kdc_refuses_is_refused(self):
        boss = self.login.token(sub="3", user_name="boss")
        nobody = self.login.token(sub="4", user_name="ghost")
        for token, code in ((boss, "kerberos_user_refused"), (nobody, "kerberos_user_unknown")):
            self.assertEqual(self.refused(token, "web.virtual", 403, code)["outcome"], "refused")

    def test_a_claim_brings_no_realm_and_no_second_component(self):
        for name in ("boss@OTHER.TEST", "HTTP/web.corp.test", "jane\\@X", "AGENT$", "jan\u00e9"):
            token = self.login.token(sub=name, user_name=name)
            self.refused(token, "web.virtual", 403, "principal_no_subject")
        token = self.login.token(sub="5", user_name="x", mail="jane@evil.test")
        self.refused(token, "web.virtual", 403, "principal_no_subject")

    def test_what_an_administrator_must_do_is_said(self):
        end = self.refused(self.jane, "other.virtual", 502, "kerberos_not_delegated")
        self.assertEqual(end["outcome"], "failed")
        self.refused(self.jane, "strange.virtual", 502, "kerberos_service_unknown")
        log = self.site.agent.program.log()
        self.assertIn("kerberos.failed", log)
        self.assertNotIn("Negotiate", log)

    def test_a_connection_that_negotiates_of_itself_is_closed(self):
        """Here the client's own token, or the back end's challenge, makes it so."""
        seen = {self.ask_as(None, "plain.virtual").value("x-connection") for _ in range(5)}
        self.assertEqual(len(seen), 5)

    def test_explain_and_check(self):
        claims = self.site.folder / "claims.json"
        claims.write_text(json.dumps({"sub": "1", "mail": "jane@corp.test"}))
        said = json.loads(self.site.agent.command(
            "explain", "GET", "http://web.virtual:80/x", "--claims", claims, "--json"))
        self.assertEqual((said["kerberos_name"], said["service"], said["user_rule"]),
                         (f"jane@{REALM}", f"HTTP/web.corp.test@{REALM}", 2))
        said = json.loads(self.site.agent.command("check", "--json"))
        self.assertEqual(said["kerberos"]["principal"], AGENT)
        text = self.site.agent.config.read_text()
        other = self.site.agent.config
        try:
            other.write_text(text.replace(f'principal = "{AGENT}"', f'principal = "X/y@{REALM}"'))
            self.assertIn(f"no key of X/y@{REALM}", self.site.agent.command("check", code=1))
            other.write_text(text.replace("agent.keytab", "no.keytab"))
            self.assertIn("no.keytab", self.site.agent.command("check", code=1))
        finally:
            other.write_text(text)


class WithoutKdc(SiteTest):
    @classmethod
    def make_site(cls):
        site = Site()
        folder = site.folder
        cls.login = IdentityProvider(folder)
        cls.realm = Realm(folder / "realm")
        cls.addClassCleanup(cls.realm.close)
        cls.keytab = folder / "agent.keytab"
        cls.realm.principals(f"addprinc -randkey {AGENT}", "addprinc -randkey jane",
                             "addprinc -randkey HTTP/web.corp.test",
                             f"ktadd -k {cls.keytab} {AGENT}")
        cls.realm.start_kdc()
        cls.realm.stop_kdc()
        site.agent.write("".join((
            f'[kerberos]\nkeytab = "{cls.keytab}"\nprincipal = "{AGENT}"\n',
            f'krb5_conf = "{cls.realm.krb5_conf}"\n', cls.login.config(),
            mapping(site.internal(), more='principal = { kind = "kerberos", service = '
                    '"HTTP/web.corp.test" }'))))
        return site

    def code(self):
        token = self.login.token(sub="1", user_name="jane")
        answer = self.site.ask("GET", "/", [("SAP-Connectivity-Authentication", f"Bearer {token}")])
        self.assertIn(answer.status, (403, 502), answer.body)
        return json.loads(answer.body)["error"]["code"]

    def test_it_is_said_and_gets_better_by_itself(self):
        self.assertEqual(self.code(), "kerberos_kdc_unreachable")
        self.realm.start_kdc()      # on another port, as krb5.conf now says
        # This agent's account may delegate to nobody.
        wait_until(lambda: self.code() == "kerberos_not_delegated", "the KDC is asked again")
        self.assertEqual(self.site.backend.requests, [])


if __name__ == "__main__":
    unittest.main()
