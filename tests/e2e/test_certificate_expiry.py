"""Before a certificate ends that nobody but an administrator renews, agent and hub say so: those of
[[certificate]] and of admin_listen, in metrics, status, log and doctor."""
import datetime, json, os, subprocess, unittest

import metrics
from administration import over_socket
from authority import Authority
from harness import Site, SiteTest
from identity import openssl
from programs import BIN, SECONDS, wait_until

FAMILY = "sallyport_certificate_expiry_timestamp_seconds"
NAME = "shop.hub.test"


class CertificateExpiry(SiteTest):
    @classmethod
    def make_site(cls):
        site = Site()
        cls.authority = Authority(site.folder, "public")
        cls.files = {}
        for name in ("public", "admin"):
            cls.files[name] = (site.folder / f"{name}.pem", site.folder / f"{name}.key")
            cls.bring(name, days=5)
        token = site.folder / "token"
        token.write_text("0123456789abcdef" * 2 + "\n")
        os.chmod(token, 0o600)
        certificate, key = cls.files["admin"]
        keys = (f'admin_listen = "127.0.0.1:0"\nadmin_certificate_file = "{certificate}"\n'
                f'admin_key_file = "{key}"\nadmin_token_file = "{token}"\n')
        site.agent.base = site.agent.base.replace("[agent]\n", "[agent]\n" + keys)
        site.agent.write(site.agent_extra)
        chain, key = cls.files["public"]
        text = site.hub.config.read_text().replace("[hub]\n", "[hub]\n" + keys)
        site.hub.config.write_text(text + f'[[certificate]]\nnames = ["{NAME}"]\n'
                                          f'chain_file = "{chain}"\nkey_file = "{key}"\n')
        return site

    @classmethod
    def bring(cls, name, days):
        certificate, key = cls.files[name]
        request = cls.authority.folder / "request.csr"
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        os.chmod(key, 0o600)
        signed = cls.authority.sign(request, f"subjectAltName=DNS:{NAME},DNS:localhost\n", days)
        certificate.write_bytes(signed.read_bytes())

    def ends(self, socket):
        """When each certificate ends, as the metrics say; the other label is its name."""
        _, _, text = metrics.fetch(socket, "/metrics", SECONDS)
        family = metrics.parse(text)[FAMILY]
        return {tuple(value for _, value in labels): end
                for (_, labels), end in family.samples.items()}

    def end_of(self, name):
        said = openssl("x509", "-in", self.files[name][0], "-noout", "-enddate", "-dateopt",
                       "iso_8601").decode().strip().removeprefix("notAfter=")
        return datetime.datetime.fromisoformat(said.replace("Z", "+00:00")).timestamp()

    def doctor(self, name, config):
        """Its findings; whatever else it finds is the business of other tests."""
        done = subprocess.run([BIN / name, "doctor", "--json", "--config", config],
                              capture_output=True, text=True, timeout=2 * SECONDS)
        return {one["id"]: one for one in json.loads(done.stdout)["findings"]}

    def test_the_hub_warns_of_what_is_in_use_until_it_is_replaced(self):
        hub = self.site.hub
        socket = hub.folder / "admin.sock"
        ends = self.ends(socket)
        self.assertEqual(set(ends), {("hub", ""), ("ca", ""), ("public", NAME), ("admin", "")})
        self.assertEqual(ends["public", NAME], self.end_of("public"))
        self.assertEqual(ends["admin", ""], self.end_of("admin"))
        told = {one["kind"]: one for one in hub.status()["certificates"]}
        self.assertEqual({kind: one["warning"] for kind, one in told.items()},
                         {"hub": "", "ca": "", "public": "7 days", "admin": "7 days"})
        self.assertEqual(told["public"]["name"], NAME)
        self.assertIn(f"CERTIFICATE 7 days: public {NAME} CN=public",
                      hub.command("status", json_wanted=False))
        for kind in ("public", "admin"):
            lines = [line for line in hub.program.log().splitlines()
                     if "certificate.expiry" in line and f"kind={kind}" in line]
            self.assertEqual(len(lines), 1, hub.program.log())
        found = self.doctor("sallyport-hub", hub.config)
        for which in (NAME, "admin", f"public.{NAME}.in_use", "admin.in_use"):
            self.assertEqual(found["certificate." + which]["result"], "warning", which)

        self.bring("public", days=400)      # it lies there, and is not in use yet
        self.assertEqual(self.ends(socket), ends)
        found = self.doctor("sallyport-hub", hub.config)
        self.assertEqual(found["certificate." + NAME]["result"], "ok")
        self.assertIn("reload", found[f"certificate.public.{NAME}.in_use"]["remedy"])
        hub.command("reload")
        self.assertEqual(self.ends(socket)["public", NAME], self.end_of("public"))
        warned = [one["kind"] for one in hub.status()["certificates"] if one["warning"]]
        self.assertEqual(warned, ["admin"])
        found = self.doctor("sallyport-hub", hub.config)
        self.assertNotIn(f"certificate.public.{NAME}.in_use", found)

    def test_the_agent_warns_of_the_one_of_admin_listen(self):
        agent = self.site.agent
        self.assertEqual(self.ends(agent.folder / "admin.sock")["admin", ""],
                         self.end_of("admin"))
        wait_until(lambda: [line for line in agent.program.log().splitlines()
                            if "certificate.expiry" in line and "kind=admin" in line],
                   "the agent's log warns")
        self.assertIn("CERTIFICATE 7 days: admin CN=admin", agent.command("status"))
        listed = json.loads(agent.command("certs", "list", "--json"))["certificates"]
        self.assertIn(("admin", "7 days"), [(one["kind"], one["warning"]) for one in listed])
        found = self.doctor("sallyport", agent.config)
        for which in ("admin", "admin.in_use"):
            self.assertEqual(found["certificate." + which]["result"], "warning", which)
        answer = over_socket(agent.folder / "admin.sock", "GET",
                             "/api/monitoring/certificates/expiring")
        self.assertIn("UI", [one["type"] for one in answer.json()])


if __name__ == "__main__":
    unittest.main()
