"""`sallyport status` and `sallyport top` as a person sees them: in a terminal."""
import fcntl, json, os, pty, select, signal, struct, subprocess, termios, unittest

from harness import SiteTest
from programs import BIN, SECONDS, wait_until

ENTER, LEAVE, SHOW = b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?25h"


class Terminal:
    """A command of ours in a pseudo terminal of a size."""

    def __init__(self, *arguments, rows=30, columns=140, environment=None):
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(theirs)
        self.process = subprocess.Popen(
            [str(BIN / "sallyport"), *map(str, arguments)], stdin=theirs, stdout=theirs,
            stderr=theirs, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env=os.environ | {"TERM": "xterm"} | (environment or {}))
        self.ours, self.theirs, self.output = ours, theirs, b""

    def read(self, seconds=0.05):
        while select.select([self.ours], [], [], seconds)[0]:
            self.output += os.read(self.ours, 65536)
            seconds = 0
        return self.output

    def wait_for(self, text):
        wait_until(lambda: text in self.read(), f"{text!r} is shown; there is {self.output!r}")

    def type(self, keys):
        os.write(self.ours, keys)

    def end(self):
        """Its exit code, after all of its output."""
        def ended():
            self.read()
            return self.process.poll() is not None

        wait_until(ended, "it ends")
        self.read()
        return self.process.returncode

    def restored(self):
        return termios.tcgetattr(self.theirs) == self.before

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(SECONDS)
        os.close(self.ours)
        os.close(self.theirs)


class Top(SiteTest):
    def terminal(self, *arguments, **options):
        terminal = Terminal(*arguments, "--config", self.site.agent.config, **options)
        self.addCleanup(terminal.close)
        return terminal

    def test_it_shows_what_happens_until_somebody_ends_it(self):
        for how in ("q", "interrupt", "terminate"):
            with self.subTest(how):
                self.site.ask("GET", "/slow-one")
                terminal = self.terminal("top")
                for text in (ENTER, b"LINKS", b"MAPPINGS", b"SLOWEST", b"erp.virtual:44300",
                             b"/slow-one"):
                    terminal.wait_for(text)
                before = len(terminal.output)
                wait_until(lambda: len(terminal.read()) > before + 100, "it is drawn again")
                if how == "q":
                    terminal.type(b"q")
                elif how == "interrupt":
                    terminal.type(b"\x03")
                else:
                    terminal.process.send_signal(signal.SIGTERM)
                self.assertEqual(terminal.end(), 0)
                self.assertTrue(terminal.output.endswith(SHOW + LEAVE), terminal.output[-80:])
                self.assertTrue(terminal.restored())

    def test_one_picture_and_facts_for_programs(self):
        self.site.ask("GET", "/once")

        def shown():
            text = self.site.agent.command("top", "--once")
            return text if "/once" in text else None

        self.assertNotIn("\x1b", wait_until(shown, "the exchange is counted"))
        facts = json.loads(self.site.agent.command("top", "--json"))
        self.assertLessEqual({"hubs", "mappings", "slowest"}, set(facts))

    def test_colours_are_for_terminals_that_want_them(self):
        def status(environment):
            terminal = self.terminal("status", environment=environment)
            self.assertEqual(terminal.end(), 0)
            return terminal.output

        self.assertTrue(status({}).startswith(b"\x1b[32mREADY\x1b[0m"), status({}))
        self.assertTrue(status({"NO_COLOR": "1"}).startswith(b"READY"))
        self.assertTrue(status({"TERM": "dumb"}).startswith(b"READY"))
        self.assertTrue(self.site.agent.command("status").startswith("READY  "))

    def test_status_says_what_is_wrong_and_what_to_do(self):
        agent = self.site.add_agent("lost", "", arguments=("--location", "lost"),
                                    hub_extra='location = "lost"')
        agent.enrol(agent.join_token)
        agent.config.write_text(agent.config.read_text().replace(
            self.site.hub.url, "https://localhost:1"))
        agent.start()
        wait_until(lambda: "0 of 2 links up: " in self.said(agent), "its links are down")
        said = self.said(agent)
        self.assertTrue(said.startswith("NOT READY"), said)
        self.assertRegex(said, r"(?m)^failed   hub hub: links")
        self.assertIn("-> `sallyport doctor` goes the way", said)

    @staticmethod
    def said(agent):
        try:
            return agent.command("status")
        except AssertionError:
            return ""


if __name__ == "__main__":
    unittest.main()
