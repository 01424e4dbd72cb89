"""Internal systems: one whose every byte a test scripts, and a real nginx."""
import json, os, pathlib, shutil, signal, socket, subprocess, threading

import wire


class ScriptedBackend:
    """Answers each request as `answers` says for its path: bytes are sent after the request was
    read whole; a function gets (connection, head) with the body unread, and returns whether the
    connection stays. Without an entry the answer is a JSON description of the request."""

    def __init__(self):
        self.answers = {}
        self.requests = []      # those that were read whole here
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            connection = wire.Connection(sock)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            while self._one(connection):
                pass
        except (OSError, wire.Closed):
            pass
        finally:
            connection.close()

    def _one(self, connection):
        head = connection.head()
        answer = self.answers.get(head.target.split("?")[0])
        if callable(answer):
            return answer(connection, head)
        if head.value("expect").lower() == "100-continue":
            connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.body(head, until_close=False)
        self.requests.append(head)
        connection.send(answer if answer is not None else describe(head))
        return head.complete and head.value("connection").lower() != "close"

    def close(self):
        # Else a thread that is about to accept takes the next listener that gets this descriptor.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()


def describe(request):
    """What arrived, for the test to compare."""
    text = json.dumps({"start": request.start, "fields": request.fields,
                       "body_bytes": request.body_bytes, "sha256": request.sha256,
                       "trailers": request.trailers,
                       "body": request.body[:4096].decode("latin-1")}).encode()
    if request.method == "HEAD":
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text)
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
        len(text), text)


def closed_port():
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Nginx:
    """A real back end that serves the files in folder/www, and takes PUT and DELETE below /dav/. It
    inherits its listening socket, as over a binary upgrade, so the kernel can choose the port."""

    CONFIGURATION = """daemon off; worker_processes 1; pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 512; }}
http {{
  access_log off; default_type application/json; sendfile on;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port}; root {folder}/www;
    location /dav/ {{ dav_methods PUT DELETE; client_max_body_size 0; }}
  }}
}}
"""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        (self.folder / "www").mkdir(parents=True, exist_ok=True)
        (self.folder / "www" / "dav").mkdir(exist_ok=True)
        self.folder.chmod(0o755)
        self.port = 0
        self.start()

    def start(self):
        """Again on the port that it had, after close()."""
        listener = socket.create_server(("127.0.0.1", self.port), backlog=256)
        self.port = listener.getsockname()[1]
        configuration = self.folder / "nginx.conf"
        configuration.write_text(self.CONFIGURATION.format(folder=self.folder, port=self.port))
        binary = shutil.which("nginx") or "/usr/sbin/nginx"
        command = [binary, "-p", str(self.folder), "-c", str(configuration),
                   "-e", str(self.folder / "error.log")]
        if os.geteuid() == 0:
            command += ["-g", "user root;"]     # the folder is ours alone
        with listener:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, pass_fds=[listener.fileno()],
                env={**os.environ, "NGINX": f"{listener.fileno()};"})

    def listening(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def hang(self):
        """Connections are taken by the kernel, and nobody answers."""
        for process in self._processes():
            os.kill(process, signal.SIGSTOP)

    def go_on(self):
        for process in self._processes():
            os.kill(process, signal.SIGCONT)

    def kill(self):
        """At once: what runs is reset, and nobody listens any more."""
        for process in self._processes():
            os.kill(process, signal.SIGKILL)
        self._process.wait(wire.SECONDS)

    def _processes(self):
        """The master before its workers, which it would start anew."""
        master = self._process.pid
        children = pathlib.Path(f"/proc/{master}/task/{master}/children").read_text().split()
        return [master, *map(int, children)]

    def close(self):
        if self._process.poll() is not None:
            return
        self._process.terminate()
        self._process.wait(wire.SECONDS)
