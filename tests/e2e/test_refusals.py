"""Every refusal: status, text, JSON shape, Proxy-Status, and the exchange id that also stands in
the audit log."""
import contextlib, json, threading, unittest

import wire
from backends import closed_port
from harness import SiteTest
from programs import VIRTUAL, basic, mapping, wait_until

LIMITS = 'limits = { response_timeout = "300ms" }'
RULES = '''path = "/sap/opu/odata/"
match = "subpaths"
methods = ["GET", "HEAD", "POST"]

path = "/exact"
match = "exact"'''


def mappings(site):
    return (mapping(site.internal(), rules=RULES) +
            mapping(site.internal(), "slow.virtual:80", more=LIMITS) +
            mapping(f"http://127.0.0.1:{closed_port()}", "gone.virtual:80") +
            mapping(site.internal(), "silent.virtual:80"))


# what, method, target, further fields, status, code, words of the message
POLICY = [
    ("unknown system", "GET", "http://unknown.virtual:44300/", [], 403, "system_not_exposed",
     ["Access denied to system unknown.virtual:44300", "expose the system correctly"]),
    ("known host, other port", "GET", "http://erp.virtual:44301/", [], 403, "system_not_exposed",
     ["erp.virtual:44301"]),
    ("path without a rule", "GET", "/sap/bc/x?secret=1", [], 403, "resource_not_exposed",
     ["Access denied to resource /sap/bc/x on system erp.virtual:44300"]),
    ("not a whole segment", "GET", "/sap/opu/odatax", [], 403, "resource_not_exposed", []),
    ("below an exact rule", "GET", "/exact/x", [], 403, "resource_not_exposed", []),
    ("exact rule, other reading", "GET", "/exac%74;v=1", [], 403, "resource_not_exposed", []),
    ("method", "DELETE", "/sap/opu/odata/x", [], 403, "resource_not_exposed", ["DELETE"]),
    ("overridden method", "POST", "/sap/opu/odata/x", [("X-HTTP-Method", "DELETE")], 403,
     "resource_not_exposed", ["DELETE"]),
    ("batch", "POST", "/sap/opu/odata/$batch", [], 403, "resource_not_exposed", ["$batch"]),
    ("dot segments", "GET", "/sap/opu/odata/../../bc", [], 400, "ambiguous_request", []),
    ("encoded dot segments", "GET", "/sap/opu/odata/%2e%2e/x", [], 400, "ambiguous_request", []),
    ("double encoding", "GET", "/sap/opu/odata/%252e%252e/x", [], 400, "ambiguous_request", []),
    ("..;", "GET", "/sap/opu/odata/..;/x", [], 400, "ambiguous_request", []),
    ("backslash", "GET", "/sap/opu/odata/%5c..%5cx", [], 400, "ambiguous_request", []),
    ("NUL", "GET", "/sap/opu/odata/%00", [], 400, "ambiguous_request", []),
    ("bad escape", "GET", "/sap/opu/odata/%zz", [], 400, "ambiguous_request", []),
    ("two overrides", "POST", "/sap/opu/odata/x",
     [("X-HTTP-Method", "GET"), ("X-HTTP-Method-Override", "HEAD")], 400, "ambiguous_request", []),
    ("override of a GET", "GET", "/sap/opu/odata/x", [("X-HTTP-Method", "POST")], 400,
     "ambiguous_request", []),
]
ALLOWED = [("GET", "/sap/opu/odata"), ("GET", "/sap/opu/odata/"), ("HEAD", "/sap/opu/odata/x"),
           ("GET", "/sap/opu/odata/Set('a%2Fb')"), ("GET", "/exact"), ("POST", "/exact?q=/../")]


class Refusals(SiteTest):
    site_options = {"agent_extra": mappings}

    def setUp(self):
        self.site.backend.answers.clear()

    def check_shape(self, answer, status, code, culprit):
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.value("content-type").split(";")[0], "application/json")
        self.assertIn(culprit, answer.value("proxy-status"))
        error = json.loads(answer.body)["error"]
        self.assertEqual(error["code"], code)
        self.assertGreater(len(error["message"]), 10)
        self.assertEqual(error.get("exchange", ""), answer.value("x-sallyport-exchange"))
        return error["message"]

    def end_of(self, answer):
        """The one audit record of a refused exchange."""
        exchange = answer.value("x-sallyport-exchange")
        self.assertTrue(exchange)
        ends = wait_until(lambda: self.site.agent.records(event="exchange.end", exchange=exchange),
                          f"the end of exchange {exchange} is recorded")
        self.assertEqual(len(ends), 1)
        return ends[0]

    def test_policy_refuses_and_records_who_asked_for_what(self):
        for what, method, target, fields, status, code, words in POLICY:
            with self.subTest(what):
                fields = [*fields, ("Content-Length", 0)] if method == "POST" else fields
                reached = len(self.site.backend.requests)
                answer = self.site.ask(method, target, fields)
                message = self.check_shape(answer, status, code, "sallyport-agent")
                for word in words:
                    self.assertIn(word, message)
                self.assertNotIn("secret", message)
                end = self.end_of(answer)
                self.assertEqual((end["outcome"], end["status"], end["reason"]),
                                 ("refused", status, code))
                self.assertEqual(end["client"], self.site.shop["clientid"])
                self.assertNotIn("?", end["path"])
                self.assertNotIn("begin", end)
                self.assertEqual(len(self.site.backend.requests), reached)

    def test_what_the_rules_name_passes(self):
        for method, target in ALLOWED:
            with self.subTest(target):
                fields = [("Content-Length", 0)] if method == "POST" else []
                self.assertEqual(self.site.ask(method, target, fields).status, 200)

    def test_nothing_tunnels_past_the_rules(self):
        token = ("Proxy-Authorization", f"Bearer {self.site.token}")
        for start, fields, status in (
                (f"CONNECT {VIRTUAL} HTTP/1.1", [("Host", VIRTUAL), token], 405),
                (f"CONNECT {VIRTUAL} HTTP/1.1", [("Host", VIRTUAL)], 405),
                (f"GET https://{VIRTUAL}/ HTTP/1.1", [("Host", VIRTUAL), token], 405),
                ("GET /sap/opu/odata/ HTTP/1.1", [("Host", VIRTUAL), token], 400),
                (f"GET ftp://{VIRTUAL}/ HTTP/1.1", [("Host", VIRTUAL), token], 400)):
            with self.subTest(start), contextlib.closing(self.site.connect()) as client:
                client.send(wire.head(start, fields))
                answer = client.response()
                self.assertEqual(answer.status, status)
                self.assertIn("error", json.loads(answer.body))

    def test_without_a_good_token_nobody_is_asked(self):
        head, payload, signature = self.site.token.split(".")
        flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
        for what, field in (("none", None), ("empty", "Bearer "), ("no token", "Bearer x"),
                            ("other scheme", "Digest x"), ("Basic of a user", basic("u", "p")),
                            ("bad signature", f"Bearer {head}.{payload}.{flipped}"),
                            ("no signature", f"Bearer {head}.{payload}."),
                            ("alg none", f"Bearer eyJhbGciOiJub25lIn0.{payload}.")):
            with self.subTest(what), contextlib.closing(self.site.connect()) as client:
                fields = [("Host", VIRTUAL)] + ([("Proxy-Authorization", field)] if field else [])
                client.send(wire.head(f"GET http://{VIRTUAL}/exact HTTP/1.1", fields))
                answer = client.response()
                self.check_shape(answer, 407, "token_refused", "sallyport-hub")
                self.assertEqual(answer.value("proxy-authenticate").split(" ")[0], "Bearer")
        self.assertEqual(self.site.ask("GET", "/exact").status, 200)

    def test_a_token_may_come_as_the_user_of_basic(self):
        with contextlib.closing(self.site.connect()) as client:
            client.send(wire.head(f"GET http://{VIRTUAL}/exact HTTP/1.1", [
                ("Host", VIRTUAL), ("Proxy-Authorization", basic(self.site.token, ""))]))
            self.assertEqual(client.response().status, 200)

    def test_an_absent_location_is_named(self):
        answer = self.site.ask("GET", "/exact", [("SAP-Connectivity-SCC-Location_ID", "BRANCH-7")])
        message = self.check_shape(answer, 503, "no_agent", "sallyport-hub")
        self.assertIn("BRANCH-7", message)

    def test_a_back_end_that_nobody_runs_is_a_502(self):
        answer = self.site.ask("GET", "http://gone.virtual/")
        message = self.check_shape(answer, 502, "backend_unreachable", "sallyport-agent")
        self.assertNotIn("127.0.0.1", message)
        end = self.end_of(answer)
        self.assertEqual((end["outcome"], end["status"]), ("failed", 502))
        self.assertIn("begin", end)

    def test_a_back_end_that_closes_or_talks_nonsense_is_a_502(self):
        for sent, code in ((b"", "backend_closed"), (b"HTTP/1.1 20", "backend_closed"),
                           (b"SSH-2.0-x\r\n\r\n", "backend_answer_invalid"),
                           (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
                            "backend_answer_invalid")):
            with self.subTest(code):
                def answer(connection, _, sent=sent):
                    connection.send(sent)

                self.site.backend.answers["/x"] = answer
                got = self.site.ask("POST", "http://silent.virtual/x", body=b"x")
                self.check_shape(got, 502, code, "sallyport-agent")

    def test_a_back_end_that_never_answers_is_a_504(self):
        released = threading.Event()
        self.addCleanup(released.set)
        self.site.backend.answers["/slow"] = lambda connection, _: released.wait()
        answer = self.site.ask("GET", "http://slow.virtual/slow")
        self.check_shape(answer, 504, "backend_timed_out", "sallyport-agent")
        self.assertEqual(self.end_of(answer)["outcome"], "timed_out")

    def test_a_refused_client_keeps_its_connection(self):
        with contextlib.closing(self.site.connect()) as client:
            for target, status in (("/none", 403), ("/exact", 200), ("http://gone.virtual/", 502),
                                   ("/exact", 200)):
                client.send(self.site.head("GET", target))
                self.assertEqual(client.response().status, status)

    def test_an_answered_exchange_has_one_begin_and_one_end(self):
        before = len(self.site.agent.records(event="exchange.begin"))
        self.assertEqual(self.site.ask("POST", "/exact", body=b"four").status, 200)
        begins = self.site.agent.records(event="exchange.begin")
        self.assertEqual(len(begins), before + 1)
        begin = begins[-1]
        ends = self.site.agent.records(event="exchange.end", exchange=begin["exchange"])
        self.assertEqual(len(ends), 1)
        self.assertEqual((begin["virtual_host"], begin["method"], begin["path"], begin["rule"]),
                         (VIRTUAL, "POST", "/exact", "2:/exact"))
        self.assertEqual((ends[0]["outcome"], ends[0]["status"], ends[0]["request_bytes"],
                          ends[0]["begin"]), ("answered", 200, 4, begin["seq"]))

    def test_the_log_verifies(self):
        self.site.agent.command("audit", "verify")


if __name__ == "__main__":
    unittest.main()
