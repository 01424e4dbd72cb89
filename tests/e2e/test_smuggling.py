"""Requests that two readers could read differently are refused before anything is forwarded, and a
back end's answers of that kind never reach a client as an answer."""
import contextlib, unittest

import wire
from harness import Site, SiteTest
from programs import mapping

POST = "POST http://erp.virtual:44300/ HTTP/1.1\r\nHost: erp.virtual:44300\r\n"
SMUGGLED = "GET http://erp.virtual:44300/smuggled HTTP/1.1\r\nHost: erp.virtual:44300\r\n\r\n"
CHUNKED_BODY = "0\r\n\r\n" + SMUGGLED
KIB = 1024
REFUSED = {400, 405, 411, 413, 414, 431, 501, 505}

CHUNKED = "Transfer-Encoding: chunked\r\n"

# what, the request (AUTH stands for the token)
REQUESTS = [
    ("CL.TE", POST + "AUTH\r\nContent-Length: 6\r\n" + CHUNKED + "\r\n" + CHUNKED_BODY),
    ("TE.CL", POST + "AUTH\r\n" + CHUNKED + "Content-Length: 4\r\n\r\n" + CHUNKED_BODY),
    ("TE.TE", POST + "AUTH\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n" +
     CHUNKED_BODY),
    ("chunked twice", POST + "AUTH\r\nTransfer-Encoding: chunked, chunked\r\n\r\n" + CHUNKED_BODY),
    ("unknown coding", POST + "AUTH\r\nTransfer-Encoding: xchunked\r\n\r\n" + CHUNKED_BODY),
    ("coding with a tab", POST + "AUTH\r\nTransfer-Encoding: \x0bchunked\r\n\r\n" + CHUNKED_BODY),
    ("space before the colon", POST + "AUTH\r\nTransfer-Encoding : chunked\r\n\r\n" + CHUNKED_BODY),
    ("two lengths", POST + "AUTH\r\nContent-Length: 0\r\nContent-Length: 70\r\n\r\n" + SMUGGLED),
    ("list of lengths", POST + "AUTH\r\nContent-Length: 0, 70\r\n\r\n" + SMUGGLED),
    ("signed length", POST + "AUTH\r\nContent-Length: +0\r\n\r\n" + SMUGGLED),
    ("hexadecimal length", POST + "AUTH\r\nContent-Length: 0x0\r\n\r\n" + SMUGGLED),
    ("huge length", POST + "AUTH\r\nContent-Length: 99999999999999999999\r\n\r\n" + SMUGGLED),
    ("folded field", POST + "AUTH\r\nX-A: b\r\n Content-Length: 0\r\n\r\n"),
    ("folded first field", POST.split("\r\n")[0] + "\r\n Host: erp.virtual:44300\r\nAUTH\r\n\r\n"),
    ("bare LF between fields", POST + "AUTH\r\nX-A: b\nX-B: c\r\n\r\n"),
    ("bare LF at the end", POST + "AUTH\r\nContent-Length: 0\n\n"),
    ("bare CR in a value", POST + "AUTH\r\nX-A: b\rContent-Length: 0\r\n\r\n"),
    ("NUL in a value", POST + "AUTH\r\nX-A: b\0c\r\n\r\n"),
    ("no colon", POST + "AUTH\r\nX-A\r\n\r\n"),
    ("empty name", POST + "AUTH\r\n: x\r\n\r\n"),
    ("two hosts", POST + "AUTH\r\nHost: other.virtual\r\n\r\n"),
    ("another host than the target", POST.replace("Host: erp", "Host: other") + "AUTH\r\n\r\n"),
    ("tab in the start line", POST.replace("POST http", "POST\thttp") + "AUTH\r\n\r\n"),
    ("space in the target", POST.replace("/ HTTP", "/a b HTTP") + "AUTH\r\n\r\n"),
    ("control in the target", POST.replace("/ HTTP", "/\x01 HTTP") + "AUTH\r\n\r\n"),
    ("HTTP/1.2", POST.replace("HTTP/1.1", "HTTP/1.2") + "AUTH\r\n\r\n"),
    ("HTTP/2.0", POST.replace("HTTP/1.1", "HTTP/2.0") + "AUTH\r\n\r\n"),
    ("user in the target", POST.replace("http://erp", "http://u:p@erp") + "AUTH\r\n\r\n"),
    ("bad chunk size", POST + "AUTH\r\n" + CHUNKED + "\r\nxyz\r\n" + SMUGGLED),
    ("signed chunk size", POST + "AUTH\r\n" + CHUNKED + "\r\n+1\r\na\r\n0\r\n\r\n"),
    ("bare LF after a chunk size", POST + "AUTH\r\n" + CHUNKED + "\r\n1\na\r\n0\r\n\r\n"),
    ("huge chunk size", POST + "AUTH\r\n" + CHUNKED + "\r\nFFFFFFFFFFFFFFFFF\r\n"),
    ("chunk longer than its size", POST + "AUTH\r\n" + CHUNKED + "\r\n1\r\nabc\r\n"),
    ("raw bytes above ASCII in the target", POST.replace("/ HTTP", "/\xe4 HTTP") + "AUTH\r\n\r\n"),
]
OVERSIZED = [
    ("one huge field", POST + "AUTH\r\nX-A: " + "a" * (96 * KIB) + "\r\n\r\n"),
    ("many fields", POST + "AUTH\r\n" + "".join(f"X-{i}: b\r\n" for i in range(5000)) + "\r\n"),
    ("huge target", POST.replace("/ HTTP", "/" + "a" * (96 * KIB) + " HTTP") + "AUTH\r\n\r\n"),
    ("huge chunk extension", POST + "AUTH\r\n" + CHUNKED + "\r\n1;" +
     "a" * (96 * KIB) + "\r\na\r\n0\r\n\r\n"),
    ("huge trailer", POST + "AUTH\r\n" + CHUNKED + "\r\n0\r\nX-A: " +
     "a" * (96 * KIB) + "\r\n\r\n"),
]
OK = b"HTTP/1.1 200 OK\r\n"
ANSWERS = [
    ("two lengths", OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
    ("length and chunked", OK + b"Content-Length: 1\r\n" + CHUNKED.encode() + b"\r\n0\r\n\r\n"),
    ("unknown coding", OK + b"Transfer-Encoding: gzip\r\n\r\nx"),
    ("folded field", OK + b"X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n"),
    ("bare LF", OK + b"X-A: b\nX-B: c\r\nContent-Length: 0\r\n\r\n"),
    ("NUL", OK + b"X-A: b\0c\r\nContent-Length: 0\r\n\r\n"),
    ("status of two digits", b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n"),
    ("HTTP/0.9", b"hello"),
    ("101 that nobody asked for", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
    ("head above the limit", OK + b"X-A: " + b"a" * (96 * KIB) + b"\r\n\r\n"),
]


class Smuggling(SiteTest):
    @classmethod
    def make_site(cls):
        """A back end that gives one bad answer after the other would be left alone."""
        rules = 'path = "/"\nmatch = "subpaths"\nupgrade = true\nbatch = true'
        return Site(agent_extra=lambda site: mapping(site.internal(), rules=rules,
                                                     more="limits.circuit_breaker = false"))

    def setUp(self):
        self.backend = self.site.backend
        self.backend.answers.clear()
        self.backend.requests.clear()

    def send(self, text):
        """The first answer, or None if the hub closed without one; and that nothing follows it."""
        text = text.replace("AUTH", f"Proxy-Authorization: Bearer {self.site.token}", 1)
        with contextlib.closing(self.site.connect()) as client:
            try:
                client.send(text.encode("latin-1"))
            except OSError:
                pass        # refused while we were still sending
            try:
                client.finish_sending()
                answer = client.response("POST")
            except (wire.Closed, OSError):
                return None
            try:
                rest = client.some()
            except (wire.Closed, OSError):
                rest = b""
            self.assertEqual(rest, b"", "a second answer: the rest was read as a request")
            return answer

    def reached(self):
        return [request.start for request in self.backend.requests if request.complete]

    def test_ambiguous_requests_are_refused(self):
        for what, text in REQUESTS:
            with self.subTest(what):
                answer = self.send(text)
                if answer is not None:
                    self.assertIn(answer.status, REFUSED, answer.start)
                self.assertEqual(self.reached(), [])

    def test_oversized_heads_are_refused(self):
        for what, text in OVERSIZED:
            with self.subTest(what):
                answer = self.send(text)
                if answer is not None:
                    self.assertIn(answer.status, REFUSED, answer.start)
                self.assertEqual(self.reached(), [])

    def test_the_proxy_lives_after_all_that(self):
        for _, text in REQUESTS[:5] + OVERSIZED[:1]:
            self.send(text)
        self.assertEqual(self.site.ask("GET", "/").status, 200)

    def test_ambiguous_answers_never_pass_as_good_ones(self):
        for what, sent in ANSWERS:
            with self.subTest(what):
                def answer(connection, _, sent=sent):
                    connection.send(sent)

                self.backend.answers["/answer"] = answer
                try:
                    got = self.site.ask("GET", "/answer")
                except (wire.Closed, OSError):
                    continue
                self.assertEqual(got.status, 502, got.start)

    def test_what_follows_an_answer_is_not_the_next_answer(self):
        def answer(connection, _):
            connection.send(OK + b"Content-Length: 2\r\n\r\nok" +
                            OK + b"Content-Length: 8\r\n\r\npoisoned")
            return True

        self.backend.answers["/two"] = answer
        for _ in range(5):
            self.assertEqual(self.site.ask("GET", "/two").body, b"ok")
            self.assertNotEqual(self.site.ask("GET", "/other").body, b"poisoned")


if __name__ == "__main__":
    unittest.main()
