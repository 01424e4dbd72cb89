"""The two programs as processes, with their configuration and state in a folder.

SALLYPORT_BIN_DIR names the folder of the programs; without it those of the preset dev are taken."""
import base64, contextlib, fcntl, gzip, hashlib, http.client, json, os, pathlib, signal, socket, ssl
import shutil, subprocess, time, urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("SALLYPORT_BIN_DIR", ROOT / "build/dev/bin")).resolve()
SECONDS = 60            # until something that must happen counts as not happened
POLL_SECONDS = 0.01
ATTEMPTS = 100
VIRTUAL = "erp.virtual:44300"


def wait_until(condition, what, seconds=SECONDS):
    """The first true value of condition(); fails with what was expected after the deadline."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(POLL_SECONDS)
    return value


def copy_alive(folder, to):
    """What a running program keeps there, at a moment at which nothing went away."""
    for _ in range(ATTEMPTS):
        try:
            return shutil.copytree(folder, to, symlinks=True)
        except (shutil.Error, FileNotFoundError):   # it may be there under another name now
            shutil.rmtree(to, ignore_errors=True)
    raise AssertionError(f"{folder} never holds still")


class Program:
    """One process of ours; its output goes to a file beside its state."""

    def __init__(self, folder, name, *arguments):
        self.log_file = folder / f"{name}.log"
        self.arguments = [str(BIN / name), *map(str, arguments)]
        self.environment = {}       # beside our own
        self.process = None

    def start(self, sockets=()):
        """sockets: (name, socket) pairs, passed as systemd does (sd_listen_fds(3))."""
        command, descriptors = self.arguments, []
        if sockets:
            descriptors = [fcntl.fcntl(sock, fcntl.F_DUPFD, 100) for _, sock in sockets]
            redirections = " ".join(f"{3 + i}<&{d}" for i, d in enumerate(descriptors))
            names = ":".join(name for name, _ in sockets)
            command = ["bash", "-c", f"exec {redirections}; export LISTEN_PID=$$ "
                       f"LISTEN_FDS={len(sockets)} LISTEN_FDNAMES={names}; exec \"$@\"",
                       "bash", *command]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, pass_fds=descriptors,
                                            env=os.environ | self.environment)
        for descriptor in descriptors:
            os.close(descriptor)

    def running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        if self.running():
            self.process.kill()
            self.process.wait(SECONDS)

    def stop(self):
        """Asks it to end; returns its exit code."""
        if self.running():
            self.signal(signal.SIGTERM)
        try:
            return self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return "killed: did not end on SIGTERM"

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""


def run(program, *arguments, given="", code=0):
    """A command of ours to its end: its standard output. Fails unless it ends with `code`."""
    done = subprocess.run([str(BIN / program), *map(str, arguments)], input=given, text=True,
                          capture_output=True, timeout=SECONDS)
    if done.returncode != code:
        raise AssertionError(f"{program} {' '.join(map(str, arguments))} ended with "
                             f"{done.returncode}, not {code}\n{done.stdout}{done.stderr}")
    return done.stdout if code == 0 else done.stdout + done.stderr


class AdminConnection(http.client.HTTPConnection):
    """To the admin socket of a daemon."""

    def __init__(self, path, seconds=SECONDS):
        super().__init__("localhost", timeout=seconds)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask_admin(path, method, target, body=None):
    """(status, JSON) of a request on an admin socket: what commands ask, too, but a command under a
    sanitizer takes a hundred times as much of the processor, which who is waited for would need."""
    with contextlib.closing(AdminConnection(path)) as connection:
        connection.request(method, target, body)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


class NoAnswer(AssertionError):
    pass


def status_at(path):
    """As `status --json`; NoAnswer from a program that does not run, starts or ends."""
    try:
        code, told = ask_admin(path, "GET", "/v1/status")
    except (OSError, http.client.HTTPException, ValueError) as failure:
        raise NoAnswer(f"{path}: {failure}") from failure
    if code != 200:
        raise NoAnswer(f"{path}: {code} {told}")
    return told


class Hub:
    def __init__(self, folder, extra="", name="localhost"):
        self.folder = folder / "hub"
        self.folder.mkdir()
        self.sockets = [(name, socket.create_server(("127.0.0.1", 0), backlog=1024))
                         for name in ("tls", "proxy", "socks5", "saprouter")]
        self.tls, self.proxy, self.socks5, self.saprouter = (
            sock.getsockname() for _, sock in self.sockets)
        self.url = f"https://localhost:{self.tls[1]}"
        self.config = self.folder / "hub.toml"
        self.config.write_text(f"""[hub]
name = "{name}"
url = "{self.url}"
tls = "127.0.0.1:0"
proxy = "127.0.0.1:0"
socks5 = "127.0.0.1:0"
saprouter = "127.0.0.1:0"
state = "sqlite://{self.folder}/state/hub.db"
admin_socket = "{self.folder}/admin.sock"
{extra}""")
        self.program = Program(self.folder, "sallyport-hub", "run", "--config", self.config)
        self.command("init")

    def command(self, *arguments, code=0, json_wanted=True):
        """A command of sallyport-hub: what it printed, as JSON if it succeeded."""
        wanted = ["--json"] if json_wanted and code == 0 else []
        said = run("sallyport-hub", *arguments, *wanted, "--config", self.config, code=code)
        return json.loads(said) if wanted else said

    def start(self):
        self.program.start(self.sockets)
        wait_until(self.status, "the hub answers `status`")

    def status(self):
        if not self.program.running():
            raise AssertionError(f"the hub ended with {self.program.process.returncode}")
        with contextlib.suppress(NoAnswer):
            return status_at(self.folder / "admin.sock")

    def close(self):
        for _, sock in self.sockets:
            sock.close()

    def trust(self):
        """A TLS context that believes this hub's authority only."""
        context = ssl.create_default_context(cafile=self.folder / "state" / "ca.pem")
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    def api(self, method, path, body=None, headers=None):
        """(status, body) of the HTTPS API."""
        connection = http.client.HTTPSConnection("localhost", self.tls[1], timeout=SECONDS,
                                                 context=self.trust())
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def token(self, client, **headers):
        """An access token for a client as `client add` printed it."""
        form = urllib.parse.urlencode({"grant_type": "client_credentials",
                                       "client_id": client["clientid"],
                                       "client_secret": client["clientsecret"]})
        status, body = self.api("POST", "/oauth/token", form, {
            "Content-Type": "application/x-www-form-urlencoded", **headers})
        assert status == 200, (status, body)
        return json.loads(body)["access_token"]


class Agent:
    """extra: further TOML after [[hub]], mostly mappings; hub_extra: further keys of [[hub]]."""

    def __init__(self, folder, name, hub_url, extra="", hub_extra=""):
        self.name = name
        self.folder = folder / name
        self.folder.mkdir()
        self.config = self.folder / "agent.toml"
        self.state = self.folder / "state"
        self.base = f"""[agent]
state_dir = "{self.state}"
admin_socket = "{self.folder}/admin.sock"
[tunnel]
reconnect_first = "20ms"
reconnect_ceiling = "200ms"
[[hub]]
name = "hub"
url = "{hub_url}"
{hub_extra}
"""
        self.write(extra)
        self.program = Program(self.folder, "sallyport", "run", "--config", self.config)

    def write(self, extra):
        self.config.write_text(self.base + extra)

    def command(self, *arguments, given="", code=0):
        return run("sallyport", *arguments, "--config", self.config, given=given, code=code)

    def enrol(self, join_token, code=0):
        return self.command("enroll", "--token-file", "-", given=join_token, code=code)

    def start(self):
        self.program.start()

    def status(self):
        """As `status --json`."""
        return status_at(self.folder / "admin.sock")

    def records(self, **wanted):
        """The audit records whose keys have these values, as they stand on disk, with what is
        disclosed of persons."""
        found = []
        for file in segments_of(self.state / "audit"):
            records = whole_lines(file)
            disclosed = {}
            for one in whole_lines(file.with_name(file.name[:20] + ".pii")):
                disclosed.setdefault(one["seq"], []).append(one)
            for record in records:
                for one in disclosed.get(record["seq"], ()):
                    salted = bytes.fromhex(one["salt"]) + one["value"].encode()
                    if record.get(one["field"] + "_c") == hashlib.sha256(salted).hexdigest():
                        record[one["field"]] = one["value"]
                if all(record.get(key) == value for key, value in wanted.items()):
                    found.append(record)
        return found


def whole_lines(file):
    """Of a segment that is perhaps being compressed just now."""
    if file.name.endswith(".jsonl") and not file.exists():
        file = file.with_name(file.name + ".gz")
    if not file.exists():
        return []
    content = file.read_bytes()
    text = (gzip.decompress(content) if file.name.endswith(".gz") else content).decode()
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def segments_of(folder):
    """The files of a log, oldest first; of one that is there in both forms the plain one."""
    plain = {file.name for file in folder.glob("*.jsonl")}
    packed = {file.name[:-len(".gz")] for file in folder.glob("*.jsonl.gz")}
    return [folder / (name if name in plain else name + ".gz") for name in sorted(plain | packed)]


def mapping(internal, virtual=VIRTUAL, rules='path = "/"\nmatch = "subpaths"', more=""):
    """TOML of one mapping; several rules are separated by an empty line."""
    text = f'[[mapping]]\nvirtual = "{virtual}"\ninternal = "{internal}"\n{more}\n'
    return text + "".join(f"[[mapping.rule]]\n{rule}\n" for rule in rules.split("\n\n") if rule)



def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
