"""What else an agent carries while it is killed: calls of RFC, operations of LDAP, files of SFTP.
Each load is an internal system that remembers what it heard of, a client, and what of both the
audit log must hold."""
import contextlib, os, pathlib, shutil, tempfile, threading

import rfc_frames, rfc_gateway, streams
from jump_host import JumpHost
from programs import SECONDS, mapping
from rfc_client import Client
from rfc_site import ABAP, rfc_mapping

DIRECTORY, FILES = "dir.virtual:389", "files.virtual:80"
NUMBERS_OF_A_CLIENT = 1_000_000
AT_A_TIME = 5       # calls of a conversation, operations of a connection, at most
FILE_BYTES_MAX = 20_000
BIND, BIND_ANSWER, SEARCH, SEARCH_DONE, UNBIND = 0x60, 0x61, 0x63, 0x65, 0x42
SEQUENCE, INTEGER, OCTETS, ENUMERATED = 0x30, 0x02, 0x04, 0x0a


class Load:
    """`heard` and `answered` only grow, under the lock."""
    clients = 2

    def __init__(self):
        self.heard, self.answered = set(), set()
        self._lock = threading.Lock()

    def configuration(self):
        """For agent.toml."""
        raise NotImplementedError

    def ask(self, site, number, count, dice):
        """What a client does once; whatever a cut connection may raise is `given_up`."""
        raise NotImplementedError

    given_up = (OSError, streams.Refused)

    def hear(self, what):
        with self._lock:
            self.heard.add(what)

    def note_answered(self, what):
        with self._lock:
            self.answered.add(what)

    def so_far(self):
        with self._lock:
            return set(self.heard), set(self.answered)

    def check(self, log, heard, answered, everything_ended):
        """Of a log that was read after so_far()."""
        raise NotImplementedError

    def close(self):
        raise NotImplementedError


def on_record(heard, recorded, what):
    missing = [one for one in heard if one not in recorded]
    assert not missing, f"{what} were heard without a record: {missing[:5]} of {len(missing)}"


class HeardGateway(rfc_gateway.Gateway):
    """Function modules that all have names of their own."""

    def __init__(self, hear):
        self.hear = hear
        super().__init__()

    def arrived(self, function):
        self.hear(function)


class Calls(Load):
    given_up = (OSError, streams.Refused, rfc_frames.Closed, ValueError)

    def __init__(self):
        super().__init__()
        self.gateway = HeardGateway(self._hear_function)

    def _hear_function(self, function):
        if function.startswith("Z_"):   # a logon has none of its own
            self.hear(function)

    def configuration(self):
        return rfc_mapping(self.gateway.port)

    def ask(self, site, number, count, dice):
        with streams.connect(site.hub, site.token, ABAP) as sock:
            sock.settimeout(SECONDS)
            client = Client(sock).set_up()
            client.logon()
            for _ in range(dice.randrange(1, AT_A_TIME)):
                function = f"Z_{number}_{next(count)}"
                client.call(function, padding=bytes(dice.randrange(FILE_BYTES_MAX)))
                self.note_answered(function)
            client.deallocate()

    def check(self, log, heard, answered, everything_ended):
        on_record(heard, log.calls, "calls")
        for function in answered:
            outcome = log.call_outcome(function)
            assert outcome in ("answered", "lost"), f"answered was {function}, it is {outcome}"
        left = log.open_calls(everything_ended)
        assert not left, f"{len(left)} calls without an end or a lost exchange: {left[:5]}"

    def close(self):
        self.gateway.close()


def ber(tag, *parts):
    content = b"".join(parts)
    size = len(content)
    assert size < 1 << 16
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def message(number, operation):
    size = number.bit_length() // 8 + 1
    return ber(SEQUENCE, ber(INTEGER, number.to_bytes(size, "big")), operation)


def read_message(sock):
    """(number, tag of the operation)"""
    head = streams.read_exactly(sock, 2)
    size = head[1]
    if size & 0x80:
        size = int.from_bytes(streams.read_exactly(sock, size & 0x7f), "big")
    content = streams.read_exactly(sock, size)
    end = 2 + content[1]
    return int.from_bytes(content[2:end], "big"), content[end]


class Operations(Load):
    """A directory that knows nothing, and says so."""

    def __init__(self):
        super().__init__()
        self.server = streams.Server(self._serve)

    def _serve(self, sock):
        answers = {BIND: BIND_ANSWER, SEARCH: SEARCH_DONE}
        with contextlib.suppress(streams.Refused):
            while True:
                number, operation = read_message(sock)
                self.hear(number)
                if operation == UNBIND:
                    return
                done = (ber(ENUMERATED, b"\0"), ber(OCTETS), ber(OCTETS))
                sock.sendall(message(number, ber(answers[operation], *done)))

    def configuration(self):
        return mapping(f"ldap://127.0.0.1:{self.server.port}", DIRECTORY, rules="",
                       more='operations = ["bind", "search"]')

    def ask(self, site, number, count, dice):
        def say(operation):
            say.number = number * NUMBERS_OF_A_CLIENT + next(count)
            sock.sendall(message(say.number, operation))

        bind = ber(BIND, ber(INTEGER, b"\3"), ber(OCTETS, b"cn=reader,dc=test"),
                   ber(0x80, b"secret"))
        search = ber(SEARCH, ber(OCTETS, b"dc=test"), ber(ENUMERATED, b"\0"),
                     ber(ENUMERATED, b"\0"), ber(INTEGER, b"\0"), ber(INTEGER, b"\0"),
                     ber(1, b"\0"), ber(0x87, b"objectClass"), ber(SEQUENCE))
        with streams.connect(site.hub, site.token, DIRECTORY) as sock:
            sock.settimeout(SECONDS)
            for operation in (bind, *[search] * dice.randrange(1, AT_A_TIME)):
                say(operation)
                answered, _ = read_message(sock)
                assert answered == say.number, f"{answered} is the answer to {say.number}"
                self.note_answered(answered)
            say(ber(UNBIND))

    def check(self, log, heard, answered, everything_ended):
        on_record(heard | answered, log.operations, "operations")

    def close(self):
        self.server.close()


class Files(Load):
    """What the file server heard of is there afterwards, under its own name."""
    clients = 1

    def __init__(self):
        super().__init__()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-files-"))
        self.base = self.folder / "exchange"
        self.base.mkdir()
        self.server = JumpHost(self.folder / "sshd", "restrict", "Subsystem sftp internal-sftp")

    def configuration(self):
        url = self.server.url().replace("ssh://", "sftp://")
        return (mapping(f"{url}{self.base}", FILES,
                        'path = "/"\nmatch = "subpaths"\nmethods = ["PUT"]') +
                f'[[ssh]]\nkey_file = "{self.server.key}"\n'
                f'known_hosts_file = "{self.server.known_hosts}"\n')

    def ask(self, site, number, count, dice):
        path = f"/{number}-{next(count)}"
        body = bytes(dice.randrange(1, FILE_BYTES_MAX))
        answer = site.ask("PUT", f"http://{FILES}{path}", body=body)
        if answer.complete and answer.status == 201:
            self.note_answered(path)

    def so_far(self):
        _, answered = super().so_far()
        return {f"/{name}" for name in os.listdir(self.base) if name[0].isdigit()}, answered

    def check(self, log, heard, answered, everything_ended):
        on_record(heard | answered, log.paths, "files")
        for path in answered:
            outcomes = [log.outcomes.get(sequence) for sequence in log.paths[path]]
            assert "answered" in outcomes, f"answered was {path}, on record is {outcomes}"

    def close(self):
        self.server.close()
        shutil.rmtree(self.folder, ignore_errors=True)


ALL = (Calls, Operations, Files)
