"""A whole site: hub, agent and back end as real programs on this machine, in a folder that goes
away. Everything listens where the kernel chose; waiting means asking again until a deadline."""
import contextlib, json, pathlib, shutil, sys, tempfile, unittest

import backends, wire
from programs import VIRTUAL, Agent, Hub, mapping, wait_until

LOG_LINES_SHOWN = 25
LOG_COLUMNS_SHOWN = 240
SANITIZER = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:",
             "WARNING: ThreadSanitizer")
PROBE = "http://unmapped.probe:1/"


class Site:
    """A hub with the tenant acme and its client shop, the agent berlin, and a scripted back end."""

    def __init__(self, hub_extra="", agent_extra=None, agent_hub_extra=""):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-"))
        self.backend = backends.ScriptedBackend()
        self.hub = Hub(self.folder, hub_extra)
        self.hub.command("tenant", "add", "acme")
        self.shop = self.hub.command("client", "add", "shop", "--tenant", "acme")
        self.agents = []
        self.agent_extra = self.default_mapping() if agent_extra is None else agent_extra(self)
        self.agent = self.add_agent("berlin", self.agent_extra, hub_extra=agent_hub_extra)
        self.token = None

    def internal(self):
        return f"http://127.0.0.1:{self.backend.port}"

    def default_mapping(self):
        rules = 'path = "/"\nmatch = "subpaths"\nupgrade = true\nbatch = true'
        return mapping(self.internal(), rules=rules)

    def add_agent(self, name, extra, tenant="acme", arguments=(), hub_extra=""):
        """An agent with a fresh join token, not enrolled yet."""
        agent = Agent(self.folder, name, self.hub.url, extra, hub_extra)
        added = self.hub.command("agent", "add", name, "--tenant", tenant, *arguments)
        agent.join_token = added["join_token"]
        self.agents.append(agent)
        return agent

    def start(self):
        self.hub.start()
        self.agent.enrol(self.agent.join_token)
        self.agent.start()
        self.token = self.hub.token(self.shop)
        self.wait_attached()

    def wait_attached(self, location=None, token=None):
        """Until a request reaches an agent: it then says no to a system that nobody mapped."""
        self.wait_status(403, location, token)

    def wait_status(self, status, location=None, token=None):
        fields = [("SAP-Connectivity-SCC-Location_ID", location)] if location else []

        def answered():
            with contextlib.suppress(wire.Closed, OSError):
                return self.ask("GET", PROBE, fields, token=token).status == status

        wait_until(answered, f"requests are answered with {status}")

    def connect(self):
        return wire.connect(self.hub.proxy)

    def head(self, method, target, fields=(), token=None):
        """The head of a proxy request; a target that begins with / is one of the usual system."""
        url = target if "://" in target else f"http://{VIRTUAL}{target}"
        host = url.split("/")[2]
        return wire.head(f"{method} {url} HTTP/1.1", [
            ("Host", host), ("Proxy-Authorization", f"Bearer {token or self.token}"), *fields])

    def ask(self, method, target, fields=(), body=None, token=None):
        """One request on a connection of its own. A body is sent with its length."""
        if body is not None:
            fields = [*fields, ("Content-Length", len(body))]
        connection = self.connect()
        with contextlib.closing(connection):
            connection.send(self.head(method, target, fields, token) + (body or b""))
            return connection.response(method)

    def seen(self, answer):
        """What the scripted back end saw of the request."""
        return json.loads(answer.body)

    def close(self):
        """Ends everything; returns what was wrong with the way it ended."""
        faults = []
        for program in [*(agent.program for agent in self.agents), self.hub.program]:
            if program.process is None:
                continue
            was_running = program.running()
            code = program.stop()
            if was_running and code != 0:
                faults.append(f"{program.arguments[0]} ended with {code}")
            log = program.log()
            faults += [f"{program.log_file.name}: {word}" for word in SANITIZER if word in log]
        self.hub.close()
        self.backend.close()
        return faults

    def logs(self):
        text = []
        for file in sorted(self.folder.rglob("*.log")):
            lines = file.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
            lines = [line[:LOG_COLUMNS_SHOWN] for line in lines]
            text.append("\n".join([f"---- {file.relative_to(self.folder)}", *lines]))
        return "\n".join(text)


class SiteTest(unittest.TestCase):
    """One Site for all tests of a class; their logs are shown when one failed."""
    site_options: dict = {}
    site: Site

    @classmethod
    def setUpClass(cls):
        cls.failed = False
        cls.site = cls.make_site()
        cls.addClassCleanup(cls._end)
        try:
            cls.site.start()
        except BaseException:
            cls.failed = True
            raise

    @classmethod
    def make_site(cls):
        """The site before it starts; a test that wants another one changes it here."""
        return Site(**cls.site_options)

    @classmethod
    def _end(cls):
        faults = cls.site.close()
        if cls.failed or faults:
            print(cls.site.logs(), file=sys.stderr)
        shutil.rmtree(cls.site.folder, ignore_errors=True)
        if faults:
            raise AssertionError("; ".join(faults))

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            type(self).failed = True
        return result
