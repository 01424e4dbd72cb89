"""What is exposed changes while the agent runs: mappings that are disabled, expire or are in
maintenance, by their files and by what an administrator says at run time."""
import contextlib, datetime, json, pathlib, unittest

import streams, wire
from harness import Site, SiteTest
from programs import VIRTUAL, ask_admin, mapping, wait_until
from test_under_load import Load
from test_websocket import SWITCHED, UPGRADE

DB = "db.virtual:7"
RULES = 'path = "/"\nmatch = "subpaths"'


def moment(seconds):
    """RFC 3339, so many seconds from now."""
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def hold(sock):
    while data := sock.recv(65536):
        sock.sendall(data)


class Exposure(SiteTest):
    @classmethod
    def make_site(cls):
        cls.server = streams.Server(hold)
        cls.addClassCleanup(cls.server.close)
        return Site()

    def setUp(self):
        self.use()
        self.addCleanup(self.site.agent.command, "mappings", "clear", "--all")

    def use(self, more="", rules=RULES, stream=""):
        """Puts one mapping of each kind in force."""
        text = (mapping(self.site.internal(), more=more, rules=rules) +
                f'[[mapping]]\nvirtual = "{DB}"\ninternal = "tcp://127.0.0.1:{self.server.port}"\n'
                f"{stream}\n")
        self.site.agent.write(text)
        self.site.agent.command("reload")

    def status(self):
        return self.site.agent.status()

    def last_end(self, **wanted):
        return wait_until(lambda: self.site.agent.records(event="exchange.end", **wanted),
                          f"an end with {wanted}")[-1]

    def stream(self):
        sock = streams.connect(self.site.hub, self.site.token, DB)
        self.addCleanup(sock.close)
        sock.sendall(b"ping")
        self.assertEqual(streams.read_exactly(sock, 4), b"ping")
        return sock

    def assert_ended(self, sock, reason):
        try:
            self.assertEqual(sock.recv(1), b"")
        except ConnectionResetError:
            pass
        end = self.last_end(outcome="aborted", reason=reason)
        self.assertEqual(end["reason"], reason)

    def test_a_closed_mapping_looks_as_if_it_were_not_there(self):
        unknown = self.site.ask("GET", "http://nothing.virtual:1/")
        for more, reason in (("enabled = false", "mapping_disabled"),
                             ('expires = "2020-01-01T00:00:00Z"', "mapping_expired")):
            with self.subTest(more):
                self.use(more)
                answer = self.site.ask("GET", "/")
                self.assertEqual(answer.status, 403)
                told = json.loads(answer.body)["error"]
                self.assertEqual(told["code"], json.loads(unknown.body)["error"]["code"])
                self.assertEqual(told["message"].replace(VIRTUAL, ""),
                                 json.loads(unknown.body)["error"]["message"]
                                 .replace("nothing.virtual:1", ""))
                end = self.last_end(reason=reason)
                self.assertEqual((end["outcome"], end["status"]), ("refused", 403))
                said = self.site.agent.command("explain", "GET", f"http://{VIRTUAL}/", code=1)
                self.assertIn("the mapping", said)

    def test_a_rule_expires_alone(self):
        self.use(rules='path = "/old"\nexpires = "2020-01-01T00:00:00Z"\n\npath = "/new"')
        self.assertEqual(self.site.ask("GET", "/old").status, 403)
        self.last_end(reason="rule_expired")
        self.assertEqual(self.site.ask("GET", "/new").status, 200)
        self.assertIn("rule /old expired", self.site.agent.command("check"))

    def test_maintenance_says_when_to_come_again(self):
        self.site.agent.command("mappings", "maintenance", VIRTUAL, "on")
        answer = self.site.ask("GET", "/")
        self.assertEqual(answer.status, 503)
        self.assertEqual(answer.value("retry-after"), "60")
        self.assertIn("destination_unavailable", answer.value("proxy-status"))
        self.assertEqual(json.loads(answer.body)["error"]["code"], "maintenance")
        self.last_end(reason="maintenance", outcome="refused")
        self.assertIn("is in maintenance", "\n".join(self.status()["warnings"]))
        self.site.agent.command("mappings", "maintenance", VIRTUAL, "off")
        self.assertEqual(self.site.ask("GET", "/").status, 200)

    def test_an_override_holds_over_a_reload_and_a_restart_until_it_is_cleared(self):
        said = self.site.agent.command("mappings", "maintenance", VIRTUAL, "on")
        self.assertIn("override: maintenance on", said)
        self.site.agent.command("reload")
        self.assertEqual(self.site.ask("GET", "/").status, 503)
        self.assertEqual(self.site.agent.program.stop(), 0)
        self.site.agent.start()
        self.site.wait_attached()
        self.assertEqual(self.site.ask("GET", "/").status, 503)
        override = self.status()["overrides"][0]
        self.assertEqual((override["virtual"], override["maintenance"]), (VIRTUAL, True))
        self.assertIn("IN MAINTENANCE", self.site.agent.command("status"))
        self.assertIn("override of " + VIRTUAL, self.site.agent.command("mappings", "list"))
        self.assertIn("maintenance", self.site.agent.command(
            "explain", "GET", f"http://{VIRTUAL}/", code=1))
        self.site.agent.command("mappings", "clear", VIRTUAL)
        self.assertEqual(self.status()["overrides"], [])
        self.assertEqual(self.site.ask("GET", "/").status, 200)
        act = self.site.agent.records(event="admin.action", act="mappings.clear")[-1]
        self.assertEqual((act["object"], act["before"]), (VIRTUAL, "maintenance on"))
        self.assertTrue(act["who"].startswith("uid:"))
        changes = self.site.agent.records(event="config.changed")[-1]
        self.assertIn("maintenance off", changes["changes"])
        self.assertTrue(changes["who"].startswith("uid:"))

    def test_an_end_is_set_moved_and_taken_away(self):
        self.site.agent.command("mappings", "expire", VIRTUAL, "1s")
        self.assertIn("expires at", self.site.agent.command("mappings", "list"))
        wait_until(lambda: self.site.ask("GET", "/").status == 403, "it expires")
        self.last_end(reason="mapping_expired")
        self.site.agent.command("mappings", "expire", VIRTUAL, "1h")
        self.assertEqual(self.site.ask("GET", "/").status, 200)
        self.site.agent.command("mappings", "expire", VIRTUAL, "never")
        self.assertNotIn("expires at", self.site.agent.command("mappings", "list").split("\n")[0])

    def test_streams_end_with_their_mapping(self):
        sock = self.stream()
        self.site.agent.command("mappings", "expire", DB, "1s")
        self.assert_ended(sock, "mapping_expired")
        with self.assertRaises(streams.Refused):
            self.stream()
        self.site.agent.command("mappings", "clear", DB)
        for arguments, reason in ((("maintenance", DB, "on"), "maintenance"),
                                  (("expire", DB, moment(-5)), "mapping_expired")):
            sock = self.stream()
            self.site.agent.command("mappings", *arguments)
            self.assert_ended(sock, reason)
            self.site.agent.command("mappings", "clear", "--all")
        sock = self.stream()
        self.use(stream="enabled = false")
        self.assert_ended(sock, "mapping_disabled")
        self.use()
        self.stream()

    def test_websockets_end_with_their_mapping(self):
        def echo(connection, _):
            connection.send(SWITCHED)
            with contextlib.suppress(wire.Closed):
                while True:
                    connection.send(connection.some())

        self.use(rules=RULES + "\nupgrade = true")
        self.site.backend.answers["/ws"] = echo
        self.addCleanup(self.site.backend.answers.clear)
        for arguments, reason in ((("expire", VIRTUAL, "1s"), "mapping_expired"),
                                  (("disable", "--override", VIRTUAL), "mapping_disabled")):
            with contextlib.closing(self.site.connect()) as client:
                client.send(self.site.head("GET", "/ws", UPGRADE))
                self.assertEqual(client.response_head().status, 101)
                client.send(b"ping")
                self.assertEqual(client.exactly(4), b"ping")
                self.site.agent.command("mappings", *arguments)
                self.assertTrue(client.wait_for_end())
            self.last_end(outcome="aborted", reason=reason, status=101)
            self.site.agent.command("mappings", "clear", "--all")

    def test_a_later_end_and_another_mapping_leave_streams_alone(self):
        sock = self.stream()
        self.site.agent.command("mappings", "expire", DB, "1h")
        self.site.agent.command("mappings", "maintenance", VIRTUAL, "on")
        self.site.agent.command("mappings", "expire", DB, "2h")
        sock.sendall(b"pong")
        self.assertEqual(streams.read_exactly(sock, 4), b"pong")

    def test_what_makes_no_sense_is_refused_and_changes_nothing(self):
        for arguments, words in ((("maintenance", "nothing.virtual:1", "on"), "nothing is mapped"),
                                 (("expire", VIRTUAL, "tomorrow"), "is no time"),
                                 (("clear", VIRTUAL), "nothing overrides"),
                                 (("clear",), "name a mapping")):
            self.assertIn(words, self.site.agent.command("mappings", *arguments, code=1))
        self.site.agent.command("mappings", "maintenance", VIRTUAL, "maybe", code=2)
        self.assertEqual(self.status()["overrides"], [])
        self.assertEqual(self.site.ask("GET", "/").status, 200)

    def test_broken_overrides_are_refused_with_what_to_do(self):
        file = pathlib.Path(self.site.agent.state) / "overrides.json"
        file.write_text('{"version":1,"mappings":')
        said = self.site.agent.command("reload", code=1)
        self.assertIn(str(file), said)
        self.assertIn("delete it", said)
        self.assertEqual(self.site.ask("GET", "/").status, 200)
        file.unlink()
        self.site.agent.command("reload")

    def test_a_rest_client_reads_and_overrides(self):
        def call(method, target, body=""):
            return ask_admin(self.site.agent.folder / "admin.sock", method, target, body)

        status, answer = call("POST", "/v1/mappings/override",
                              json.dumps({"virtual": VIRTUAL, "enabled": False}))
        self.assertEqual((status, answer["mapping"]["state"]), (200, "disabled"))
        self.assertTrue(answer["record"]["recorded"])
        status, answer = call("GET", "/v1/mappings")
        told = {one["virtual"]: one for one in answer["mappings"]}
        self.assertEqual((told[VIRTUAL]["state"], told[DB]["state"]), ("disabled", "open"))
        self.assertEqual(told[VIRTUAL]["override"]["enabled"], False)
        self.assertEqual(call("POST", "/v1/mappings/override", "{}")[0], 422)
        self.assertEqual(call("POST", "/v1/mappings/clear", "{}")[0], 422)
        self.assertEqual(call("POST", "/v1/mappings/clear", '{"all":true}')[0], 200)


class ReloadStorm(SiteTest):
    RELOADS = 25
    MAPPINGS = 200

    def test_no_request_fails_while_the_configuration_changes_all_the_time(self):
        with Load(self.site) as load:
            load.wait_for_answers(20)
            for i in range(self.RELOADS):
                others = "".join(mapping(self.site.internal(), f"system{k}.virtual:80",
                                         more=f'description = "{i}"')
                                 for k in range(self.MAPPINGS if i % 2 else 1))
                self.site.agent.write(self.site.agent_extra + others)
                self.site.agent.command("reload")
                if i % 5 == 0:
                    self.site.agent.command("mappings", "maintenance", "system0.virtual:80",
                                            "off" if i % 10 else "on")
            load.wait_for_answers(20)
        self.assertEqual(set(load.outcomes), {200}, load.outcomes)
        ends = self.site.agent.records(event="exchange.end", outcome="answered")
        self.assertGreaterEqual(len(ends), load.outcomes[200])


if __name__ == "__main__":
    unittest.main()
