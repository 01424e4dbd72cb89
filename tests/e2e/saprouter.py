"""A client of a SAProuter: the one frame with a route that RFC libraries send, and its answer."""
import socket, struct

from programs import SECONDS
from streams import Refused, read_exactly

PONG = b"NI_PONG\0"
ERROR = b"NI_RTERR\0"
CODES = {-8: "invalid", -10: "unreachable", -90: "host", -91: "service", -92: "no agent",
         -93: "internal", -94: "permission", -96: "version", -100: "busy", -101: "talk mode"}


def route_frame(hops, talk_mode=0, version=2):
    """hops: (host, service, password), the router itself first."""
    entries = [b"\0".join(field.encode() for field in hop) + b"\0" for hop in hops]
    body = b"NI_ROUTE\0" + struct.pack(">BBBBHBII", version, 40, len(hops), talk_mode, 0,
                                       len(hops) - 1, sum(map(len, entries)), len(entries[0]))
    return frame(body + b"".join(entries))


def frame(payload):
    return struct.pack(">I", len(payload)) + payload


def read_frame(sock):
    length, = struct.unpack(">I", read_exactly(sock, 4))
    return read_exactly(sock, length)


def answer(sock):
    """Nothing if the route is open; raises Refused with the name of the code."""
    payload = read_frame(sock)
    if payload == PONG:
        return
    assert payload.startswith(ERROR), payload
    code, = struct.unpack(">i", payload[12:16])
    raise Refused(CODES.get(code, code))


def connect(hub, key, virtual, frame_bytes=None):
    """A socket whose other end is the internal system of `virtual`, "host:service"."""
    host, service = virtual.rsplit(":", 1)
    sock = socket.create_connection(hub.saprouter, SECONDS)
    try:
        sock.sendall(frame_bytes or route_frame([("hub.example.com", "3299", key),
                                                 (host, service, "")]))
        answer(sock)
    except BaseException:
        sock.close()
        raise
    return sock
