"""OpenSSH's sshd as a jump host, with keys of its own."""
import contextlib, getpass, os, pathlib, signal, socket, subprocess

from kerberos_realm import listening_port
from programs import SECONDS, wait_until

SSHD = "/usr/sbin/sshd"     # it starts itself again, by an absolute path
PORTS_TRIED = 10


def make_key(file, kind="ed25519", passphrase=""):
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "test", "-f", file],
                   check=True)
    return file


def children_of(process):
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True,
                            text=True).stdout.split()
    return [pid for child in map(int, listed) for pid in (child, *children_of(child))]


class JumpHost:
    """Lets in whoever runs the test, with the key `user`, to what `options` of the key allow."""

    def __init__(self, folder, options, more=""):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        if os.geteuid() == 0:       # sshd of root wants what its service makes otherwise
            pathlib.Path("/run/sshd").mkdir(exist_ok=True)
        self.user = getpass.getuser()
        self.key = make_key(self.folder / "user")
        make_key(self.folder / "host")
        self.allow(self.key, options)
        (self.folder / "sshd_config").write_text(f"""HostKey {self.folder}/host
AuthorizedKeysFile {self.folder}/authorized
ListenAddress 127.0.0.1
PermitRootLogin prohibit-password
PasswordAuthentication no
StrictModes no
UsePAM no
PidFile none
LogLevel VERBOSE
{more}
""")
        self.process = None
        for _ in range(PORTS_TRIED):
            with socket.create_server(("127.0.0.1", 0)) as free:
                self.port = free.getsockname()[1]
            if self.start():
                break
        else:
            raise AssertionError(f"sshd does not start: {self.log()}")
        self.known_hosts = self.folder / "known_hosts"
        self.know()

    def allow(self, key, options):
        public = pathlib.Path(f"{key}.pub").read_text()
        (self.folder / "authorized").write_text(f"{options} {public}")

    def know(self, key="host"):
        """The known_hosts file names that key for this server; no key: none."""
        text = ""
        if key:
            public = (self.folder / f"{key}.pub").read_text()
            text = f"[127.0.0.1]:{self.port} {public}"
        self.known_hosts.write_text(text)

    def start(self):
        """Says whether it got the port."""
        with (self.folder / "sshd.log").open("ab") as log:
            self.process = subprocess.Popen(
                [SSHD, "-D", "-e", "-f", str(self.folder / "sshd_config"), "-p", str(self.port)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(lambda: self.process.poll() is not None or
                   listening_port(self.process) == self.port, "sshd listens")
        return self.process.poll() is None

    def stop(self):
        """Also what serves the connections, at once."""
        serving = children_of(self.process.pid)
        self.process.kill()
        self.process.wait(SECONDS)
        for pid in serving:
            with contextlib.suppress(ProcessLookupError):   # its client may have left before
                os.kill(pid, signal.SIGKILL)

    def url(self):
        return f"ssh://{self.user}@127.0.0.1:{self.port}"

    def log(self):
        return (self.folder / "sshd.log").read_text(errors="replace")

    def close(self):
        if self.process.poll() is None:
            self.stop()
