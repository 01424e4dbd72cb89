"""A client of RFC: sets up a conversation, logs on, calls. As a program it calls functions through
a connection to a gateway:  rfc_client.py HOST PORT FUNCTION..."""
import socket, struct, sys

from rfc_frames import (ALLOCATE, ASYNC_SEND, COM_HEAD, DEALLOCATE, END, HEADER, INITIALIZE, PING,
                        PONG, RECEIVE, RECORD_DATA_MAX, SAP_SEND, SEND_DATA, call_items,
                        data_header, decode, item, items_of, ni, patched, payload_of, read_frame,
                        text_of, values)

BARRIER_EVERY = 21  # records of a call in several


class AbapError(Exception):
    """The answer is an exception: `key`, `text`, and whether the conversation is over."""

    def __init__(self, key, text, over):
        super().__init__(f"{key}: {text}")
        self.key, self.text, self.over = key, text, over


class GatewayError(Exception):
    """A set-up record was answered with an error."""

    def __init__(self, function, rc, sap_rc, text):
        super().__init__(f"{function:02x}: appc {rc}, sap {sap_rc}: {text}")
        self.rc, self.sap_rc, self.text = rc, sap_rc, text


class Client:
    """One conversation over a connected socket. `sent` and `received` hold all its bytes."""

    def __init__(self, sock, host="abap.virtual", instance=0, page="le"):
        self.sock, self.host, self.page = sock, host, page
        self.program = b"sapdp%02d" % instance
        self.sent, self.received = bytearray(), bytearray()
        self.pings = 0
        self.conversation, self.connection, self.comm = b" " * 8, 0xFFFF, 0

    # Frames

    def send(self, payload):
        self.send_bytes(ni(payload))

    def send_bytes(self, data):
        self.sent += data
        self.sock.sendall(data)

    def receive(self):
        """The next record; answers keep-alives."""
        while True:
            payload = read_frame(self.sock)
            self.received += ni(payload)
            if payload == PING:
                self.pings += 1
                self.send(PONG)
            elif payload not in (PONG, b""):
                return payload

    # Setting up

    def gateway_record(self):
        self.send(payload_of("session/01-gw-normal-client.bin"))
        return self.receive()

    def initialize_payload(self):
        host = self.host.encode()
        return patched(payload_of("session/03-initialize.bin"), (56, host[:8].ljust(8)),
                       (64, self.program.ljust(8)), (185, host.ljust(128, b"\0")),
                       (389, self.program.ljust(64, b"\0")))

    def initialize(self):
        self.send(self.initialize_payload())
        reply = self.checked(self.receive(), INITIALIZE)
        self.conversation = reply[40:48]
        self.comm, self.connection = struct.unpack(">HH", reply[76:80])
        return reply

    def own(self, record):
        """A record with the ids of this conversation."""
        return patched(record, (40, self.conversation),
                       (76, struct.pack(">HH", 0xFFFF, self.connection)))

    def partner_payload(self):
        host = self.host.encode()
        return self.own(patched(payload_of("session/05-set-partner-lu.bin"),
                                (48, host[:8].ljust(8)), (56, struct.pack(">I", len(host))),
                                (80, host.ljust(128))))

    def allocate(self):
        self.send(self.partner_payload())
        self.send(self.own(payload_of("session/06-allocate.bin")))
        return self.checked(self.receive(), ALLOCATE)

    def set_up(self):
        self.gateway_record()
        self.initialize()
        self.allocate()
        return self

    def logon(self, client="100", user="JANE", function="RFCPING", password=b"\1\2\3\4scrambled"):
        text = lambda tag, value: item(tag, value.encode())
        head = bytes.fromhex("0301010101010000")
        chain = (item(0x0101, head) + item(0x0103, bytes.fromhex("00000e0b")) +
                 text(0x0114, client) + text(0x0111, user) + item(0x0117, password) +
                 text(0x0115, "E") + item(0x0502) + text(0x000B, "754") + text(0x0102, function) +
                 END)
        self.send(self.record(COM_HEAD + chain))
        return self.answer()

    # Calls

    def record(self, items):
        """SAP_SEND with everything, and the trailer."""
        header = data_header(self.conversation, 0xFFFF, self.connection)
        return header + items + struct.pack(">II", len(items), 0x8500)

    def call(self, function, parameters=(), outputs=(), padding=b""):
        """The exported parameters, {name: text}. AbapError where the answer is an exception."""
        self.send(self.record(call_items(function, parameters, outputs, self.page, padding)))
        return self.exports(self.answer())

    def streamed_call(self, function, padding):
        """A call in several records, with barriers."""
        data = call_items(function, page=self.page, padding=padding)
        pieces = [data[at:at + RECORD_DATA_MAX] for at in range(0, len(data), RECORD_DATA_MAX)]
        for number, piece in enumerate(pieces, 1):
            barrier = number % BARRIER_EVERY == 0
            header = data_header(self.conversation, 0xFFFF, self.connection,
                                 SEND_DATA if barrier else ASYNC_SEND, final=False,
                                 info=1 if barrier else 0)
            self.send(patched(header, (48, struct.pack(">I", len(piece)))) + piece)
            if barrier:
                self.checked(self.receive(), SEND_DATA)
        header = data_header(self.conversation, 0xFFFF, self.connection, RECEIVE, final=False,
                             info=1)
        self.send(patched(header, (48, struct.pack(">I", RECORD_DATA_MAX))))
        return self.exports(self.answer())

    def answer(self):
        """The items of the whole answer."""
        data = b""
        while True:
            reply = self.receive()
            self.checked_ids(reply)
            rc = struct.unpack(">I", reply[32:36])[0]
            data += reply[HEADER:]
            if reply[26:28] == b"\0\x08" or rc != 0:
                return self.judged(items_of(data), rc)

    def judged(self, items, rc):
        key, text = text_of(items, 0x0401), text_of(items, 0x0402)
        if key is not None or text is not None:
            raise AbapError(key, text, over=rc != 0)
        if values(items, 0x0420) != [bytes(4)]:
            raise ValueError("an answer that says neither success nor failure")
        return items

    @staticmethod
    def exports(items):
        found, name = {}, None
        for tag, value in items:
            if tag == 0x0201:
                name = decode(value)
            elif tag == 0x0203:
                found[name] = decode(value) if value else ""
        return found

    def deallocate(self):
        header = data_header(self.conversation, 0xFFFF, self.connection, DEALLOCATE, final=False)
        self.send(header)
        self.sock.shutdown(socket.SHUT_WR)

    # What every answer must be like

    def checked_ids(self, reply):
        if reply[40:48] != self.conversation or reply[1] not in (SAP_SEND, RECEIVE):
            raise ValueError(f"not an answer to this conversation: {reply[:80].hex()}")

    @staticmethod
    def checked(reply, function):
        rc, sap_rc = struct.unpack(">II", reply[32:40])
        if rc or sap_rc:
            text = reply[HEADER:].split(b"\0")[2] if reply[HEADER:].startswith(b"*ERR*") else b""
            raise GatewayError(function, rc, sap_rc, text.decode())
        if reply[1] != function or len(reply) != HEADER:
            raise ValueError(f"not an answer to {function:02x}: {reply.hex()}")
        return reply


def main(host, port, functions):
    with socket.create_connection((host, int(port)), 30) as sock:
        client = Client(sock, host).set_up()
        client.logon()
        for function in functions:
            try:
                print(function, client.call(function))
            except AbapError as error:
                print(function, "failed:", error)
        client.deallocate()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:] or ["RFC_PING"])
