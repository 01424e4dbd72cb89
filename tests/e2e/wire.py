"""HTTP/1.1 on bare sockets, so that tests see and send every byte."""
import hashlib, socket

KEPT_BODY_BYTES = 4 << 20   # of longer bodies only length and digest are known
SECONDS = 30                # what a test waits for a peer at most


class Closed(Exception):
    """The peer closed or reset the connection before the message was whole."""


def field(line):
    """(name, value) of a header line."""
    name, value = line.split(":", 1)
    return name.strip(), value.strip()


class Message:
    """A request or response as it stood on the wire."""

    def __init__(self, raw_head):
        self.raw_head = raw_head
        lines = raw_head.decode("latin-1").split("\r\n")
        self.start = lines[0]
        self.fields = [field(line) for line in lines[1:] if line]
        self.body, self.body_bytes, self.trailers = b"", 0, []
        self.complete = False        # the body came to its end as its framing says
        self.interim = []            # 1xx heads that came before this response
        self._digest = hashlib.sha256()

    @property
    def method(self):
        return self.start.split(" ")[0]

    @property
    def target(self):
        return self.start.split(" ")[1]

    @property
    def status(self):
        return int(self.start.split(" ")[1])

    @property
    def reason(self):
        return self.start.split(" ", 2)[2]

    @property
    def sha256(self):
        return self._digest.hexdigest()

    def values(self, name):
        return [value for key, value in self.fields if key.lower() == name]

    def value(self, name):
        return ", ".join(self.values(name))

    def add(self, data):
        self._digest.update(data)
        self.body_bytes += len(data)
        if self.body_bytes <= KEPT_BODY_BYTES:
            self.body += data


class Connection:
    """One TCP connection, either side of it."""

    def __init__(self, sock):
        self.sock, self._buffer = sock, b""
        sock.settimeout(SECONDS)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data):
        self.sock.sendall(data)

    def finish_sending(self):
        self.sock.shutdown(socket.SHUT_WR)

    def close(self):
        self.sock.close()

    def reset(self):
        """Closes with RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.sock.close()

    def _more(self):
        try:
            data = self.sock.recv(1 << 18)
        except ConnectionError as error:
            raise Closed(str(error)) from None
        if not data:
            raise Closed("end of stream")
        self._buffer += data

    def until(self, mark):
        while mark not in self._buffer:
            self._more()
        data, self._buffer = self._buffer.split(mark, 1)
        return data

    def exactly(self, count):
        while len(self._buffer) < count:
            self._more()
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    def some(self):
        """Whatever comes next, at least one byte."""
        if not self._buffer:
            self._more()
        data, self._buffer = self._buffer, b""
        return data

    def wait_for_end(self):
        """True once the peer closed or reset; what it sent before is dropped."""
        try:
            while True:
                self.some()
        except Closed:
            return True

    def head(self):
        return Message(self.until(b"\r\n\r\n"))

    def _length(self, message, count):
        while count:
            piece = self.some()
            self._buffer = piece[count:]
            message.add(piece[:count])
            count -= min(count, len(piece))

    def _chunks(self, message):
        while size := int(self.until(b"\r\n").split(b";")[0], 16):
            self._length(message, size)
            assert self.exactly(2) == b"\r\n"
        while line := self.until(b"\r\n"):
            message.trailers.append(field(line.decode("latin-1")))

    def body(self, message, until_close):
        """Reads the body that the head announces; complete tells whether all of it came."""
        try:
            if message.value("transfer-encoding").lower() == "chunked":
                self._chunks(message)
            elif message.values("content-length"):
                self._length(message, int(message.value("content-length")))
            elif until_close:
                message.complete = self._to_end(message)
                return
            message.complete = True
        except Closed:
            pass

    def _to_end(self, message):
        """A close-delimited body is whole if FIN ended it, not RST."""
        try:
            while True:
                message.add(self.some())
        except Closed as end:
            return str(end) == "end of stream"

    def request(self):
        message = self.head()
        self.body(message, until_close=False)
        return message

    def response_head(self):
        interim = []
        while True:
            message = self.head()
            if message.status >= 200 or message.status == 101:
                message.interim = interim
                return message
            interim.append(message)

    def response(self, method="GET"):
        message = self.response_head()
        if method == "HEAD" or message.status in (101, 204, 304):
            message.complete = True
        else:
            self.body(message, until_close=True)
        return message


def connect(address):
    return Connection(socket.create_connection(address, SECONDS))


def head(start, fields=()):
    """The bytes of a head."""
    lines = [start, *(f"{name}: {value}" for name, value in fields), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def chunked(pieces, trailers=()):
    """Bytes of a chunked body."""
    data = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return data + b"0\r\n" + b"".join(f"{n}: {v}\r\n".encode() for n, v in trailers) + b"\r\n"
