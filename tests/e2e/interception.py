"""A corporate proxy that breaks TLS open: it answers CONNECT with 200 and then shows a certificate
of its own authority for whatever host was asked for."""
import contextlib, socket, ssl, threading

from authority import Authority


class InterceptingProxy:
    def __init__(self, folder, newest=ssl.TLSVersion.TLSv1_2):
        self.authority = Authority(folder, "corp inspection CA")
        certificate, key = self.authority.server("intercepted")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.maximum_version = newest
        self.context.load_cert_chain(certificate, key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError, ssl.SSLError), connection:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += connection.recv(1)
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with self.context.wrap_socket(connection, server_side=True) as stream:
                stream.recv(100)

    def close(self):
        self.listener.close()
