"""Whom the agent believes to be a back end: a real nginx with TLS, a folder of authorities,
revocation lists and pins."""
import json, unittest

from authority import Authority, pin_of
from backends import Nginx
from harness import Site, SiteTest
from programs import mapping, wait_until


class SecureNginx(Nginx):
    def __init__(self, folder, certificate, key):
        self.CONFIGURATION = f"""daemon off; worker_processes 1; pid {{folder}}/nginx.pid;
error_log {{folder}}/error.log warn;
events {{{{ worker_connections 64; }}}}
http {{{{
  access_log off; client_body_temp_path {{folder}}/body; proxy_temp_path {{folder}}/proxy;
  fastcgi_temp_path {{folder}}/fastcgi; uwsgi_temp_path {{folder}}/uwsgi;
  scgi_temp_path {{folder}}/scgi;
  server {{{{
    listen 127.0.0.1:{{port}} ssl; ssl_certificate {certificate}; ssl_certificate_key {key};
    location / {{{{ return 200 'here'; }}}}
  }}}}
}}}}
"""
        super().__init__(folder)


class BackEndTrust(SiteTest):
    @classmethod
    def make_site(cls):
        site = Site()
        cls.authority = Authority(site.folder, "corp CA")
        cls.certificate, key = cls.authority.server("erp")
        cls.nginx = SecureNginx(site.folder / "nginx", cls.certificate, key)
        cls.addClassCleanup(cls.nginx.close)
        wait_until(cls.nginx.listening, "nginx listens")
        cls.trusted = site.folder / "trusted"
        cls.trusted.mkdir()
        (cls.trusted / "corp.pem").write_bytes(cls.authority.certificate.read_bytes())
        site.agent.write(cls.configuration())
        return site

    @classmethod
    def configuration(cls, more="", folder=None):
        internal = f"https://127.0.0.1:{cls.nginx.port}"
        pin, wrong = pin_of(cls.certificate), "sha256:" + "0" * 64
        return "".join((
            f'[trust]\nca_folder = "{folder or cls.trusted}"\n{more}',
            mapping(internal),
            mapping(internal, "pinned.virtual:443", more=f'pin = ["{wrong}", "{pin}"]'),
            mapping(internal, "other.virtual:443", more=f'pin = "{wrong}"')))

    def ask(self, host="erp.virtual:44300"):
        answer = self.site.ask("GET", f"http://{host}/")
        code = json.loads(answer.body)["error"]["code"] if answer.status != 200 else ""
        return answer, (answer.status, code)

    def use(self, more, code=0, folder=None):
        """Another configuration; what the reload said."""
        self.site.agent.write(self.configuration(more, folder))
        return self.site.agent.command("reload", code=code)

    def tearDown(self):
        for file in self.trusted.glob("*.txt"):
            file.unlink()
        self.use("")

    def test_a_folder_of_authorities_is_believed(self):
        self.assertEqual(self.ask()[1], (200, ""))
        empty = self.site.folder / "empty"
        empty.mkdir()
        self.use("", folder=empty)
        self.assertEqual(self.ask()[1], (502, "backend_not_trusted"))
        self.assertIn("is empty", self.site.agent.command("status"))

    def test_garbage_in_the_folder_changes_nothing(self):
        (self.trusted / "notes.txt").write_text("buy milk")
        self.assertIn("notes.txt", self.use("", code=1))
        self.assertEqual(self.ask()[1], (200, ""))

    def test_a_pin_lets_one_key_through(self):
        self.assertEqual(self.ask("pinned.virtual:443")[1], (200, ""))
        answer, refused = self.ask("other.virtual:443")
        self.assertEqual(refused, (502, "backend_pin_mismatch"))
        self.assertIn("tls_certificate_error", answer.value("proxy-status"))
        wait_until(lambda: pin_of(self.certificate) in self.site.agent.program.log(),
                   "the log tells the key that was shown")

    def test_revoked_certificates_are_refused(self):
        authority, crl = self.authority, self.site.folder / "corp.crl"
        lists = f'crl_files = ["{crl}"]\n'
        authority.revoked.clear()
        authority.revocation_list(crl)
        self.use(lists)
        self.assertEqual(self.ask()[1], (200, ""))
        authority.revoke(self.certificate)
        authority.revocation_list(crl)
        self.use(lists)
        answer, refused = self.ask()
        self.assertEqual(refused, (502, "backend_certificate_revoked"))
        self.assertIn("tls_certificate_error", answer.value("proxy-status"))

    def test_a_list_that_is_out_of_date_vouches_for_nobody(self):
        crl = self.site.folder / "old.crl"
        self.authority.revoked.clear()
        self.authority.revocation_list(crl, "-crl_lastupdate", "20250101000000Z",
                                       "-crl_nextupdate", "20250201000000Z")
        self.use(f'crl_files = ["{crl}"]\n')
        self.assertEqual(self.ask()[1], (502, "backend_revocation_unknown"))
        self.assertIn("2025-02-01", self.site.agent.command("status"))

    def test_a_list_of_somebody_else_is_refused(self):
        other = Authority(self.site.folder, "other CA")
        crl = other.revocation_list(self.site.folder / "other.crl")
        said = self.use(f'crl_files = ["{crl}"]\n', code=1)
        self.assertIn("other.crl", said)
        self.assertIn("signed by no authority", said)
        self.assertEqual(self.ask()[1], (200, ""))


if __name__ == "__main__":
    unittest.main()
