"""One reload after the other, by command and by SIGHUP, while callers call: no request fails, and a
stream that was open before is open afterwards."""
import contextlib, threading, unittest

import streams
from harness import Site, SiteTest
from programs import mapping, wait_until
from test_streams import echo

RELOADS = 24
CALLERS = 3


class ReloadStorm(SiteTest):
    @classmethod
    def make_site(cls):
        cls.server = streams.Server(echo)
        cls.addClassCleanup(cls.server.close)

        def mappings(site):
            return site.default_mapping() + mapping(f"tcp://127.0.0.1:{cls.server.port}",
                                                    "echo.virtual:7", rules="")

        return Site(agent_extra=mappings)

    def digest(self):
        return self.site.agent.status()["configuration"]

    def say(self, stream, word):
        stream.sendall(word)
        self.assertEqual(streams.read_exactly(stream, len(word)), word)

    def test_reloads_fail_no_request_and_end_no_stream_that_they_do_not_touch(self):
        agent, over = self.site.agent, threading.Event()
        answers: list = [[] for _ in range(CALLERS)]

        def call(mine):
            while not over.is_set():
                try:
                    mine.append(self.site.ask("GET", "/").status)
                except Exception as failure:    # what it is, is shown below
                    mine.append(repr(failure))

        callers = [threading.Thread(target=call, args=(mine,)) for mine in answers]
        stream = streams.connect(self.site.hub, self.site.token, "echo.virtual:7")
        with contextlib.closing(stream):
            self.say(stream, b"before")
            for caller in callers:
                caller.start()
            try:
                for number in range(RELOADS):
                    # Each is another configuration; every other one exposes something else, too.
                    more = mapping("http://127.0.0.1:1", f"m{number}.virtual:1") * (number % 2)
                    agent.write(f"# {number}\n{self.site.agent_extra}{more}")
                    if number % 3 == 0:
                        before = self.digest()
                        agent.program.signal(1)
                        wait_until(lambda: self.digest() != before, "the reload by SIGHUP")
                    else:
                        agent.command("reload")
                    self.say(stream, b"%d" % number)
                counted = [len(mine) for mine in answers]
                wait_until(lambda: all(len(mine) > count for mine, count in zip(answers, counted)),
                           "each caller was answered after the last reload as well")
            finally:
                over.set()
                for caller in callers:
                    caller.join()
            self.say(stream, b"after")
        self.assertEqual({answer for mine in answers for answer in mine}, {200})
        self.assertEqual(self.server.connections, 1)
        self.assertEqual(len(agent.records(event="config.changed")), RELOADS)


if __name__ == "__main__":
    unittest.main()
