"""SAP RFC on the wire, as far as the tests' client and gateway need it (docs/RFC.md): NI frames,
APPC records, items, texts. Written from that description; it shares nothing with rfc/."""
import pathlib, struct

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "rfc"
PING, PONG = b"NI_PING\0", b"NI_PONG\0"
HEADER = 80
INITIALIZE, ALLOCATE, SEND_DATA, ASYNC_SEND, RECEIVE = 0x01, 0x05, 0x07, 0x08, 0x09
DEALLOCATE, SET_PARTNER, SAP_SEND = 0x0B, 0x0F, 0xCB
COM_HEAD = bytes.fromhex("d9c6c3f0f0f0f0f0f0f0f0f0")
END = bytes.fromhex("ffff0000ffff")
RECORD_DATA_MAX = 28000
CODECS = {"le": "utf-16-le", "be": "utf-16-be", "ascii": "ascii"}


class Closed(Exception):
    """The other side has closed; args[0] says where."""


def load(name):
    """Bytes of a file of tests/data/rfc."""
    return (DATA / name).read_bytes()


def payload_of(name):
    """The payload of a file that is one frame."""
    return load(name)[4:]


def ni(payload):
    return struct.pack(">I", len(payload)) + payload


def frames_in(data):
    """The payloads of whole frames."""
    found = []
    while data:
        size = struct.unpack(">I", data[:4])[0]
        found.append(data[4:4 + size])
        data = data[4 + size:]
    return found


def read_frame(sock):
    """The payload of the next frame; Closed if there is none."""
    def exactly(count):
        data = b""
        while len(data) < count:
            try:
                piece = sock.recv(count - len(data))
            except ConnectionResetError:
                raise Closed("reset") from None
            if not piece:
                raise Closed("inside a frame" if data else "between frames")
            data += piece
        return data

    return exactly(struct.unpack(">I", exactly(4))[0])


def patched(record, *changes):
    """The record with (offset, bytes) written into it."""
    out = bytearray(record)
    for at, data in changes:
        out[at:at + len(data)] = data
    return bytes(out)


def item(tag, value=b""):
    mark = struct.pack(">H", tag)
    if len(value) < 0xFFFF:
        return mark + struct.pack(">H", len(value)) + value + mark
    return mark + b"\xff\xff" + struct.pack(">I", len(value)) + value + mark


def items_of(data):
    """[(tag, value)] up to the end; ValueError where they cannot be read."""
    found, at = [], 0
    while True:
        tag, size = struct.unpack_from(">HH", data, at)
        at += 4
        if tag == 0xFFFF:
            if size != 0 or data[at:at + 2] != b"\xff\xff":
                raise ValueError("a bad end")
            return found
        if size == 0xFFFF:
            size = struct.unpack_from(">I", data, at)[0]
            at += 4
        value = data[at:at + size]
        at += size
        if data[at:at + 2] != struct.pack(">H", tag):
            raise ValueError(f"item {tag:04x} does not end")
        at += 2
        found.append((tag, value))


def decode(value):
    """Text, however it is written."""
    if b"\0" not in value:
        return value.decode("ascii").rstrip()
    codec = "utf-16-le" if value[1] == 0 else "utf-16-be"
    return value.decode(codec).rstrip(" \0")


def values(items, tag):
    return [value for found, value in items if found == tag]


def text_of(items, tag):
    """The first item of that tag as text, or None."""
    found = values(items, tag)
    return decode(found[0]) if found else None


def data_header(conversation, comm, connection, function=SAP_SEND, final=True, info=None):
    """80 bytes of a client's record; 48..75 are zero."""
    header = bytearray(HEADER)
    header[0:6] = bytes((6, function, 2, 0, 0xFF, 0xFF))
    if final:
        header[27], header[30], header[31] = 8, 5, 0x0C
    if info is not None:
        header[30] = info
    header[40:48] = conversation
    header[76:80] = struct.pack(">HH", comm, connection)
    return bytes(header)


def reply_header(conversation, comm, connection, size, function=SAP_SEND, final=True, rc=0):
    """80 bytes of a gateway's data record with `size` bytes behind them."""
    header = bytearray(data_header(conversation, comm, connection, function, final,
                                   None if final else 1))
    header[12:16] = bytes.fromhex("00010000")
    header[16], header[17:21], header[21], header[25] = 1, struct.pack(">I", 500), 2, 1
    if not final:
        header[31] = 8
    header[32:36] = struct.pack(">I", rc)
    header[48:64] = struct.pack(">IIII", 28000, 2, size, 0 if rc else 1)
    header[69:73] = b"4103"
    return bytes(header)


def call_items(function, parameters=(), outputs=(), page="le", padding=b""):
    """The items of a call. `padding` becomes the value of one more parameter, as it is."""
    codec = CODECS[page]
    text = lambda tag, value: item(tag, value.encode(codec))
    out = item(0x0502) + text(0x000B, "754") + text(0x0102, function) + item(0x0512)
    for name in outputs:
        out += text(0x0205, name)
    for name, value in parameters:
        out += text(0x0201, name) + text(0x0203, value)
    if padding:
        out += text(0x0201, "PADDING") + item(0x0203, padding)
    return out + END


# What the agent may change, and what nobody compares: (function, from, to) in a payload.
REWRITTEN = {INITIALIZE: [(56, 72), (185, 313), (389, 453)], SET_PARTNER: [(48, 60), (80, 208)]}


def comparable(data):
    """The frames without keep-alives, and without the names of systems."""
    out = []
    for payload in frames_in(bytes(data)):
        if payload in (PING, PONG, b""):
            continue
        ranges = REWRITTEN.get(payload[1], []) if len(payload) > 64 else []
        out.append(patched(payload, *((a, bytes(b - a)) for a, b in ranges if len(payload) >= b)))
    return out
