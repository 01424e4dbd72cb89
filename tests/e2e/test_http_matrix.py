"""What HTTP says must arrive, arrives: methods, targets, every body framing, interim answers,
trailers, streams, cuts and aborts, in both directions."""
import contextlib, hashlib, threading, unittest

import wire
from harness import SiteTest
from programs import SECONDS, wait_until

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "MERGE", "DELETE", "OPTIONS", "PROPFIND",
           "M-SEARCH"]
TARGETS = ["/", "/a?b=c&d=%20e", "/Set('a%2Fb')?$filter=x%20eq%20'%C3%A4'", "/SRV;v=2/Set", "/a//b",
           "/sap(bD1l)/bc/", "/~user/(x),!*'+:@", "/$metadata?sap-client=100"]
HIDDEN_FIELDS = ["Proxy-Authorization", "Proxy-Connection", "SAP-Connectivity-Authentication",
                 "SAP-Connectivity-Technical-Authentication", "SAP-Connectivity-SCC-Location_ID",
                 "SAP_Connectivity_X", "sallyport-user-token", "Sallyport_Client",
                 "SSL_CLIENT_CERT", "Ssl-Client-Verify", "Client-Cert", "Client-Cert-Chain",
                 "Remote-User", "Remote_User", "X-Remote-User", "X-SSL-Client-DN",
                 "X-Forwarded-Client-Cert", "HTTP2-Settings", "Keep-Alive",
                 "X-Named-By-Connection"]
# name, head fields and body as sent, the fields and the body that the back end must see
REQUEST_BODIES = [
    ("none", [], b"", {}, b""),
    ("length 0", [("Content-Length", 0)], b"", {"content-length": "0"}, b""),
    ("length 5", [("Content-Length", 5)], b"hello", {"content-length": "5"}, b"hello"),
    ("chunked", [("Transfer-Encoding", "chunked")], wire.chunked([b"he", b"llo"]),
     {"transfer-encoding": "chunked"}, b"hello"),
    ("chunked, empty", [("Transfer-Encoding", "chunked")], wire.chunked([]), None, b""),
    ("chunk extensions", [("Transfer-Encoding", "chunked")], b"5;a=b\r\nhello\r\n0\r\n\r\n",
     {"transfer-encoding": "chunked"}, b"hello"),
]
# name, bytes of the back end, method, status, body, complete
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
ANSWERS = [
    ("length", OK + b"Content-Length: 5\r\n\r\nhello", "GET", 200, b"hello", True),
    ("length 0", OK + b"Content-Length: 0\r\n\r\n", "GET", 200, b"", True),
    ("chunked", OK + CHUNKED + wire.chunked([b"he", b"llo"]), "GET", 200, b"hello", True),
    ("204", b"HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n", "GET", 204, b"", True),
    ("304", b"HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n", "GET", 304, b"", True),
    ("head", OK + b"Content-Length: 4711\r\n\r\n", "HEAD", 200, b"", True),
    ("its own 403", b"HTTP/1.1 403 Mine\r\nContent-Length: 2\r\n\r\nno", "GET", 403, b"no", True),
    ("its own 500", b"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\nno", "POST", 500, b"no", True),
]
CUT_ANSWERS = [
    ("length", OK + b"Content-Length: 1000\r\n\r\nhello"),
    ("chunked", OK + CHUNKED + b"5\r\nhello\r\n"),
    ("in a chunk", OK + CHUNKED + b"1000\r\nhello"),
]


class HttpMatrix(SiteTest):
    def setUp(self):
        self.backend = self.site.backend
        self.backend.answers.clear()

    def seen(self, *arguments, **named):
        answer = self.site.ask(*arguments, **named)
        self.assertEqual(answer.status, 200, answer.body)
        return self.site.seen(answer)

    def test_methods_arrive(self):
        for method in METHODS:
            with self.subTest(method):
                answer = self.site.ask(method, "/method")
                self.assertEqual(answer.status, 200)
                self.assertEqual(self.backend.requests[-1].start, f"{method} /method HTTP/1.1")

    def test_targets_arrive_byte_for_byte(self):
        for target in TARGETS:
            with self.subTest(target):
                self.assertEqual(self.seen("GET", target)["start"], f"GET {target} HTTP/1.1")

    def test_the_empty_path_is_the_root(self):
        self.assertEqual(self.seen("GET", "http://erp.virtual:44300")["start"], "GET / HTTP/1.1")

    def test_the_back_end_sees_the_virtual_host(self):
        fields = self.seen("GET", "/")["fields"]
        self.assertEqual([value for name, value in fields if name.lower() == "host"],
                         ["erp.virtual:44300"])

    def test_request_bodies_keep_content_and_framing(self):
        for name, fields, body, framing, content in REQUEST_BODIES:
            for method in ("POST", "GET", "DELETE"):
                with self.subTest(f"{method} {name}"):
                    with contextlib.closing(self.site.connect()) as client:
                        client.send(self.site.head(method, "/body", fields) + body)
                        seen = self.site.seen(client.response())
                    self.assertEqual(seen["body"].encode(), content)
                    found = {key.lower(): value for key, value in seen["fields"]
                             if key.lower() in ("content-length", "transfer-encoding")}
                    if framing is not None:
                        self.assertEqual(found, framing)

    def test_trailers_arrive_in_both_directions(self):
        self.backend.answers["/trailers"] = (
            b"HTTP/1.1 200 OK\r\nTrailer: x-sum\r\nTransfer-Encoding: chunked\r\n\r\n" +
            wire.chunked([b"hello"], [("x-sum", "4711"), ("Remote-User", "root")]))
        with contextlib.closing(self.site.connect()) as client:
            client.send(self.site.head("POST", "/trailers", [("Transfer-Encoding", "chunked"),
                                                              ("TE", "trailers")]) +
                        wire.chunked([b"up"], [("x-up", "1"), ("Remote-User", "root"),
                                               ("sallyport-user-token", "x")]))
            answer = client.response()
        self.assertIn(("x-sum", "4711"), answer.trailers)
        self.assertEqual(self.backend.requests[-1].trailers, [("x-up", "1")])

    def test_answers_keep_status_framing_and_body(self):
        for name, answer, method, status, body, complete in ANSWERS:
            with self.subTest(name):
                self.backend.answers["/answer"] = answer
                got = self.site.ask(method, "/answer")
                self.assertEqual((got.status, got.body, got.complete), (status, body, complete))
                for field in ("content-length", "etag", "x-a"):
                    self.assertEqual(got.values(field), wire.Message(answer.split(b"\r\n\r\n")[0])
                                     .values(field))

    def test_a_body_that_ends_with_the_connection_is_whole(self):
        def answer(connection, _):
            connection.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello")

        self.backend.answers["/until-close"] = answer
        got = self.site.ask("GET", "/until-close")
        self.assertEqual((got.body, got.complete), (b"hello", True))

    def test_the_reason_phrase_and_repeated_fields_arrive_as_they_are(self):
        self.backend.answers["/fields"] = (
            b"HTTP/1.1 299 As  You (Like) It\r\nSet-Cookie: a=1; Path=/\r\nX-Z: \xe4\r\n"
            b"Set-Cookie: b=2, c\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n")
        answer = self.site.ask("GET", "/fields")
        self.assertEqual(answer.reason, "As  You (Like) It")
        self.assertEqual(answer.values("set-cookie"), ["a=1; Path=/", "b=2, c"])
        self.assertEqual(answer.value("x-z"), "\xe4")
        self.assertEqual(answer.value("www-authenticate"), "Basic")

    def test_fields_that_could_forge_an_identity_never_arrive(self):
        forged = [(name, "forged") for name in HIDDEN_FIELDS if name not in (
            "Proxy-Authorization", "SAP-Connectivity-SCC-Location_ID")]
        seen = self.seen("GET", "/hidden", [("Connection", "X-Named-By-Connection"), *forged,
                                            ("X-Kept", "yes"), ("Authorization", "Basic eDp5")])
        names = {name.lower().replace("_", "-") for name, _ in seen["fields"]}
        self.assertEqual(names & {name.lower().replace("_", "-") for name in HIDDEN_FIELDS}, set())
        self.assertLessEqual({"x-kept", "authorization"}, names)

    def test_the_back_end_cannot_speak_as_the_hub(self):
        self.backend.answers["/forged"] = (
            b"HTTP/1.1 200 OK\r\nsallyport-reason: x\r\nSallyport-Exchange-Id: x\r\n"
            b"Connection: X-Hop\r\nX-Hop: 1\r\nX-End: 1\r\nContent-Length: 0\r\n\r\n")
        names = {name.lower() for name, _ in self.site.ask("GET", "/forged").fields}
        self.assertEqual(names & {"sallyport-reason", "sallyport-exchange-id", "x-hop"}, set())
        self.assertIn("x-end", names)

    def test_a_redirect_to_the_internal_name_leads_to_the_virtual_one(self):
        for location, expected in (
                (f"{self.site.internal()}/next?a=b", "http://erp.virtual:44300/next?a=b"),
                ("/next", "/next"), ("http://elsewhere.example/x", "http://elsewhere.example/x")):
            self.backend.answers["/moved"] = (
                f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode())
            self.assertEqual(self.site.ask("GET", "/moved").value("location"), expected)

    def test_expect_continue_gets_its_go_ahead(self):
        with contextlib.closing(self.site.connect()) as client:
            client.send(self.site.head("POST", "/expect", [("Expect", "100-continue"),
                                                            ("Content-Length", 5)]))
            self.assertIn(b" 100 ", client.until(b"\r\n\r\n"))
            client.send(b"hello")
            answer = client.response()
        self.assertEqual(self.site.seen(answer)["body"], "hello")

    def test_expect_continue_may_be_answered_with_a_refusal(self):
        def answer(connection, _):
            connection.send(b"HTTP/1.1 417 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

        self.backend.answers["/expect"] = answer
        with contextlib.closing(self.site.connect()) as client:
            client.send(self.site.head("POST", "/expect", [("Expect", "100-continue"),
                                                            ("Content-Length", 5)]))
            answer = client.response()
        self.assertEqual(answer.status, 417)

    def test_early_hints_pass(self):
        self.backend.answers["/hints"] = (b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
                                          b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        answer = self.site.ask("GET", "/hints")
        self.assertEqual([hint.status for hint in answer.interim], [103])
        self.assertEqual((answer.status, answer.body), (200, b"ok"))

    def test_an_answer_during_the_upload_arrives_before_the_upload_ends(self):
        def answer(connection, _):
            connection.send(b"HTTP/1.1 413 Too much\r\nContent-Length: 4\r\n\r\nstop")
            connection.wait_for_end()

        self.backend.answers["/early"] = answer
        with contextlib.closing(self.site.connect()) as client:
            head = self.site.head("POST", "/early", [("Content-Length", 10 << 20)])
            client.send(head + b"x" * 1000)
            answer = client.response()
        self.assertEqual((answer.status, answer.body, answer.complete), (413, b"stop", True))

    def test_the_first_event_arrives_before_the_second_is_sent(self):
        for framing in ("Transfer-Encoding: chunked", "Connection: close"):
            with self.subTest(framing):
                seen_by_client = threading.Event()

                def answer(connection, _, framing=framing, seen=seen_by_client):
                    pieces = [b"data: 1\n\n", b"data: 2\n\n"]
                    if "chunked" in framing:
                        pieces = [b"9\r\n" + piece + b"\r\n" for piece in pieces] + [b"0\r\n\r\n"]
                    connection.send(f"HTTP/1.1 200 OK\r\n{framing}\r\n\r\n".encode() + pieces[0])
                    if seen.wait(SECONDS):
                        connection.send(b"".join(pieces[1:]))

                self.backend.answers["/events"] = answer
                with contextlib.closing(self.site.connect()) as client:
                    client.send(self.site.head("GET", "/events"))
                    head = client.response_head()
                    first = b""
                    while b"data: 1\n\n" not in first:
                        first += client.some()
                    seen_by_client.set()
                    rest = first
                    while b"data: 2\n\n" not in rest:
                        rest += client.some()
                self.assertEqual(head.status, 200)

    def test_a_cut_answer_never_looks_whole(self):
        for name, sent in CUT_ANSWERS:
            for end in ("close", "reset"):
                with self.subTest(f"{name}, {end}"):
                    def answer(connection, _, sent=sent, end=end):
                        connection.send(sent)
                        getattr(connection, end)()

                    self.backend.answers["/cut"] = answer
                    try:
                        got = self.site.ask("GET", "/cut")
                    except (wire.Closed, ConnectionError):
                        continue        # cut before its head: visible as well
                    self.assertTrue(got.status >= 500 or not got.complete, got.start)

    def test_an_aborted_request_ends_at_the_back_end_and_in_the_audit_log(self):
        ended = threading.Event()

        def answer(connection, _):
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nx")
            connection.wait_for_end()
            ended.set()

        self.backend.answers["/abort"] = answer
        for end in ("close", "reset"):
            with self.subTest(end):
                ended.clear()
                client = self.site.connect()
                client.send(self.site.head("GET", f"/abort?{end}"))
                client.response_head()
                getattr(client, end)()
                self.assertTrue(ended.wait(SECONDS), "the back end's connection ends")
        begins = self.site.agent.records(event="exchange.begin", path="/abort")
        for begin in begins:
            wait_until(lambda begin=begin: self.site.agent.records(
                event="exchange.end", exchange=begin["exchange"], outcome="aborted"),
                "the end of the exchange says aborted")
        self.assertEqual(len(begins), 2)

    def test_an_upload_that_breaks_off_does_not_look_whole_to_the_back_end(self):
        outcome = []
        reached, done = threading.Event(), threading.Event()

        def answer(connection, head):
            reached.set()
            connection.body(head, until_close=False)
            outcome.append(head.complete)
            done.set()

        self.backend.answers["/half"] = answer
        for fields, start in (([("Content-Length", 1000)], b"half"),
                              ([("Transfer-Encoding", "chunked")], b"4\r\nhalf\r\n")):
            reached.clear()
            done.clear()
            client = self.site.connect()
            client.send(self.site.head("POST", "/half", fields) + start)
            self.assertTrue(reached.wait(SECONDS))
            client.close()
            self.assertTrue(done.wait(SECONDS))
        self.assertEqual(outcome, [False, False])

    def test_requests_of_one_connection_are_independent(self):
        with contextlib.closing(self.site.connect()) as client:
            for number in range(3):
                client.send(self.site.head("POST", f"/n{number}", [("Content-Length", 1)]) + b"x")
                self.assertEqual(self.site.seen(client.response())["start"],
                                 f"POST /n{number} HTTP/1.1")
            client.send(self.site.head("GET", "http://other.virtual:80/"))
            self.assertEqual(client.response().status, 403)
            client.send(self.site.head("GET", "/again"))
            self.assertEqual(client.response().status, 200)

    def test_pipelined_requests_are_answered_in_order(self):
        with contextlib.closing(self.site.connect()) as client:
            client.send(b"".join(self.site.head("GET", f"/p{number}") for number in range(5)))
            for number in range(5):
                self.assertEqual(self.site.seen(client.response())["start"],
                                 f"GET /p{number} HTTP/1.1")

    def test_a_back_end_that_closes_idle_connections_costs_nothing(self):
        def answer(connection, _):
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

        self.backend.answers["/closes"] = answer
        for _ in range(20):
            self.assertEqual(self.site.ask("GET", "/closes").status, 200)


class LargeStreams(SiteTest):
    BYTES = 48 << 20

    def test_large_bodies_arrive_unchanged_in_both_directions_at_once(self):
        block = hashlib.sha256(b"seed").digest() * 2048
        digest = hashlib.sha256(block * (self.BYTES // len(block))).hexdigest()

        def echo(connection, head):
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % self.BYTES)
            left = self.BYTES
            while left:
                piece = connection.some()
                connection.send(piece)
                left -= len(piece)

        self.site.backend.answers["/echo"] = echo
        with contextlib.closing(self.site.connect()) as client:
            client.send(self.site.head("POST", "/echo", [("Content-Length", self.BYTES)]))
            sender = threading.Thread(target=lambda: [client.send(block) for _ in range(
                self.BYTES // len(block))])
            sender.start()
            answer = client.response()
            sender.join()
        self.assertEqual((answer.body_bytes, answer.complete), (self.BYTES, True))
        self.assertEqual(answer.sha256, digest)

    def test_a_client_that_does_not_read_holds_up_nobody_else(self):
        def endless(connection, _):
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (1 << 30))
            while True:
                connection.send(b"x" * 65536)

        self.site.backend.answers["/endless"] = endless
        stalled = [self.site.connect() for _ in range(8)]
        for client in stalled:
            client.send(self.site.head("GET", "/endless"))
            client.response_head()
        for _ in range(50):
            self.assertEqual(self.site.ask("GET", "/quick").status, 200)
        for client in stalled:
            client.reset()


if __name__ == "__main__":
    unittest.main()
