"""Real servers that speak over plain streams: OpenLDAP, PostgreSQL, mosquitto; and a sink for mail,
since none of the mail servers of Debian runs without the machine's own configuration."""
import os, pathlib, shutil, socket, subprocess

import streams
from kerberos_realm import listening_port
from programs import SECONDS, wait_until

POSTGRES = pathlib.Path("/usr/lib/postgresql/15/bin")
NOBODY = 65534
PORTS_TRIED = 10


class Peer:
    """A server that cannot let the kernel choose its port: one that was free a moment ago is tried,
    then another. `command(port)` starts it in the foreground."""

    def __init__(self, name, folder, command):
        self.folder = folder
        for _ in range(PORTS_TRIED):
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            with (folder / f"{name}.log").open("ab") as log:
                self.process = subprocess.Popen([str(word) for word in command(port)],
                                                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            wait_until(lambda: self.process.poll() is not None or self.listens(port),
                       f"{name} listens")
            if self.process.poll() is None:
                self.port = port
                return
        raise AssertionError(f"{name} does not start, see {folder}/{name}.log")

    def listens(self, port):
        return listening_port(self.process) == port

    def close(self):
        self.process.terminate()
        self.process.wait(SECONDS)


def slapd(folder, more=""):
    """An OpenLDAP server with the suffix dc=test; cn=admin,dc=test has the password `secret`.
    `more`: for the part of its configuration that is not of the database."""
    folder = pathlib.Path(folder) / "slapd"
    (folder / "db").mkdir(parents=True)
    (folder / "slapd.conf").write_text(f"""include /etc/ldap/schema/core.schema{more}
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
directory {folder}/db
suffix "dc=test"
rootdn "cn=admin,dc=test"
rootpw secret
dbnosync
""")
    program = shutil.which("slapd") or "/usr/sbin/slapd"
    return Peer("slapd", folder, lambda port: [
        program, "-h", f"ldap://127.0.0.1:{port}", "-f", folder / "slapd.conf", "-d", "0"])


def as_nobody():
    """PostgreSQL does not run as root."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


def postgres(folder):
    """A PostgreSQL server that trusts the user `shop`."""
    folder = pathlib.Path(folder) / "postgres"
    folder.mkdir()
    folder.chmod(0o755)
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    data = folder / "data"
    subprocess.run([*as_nobody(), POSTGRES / "initdb", "-D", data, "-U", "shop", "-A", "trust",
                    "-E", "UTF8", "--locale=C", "--no-sync"], check=True, capture_output=True,
                   cwd=folder, timeout=SECONDS)
    return Peer("postgres", folder, lambda port: [
        *as_nobody(), POSTGRES / "postgres", "-D", data, "-p", port, "-c",
        "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off"])


def mosquitto(folder):
    folder = pathlib.Path(folder) / "mosquitto"
    folder.mkdir()
    config = folder / "mosquitto.conf"

    def command(port):
        config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
        return [shutil.which("mosquitto") or "/usr/sbin/mosquitto", "-c", config]

    return Peer("mosquitto", folder, command)


class MailSink(streams.Server):
    """Takes every mail (RFC 5321) and keeps it."""

    def __init__(self):
        self.mails = []
        super().__init__(self._talk)

    def _talk(self, sock):
        lines = sock.makefile("rb")
        say = lambda text: sock.sendall(text.encode() + b"\r\n")
        say("220 sink")
        for line in lines:
            verb = line.split(None, 1)[0].upper() if line.strip() else b""
            if verb == b"DATA":
                say("354 go on")
                self.mails.append(b"".join(iter(lines.readline, b".\r\n")))
                say("250 kept")
            elif verb == b"QUIT":
                say("221 bye")
                return
            else:
                say("250 sink" if verb in (b"EHLO", b"HELO", b"MAIL", b"RCPT") else "502 no")
