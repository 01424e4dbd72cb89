#!/usr/bin/env python3
"""Shows what Sallyport is for, on this machine alone: a hub, an agent that enrols and dials it,
nginx as the internal system, one request that a rule allows and one that none does, and what the
audit log says of both. Everything lives in a temporary folder and on loopback ports, and ends with
the demo.

Usage: demo.py BIN_DIR [--once]     --once: ends after the two requests, 0 only if both went as they
                                    should"""
import contextlib, json, os, pathlib, shutil, signal, socket, subprocess, sys, tempfile, time

SECONDS = 30
POLL_SECONDS = 0.02
VIRTUAL = "erp.virtual:44300"
ALLOWED = f"http://{VIRTUAL}/sap/opu/odata/sap/CUSTOMERS/Customers('1000002')"
REFUSED = f"http://{VIRTUAL}/sap/bc/admin/users"
HERE = pathlib.Path(__file__).resolve().parent

HUB = """[hub]
name = "localhost"
tls = "127.0.0.1:0"
proxy = "127.0.0.1:0"
socks5 = "127.0.0.1:0"
saprouter = "127.0.0.1:0"
state = "sqlite://{folder}/hub/hub.db"
admin_socket = "{folder}/hub.sock"
"""
AGENT = """[agent]
state_dir = "{folder}/agent"
admin_socket = "{folder}/agent.sock"

[[hub]]
name = "demo"
url = "{url}"

[[mapping]]
virtual = "{virtual}"
internal = "http://127.0.0.1:{port}"
description = "the internal system"
[[mapping.rule]]
path = "/sap/opu/odata/"
match = "subpaths"
methods = ["GET", "HEAD"]
"""
NGINX = """daemon off; worker_processes 1; pid {folder}/nginx.pid; {user}
error_log {folder}/nginx.log warn;
events {{ worker_connections 64; }}
http {{
  access_log off; default_type application/json;
  client_body_temp_path {folder}/nginx; proxy_temp_path {folder}/nginx;
  fastcgi_temp_path {folder}/nginx; uwsgi_temp_path {folder}/nginx; scgi_temp_path {folder}/nginx;
  server {{ listen 127.0.0.1:{port}; root {www}; }}
}}
"""


class Failed(Exception):
    """The demo cannot go on, or did not show what it should; the text says why."""


def paint(code, text):
    return f"\033[{code}m{text}\033[0m" if sys.stdout.isatty() else text


def say(text=""):
    print(text, flush=True)


def step(text):
    say("\n" + paint("1", f"== {text}"))


class Demo:
    def __init__(self, bin_dir, folder):
        self.bin, self.folder = bin_dir, folder
        self.processes = {}
        self.hub_config, self.agent_config = folder / "hub.toml", folder / "agent.toml"
        self.token_header = folder / "token.header"

    # ---- processes and commands

    def start(self, name, *command, **options):
        with (self.folder / f"{name}.log").open("wb") as log:
            self.processes[name] = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                **options)

    def check_alive(self):
        for name, process in self.processes.items():
            if process.poll() is not None:
                log = (self.folder / f"{name}.log").read_text(errors="replace")
                raise Failed(f"{name} ended with {process.returncode}:\n{log[-2000:]}")

    def wait(self, what, condition):
        deadline = time.monotonic() + SECONDS
        while not (value := condition()):
            self.check_alive()
            if time.monotonic() > deadline:
                raise Failed(f"not within {SECONDS} s: {what}")
            time.sleep(POLL_SECONDS)
        return value

    def run(self, *command, given=""):
        """Standard output of a command; nothing secret is ever among its arguments."""
        done = subprocess.run([str(word) for word in command], input=given, text=True,
                              capture_output=True, timeout=SECONDS)
        if done.returncode != 0:
            raise Failed(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
        return done.stdout

    def hub(self, *arguments):
        return json.loads(self.run(self.bin / "sallyport-hub", *arguments, "--json",
                                   "--config", self.hub_config))

    def agent(self, *arguments, given=""):
        return self.run(self.bin / "sallyport", *arguments, "--config", self.agent_config,
                        given=given)

    def stop(self):
        for process in reversed(self.processes.values()):
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    # ---- the parts

    def start_back_end(self):
        """nginx inherits its listening socket, so the kernel can choose the port."""
        (self.folder / "nginx").mkdir()
        www = self.folder / "www"
        shutil.copytree(HERE / "www", www)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.back_end_port = listener.getsockname()[1]
            config = self.folder / "nginx.conf"
            config.write_text(NGINX.format(folder=self.folder, www=www, port=self.back_end_port,
                                           user="user root;" if os.geteuid() == 0 else ""))
            self.start("nginx", shutil.which("nginx") or "/usr/sbin/nginx", "-e", "stderr",
                       "-c", config, pass_fds=[listener.fileno()],
                       env={**os.environ, "NGINX": f"{listener.fileno()};"})

    def start_hub(self):
        self.hub_config.write_text(HUB.format(folder=self.folder))
        self.hub("init")
        self.start("sallyport-hub", self.bin / "sallyport-hub", "run", "--config", self.hub_config)

        def listening():
            with contextlib.suppress(Failed):
                return self.hub("status")["listen"]

        listen = self.wait("the hub answers", listening)
        self.hub_url = "https://localhost:" + listen["tls"].rsplit(":", 1)[1]
        self.proxy = "http://" + listen["proxy"]

    def start_agent(self):
        self.agent_config.write_text(AGENT.format(folder=self.folder, url=self.hub_url,
                                                  virtual=VIRTUAL, port=self.back_end_port))
        join = self.hub("agent", "add", "berlin", "--tenant", "acme")["join_token"]
        self.agent("enroll", "--token-file", "-", given=join)
        self.start("sallyport", self.bin / "sallyport", "run", "--config", self.agent_config)
        self.wait("the agent is attached", lambda: self.hub("status")["agents"])

    def fetch_token(self, client):
        """Asks like a cloud application; leaves the token where curl finds it."""
        form = ("grant_type=client_credentials"
                f"&client_id={client['clientid']}&client_secret={client['clientsecret']}")

        def answered():
            with contextlib.suppress(Failed):
                return self.run("curl", "--silent", "--show-error", "--fail", "--data", "@-",
                                "--cacert", self.folder / "hub" / "ca.pem",
                                self.hub_url + "/oauth/token", given=form)

        token = json.loads(self.wait("the hub gives a token", answered))["access_token"]
        self.token_header.touch(0o600)
        self.token_header.write_text(f"Proxy-Authorization: Bearer {token}\n")

    def command(self, url):
        return ["curl", "--proxy", self.proxy, "--proxy-header", f"@{self.token_header}", url]

    def show_request(self, title, url, wanted):
        step(title)
        say(paint("2", "$ " + shown(self.command(url))))
        answer = self.run(*self.command(url), "--silent", "--show-error",
                          "--write-out", "\n%{http_code}")
        body, status = answer.rsplit("\n", 1)
        say(paint("32" if int(status) == wanted else "31", f"status {status}"))
        say(body.rstrip())
        say(paint("2", "the agent's audit log:"))
        path = "/" + url.split("/", 3)[3]
        records = self.wait("the exchange is in the audit log", lambda: self.records(path))
        for line in records:
            say(line)
        if int(status) != wanted:
            raise Failed(f"status {status} instead of {wanted}")
        return body, [json.loads(line) for line in records]

    def records(self, path):
        """The lines of the exchange with this path, once it has ended."""
        lines = self.agent("audit", "query", "--json", "--path", path).splitlines()
        return lines if any('"exchange.end"' in line for line in lines) else None

    def both_requests(self):
        body, records = self.show_request("A request that a rule allows", ALLOWED, 200)
        if json.loads(body)["Name"] != "Fjordglas AS":
            raise Failed("the back end's answer did not arrive as it is")
        if [record["event"] for record in records] != ["exchange.begin", "exchange.end"]:
            raise Failed("an allowed exchange has one begin and one end in the audit log")
        body, records = self.show_request("A request that no rule allows", REFUSED, 403)
        if [record.get("outcome") for record in records] != ["refused"]:
            raise Failed("a refused exchange has one end in the audit log and no begin")
        step("The audit log as a whole")
        say(self.agent("audit", "verify").rstrip())


def shown(words):
    """A command line as one would type it."""
    return " ".join(f'"{word}"' if set("'()$ ") & set(str(word)) else str(word) for word in words)


def play(demo, once):
    step("Starting a back end (nginx), a hub and an agent")
    demo.start_back_end()
    demo.start_hub()
    demo.hub("tenant", "add", "acme")
    client = demo.hub("client", "add", "shop", "--tenant", "acme")
    demo.start_agent()
    demo.fetch_token(client)
    say(f"hub {demo.hub_url}, its proxy for cloud applications {demo.proxy}\n"
        f"agent berlin of tenant acme exposes {VIRTUAL}, which leads to nginx on "
        f"127.0.0.1:{demo.back_end_port}")
    demo.both_requests()
    if once:
        return
    step("Everything stays up until you press Ctrl-C. Try:")
    config = f"--config {demo.agent_config}"
    say(f"""{shown(demo.command(f'http://{VIRTUAL}/sap/opu/odata/sap/CUSTOMERS/Customers'))}
{demo.bin}/sallyport explain DELETE http://{VIRTUAL}/sap/opu/odata/x {config}
{demo.bin}/sallyport status {config}
{demo.bin}/sallyport audit tail --follow {config}
{demo.bin}/sallyport-hub status --config {demo.hub_config}
edit {demo.agent_config}, then {demo.bin}/sallyport reload {config}""")
    while True:
        demo.check_alive()
        time.sleep(1)


def main(bin_dir, once):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-demo-"))
    demo = Demo(pathlib.Path(bin_dir).resolve(), folder)
    try:
        play(demo, once)
        say("\n" + paint("32", "The demo went as it should."))
        return 0
    except KeyboardInterrupt:
        say()
        return 0
    except Failed as failure:
        say(paint("31", f"The demo failed: {failure}"))
        return 1
    finally:
        demo.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--once"]):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], "--once" in sys.argv))
