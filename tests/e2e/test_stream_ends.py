"""Streams under way when the agent or the hub stops: a cut for both sides, and what moved is on
record."""
import queue, unittest

import streams
from harness import Site, SiteTest
from programs import SECONDS, wait_until

ends: queue.Queue = queue.Queue()


def echo(sock):
    """Remembers how the client ended."""
    try:
        while data := sock.recv(65536):
            sock.sendall(data)
        ends.put("ended")
    except ConnectionResetError:
        ends.put("reset")


class StreamEnds(SiteTest):
    @classmethod
    def make_site(cls):
        server = streams.Server(echo)
        cls.addClassCleanup(server.close)
        hub_extra = '[tunnel]\ndrain_timeout = "1s"\n'
        site = Site(hub_extra, lambda made: made.default_mapping() + (
            f'\n[[mapping]]\nvirtual = "echo.virtual:7"\n'
            f'internal = "tcp://127.0.0.1:{server.port}"\n'))
        site.agent.base = site.agent.base.replace("[tunnel]\n", '[tunnel]\ndrain_timeout = "1s"\n')
        site.agent.write(site.agent_extra)
        return site

    def stream_that_is_stopped_by(self, program):
        """Its record."""
        sock = streams.connect(self.site.hub, self.site.token, "echo.virtual:7")
        self.addCleanup(sock.close)
        sock.sendall(b"abc")
        self.assertEqual(streams.read_exactly(sock, 3), b"abc")
        begin = self.site.agent.records(event="exchange.begin", virtual_host="echo.virtual:7")[-1]
        self.assertEqual(program.stop(), 0)
        with self.assertRaises(ConnectionResetError):
            sock.recv(1)
        self.assertEqual(ends.get(timeout=SECONDS), "reset")
        return wait_until(lambda: self.site.agent.records(event="exchange.end",
                                                          exchange=begin["exchange"]), "its end")

    def test_whoever_stops_breaks_off(self):
        # The hub last, since the agent has to be attached.
        for program in (self.site.agent.program, self.site.hub.program):
            if not self.site.agent.program.running():
                self.site.agent.start()
                self.site.wait_attached()
            records = self.stream_that_is_stopped_by(program)
            self.assertEqual([record["outcome"] for record in records], ["aborted"])
            self.assertEqual((records[0]["request_bytes"], records[0]["response_bytes"]), (3, 3))


if __name__ == "__main__":
    unittest.main()
