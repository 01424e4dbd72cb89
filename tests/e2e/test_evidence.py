"""When records are written, seen from outside: the begin before the back end hears anything, the
end before the caller hears the end; and what happens when the disk takes no more (a file size
limit, so that it is the kernel who says no)."""
import contextlib, json, threading, unittest

import wire
from harness import Site, SiteTest
from programs import wait_until

FILE_BLOCKS = 24        # of 1 KiB; that many exchanges fit into it that a test sees some succeed
CHUNKED_ANSWER = (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
                  wire.chunked([b"hello"]))
ENOUGH = 200            # requests that surely fill it


class Order(SiteTest):
    """As [audit] durability says: `process` here, `power` below."""
    DURABILITY = "process"

    @classmethod
    def make_site(cls):
        return Site(agent_extra=lambda site: (
            f'[audit]\ndurability = "{cls.DURABILITY}"\n' + site.default_mapping()))

    def test_the_begin_is_on_record_before_the_back_end_hears_of_it(self):
        found = []

        def answer(connection, head):
            found.append(len(self.site.agent.records(event="exchange.begin", path=head.target)))
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            return True

        for number in range(20):
            self.site.backend.answers[f"/begin/{number}"] = answer
            self.assertEqual(self.site.ask("GET", f"/begin/{number}").status, 200)
        self.assertEqual(found, [1] * 20)

    def test_the_end_is_on_record_before_the_caller_hears_the_end(self):
        """The end that the framing tells: of a body with a length the caller may have all bytes,
        and know it, while `power` still waits for the disk."""
        for number in range(20):
            self.site.backend.answers[f"/end/{number}"] = CHUNKED_ANSWER
            answer = self.site.ask("GET", f"/end/{number}")
            self.assertEqual((answer.status, answer.complete), (200, True))
            (begin,) = self.site.agent.records(event="exchange.begin", path=f"/end/{number}")
            ends = self.site.agent.records(event="exchange.end", exchange=begin["exchange"])
            self.assertEqual([end["outcome"] for end in ends], ["answered"])
        self.site.agent.command("audit", "verify")

    def test_a_killed_agent_has_the_begin_of_what_the_back_end_heard(self):
        reached, go = threading.Event(), threading.Event()
        self.addCleanup(go.set)

        def answer(*_):
            reached.set()
            go.wait()

        self.site.backend.answers["/killed"] = answer
        with contextlib.closing(self.site.connect()) as client:
            client.send(self.site.head("GET", "/killed"))
            reached.wait()
            self.site.agent.program.kill()
        (begin,) = self.site.agent.records(event="exchange.begin", path="/killed")
        self.site.agent.start()
        self.site.wait_attached()
        (end,) = self.site.agent.records(event="exchange.end", exchange=begin["exchange"])
        self.assertEqual(end["outcome"], "lost")


class OrderWithPower(Order):
    DURABILITY = "power"


class FullDisk(SiteTest):
    ON_FAILURE = "block"

    @classmethod
    def make_site(cls):
        site = Site(agent_extra=lambda site: (
            f'[audit]\non_failure = "{cls.ON_FAILURE}"\n' + site.default_mapping()))
        cls.arguments = site.agent.program.arguments
        return site

    def setUp(self):
        """The agent anew, with room for a little more than its log takes now."""
        agent = self.site.agent
        agent.program.stop()
        taken = max(file.stat().st_size for file in (agent.state / "audit").glob("*.jsonl"))
        blocks = taken // 1024 + FILE_BLOCKS
        agent.program.arguments = ["bash", "-c", f'trap "" XFSZ; ulimit -f {blocks}; exec "$@"',
                                   "bash", *self.arguments]
        agent.program.log_file.write_bytes(b"")     # the limit holds for it as well
        agent.start()
        self.site.wait_attached()
        self.addCleanup(self.make_room)

    def make_room(self):
        self.site.agent.program.stop()
        self.site.agent.program.arguments = self.arguments
        self.site.agent.start()
        self.site.wait_attached()
        self.assertEqual(self.site.ask("GET", "/after").status, 200)
        self.assertTrue(self.status()["audit"]["healthy"])
        self.site.agent.command("audit", "verify")

    def status(self):
        return self.site.agent.status()

    def fill(self):
        """The statuses of many requests, and how many of them the back end heard of."""
        heard = len(self.site.backend.requests)
        statuses = [self.site.ask("GET", f"/fill/{number}").status for number in range(ENOUGH)]
        return statuses, len(self.site.backend.requests) - heard

    def test_what_happens_when_no_record_can_be_written(self):
        statuses, heard = self.fill()
        self.assertEqual(statuses[0], 200)
        failed_at = statuses.index(503)
        self.assertEqual(set(statuses[failed_at:]), {503}, "it stays so until somebody looks")
        begins = self.site.agent.records(event="exchange.begin")
        self.assertEqual(heard, len([begin for begin in begins
                                     if begin["path"].startswith("/fill/")]),
                         "the back end heard of nothing that is not on record")
        answer = self.site.ask("GET", "/refused")
        error = json.loads(answer.body)["error"]
        self.assertEqual((answer.status, error["code"]), (503, "audit_unavailable"))
        self.assertIn("sallyport-agent", answer.value("proxy-status"))
        self.assertFalse(self.status()["audit"]["healthy"])


class FullDiskDegraded(FullDisk):
    ON_FAILURE = "degrade"

    def test_what_happens_when_no_record_can_be_written(self):
        statuses, heard = self.fill()
        self.assertEqual(set(statuses), {200})
        self.assertEqual(heard, ENOUGH)
        audit = wait_until(lambda: self.status()["audit"], "the agent tells its state")
        self.assertFalse(audit["healthy"])
        self.assertGreater(audit["dropped"], 0)
        wait_until(lambda: "audit.failed" in self.site.agent.program.log(), "the log tells it")


if __name__ == "__main__":
    unittest.main()
