"""A simulated gateway of an ABAP system (docs/RFC.md): answers the set-up, logons and calls, and
remembers what it was told. As a program it serves at a port that the kernel chooses and prints."""
import itertools, struct, threading

import streams
from programs import SECONDS
from rfc_frames import (ALLOCATE, ASYNC_SEND, COM_HEAD, DEALLOCATE, END, HEADER, INITIALIZE, PING,
                        PONG, RECEIVE, RECORD_DATA_MAX, SAP_SEND, SEND_DATA, SET_PARTNER, Closed,
                        item, items_of, ni, patched, payload_of, read_frame, reply_header, text_of,
                        values)

BIG_ANSWER_BYTES = 100_000
NOBODY = "NOBODY"  # the user whose password is always wrong


class Conversation:
    """One connection. `received` and `sent` hold its bytes, `calls` the functions."""
    numbers = itertools.count(10_000_001)

    def __init__(self, gateway, sock):
        self.gateway, self.sock = gateway, sock
        self.received, self.sent = bytearray(), bytearray()
        self.calls, self.user, self.client = [], None, None
        self.named = None  # (host, program) of INITIALIZE
        self.partner = None
        self.pongs = 0
        self.id = b"%08d" % next(self.numbers)
        self.comm, self.connection = 0, 4
        self.page = "le"
        self.parts = b""
        self.ended = threading.Event()
        self.deallocated = False

    def serve(self):
        try:
            self.gateway_record(self.receive())
            while True:
                record = self.receive()
                if record[1] == DEALLOCATE:
                    self.deallocated = True
                    return
                self.record(record)
        except (Closed, OSError):
            pass
        finally:
            self.ended.set()

    def receive(self):
        while True:
            payload = read_frame(self.sock)
            self.received += ni(payload)
            if payload == PING:
                self.send(PONG)
            elif payload == PONG:
                self.pongs += 1
            elif payload:
                return payload

    def send(self, payload):
        self.sent += ni(payload)
        self.sock.sendall(ni(payload))

    def gateway_record(self, record):
        assert len(record) == 64 and record[:2] == b"\x02\x03", record.hex()
        self.send(patched(record, (20, b"4103"), (29, b"\x0f"), (55, bytes([record[55] | 0x30]))))

    def record(self, record):
        function = record[1]
        if function == INITIALIZE:
            self.named = (record[185:313].rstrip(b"\0").decode(),
                          record[389:453].rstrip(b"\0").decode())
            self.comm = struct.unpack(">H", record[76:78])[0]
            self.send(patched(record[:HEADER], (21, bytes([record[21] | 2])), (40, self.id),
                              (78, struct.pack(">H", self.connection))))
        elif function == SET_PARTNER:
            self.partner = record[80:208].rstrip(b" ").decode()
        elif function == ALLOCATE:
            self.send(patched(record, (16, b"\1"), (21, b"\2"), (69, b"4103"),
                              (76, struct.pack(">HH", self.comm, self.connection))))
        elif function == SAP_SEND and record[26:28] == b"\0\x08":
            self.message(record[HEADER:-8])
        else:
            self.part(function, record)

    def part(self, function, record):
        """A record of a call in several."""
        assert function in (SAP_SEND, ASYNC_SEND, SEND_DATA, RECEIVE), f"{function:02x}"
        has_trailer = record[26:28] == b"\0\x08"
        self.parts += record[HEADER:-8] if has_trailer else record[HEADER:]
        if function == SEND_DATA:
            header = reply_header(self.id, self.comm, self.connection, 0, SEND_DATA, final=False)
            self.send(header)
        elif function == RECEIVE:
            data, self.parts = self.parts, b""
            self.message(data)

    def message(self, data):
        logon = data.startswith(COM_HEAD)
        items = items_of(data[len(COM_HEAD):] if logon else data)
        function = text_of(items, 0x0102)
        if logon:
            self.user, self.client = text_of(items, 0x0111), text_of(items, 0x0114)
        self.calls.append(function)
        self.gateway.arrived(function)
        if logon and self.user == NOBODY:
            return self.logon_error()
        if logon:
            return self.reply(payload_of("session/09-logon-reply.bin")[HEADER:])
        self.answer(function, items)

    def answer(self, function, items):
        if function == "Z_SLOW":
            assert self.gateway.released.wait(SECONDS)
        elif function == "Z_ABORT":
            raise Closed("told to")
        elif function == "Z_HALF":
            self.sock.sendall(b"\0\0\1\0" + bytes(10))
            raise Closed("told to")
        elif function == "Z_GARBAGE":
            self.sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        elif function == "Z_CALLBACK":
            return self.reply(item(0x0502) + item(0x0102, "Z_BACK".encode("utf-16-le")) + END)
        elif function == "Z_PING":
            for _ in range(3):
                self.send(PING)
        elif function == "Z_EXC":
            return self.reply(item(0x0500) + item(0x0417, "000".encode("utf-16-le")) +
                              item(0x0401, "NOT_TODAY".encode("utf-16-le")) + END)
        self.reply(self.success(function, items))

    def success(self, function, items):
        text = lambda tag, value: item(tag, value.encode("utf-16-le"))
        body = (item(0x0500) + item(0x0503) + item(0x0514, bytes(16)) + item(0x0420, bytes(4)) +
                item(0x0512))
        if function == "STFC_CONNECTION":
            echoed = text_of([(0x0203, value) for value in values(items, 0x0203)], 0x0203) or ""
            for name, value in (("ECHOTEXT", echoed), ("RESPTEXT", "SAP R/3 simulated")):
                body += text(0x0201, name) + text(0x0203, value.ljust(255))
        elif function == "Z_BIGOUT":
            body += text(0x0201, "BIG") + item(0x0203, b"x" * BIG_ANSWER_BYTES)
        else:
            given = sum(len(value) for value in values(items, 0x0203))
            body += text(0x0201, "GIVEN") + text(0x0203, str(given))
        return body + text(0x0130, "SAPLSIMU".ljust(40)) + item(0x0667, bytes(8)) + END

    def reply(self, body, rc=0):
        pieces = [body[at:at + RECORD_DATA_MAX] for at in range(0, len(body), RECORD_DATA_MAX)]
        for number, piece in enumerate(pieces, 1):
            header = reply_header(self.id, self.comm, self.connection, len(piece), rc=rc,
                                  final=number == len(pieces))
            self.send(header + piece)

    def logon_error(self):
        body = (item(0x0101, bytes.fromhex("0101010101010000")) + item(0x0161, b"\0") +
                item(0x0500) + item(0x0402, b"Name or password is incorrect") + END)
        self.send(reply_header(self.id, self.comm, self.connection, len(body), final=False, rc=18) +
                  body)
        raise Closed("the logon failed")


class Gateway:
    """A listening gateway. `conversations` holds one for each connection, in order."""

    def __init__(self):
        self.conversations = []
        self.released = threading.Event()  # lets Z_SLOW answer
        self.waiting = {}
        self.server = streams.Server(self._serve)
        self.port = self.server.port

    def _serve(self, sock):
        conversation = Conversation(self, sock)
        self.conversations.append(conversation)
        conversation.serve()

    def arrived(self, function):
        self.event_of(function).set()

    def event_of(self, function):
        """Set once the function has been called."""
        return self.waiting.setdefault(function, threading.Event())

    def close(self):
        self.released.set()
        self.server.close()


def main():
    gateway = Gateway()
    print(gateway.port, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
