"""How back ends see users: real nginx that checks client certificates, and what it is told."""
import concurrent.futures, json, unittest

from backends import Nginx
from harness import Site, SiteTest
from identity import IdentityProvider, server_certificate, subject_of
from programs import basic, mapping, wait_until

SYSTEM = "CN=berlin,OU=Sallyport system"
TELLS = r"""'{"verify":"$ssl_client_verify","subject":"$ssl_client_s_dn",
"serial":"$ssl_client_serial","sap":"$http_ssl_client_cert","rfc":"$http_client_cert",
"authorization":"$http_authorization","key":"$http_x_api_key"}'"""


class TlsNginx(Nginx):
    """Says of each request what nginx knows about who asks; /token is a token server."""

    def __init__(self, folder, site_folder, authority):
        certificate, key = server_certificate(site_folder, folder.name)
        self.certificate = certificate
        tells = TELLS.replace("\n", "")
        self.CONFIGURATION = f"""daemon off; worker_processes 1; pid {{folder}}/nginx.pid;
error_log {{folder}}/error.log warn;
events {{{{ worker_connections 512; }}}}
http {{{{
  access_log off; default_type application/json; underscores_in_headers on;
  large_client_header_buffers 4 32k; client_body_temp_path {{folder}}/body;
  proxy_temp_path {{folder}}/proxy; fastcgi_temp_path {{folder}}/fastcgi;
  uwsgi_temp_path {{folder}}/uwsgi; scgi_temp_path {{folder}}/scgi;
  server {{{{
    listen 127.0.0.1:{{port}} ssl; ssl_certificate {certificate}; ssl_certificate_key {key};
    ssl_client_certificate {authority}; ssl_verify_client optional;
    location = /token {{{{
      return 200 '{{{{"access_token":"t-1","token_type":"Bearer","expires_in":3600}}}}';
    }}}}
    location / {{{{ return 200 {tells.replace("{", "{{").replace("}", "}}")}; }}}}
  }}}}
}}}}
"""
        super().__init__(folder)


class Delivery(SiteTest):
    @classmethod
    def make_site(cls):
        site = Site()
        folder = site.folder
        cls.login = IdentityProvider(folder)
        authority = folder / "principals.pem"
        site.agent.command("certs", "show", "principal-ca", "--out", authority)
        cls.direct = TlsNginx(folder / "direct", folder, authority)
        cls.behind = TlsNginx(folder / "behind", folder, authority)
        for nginx in (cls.direct, cls.behind):
            cls.addClassCleanup(nginx.close)
            wait_until(nginx.listening, "nginx listens")
        trust = folder / "trust.pem"
        trust.write_text(cls.direct.certificate.read_text() + cls.behind.certificate.read_text())
        cls.write_secrets(folder)
        site.agent.write(cls.agent_config(folder, trust))
        return site

    @classmethod
    def write_secrets(cls, folder):
        secrets = {"basic": "RFC_USER:p w", "field": 'header = "X-Api-Key"\nvalue = "k-1"',
                   "oauth": f'token_url = "https://127.0.0.1:{cls.behind.port}/token"\n'
                            'client_id = "agent"\nclient_secret = "s"'}
        for name, text in secrets.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o600)

    @classmethod
    def agent_config(cls, folder, trust):
        direct, behind = (f"https://127.0.0.1:{n.port}" for n in (cls.direct, cls.behind))

        def system(virtual, internal, principal, more=""):
            return mapping(internal, virtual, more=f"principal = {{ {principal} }}\n{more}")

        technical = 'kind = "technical", credentials_file ='
        sap = 'kind = "x509", deliver = "header:SSL_CLIENT_CERT"'
        return "".join((
            f'[trust]\nca_file = "{trust}"\n', cls.login.config(), """[principal]
subject = [ { when = { user_type = "Technical" }, pattern = "CN=${client_id},OU=Technical" },
            { pattern = "CN=${name},OU=${mail}" } ]
""",
            system("tls.virtual:443", direct, 'kind = "x509"'),
            system("sap.virtual:443", behind, sap),
            system("system.virtual:443", behind, sap, "system_certificate = true"),
            system("rfc.virtual:443", behind, 'kind = "x509", deliver = "header:Client-Cert"'),
            system("basic.virtual:443", behind, f'{technical} "{folder}/basic"'),
            system("field.virtual:443", behind, f'{technical} "{folder}/field"'),
            system("oauth.virtual:443", behind, f'{technical} "{folder}/oauth"'),
            system("none.virtual:443", direct, 'kind = "none"')))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.jane = cls.login.token(sub="1", user_name="jane", mail="jane@x")
        cls.john = cls.login.token(sub="2", user_name="john", mail="john@x")

    def ask_as(self, token, virtual, fields=()):
        if token:
            fields = [*fields, ("SAP-Connectivity-Authentication", f"Bearer {token}")]
        return self.site.ask("GET", f"http://{virtual}:443/x", fields)

    def told(self, token, virtual, fields=()):
        answer = self.ask_as(token, virtual, fields)
        self.assertEqual(answer.status, 200, answer.body)
        return json.loads(answer.body)

    def test_tls_shows_the_user(self):
        seen = self.told(self.jane, "tls.virtual")
        self.assertEqual((seen["verify"], seen["subject"]), ("SUCCESS", "CN=jane,OU=jane@x"))
        self.assertEqual(self.told(self.john, "tls.virtual")["subject"], "CN=john,OU=john@x")
        self.assertEqual(self.told(None, "tls.virtual")["verify"], "NONE")
        again = self.told(self.jane, "tls.virtual")
        self.assertEqual(again["serial"], seen["serial"])       # the same certificate

    def test_an_application_is_a_technical_user(self):
        token = self.login.token(sub="sb-shop", client_id="sb-shop",
                                 grant_type="client_credentials")
        fields = [("SAP-Connectivity-Technical-Authentication", f"Bearer {token}")]
        self.assertEqual(self.told(None, "tls.virtual", fields)["subject"],
                         "CN=sb-shop,OU=Technical")

    def test_a_mapping_without_principal_shows_nobody(self):
        seen = self.told(self.jane, "none.virtual", [("SSL_CLIENT_CERT", "forged")])
        self.assertEqual((seen["verify"], seen["sap"]), ("NONE", ""))

    def test_sap_header_carries_the_user_and_tls_the_system(self):
        forged = [("SSL_CLIENT_CERT", "forged"), ("ssl-client-cert", "forged"),
                  ("Client-Cert", ":forged:"), ("Authorization", basic("own", "pw"))]
        seen = self.told(self.jane, "sap.virtual", forged)
        self.assertEqual((seen["verify"], seen["subject"]), ("SUCCESS", SYSTEM))
        self.assertEqual(subject_of(seen["sap"]), "CN=jane,OU=jane@x")
        self.assertEqual((seen["rfc"], seen["authorization"]), ("", basic("own", "pw")))
        nobody = self.told(None, "sap.virtual", forged)
        self.assertEqual((nobody["subject"], nobody["sap"]), (SYSTEM, ""))
        self.assertEqual(self.told(None, "system.virtual", forged)["subject"], SYSTEM)

    def test_rfc_9440_header(self):
        seen = self.told(self.john, "rfc.virtual")
        self.assertEqual((seen["rfc"][0], seen["rfc"][-1]), (":", ":"))
        self.assertEqual(subject_of(seen["rfc"][1:-1]), "CN=john,OU=john@x")
        self.assertEqual(self.told(None, "rfc.virtual", [("Client-Cert", ":x:")])["rfc"], "")

    def test_technical_user_is_the_same_for_everybody(self):
        own = [("Authorization", basic("own", "pw")), ("X-Api-Key", "own"), ("x_api_key", "own")]
        for token in (self.jane, None):
            self.assertEqual(self.told(token, "basic.virtual", own)["authorization"],
                             basic("RFC_USER", "p w"))
            seen = self.told(token, "field.virtual", own)
            self.assertEqual((seen["key"], seen["authorization"]), ("k-1", ""))
            self.assertEqual(self.told(token, "oauth.virtual", own)["authorization"], "Bearer t-1")

    def test_a_user_without_a_name_is_refused_and_on_record(self):
        token = self.login.token(sub="3", user_name="max")      # no mail
        answer = self.ask_as(token, "tls.virtual")
        self.assertEqual(answer.status, 403, answer.body)
        self.assertIn(b"principal_no_subject", answer.body)
        records = wait_until(lambda: self.site.agent.records(
            event="exchange.end", reason="principal_no_subject"), "it is on record")
        self.assertEqual(records[-1]["outcome"], "refused")
        wait_until(lambda: "${mail}" in self.site.agent.program.log(), "the log names the value")

    def test_the_record_says_as_whom(self):
        self.told(self.jane, "sap.virtual")
        self.told(None, "basic.virtual")
        seen = [record.get("principal") for record in
                self.site.agent.records(event="exchange.begin")]
        self.assertIn("x509:CN=jane,OU=jane@x", seen)
        self.assertIn("technical:RFC_USER", seen)

    def test_users_at_once_are_never_mixed_up(self):
        names = {self.jane: "CN=jane,OU=jane@x", self.john: "CN=john,OU=john@x"}

        def right(number):
            token = (self.jane, self.john, None)[number % 3]
            seen = self.told(token, ("tls.virtual", "sap.virtual")[number % 2])
            subject = subject_of(seen["sap"]) if seen["sap"] else seen["subject"]
            nobody = "" if number % 2 == 0 else SYSTEM
            return subject == names.get(token, nobody)

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            self.assertTrue(all(pool.map(right, range(60))))

    def test_a_reload_keeps_the_certificates(self):
        before = self.told(self.jane, "tls.virtual")["serial"]
        self.site.agent.command("reload")
        self.assertEqual(self.told(self.jane, "tls.virtual")["serial"], before)


if __name__ == "__main__":
    unittest.main()
