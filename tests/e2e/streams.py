"""Clients and internal systems that speak over plain streams: a SOCKS5 client that knows how cloud
applications log on, and scripted TCP servers."""
import base64, contextlib, socket, struct, threading

from programs import SECONDS

NO_TOKEN_OF_MINE = b"\x05\xff"
REPLIES = {0: "granted", 1: "failure", 2: "not exposed", 3: "no agent", 4: "unreachable",
           7: "command", 8: "address type"}


class Refused(Exception):
    """The hub said no; args[0] is what a client would print."""


def read_exactly(sock, count):
    data = b""
    while len(data) < count:
        piece = sock.recv(count - len(data))
        if not piece:
            raise Refused(f"closed after {data!r}")
        data += piece
    return data


def shake_hands(sock, token, host, port, location="", send=None):
    """Until the stream is granted; raises Refused. `send` may send in pieces."""
    send = send or sock.sendall
    send(b"\x05\x02\x00\x80")
    if read_exactly(sock, 2) != b"\x05\x80":
        raise Refused("method")
    place = base64.b64encode(location.encode())
    send(b"\x01" + struct.pack(">I", len(token)) + token.encode() + bytes([len(place)]) + place)
    if read_exactly(sock, 2) != b"\x01\x00":
        raise Refused("token")
    send(b"\x05\x01\x00\x03" + bytes([len(host)]) + host.encode() + struct.pack(">H", port))
    reply = read_exactly(sock, 10)
    if reply[1] != 0:
        raise Refused(REPLIES.get(reply[1], reply[1]))
    assert reply == b"\x05\x00\x00\x01" + bytes(6), reply


def connect(hub, token, virtual, location=""):
    """A socket whose other end is the internal system of `virtual`, "host:port"."""
    host, port = virtual.rsplit(":", 1)
    sock = socket.create_connection(hub.socks5, SECONDS)
    try:
        shake_hands(sock, token, host, int(port), location)
    except BaseException:
        sock.close()
        raise
    return sock


class Server:
    """Gives every connection to `serve(sock)`, in a thread of its own."""

    def __init__(self, serve):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connections = 0
        self.serve = serve
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            sock.settimeout(SECONDS)
            threading.Thread(target=self._run, args=(sock,), daemon=True).start()

    def _run(self, sock):
        with sock:
            try:
                self.serve(sock)
            except OSError:
                pass

    def close(self):
        # Else a thread that is about to accept takes the next listener that gets this descriptor.
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()


class Forward:
    """A local port whose connections come out at a virtual host: for clients that do not know
    SOCKS5 with tokens."""

    def __init__(self, hub, token, virtual):
        self.server = Server(lambda sock: self._forward(sock, connect(hub, token, virtual)))
        self.port = self.server.port

    @staticmethod
    def _forward(near, far):
        def move(source, to):
            try:
                while data := source.recv(65536):
                    to.sendall(data)
                to.shutdown(socket.SHUT_WR)
            except OSError:
                pass

        with far:
            up = threading.Thread(target=move, args=(near, far), daemon=True)
            up.start()
            move(far, near)
            up.join(SECONDS)

    def close(self):
        self.server.close()
