"""admin_listen: the read-only part of administration over HTTPS, for who shows a client certificate
or a token, at the agent and at the hub; everybody else is refused, counted and on record."""
import http.client, os, socket, ssl, unittest

import administration
from administration import SECONDS, curl
from authority import Authority
from harness import Site, SiteTest
from identity import openssl
from programs import wait_until, whole_lines

TOKEN, NEXT, WRONG = ("0123456789abcdef" * 2, "fedcba9876543210" * 2, "f" * 32)
CLIENT = "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=clientAuth\n"


def client_of(authority, name):
    """(certificate, key) of a client."""
    key, request = authority.folder / f"{name}.key", authority.folder / f"{name}.csr"
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", f"/CN={name}", "-keyout", key, "-out", request)
    return authority.sign(request, CLIENT), key


class AdminHttps(SiteTest):
    @classmethod
    def make_site(cls):
        site = Site()
        cls.authority = Authority(site.folder, "admin")
        cls.stranger = Authority(site.folder, "stranger")
        certificate, key = cls.authority.server("localhost")
        os.chmod(key, 0o600)
        cls.token_file = site.folder / "token"
        cls.write_token(TOKEN)
        keys = (f'admin_listen = "127.0.0.1:0"\nadmin_certificate_file = "{certificate}"\n'
                f'admin_key_file = "{key}"\nadmin_token_file = "{cls.token_file}"\n'
                f'admin_client_ca_file = "{cls.authority.certificate}"\n')
        site.agent.base = site.agent.base.replace("[agent]\n", "[agent]\n" + keys)
        site.agent.write(site.agent_extra)
        site.hub.config.write_text(site.hub.config.read_text().replace("[hub]\n",
                                                                       "[hub]\n" + keys))
        return site

    @classmethod
    def write_token(cls, *tokens, mode=0o600):
        cls.token_file.write_text("\n".join(tokens) + "\n")
        os.chmod(cls.token_file, mode)

    def setUp(self):
        self.places = {"agent": self.status("agent")["admin"]["https"]["address"],
                       "hub": self.status("hub")["admin"]["https"]["address"]}

    def status(self, name):
        if name == "hub":
            return self.site.hub.status()
        return self.site.agent.status()

    def ask(self, name, target, *arguments, method="GET"):
        return curl("--cacert", self.authority.certificate, "-X", method, *arguments,
                    f"https://{self.places[name]}{target}")

    def bearer(self, token):
        return ("-H", f"Authorization: Bearer {token}")

    def logins(self, name):
        if name == "agent":
            return self.site.agent.records(event="admin.login")
        folder = self.site.hub.folder / "state" / "audit"
        return [record for file in sorted(folder.glob("*.jsonl")) for record in whole_lines(file)
                if record["event"] == "admin.login"]

    def test_a_token_lets_in_as_a_bearer_or_as_a_password(self):
        for name in self.places:
            for arguments in (self.bearer(TOKEN), ("-u", f"monitor:{TOKEN}")):
                answer = self.ask(name, "/v1/status", *arguments)
                self.assertEqual(answer.status, 200, (name, answer.text))
                self.assertIn("not_ready", answer.json())
            self.assertIn("not_ready", self.ask(name, "/readyz", *self.bearer(TOKEN)).json())

    def test_a_certificate_of_the_authority_lets_in(self):
        certificate, key = client_of(self.authority, "monitor")
        for name in self.places:
            answer = self.ask(name, "/v1/status", "--cert", certificate, "--key", key)
            self.assertEqual(answer.status, 200, name)

    def test_prometheus_gets_its_metrics(self):
        for name, metric in (("agent", "sallyport_link_up"), ("hub", "sallyport_hub_agents")):
            answer = self.ask(name, "/metrics", *self.bearer(TOKEN))
            self.assertEqual(answer.status, 200, name)
            self.assertIn(f"# TYPE {metric} gauge", answer.text)

    def test_a_monitor_of_sap_sees_the_certificate_that_is_shown_here(self):
        told = self.ask("agent", "/api/monitoring/certificates", *self.bearer(TOKEN)).json()
        (shown,) = [one for state in ("ok", "expiring", "expired") for one in told[state]
                    if one["type"] == "UI"]
        self.assertIn("CN=localhost", shown["subjectDN"])
        self.assertGreater(shown["validTo"], 0)

    def test_without_a_log_in_there_is_health_and_nothing_else(self):
        for name in self.places:
            self.assertEqual(self.ask(name, "/livez").json()["live"], True)
            self.assertEqual(set(self.ask(name, "/readyz").json()), {"ready"})
            for target in ("/v1", "/v1/status", "/nothing"):
                self.assertEqual(self.ask(name, target).status, 401, target)

    def test_nothing_can_be_changed(self):
        certificate, key = client_of(self.authority, "root")
        for name in self.places:
            for who in (self.bearer(TOKEN), ("--cert", certificate, "--key", key)):
                for target in ("/v1/reload", "/v1/audit/retention/plan", "/v1/status"):
                    answer = self.ask(name, target, *who, method="POST")
                    self.assertEqual(answer.status, 405, target)

    def test_a_wrong_token_is_refused_counted_and_on_record(self):
        for name in self.places:
            before = self.status(name)["admin"]["logins_refused"]
            recorded = len(self.logins(name))
            for arguments in (self.bearer(WRONG), ("-u", f"{TOKEN}:"), self.bearer(TOKEN[1:]),
                              ("-H", "Authorization: " + TOKEN)):
                answer = self.ask(name, "/v1/status", *arguments)
                self.assertEqual((answer.status, answer.json()["error"]["code"]), (401, "login"))
            self.assertEqual(self.ask(name, "/livez", *self.bearer(WRONG)).status, 401)
            self.assertEqual(self.status(name)["admin"]["logins_refused"], before + 5)
            new = wait_until(lambda: self.logins(name)[recorded + 4:], "it is on record")
            self.assertEqual((new[0]["outcome"], new[0]["reason"]), ("refused", "wrong token"))
            self.assertTrue(new[0]["remote"].startswith("127.0.0.1:"))

    def test_a_certificate_of_somebody_else_is_refused_and_on_record(self):
        certificate, key = client_of(self.stranger, "monitor")
        for name in self.places:
            before = len(self.logins(name))
            self.assertIsNone(self.ask(name, "/livez", "--cert", certificate, "--key", key))
            wait_until(lambda: len(self.logins(name)) > before, "it is on record")

    def test_a_client_that_does_not_trust_our_certificate_is_no_refused_login(self):
        for name in self.places:
            before = self.status(name)["admin"]["logins_refused"]
            self.assertIsNone(curl("--cacert", self.stranger.certificate,
                                   f"https://{self.places[name]}/livez"))
            self.assertEqual(self.ask(name, "/v1", *self.bearer(WRONG)).status, 401)
            self.assertEqual(self.status(name)["admin"]["logins_refused"], before + 1)
            self.assertEqual([record for record in self.logins(name)
                              if "refused our certificate" in record["reason"]], [])

    def test_strangers_take_no_place_from_who_logs_in(self):
        for name in self.places:
            known = self.connection(name)
            self.assertEqual(self.get(known, TOKEN).status, 200)
            mute = [self.dial(name) for _ in range(50)]
            wait_until(lambda: self.https(name)["without_place"] >= 50 - 16, "they are accepted")
            self.assertEqual(self.ask(name, "/v1/status", *self.bearer(TOKEN)).status, 200)
            self.assertEqual(self.get(known, TOKEN).status, 200, "it has kept its place")
            self.assertLessEqual(self.https(name)["strangers"], 16)
            self.assertEqual(mute[0].recv(1), b"", "the oldest had to go")
            certificate, key = client_of(self.authority, "late")
            answer = self.ask(name, "/v1/status", "--cert", certificate, "--key", key)
            self.assertEqual(answer.status, 200)

    def test_who_has_not_logged_in_gets_one_answer(self):
        for name in self.places:
            stranger = self.connection(name)
            for token in (None, WRONG):
                answer = self.get(stranger, token, "/livez")
                self.assertEqual(answer.getheader("connection"), "close")
            known = self.connection(name)
            for token in (TOKEN, TOKEN, None):
                answer = self.get(known, token, "/livez")
                self.assertEqual((answer.status, answer.getheader("connection")), (200, None))

    def test_who_says_nothing_is_closed_in_time(self):
        mute = self.dial("agent")
        secure = self.connection("agent")
        secure.connect()
        for sock in (mute, secure.sock):
            self.assertEqual(sock.recv(1), b"")

    def https(self, name):
        return self.status(name)["admin"]["https"]

    def dial(self, name):
        host, port = self.places[name].rsplit(":", 1)
        sock = socket.create_connection((host, int(port)), SECONDS)
        self.addCleanup(sock.close)
        return sock

    def connection(self, name):
        trust = ssl.create_default_context(cafile=self.authority.certificate)
        host, port = self.places[name].rsplit(":", 1)
        made = http.client.HTTPSConnection("localhost", int(port), timeout=SECONDS, context=trust)
        self.addCleanup(made.close)
        return made

    def get(self, connection, token, target="/v1/status"):
        connection.request("GET", target, headers={"Authorization": f"Bearer {token}"}
                           if token else {})
        answer = connection.getresponse()
        answer.read()
        return answer

    def test_a_request_must_name_this_machine(self):
        for name in self.places:
            for host in ("evil.example", "evil.example:8443", "localhost.evil.example"):
                answer = self.ask(name, "/v1/status", *self.bearer(TOKEN), "-H", f"Host: {host}")
                self.assertEqual(answer.status, 421, host)
            for host in ("localhost", "localhost:1", "127.0.0.1"):
                answer = self.ask(name, "/v1/status", *self.bearer(TOKEN), "-H", f"Host: {host}")
                self.assertEqual(answer.status, 200, host)

    def test_a_reload_reads_the_tokens_again_and_refuses_a_file_that_others_may_read(self):
        self.addCleanup(self.reload_tokens, TOKEN)
        self.reload_tokens(TOKEN, NEXT)
        for token in (TOKEN, NEXT):
            self.assertEqual(self.ask("agent", "/v1/status", *self.bearer(token)).status, 200)
        self.reload_tokens(NEXT)
        self.assertEqual(self.ask("agent", "/v1/status", *self.bearer(TOKEN)).status, 401)
        self.write_token(TOKEN, mode=0o644)
        self.assertIn("chmod", self.site.agent.command("reload", code=1))
        self.assertIn("chmod", self.site.hub.command("reload", code=1))
        self.assertIn("chmod", self.site.agent.command("check", code=1))
        self.assertIn("chmod", self.site.hub.command("check", code=1))
        self.assertEqual(self.ask("agent", "/v1/status", *self.bearer(NEXT)).status, 200)

    def test_who_takes_it_out_of_the_files_lets_nobody_in_from_the_reload_on(self):
        agent, hub = self.site.agent, self.site.hub
        for program in (agent, hub):
            whole = program.config.read_text()
            self.addCleanup(program.command, "reload")
            self.addCleanup(program.config.write_text, whole)
            program.config.write_text("".join(
                line for line in whole.splitlines(True) if not line.startswith("admin_")
                or line.startswith("admin_socket")))
            program.command("reload")
        for name in self.places:
            self.assertIsNone(self.ask(name, "/v1/status", *self.bearer(TOKEN)), name)
            self.assertIsNone(self.ask(name, "/livez"), name)

    def reload_tokens(self, *tokens):
        self.write_token(*tokens)
        self.site.agent.command("reload")
        self.site.hub.command("reload")

    def test_a_document_of_an_answer_holds_over_https_too(self):
        for name in self.places:
            whole = administration.document(name)
            for path, methods in whole["paths"].items():
                if "get" not in methods:
                    continue
                answer = self.ask(name, path, *self.bearer(TOKEN))
                self.assertIn(str(answer.status), methods["get"]["responses"], path)


if __name__ == "__main__":
    unittest.main()
