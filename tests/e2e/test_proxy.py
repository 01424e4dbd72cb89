"""An agent that reaches its hub only through a corporate proxy: Debian's Squid with Basic."""
import os, shutil, socket, subprocess, unittest

from backends import closed_port
from harness import Site, SiteTest
from programs import SECONDS, wait_until

BASIC_HELPER = """#!/usr/bin/env python3
import sys
for line in sys.stdin:
    print("OK" if line.split() == ["agent", "right%20one"] else "ERR", flush=True)
"""
CONFIGURATION = """http_port 127.0.0.1:{port}
pid_filename {folder}/squid.pid
cache_log {folder}/squid-cache.log
access_log stdio:{folder}/squid-access.log
logfile_rotate 0
cache deny all
coredump_dir {folder}
shutdown_lifetime 0 seconds
pinger_enable off
netdb_filename none
auth_param basic program {folder}/helper.py
auth_param basic children 1
auth_param basic realm corporate
acl known proxy_auth REQUIRED
acl tls port 1-65535
http_access allow CONNECT tls known
http_access deny all
"""


class Squid:
    def __init__(self, folder):
        folder.mkdir()
        self.folder = folder
        self.port = closed_port()
        self.access_log = folder / "squid-access.log"
        helper = folder / "helper.py"
        helper.write_text(BASIC_HELPER)
        helper.chmod(0o755)
        if os.geteuid() == 0:       # Squid gives up root and must still reach its files
            shutil.chown(folder, "proxy")
            folder.parent.chmod(0o711)
        self._configuration = folder / "squid.conf"
        self._configuration.write_text(CONFIGURATION.format(port=self.port, folder=folder))
        self._process = None
        self.start()

    def start(self):
        squid = shutil.which("squid") or "/usr/sbin/squid"
        self._process = subprocess.Popen(
            [squid, "-N", "-f", str(self._configuration)], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._listening, "squid listens")

    def _listening(self):
        if self._process.poll() is not None:
            raise AssertionError((self.folder / "squid-cache.log").read_text())
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def stop(self):
        self._process.terminate()
        self._process.wait(SECONDS)


class ThroughSquid(SiteTest):
    @classmethod
    def make_site(cls):
        site = Site()
        cls.squid = Squid(site.folder / "squid")
        cls.addClassCleanup(cls.squid.stop)
        cls.use_squid(site, site.agent, "agent:right one", site.agent_extra)
        return site

    @classmethod
    def use_squid(cls, site, agent, credentials, extra):
        file = agent.folder / "proxy.cred"
        file.write_text(credentials + "\n")
        file.chmod(0o600)
        agent.base += (f'proxy = "http://127.0.0.1:{cls.squid.port}"\n'
                       f'proxy_credentials_file = "{file}"\n')
        agent.write(extra)

    def tunnels(self, result):
        return [line for line in self.squid.access_log.read_text().splitlines() if result in line]

    def test_enrolment_and_links_go_through_the_proxy(self):
        self.assertEqual(self.site.ask("GET", "/").status, 200)
        wait_until(lambda: self.tunnels("TCP_TUNNEL/200"), "squid saw the tunnel of the enrolment")

    def test_links_come_back_after_the_proxy_was_restarted(self):
        self.squid.stop()
        self.site.wait_status(503)
        self.squid.start()
        self.site.wait_attached()

    def test_wrong_credentials_are_said_to_be_wrong(self):
        agent = self.site.add_agent("denied", "", arguments=("--location", "DENIED"))
        self.use_squid(self.site, agent, "agent:much too wrong", "")
        said = agent.enrol(agent.join_token, code=1)
        self.assertIn("407", said)
        self.assertNotIn("much too wrong", said)


if __name__ == "__main__":
    unittest.main()
