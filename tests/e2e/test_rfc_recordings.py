"""Recorded sessions of other people's RFC clients through the whole chain: every byte arrives. The
recordings are not part of this project: SALLYPORT_RFC_VECTORS names their folder."""
import os, pathlib, threading, unittest

import streams
from programs import SECONDS
from rfc_frames import comparable, ni, read_frame
from rfc_site import RfcTest, rfc_mapping

VECTORS = os.environ.get("SALLYPORT_RFC_VECTORS", "")
FLOWS = sorted(pathlib.Path(VECTORS, "flows").glob("*.flow")) if VECTORS else []
RULES = "".join(f'[[mapping.rule]]\nfunction = "{letter}"\nmatch = "prefix"\n'
                for letter in "ABDRSTZ")


def frames_of(flow):
    """[(direction, payload)] in their order."""
    lines = [line.split() for line in flow.read_text().splitlines()]
    return [(line[0], bytes.fromhex(line[1])[4:]) for line in lines if len(line) == 2]


class Replay:
    """A gateway that says what was recorded."""

    def __init__(self):
        self.begin([])
        self.server = streams.Server(self._serve)
        self.port = self.server.port

    def begin(self, flow):
        self.flow, self.received, self.ended = flow, bytearray(), threading.Event()

    def _serve(self, sock):
        received, ended = self.received, self.ended
        try:
            for direction, payload in self.flow:
                if direction == "s2c":
                    sock.sendall(ni(payload))
                else:
                    received += ni(read_frame(sock))
        finally:
            ended.set()


@unittest.skipUnless(FLOWS, "SALLYPORT_RFC_VECTORS names no recordings")
class Recordings(RfcTest):
    @classmethod
    def mappings(cls, port):
        cls.replay = Replay()
        cls.addClassCleanup(cls.replay.server.close)
        return rfc_mapping(cls.replay.port, rules=RULES)

    def test_sessions_arrive_byte_for_byte(self):
        for flow in FLOWS:
            with self.subTest(flow.name):
                self.replay.begin(frames_of(flow))
                sock = self.connect()
                sock.settimeout(SECONDS)
                heard, sent, told = bytearray(), bytearray(), bytearray()
                for direction, payload in self.replay.flow:
                    if direction == "c2s":
                        sock.sendall(ni(payload))
                        sent += ni(payload)
                    else:
                        heard += ni(read_frame(sock))
                        told += ni(payload)
                self.assertEqual(comparable(heard), comparable(told))
                self.assertTrue(self.replay.ended.wait(SECONDS))
                self.assertEqual(comparable(self.replay.received), comparable(sent))


if __name__ == "__main__":
    unittest.main()
