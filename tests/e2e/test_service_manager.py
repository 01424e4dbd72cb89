#!/usr/bin/env python3
"""What systemd hears of the real programs, and gives to them: this test is their service manager
(sd_notify(3), LoadCredential= of systemd.exec(5))."""
import contextlib, os, signal, socket, unittest
from unittest import mock

import harness
from programs import basic, mapping, run, wait_until

WATCHDOG_USEC = 400_000


class Manager:
    """One program's $NOTIFY_SOCKET."""

    def __init__(self, program, folder):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        path = folder / "notify"
        self.socket.bind(str(path))
        self.messages = []
        program.environment |= {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": str(WATCHDOG_USEC)}

    def heard(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                self.messages.append(self.socket.recv(4096).decode())
        return self.messages

    def wait(self, wanted, times=1):
        """Until it was heard so often from now on."""
        self.messages.clear()
        self.expect(wanted, times)

    def expect(self, wanted, times=1):
        wait_until(lambda: sum(wanted in message for message in self.heard()) >= times,
                   f"{times} times {wanted}")


class ServiceManager(harness.SiteTest):
    @classmethod
    def make_site(cls):
        site = harness.Site()
        cls.hub = Manager(site.hub.program, site.hub.folder)
        cls.agent = Manager(site.agent.program, site.agent.folder)
        for manager in (cls.hub, cls.agent):
            cls.addClassCleanup(manager.socket.close)
        return site

    def test_1_both_are_ready_and_fed_and_say_how_they_are(self):
        for manager in (self.hub, self.agent):
            manager.expect("READY=1\nSTATUS=")
            manager.expect("WATCHDOG=1", 3)
        self.agent.expect("STATUS=2 links are up")
        self.hub.expect("2 links")

    def test_2_a_reload_begins_and_ends(self):
        for manager, program in ((self.hub, self.site.hub), (self.agent, self.site.agent)):
            manager.messages.clear()
            program.program.signal(signal.SIGHUP)
            manager.expect("RELOADING=1\nMONOTONIC_USEC=")
            manager.expect("READY=1")
            manager.wait("WATCHDOG=1", 3)

    def test_3_a_hub_that_is_away_makes_nobody_dead(self):
        self.hub.messages.clear()
        self.assertEqual(self.site.hub.program.stop(), 0)
        self.hub.expect("STOPPING=1")
        self.hub.expect("WATCHDOG_USEC=3600000000")
        self.agent.expect("STATUS=no link to a hub is up")
        self.agent.wait("WATCHDOG=1", 10)

    def test_4_a_stop_takes_as_long_as_it_may(self):
        self.agent.messages.clear()
        self.assertEqual(self.site.agent.program.stop(), 0)
        self.assertEqual([message for message in self.agent.heard() if message != "WATCHDOG=1"],
                         ["STOPPING=1\nSTATUS=finishes what runs", "WATCHDOG_USEC=3600000000"])


class Credentials(harness.SiteTest):
    @classmethod
    def make_site(cls):
        site = harness.Site()
        cls.folder = site.folder / "credentials"
        cls.folder.mkdir(mode=0o700)
        cls.secret = cls.folder / "vault"
        cls.secret.write_text("agent:open sesame\n")
        cls.secret.chmod(0o400)
        technical = 'principal = { kind = "technical", credentials_file = "credential:vault" }'
        site.agent.write(mapping(site.internal()) +
                         mapping(site.internal(), "vault.virtual:80", more=technical))
        environment = {"CREDENTIALS_DIRECTORY": str(cls.folder)}
        site.agent.program.environment |= environment
        cls.enterClassContext(mock.patch.dict(os.environ, environment))
        return site

    def test_a_mapping_uses_what_the_service_was_given(self):
        answer = self.site.ask("GET", "http://vault.virtual/x")
        self.assertEqual(answer.status, 200)
        self.assertIn(basic("agent", "open sesame"), answer.body.decode())

    def test_check_says_what_is_missing_and_who_could_read_too_much(self):
        check = ("sallyport", "check", "--config", self.site.agent.config)
        self.assertIn("is valid", run(*check))
        self.secret.chmod(0o404)
        self.addCleanup(self.secret.chmod, 0o400)
        self.assertIn(f"chmod o= {self.secret}", run(*check, code=1))
        with mock.patch.dict(os.environ, {"CREDENTIALS_DIRECTORY": str(self.folder / "none")}):
            self.assertIn("LoadCredential=vault:", run(*check, code=1))


if __name__ == "__main__":
    unittest.main()
