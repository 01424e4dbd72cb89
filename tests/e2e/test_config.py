"""Configuration: errors name file, line and column; a reload swaps or keeps, never half of it."""
import contextlib, json, threading, unittest

from harness import SiteTest
from programs import SECONDS, mapping, wait_until

# what, TOML instead of the mappings, what is said
BROKEN = [
    ("syntax", "[[mapping]\n", ["agent.toml:"]),
    ("unknown key", "[[mapping]]\nvirtuall = 1\n", ["agent.toml:", "virtuall", "virtual"]),
    ("unknown table", "[adit]\nlevel = \"all\"\n", ["adit", "audit"]),
    ("wrong type", "[[mapping]]\nvirtual = 1\ninternal = \"http://x:1\"\n", ["virtual"]),
    ("no port", "[[mapping]]\nvirtual = \"erp\"\ninternal = \"http://x:1\"\n", ["erp"]),
    ("no URL", "[[mapping]]\nvirtual = \"erp:1\"\ninternal = \"x\"\n", ["internal"]),
    ("twice", mapping("http://x:1") + mapping("http://y:1"), ["erp.virtual:44300"]),
    ("dots in a rule", mapping("http://x:1", rules='path = "/a/../b"'), ["path"]),
    ("unknown hub", mapping("http://x:1", more='hub = "nope"'), ["nope"]),
    ("choice", "[audit]\nlevel = \"some\"\n", ["level", "security"]),
]


class Configuration(SiteTest):
    def setUp(self):
        self.site.backend.answers.clear()
        self.addCleanup(self.reload_default)

    def reload_default(self):
        self.site.agent.write(self.site.agent_extra)
        self.site.agent.command("reload")

    def test_check_names_the_place_of_every_fault(self):
        for what, text, words in BROKEN:
            with self.subTest(what):
                self.site.agent.write(text)
                said = self.site.agent.command("check", code=1)
                for word in words:
                    self.assertIn(word, said)
                self.assertRegex(said, r"agent\.toml:\d+:\d+: |^agent\.toml|is mapped|names hub")

    def test_an_invalid_configuration_is_not_taken_and_the_old_one_goes_on(self):
        before = self.site.agent.status()["configuration"]
        for _, text, words in BROKEN:
            self.site.agent.write(text)
            socket = self.site.agent.folder / "admin.sock"
            said = self.site.agent.command("reload", "--socket", socket, code=1)
            self.assertIn(words[0], said)
            self.assertEqual(self.site.ask("GET", "/").status, 200)
        status = self.site.agent.command("status", "--json", "--socket", socket)
        self.assertEqual(json.loads(status)["configuration"], before)

    def test_a_reload_changes_what_is_exposed_and_keeps_what_runs(self):
        go, reached = threading.Event(), threading.Event()

        def answer(connection, _):
            reached.set()
            go.wait(SECONDS)
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold")

        self.site.backend.answers["/old/slow"] = answer
        with contextlib.closing(self.site.connect()) as client:
            client.send(self.site.head("GET", "/old/slow"))
            self.assertTrue(reached.wait(SECONDS))
            self.site.agent.write(mapping(self.site.internal(),
                                          rules='path = "/new"\nmatch = "subpaths"'))
            self.site.agent.command("reload")
            self.assertEqual(self.site.ask("GET", "/new").status, 200)
            self.assertEqual(self.site.ask("GET", "/old/x").status, 403)
            go.set()
            self.assertEqual(client.response().body, b"old")
        changed = self.site.agent.records(event="config.changed")
        self.assertTrue(changed)
        self.assertNotEqual(changed[-1]["before"], changed[-1]["after"])

    def test_a_signal_reloads_too(self):
        self.site.agent.write(mapping(self.site.internal(), rules='path = "/by-signal"'))
        self.site.agent.program.signal(1)
        wait_until(lambda: self.site.ask("GET", "/by-signal").status == 200, "the reload by SIGHUP")

    def test_a_reload_names_what_needs_a_restart_and_keeps_it_as_it_runs(self):
        agent = self.site.agent

        def told(*command):
            return json.loads(agent.command(*command, "--json"))

        extra = (self.site.agent_extra + '[log]\nformat = "json"\n'
                 '[[channel]]\nname = "c"\nlisten = "127.0.0.1:1"\nhub = "hub"\n')
        agent.write(extra)
        self.assertIn("only after a restart: [[channel]], log.format", agent.command("reload"))
        said = told("reload")
        self.assertEqual(said["restart_needed"], ["[[channel]]", "log.format"])
        status = told("status")
        self.assertEqual(status["restart_needed"], ["[[channel]]", "log.format"])
        self.assertEqual(status["configuration"], said["configuration"])
        self.assertEqual(status["channels"], [])
        self.assertIn("systemctl restart sallyport", agent.command("status"))
        doctor = told("doctor", "--no-requests")
        self.assertIn(("warning", "systemctl restart sallyport"),
                      {(one["result"], one.get("remedy")) for one in doctor["findings"]})
        for key in ("[[channel]]", "log.format"):
            wait_until(lambda: any("config.restart_needed" in line and key in line
                                   for line in agent.program.log().splitlines()), "a line of it")
        changed = agent.records(event="config.changed")[-1]
        self.assertIn("[[channel]] waits for a restart", changed["changes"])

        # What waits is where keys and overrides are, too: nothing opens by itself.
        agent.command("mappings", "maintenance", "erp.virtual:44300", "on")
        self.assertEqual(told("status")["restart_needed"], ["[[channel]]", "log.format"])
        elsewhere = agent.base.replace(f'state_dir = "{agent.state}"',
                                       f'state_dir = "{agent.folder / "elsewhere"}"')
        self.assertNotEqual(elsewhere, agent.base)
        agent.config.write_text(elsewhere + self.site.agent_extra)
        self.assertEqual(told("reload")["restart_needed"], ["state_dir"])
        self.assertEqual(self.site.ask("GET", "/").status, 503)
        self.assertFalse((agent.folder / "elsewhere").exists())
        agent.write(self.site.agent_extra)
        self.assertEqual(told("reload")["restart_needed"], [])
        agent.command("mappings", "clear", "--all")
        self.assertEqual(told("status")["restart_needed"], [])
        self.assertEqual(self.site.ask("GET", "/").status, 200)

    def test_mappings_of_further_files_count(self):
        folder = self.site.agent.folder / "mappings.d"
        folder.mkdir()
        file = folder / "more.toml"
        file.write_text(mapping(self.site.internal(), "more.virtual:80"))
        self.addCleanup(file.unlink)
        self.site.agent.command("reload")
        self.assertEqual(self.site.ask("GET", "http://more.virtual/").status, 200)

    def test_explain_says_what_the_agent_will_do(self):
        self.site.agent.write(mapping(self.site.internal(),
                                      rules='path = "/a"\nmatch = "subpaths"\nmethods = ["GET"]'))
        self.site.agent.command("reload")
        for method, path, status in (("GET", "/a/b", 200), ("GET", "/b", 403), ("PUT", "/a", 403),
                                     ("GET", "/a/../b", 400)):
            with self.subTest(f"{method} {path}"):
                url = f"http://erp.virtual:44300{path}"
                said = self.site.agent.command("explain", method, url, "--json",
                                               code=0 if status == 200 else 1)
                self.assertIn('"allowed":' + ("true" if status == 200 else "false"), said)
                fields = [("Content-Length", 0)] if method == "PUT" else []
                self.assertEqual(self.site.ask(method, path, fields).status, status)

    def test_a_disabled_rule_and_a_mapping_without_rules_expose_nothing(self):
        for rules in ('path = "/"\nmatch = "subpaths"\nenabled = false', ""):
            self.site.agent.write(mapping(self.site.internal(), rules=rules))
            self.site.agent.command("reload")
            self.assertEqual(self.site.ask("GET", "/").status, 403)

    def test_a_query_is_recorded_only_if_that_is_wanted(self):
        self.site.ask("GET", "/query?secret=1")
        self.assertNotIn("secret", str(self.site.agent.records()))
        self.site.agent.write("[audit]\nquery_strings = true\n" + self.site.agent_extra)
        self.site.agent.command("reload")
        self.site.ask("GET", "/query?wanted=1")
        self.assertTrue(self.site.agent.records(event="exchange.begin", path="/query?wanted=1"))

    def test_the_hub_names_the_place_of_a_fault_too(self):
        config = self.site.hub.config
        good = config.read_text()
        self.addCleanup(config.write_text, good)
        config.write_text(good + "tlss = 1\n")
        said = self.site.hub.command("check", code=1, json_wanted=False)
        self.assertRegex(said, r"hub\.toml:\d+:\d+: .*tlss")

    def test_a_command_used_wrongly_ends_with_2(self):
        self.site.agent.command("nonsense", code=2)
        self.site.hub.command("client", "add", code=2)


if __name__ == "__main__":
    unittest.main()
