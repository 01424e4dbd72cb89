"""Receivers of syslog over TLS (RFC 5425): one that a test drives, and rsyslog."""
import contextlib, socket, ssl, struct, subprocess, threading

from identity import openssl
from programs import SECONDS, wait_until


def client_certificate(authority):
    """(certificate, key) that a receiver may ask for."""
    key, request = authority.folder / "sender.key", authority.folder / "sender.csr"
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=sender", "-keyout", key, "-out", request)
    return authority.sign(request, "basicConstraints=critical,CA:FALSE\n"
                                   "extendedKeyUsage=clientAuth\n"), key


class Receiver:
    """Takes messages; can stop reading, die, and come back at the same port."""

    def __init__(self, authority):
        certificate, key = authority.server("receiver")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.messages, self.connections, self.port = [], [], 0
        self.reading = threading.Event()
        self.reading.set()
        self.listener = None
        self.start()

    def start(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def _accept(self, listener):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                self.connections.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError, ValueError):
            stream = self.context.wrap_socket(connection, server_side=True)
            self.connections.append(stream)
            data = b""
            while self.reading.wait() and (got := stream.recv(65536)):
                data += got
                data = self._take(data)
            stream.unwrap()

    def _take(self, data):
        while (space := data.find(b" ", 0, 10)) > 0:
            end = space + 1 + int(data[:space])
            if len(data) < end:
                break
            self.messages.append(data[space + 1:end].decode())
            data = data[end:]
        return data

    def kill(self):
        """As when its machine takes it away: what it had not read is lost."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.shutdown(socket.SHUT_RDWR)
            with contextlib.suppress(OSError):
                connection.close()
        self.connections = []


class Rsyslog:
    """A real receiver that wants to see a client's certificate and writes messages to a file."""

    def __init__(self, folder, authority):
        self.folder = folder / "rsyslog"
        self.folder.mkdir()
        certificate, key = authority.server("rsyslog")
        self.messages, self.port_file = self.folder / "messages", self.folder / "port"
        config = self.folder / "rsyslog.conf"
        config.write_text(f"""global(workDirectory="{self.folder}" maxMessageSize="128k"
  defaultNetstreamDriver="ossl" defaultNetstreamDriverCAFile="{authority.certificate}"
  defaultNetstreamDriverCertFile="{certificate}" defaultNetstreamDriverKeyFile="{key}")
module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1"
  streamDriver.authMode="x509/certvalid")
input(type="imtcp" address="127.0.0.1" port="0" listenPortFileName="{self.port_file}")
template(name="all" type="string"
  string="%syslogfacility-text% %app-name% %msgid% %structured-data% %msg%\\n")
action(type="omfile" file="{self.messages}" template="all")
""")
        with (self.folder / "rsyslog.log").open("wb") as log:
            self.process = subprocess.Popen(
                ["/usr/sbin/rsyslogd", "-n", "-f", config, "-i", self.folder / "pid"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(lambda: self.port_file.exists() and self.port_file.read_text().strip(),
                   "rsyslog listens")
        self.port = int(self.port_file.read_text())

    def lines(self):
        return self.messages.read_text().splitlines() if self.messages.exists() else []

    def stop(self):
        self.process.terminate()
        self.process.wait(SECONDS)
