"""`sallyport mappings add, remove, enable, disable, export, import`: files are edited in place, the
daemon judges them first, and what it does not take is taken back. And what a broken configuration
does at start."""
import json, os, pathlib, socket, stat, threading, unittest

from harness import SiteTest
from programs import VIRTUAL, mapping, wait_until

FILE = "more.toml"
TEXT = """# Systems of sales; ask Jane before you change them.

# the shop
[[mapping]]
virtual = "shop.virtual:80"   # as the cloud calls it
internal = "{internal}"

    # orders only
    [[mapping.rule]]
    path = "/orders"
    scenario = "orders"

    [[mapping.rule]]
    path = "/stock"

# ---- end of sales ----
"""


def forgetful_daemon(path, real):
    """An admin socket that judges as the `real` one does, and hangs up when told to reload."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def serve():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client, socket.socket(socket.AF_UNIX) as daemon:
                request = client.recv(65536)
                if b"/v1/reload" in request.split(b"\r\n")[0]:
                    continue
                daemon.connect(str(real))
                copying = threading.Thread(target=copy, args=(client, daemon), daemon=True)
                daemon.sendall(request)
                copying.start()
                copy(daemon, client)

    def copy(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass

    threading.Thread(target=serve, daemon=True).start()

    def stop():
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    return stop


class Commands(SiteTest):
    def setUp(self):
        self.folder = self.site.agent.folder / "mappings.d"
        self.folder.mkdir(exist_ok=True)
        self.file = self.folder / FILE
        self.text = TEXT.format(internal=self.site.internal())
        self.file.write_text(self.text)
        self.file.chmod(0o640)
        self.site.agent.write(self.site.agent_extra)
        self.agent("reload")
        self.addCleanup(self.agent, "reload")
        for name in ("mappings.toml", "new.toml"):
            self.addCleanup((self.folder / name).unlink, missing_ok=True)

    def agent(self, *arguments, **options):
        return self.site.agent.command(*arguments, **options)

    def mappings(self, *arguments, **options):
        return self.agent("mappings", *arguments, **options)

    def status_of(self, path, virtual="shop.virtual"):
        return self.site.ask("GET", f"http://{virtual}{path}").status

    def test_a_mapping_is_disabled_and_enabled_in_its_file(self):
        said = self.mappings("disable", "shop.virtual:80", "--yes")
        self.assertIn("+enabled = false", said)
        self.assertIn("reloaded", said)
        self.assertEqual(self.status_of("/orders"), 403)
        wanted = self.text.replace(f'internal = "{self.site.internal()}"\n',
                                   f'internal = "{self.site.internal()}"\nenabled = false\n')
        self.assertEqual(self.file.read_text(), wanted)
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o640)
        changed = self.site.agent.records(event="config.changed")[-1]
        self.assertIn("shop.virtual:80 disabled", changed["changes"])
        self.assertEqual(changed["who"], f"uid:{os.getuid()}")
        self.mappings("enable", "shop.virtual:80", "--yes")
        self.assertEqual(self.status_of("/orders"), 200)
        self.assertEqual(self.mappings("enable", "shop.virtual:80", "--yes"),
                         "nothing to change: the files say so already\n")

    def test_nothing_is_changed_without_a_yes(self):
        said = self.mappings("disable", "shop.virtual:80", "--dry-run")
        self.assertIn("+enabled = false", said)
        said = self.mappings("disable", "shop.virtual:80", given="n\n", code=1)
        self.assertIn("nothing was changed", said)
        self.mappings("disable", "shop.virtual:80", code=1)
        self.mappings("disable", "shop.virtual:80", "--json", code=1)
        self.assertEqual(self.file.read_text(), self.text)
        self.mappings("disable", "shop.virtual:80", given="y\n")
        self.assertNotEqual(self.file.read_text(), self.text)

    def test_files_stay_if_the_daemon_does_not_say_whether_it_took_them(self):
        path = self.site.agent.folder / "forgetful.sock"
        self.addCleanup(forgetful_daemon(path, self.site.agent.folder / "admin.sock"))
        said = self.mappings("disable", "shop.virtual:80", "--yes", "--socket", path, code=1)
        self.assertIn("the files are written, but the daemon did not say whether it took", said)
        self.assertIn("enabled = false", self.file.read_text())
        self.assertEqual(self.status_of("/orders"), 200)

    def test_a_scenario_is_a_unit(self):
        self.mappings("disable", "--scenario", "orders", "--yes")
        self.assertEqual((self.status_of("/orders"), self.status_of("/stock")), (403, 200))
        self.mappings("enable", "--scenario", "orders", "--yes")
        exported = self.mappings("export", "--scenario", "orders")
        self.assertIn("# orders only", exported)
        self.assertNotIn("/stock", exported)
        self.mappings("remove", "--scenario", "orders", "--yes")
        self.assertEqual((self.status_of("/orders"), self.status_of("/stock")), (403, 200))
        self.assertIn("# ---- end of sales ----", self.file.read_text())
        self.mappings("import", "-", "--yes", given=exported)
        self.assertEqual((self.status_of("/orders"), self.status_of("/stock")), (200, 200))
        said = json.loads(self.mappings("import", "-", "--yes", "--json", "--to", VIRTUAL,
                                        "--scenario", "copy", given=exported))
        self.assertTrue(said["reloaded"])
        self.assertIn(str(self.site.agent.config), said["files"])
        self.assertEqual(self.mappings("export", VIRTUAL, "--scenario", "copy").count("copy"), 1)

    def test_a_new_mapping_comes_into_a_file_and_goes_again(self):
        self.mappings("add", "new.virtual:80", self.site.internal(), "--path", "/a", "--path", "/b",
                      "--methods", "GET,HEAD", "--description", 'for "you"', "--file", "new.toml",
                      "--yes")
        self.assertEqual(self.status_of("/b", "new.virtual"), 200)
        self.assertEqual(self.status_of("/c", "new.virtual"), 403)
        self.mappings("add", "new.virtual:80", "--path", "/c", "--yes")
        self.assertEqual(self.status_of("/c", "new.virtual"), 200)
        self.mappings("remove", "new.virtual:80", "--path", "/b", "--yes")
        self.assertEqual(self.status_of("/b", "new.virtual"), 403)
        self.mappings("remove", "new.virtual:80", "--yes")
        self.assertEqual(self.status_of("/a", "new.virtual"), 403)
        self.assertEqual((self.folder / "new.toml").read_text().strip(), "")

    def test_what_would_not_be_valid_is_not_written(self):
        before = {file: file.read_text() for file in self.folder.iterdir()}
        for arguments, words in (
                (("add", "shop.virtual:80", "http://x:1", "--path", "/"), "mapped twice"),
                (("add", "x.virtual:80", "http://x:1", "--path", "/a/../b"), "would not be valid"),
                (("add", "x.virtual:80", "ftp://x:1", "--path", "/"), "would not be valid"),
                (("add", "x.virtual:80", "http://x:1", "--file", "../x.toml"), "mappings.d"),
                (("add", "nothing.virtual:80", "--path", "/"), "nothing is mapped"),
                (("add", "shop.virtual:80"), "say where"),
                (("remove",), "name a mapping"),
                (("remove", "shop.virtual:80", "--rule", "9"), "no such rule"),
                (("disable", "--scenario", "none"), "no rule belongs"),
                (("import", "-", "--to", VIRTUAL), "nothing to import")):
            with self.subTest(arguments):
                said = self.mappings(*arguments, "--yes", code=1)
                self.assertIn(words, said)
        self.assertEqual({file: file.read_text() for file in self.folder.iterdir()}, before)

    def test_what_only_the_daemon_can_find_wrong_is_found_before_it_is_written(self):
        rules = ('[[mapping]]\nvirtual = "pw.virtual:80"\ninternal = "http://x:1"\n'
                 'principal = { kind = "technical", credentials_file = "/nowhere/at/all" }\n')
        said = self.mappings("import", "-", "--yes", given=rules, code=1)
        self.assertIn("the daemon refuses it", said)
        self.assertIn("/nowhere/at/all", said)
        self.assertFalse((self.folder / "mappings.toml").exists())

    def test_a_configuration_that_is_broken_already_is_left_to_its_administrator(self):
        self.file.write_text(self.text + "broken = ")
        self.addCleanup(self.file.write_text, self.text)
        said = self.mappings("disable", VIRTUAL, "--yes", code=1)
        self.assertIn("mend it first", said)

    def test_an_override_wins_over_the_file_and_the_command_says_so(self):
        self.mappings("disable", "shop.virtual:80", "--override")
        self.addCleanup(self.mappings, "clear", "--all")
        self.assertEqual(self.file.read_text(), self.text)
        self.assertEqual(self.status_of("/orders"), 403)
        said = self.mappings("enable", "shop.virtual:80", "--yes")
        self.assertIn("nothing to change", said)
        self.assertIn("it wins over the file", said)
        self.file.write_text(self.text.replace("# the shop", "# the web shop"))
        said = self.mappings("disable", "shop.virtual:80", "--yes")
        self.assertIn("it wins over the file", said)
        self.mappings("enable", "shop.virtual:80", "--override")
        self.assertEqual(self.status_of("/orders"), 200)

    def test_without_a_daemon_it_is_checked_here_and_says_so(self):
        socket = self.folder.parent / "nobody.sock"
        said = self.mappings("disable", "shop.virtual:80", "--yes", "--socket", socket)
        self.assertIn("no daemon was asked", said)
        self.assertIn("not in force yet", said)
        self.assertIn("enabled = false", self.file.read_text())
        self.assertEqual(self.status_of("/orders"), 200)


class LastGood(SiteTest):
    """A restart with a configuration that somebody broke."""

    def setUp(self):
        self.use(self.pair())
        self.site.agent.command("reload")
        self.addCleanup(self.restart)
        self.addCleanup(self.use, self.pair())

    def pair(self, rules='path = "/a"\n\npath = "/b"'):
        return (mapping(self.site.internal(), rules=rules) +
                mapping(self.site.internal(), "other.virtual:80"))

    def use(self, text):
        self.site.agent.write(text)

    def restart(self):
        program = self.site.agent.program
        if program.running():
            self.assertEqual(program.stop(), 0)
        self.site.agent.start()
        self.site.wait_attached()

    def socket(self):
        return ("--socket", self.site.agent.folder / "admin.sock")

    def status_of(self, url):
        return self.site.ask("GET", url).status

    def test_a_typo_does_not_stop_the_agent_and_brings_nothing_back(self):
        self.use(self.pair('path = "/a"') + "[[mapping]]\nvirtual = \n")
        self.restart()
        self.assertEqual(self.status_of("/a"), 200)
        self.assertEqual(self.status_of("/b"), 403, "removed together with the typo")
        self.assertEqual(self.status_of("http://other.virtual/"), 200)
        status = json.loads(self.site.agent.command("status", "--json", *self.socket()))
        self.assertTrue(any("THE CONFIGURATION ON DISK IS BROKEN" in one
                            for one in status["warnings"]))
        self.assertIn("agent.toml", status["last_good"]["why"])
        self.assertEqual(len(status["last_good"]["closed"]), 1)
        self.assertIn("config.broken", self.site.agent.program.log())
        record = self.site.agent.records(event="admin.action", act="config.last_good")[-1]
        self.assertEqual((record["who"], record["outcome"]), ("start", "done"))
        self.site.agent.command("check", code=1)
        self.site.agent.command("reload", *self.socket(), code=1)
        self.use(self.pair('path = "/b"'))
        self.site.agent.command("reload")
        self.assertEqual((self.status_of("/a"), self.status_of("/b")), (403, 200))
        status = self.site.agent.status()
        self.assertNotIn("last_good", status)

    def test_it_is_kept_for_the_agent_alone(self):
        kept = pathlib.Path(self.site.agent.state) / "last_good_configuration.json"
        self.assertEqual(stat.S_IMODE(kept.stat().st_mode), 0o600)
        documents = json.loads(kept.read_text())["documents"]
        self.assertEqual(documents[0]["text"], self.site.agent.config.read_text())

    def test_whoever_prefers_to_fail_can(self):
        self.use("broken = ")
        program = self.site.agent.program
        self.assertEqual(program.stop(), 0)
        program.arguments.append("--no-last-good")
        self.addCleanup(program.arguments.remove, "--no-last-good")
        program.start()
        wait_until(lambda: not program.running(), "the agent ends")
        self.assertEqual(program.process.returncode, 2)


if __name__ == "__main__":
    unittest.main()
