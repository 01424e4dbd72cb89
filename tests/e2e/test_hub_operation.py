"""What an operator of the hub relies on: its access record, reload, and a proxy port that does not
show tokens to a network."""
import contextlib, json, pathlib, shutil, socket, tempfile, unittest, urllib.parse

from harness import SiteTest
from programs import SECONDS, VIRTUAL, Hub, wait_until


def access_lines(log):
    """The access record: a dict for each line of the hub's log that is one, with its event."""
    lines = []
    for line in log.splitlines():
        words = line.split(" ")
        events = [word for word in words if word.startswith("exchange.")]
        if events:
            pairs = dict(word.split("=", 1) for word in words if "=" in word)
            lines.append({"event": events[0], **pairs})
    return lines


class HubOperation(SiteTest):
    def configure(self, **keys):
        """Rewrites keys of [hub]; the hub has not read them yet."""
        hub = self.site.hub
        text = getattr(self, "original", None) or hub.config.read_text()
        self.original = text
        more = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
        hub.config.write_text(text.replace("[hub]\n", "[hub]\n" + more, 1))

    def reload(self, **keys):
        self.configure(**keys)
        return self.site.hub.command("reload")

    def setUp(self):
        self.addCleanup(lambda: self.reload())

    def line_of(self, exchange):
        found = wait_until(lambda: [line for line in access_lines(self.site.hub.program.log())
                                    if line.get("exchange") == exchange],
                           f"the hub's log has exchange {exchange}")
        self.assertEqual(len(found), 1)
        return found[0]

    def test_the_id_in_an_answer_is_found_in_the_hubs_log(self):
        for token, target, fields, expected in (
                ("none", "/", [], {"code": "token_refused", "status": "407"}),
                (None, "https://erp.virtual:44300/", [], {"status": "405"}),
                (None, "/", [("SAP-Connectivity-SCC-Location_ID", "nowhere")],
                 {"code": "no_agent", "status": "503", "location": "nowhere",
                  "client": self.site.shop["clientid"]})):
            with self.subTest(target=target, fields=fields):
                answer = self.site.ask("GET", target, fields, token=token)
                line = self.line_of(answer.value("x-sallyport-exchange"))
                self.assertEqual(line["event"], "exchange.refused")
                self.assertEqual(line["method"], "GET")
                self.assertEqual({key: line.get(key) for key in expected}, expected)

    def test_what_the_agent_refuses_stands_in_both_logs_under_one_id(self):
        answer = self.site.ask("POST", "http://unknown.virtual:1/secret-path?secret=query",
                               body=b"0123456789")
        exchange = answer.value("x-sallyport-exchange")
        line = self.line_of(exchange)
        record = wait_until(lambda: self.site.agent.records(event="exchange.end",
                                                            exchange=exchange), "it is recorded")
        self.assertEqual(line["event"], "exchange.refused")
        self.assertEqual(line["client"], record[0]["client"])
        self.assertEqual(line["tenant"], record[0]["tenant"])
        self.assertEqual((line["by"], line["agent"], line["status"], line["host"]),
                         ("agent", "berlin", "403", "unknown.virtual:1"))
        self.assertEqual(int(line["sent"]), len(answer.body))

    def test_which_requests_are_recorded_changes_with_a_reload(self):
        def recorded():
            return [line for line in access_lines(self.site.hub.program.log())
                    if line["event"] == "exchange.answered"]

        self.assertEqual(self.site.ask("GET", "/quiet").status, 200)
        self.assertEqual(recorded(), [])
        said = self.reload(access_log="all")
        self.assertEqual(said["restart_needed"], [])
        answer = self.site.ask("PUT", "/loud?secret=query", body=b"x" * 1000)
        self.assertEqual(answer.status, 200)
        (line,) = wait_until(recorded, "the request is recorded")
        self.assertEqual((line["status"], line["received"], line["sent"], line["host"]),
                         ("200", "1000", str(len(answer.body)), VIRTUAL))
        self.assertGreater(int(line["us"]), 0)
        self.reload(access_log="off")
        before = len(access_lines(self.site.hub.program.log()))
        self.assertEqual(self.site.ask("GET", "/", token="none").status, 407)
        self.reload()
        answer = self.site.ask("GET", "/", token="none")
        self.line_of(answer.value("x-sallyport-exchange"))
        self.assertEqual(len(access_lines(self.site.hub.program.log())), before + 1)
        for secret in ("secret=", self.site.token):
            self.assertNotIn(secret, self.site.hub.program.log())

    def test_a_client_cannot_write_lines_of_its_own(self):
        answer = self.site.ask("GET", "/", [("SAP-Connectivity-SCC-Location_ID",
                                             'x exchange=forged "' + "y" * 1000)])
        exchange = answer.value("x-sallyport-exchange")
        (line,) = wait_until(lambda: [line for line in self.site.hub.program.log().splitlines()
                                      if f"exchange={exchange}" in line], "the line is written")
        self.assertIn(r'location="x exchange=forged \"yyy', line)
        self.assertLess(len(line), 1000)

    def test_reload_says_what_needs_a_restart_and_keeps_it_as_it_runs(self):
        before = self.site.hub.status()
        said = self.reload(workers=3)
        self.assertEqual(said["restart_needed"], ["workers"])
        status = self.site.hub.status()
        self.assertEqual(status["restart_needed"], ["workers"])
        self.assertEqual(status["workers"], before["workers"])
        self.assertNotEqual(status["configuration"], before["configuration"])
        self.assertEqual(self.site.ask("GET", "/").status, 200)
        self.assertEqual(self.reload()["restart_needed"], [])

    def test_an_invalid_file_changes_nothing(self):
        before = self.site.hub.status()["configuration"]
        self.configure(worker=3)
        self.site.hub.program.signal(1)
        wait_until(lambda: "config.refused" in self.site.hub.program.log(), "the hub says no")
        self.configure()
        config = self.site.hub.config
        config.write_text(self.original + '[[certificate]]\nnames = ["a.example.com"]\n'
                          'chain_file = "/nowhere"\nkey_file = "/nowhere"\n')
        said = self.site.hub.command("reload", code=1)
        self.assertIn("stays in force", said)
        self.assertIn("/nowhere", said)
        config.write_text(self.original)
        self.assertEqual(self.site.hub.status()["configuration"], before)
        self.assertEqual(self.site.ask("GET", "/").status, 200)

    def test_limits_of_clients_change_with_a_reload(self):
        config = self.site.hub.config
        self.configure()
        config.write_text(self.original + "[limits]\nrequests_per_client = 1\n")
        self.site.hub.command("reload")

        # The other request may meet the other worker, which counts for itself, or come first.
        def refused():
            with contextlib.closing(self.site.connect()) as held:
                held.send(self.site.head("POST", "/", [("Content-Length", 5)]))
                return self.site.ask("GET", "/").status == 429

        wait_until(refused, "a second request at once is refused")

    def test_the_api_takes_small_bodies_only(self):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        status, body = self.site.hub.api("POST", "/oauth/token", "a=" + "b" * 70_000, form)
        self.assertEqual((status, json.loads(body)["error"]["code"]), (413, "body_too_large"))

    def test_a_token_is_still_given_while_the_hub_stops(self):
        """A request that has begun is answered; its connection is not cut by the stop."""
        hub = self.site.hub
        query = urllib.parse.urlencode({"grant_type": "client_credentials",
                                        "client_id": self.site.shop["clientid"],
                                        "client_secret": self.site.shop["clientsecret"]}).encode()
        with socket.create_connection(hub.tls, timeout=SECONDS) as plain, \
                hub.trust().wrap_socket(plain, server_hostname="localhost") as tls:
            tls.sendall(b"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\n"
                        b"Content-Type: application/x-www-form-urlencoded\r\n"
                        b"Content-Length: %d\r\n\r\n" % len(query) + query[:10])
            # The hub has the head when it answers somebody who came later.
            self.assertEqual(hub.api("GET", "/token_keys")[0], 200)
            hub.program.signal(15)
            wait_until(lambda: hub.program.log().count("hub.stopping") > 0, "the hub stops")
            tls.sendall(query[10:])
            self.assertIn(b" 200 ", tls.recv(4096).split(b"\r\n")[0])
        self.assertEqual(hub.program.stop(), 0)
        hub.start()
        self.site.wait_attached()


class PublicProxySocket(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def start_with_public_socket(self, extra=""):
        hub = Hub(self.folder, extra)
        self.addCleanup(hub.close)
        public = socket.create_server(("0.0.0.0", 0))
        self.addCleanup(public.close)
        hub.program.start([hub.sockets[0], ("proxy", public)])
        self.addCleanup(hub.program.kill)
        return hub

    def test_a_passed_public_socket_is_refused(self):
        hub = self.start_with_public_socket()
        self.assertEqual(hub.program.process.wait(SECONDS), 1)
        self.assertIn("allow_plaintext", hub.program.log())

    def test_unless_the_configuration_says_that_the_network_is_safe(self):
        hub = self.start_with_public_socket("allow_plaintext = true\n")
        wait_until(hub.status, "the hub runs")
        self.assertEqual(hub.program.stop(), 0)


if __name__ == "__main__":
    unittest.main()
