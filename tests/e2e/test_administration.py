"""Who may administer the running programs over their sockets, and what they can be asked for: the
documents docs/openapi-*.json are compared with what is routed and with what is answered."""
import json, os, unittest

import administration
from administration import NOBODY, over_socket
from harness import Site, SiteTest
from programs import SECONDS, segments_of, wait_until, whole_lines

ADMIN_GROUP, VIEW_GROUP = ("games", 60), ("news", 9)    # any two that every Debian has


def groups_toml():
    return f'admin_group = "{ADMIN_GROUP[0]}"\nview_group = "{VIEW_GROUP[0]}"\n'


def open_folders(site):
    """Others may come as far as to the sockets."""
    for folder in (site.folder, site.hub.folder, *(agent.folder for agent in site.agents)):
        os.chmod(folder, 0o755)


class AdministrationSite(SiteTest):
    @classmethod
    def make_site(cls):
        site = Site(hub_extra=groups_toml())
        site.agent.base = site.agent.base.replace("[agent]\n", "[agent]\n" + groups_toml())
        site.agent.write(site.agent_extra)
        open_folders(site)
        return site

    def records(self, event, **wanted):
        return self.site.agent.records(event=event, **wanted)


@unittest.skipUnless(administration.may_be_others(), "only root can come as somebody else")
class WhoMay(AdministrationSite):
    def sockets(self):
        for folder in (self.site.agent.folder, self.site.hub.folder):
            if (folder / "view.sock").exists():
                yield folder / "admin.sock", folder / "view.sock"

    def ask(self, socket, method, target, *groups, user=NOBODY):
        return over_socket(socket, method, target, user=user, groups=groups)

    def test_the_kernel_lets_nobody_in_but_the_groups(self):
        sockets = list(self.sockets())
        self.assertTrue(sockets)
        for admin, view in sockets:
            for socket, group in ((admin, ADMIN_GROUP), (view, VIEW_GROUP)):
                status = socket.stat()
                self.assertEqual((status.st_mode & 0o777, status.st_gid), (0o660, group[1]))
            self.assertIsNone(self.ask(admin, "GET", "/v1/status"))
            self.assertIsNone(self.ask(view, "GET", "/v1/status"))
            self.assertIsNone(self.ask(admin, "GET", "/v1/status", VIEW_GROUP[1]))

    def test_who_may_look_changes_nothing_and_the_attempt_is_on_record(self):
        view = self.site.agent.folder / "view.sock"
        self.assertEqual(self.ask(view, "GET", "/v1/status", VIEW_GROUP[1]).status, 200)
        refused = self.ask(view, "POST", "/v1/reconnect", VIEW_GROUP[1])
        self.assertEqual((refused.status, refused.json()["error"]["code"]), (403, "only_looking"))
        record = wait_until(lambda: self.records("admin.action", act="links.reconnect",
                                                 who=f"uid:{NOBODY}"), "it is on record")[0]
        self.assertEqual((record["outcome"], record["account"]),
                         ("refused", administration.account_of(NOBODY)))

    def test_nobody_changes_anything_through_the_view_socket(self):
        """Whatever he is: it is made for those who only look."""
        view = self.site.agent.folder / "view.sock"
        self.assertEqual(over_socket(view, "GET", "/v1/status").status, 200)
        self.assertEqual(over_socket(view, "POST", "/v1/reconnect").status, 403)

    def test_a_member_of_the_admin_group_administers_and_is_on_record_by_name(self):
        admin = self.site.agent.folder / "admin.sock"
        done = self.ask(admin, "POST", "/v1/replace-links", ADMIN_GROUP[1])
        self.assertEqual((done.status, done.json()["done"]), (200, True))
        record = self.records("admin.action", act="links.replace")[0]
        self.assertEqual((record["who"], record["account"], record["outcome"]),
                         (f"uid:{NOBODY}", administration.account_of(NOBODY), "done"))

    def test_what_a_member_puts_in_force_is_on_record_by_name_as_well(self):
        agent, hub = self.site.agent, self.site.hub
        by = (f"uid:{NOBODY}", administration.account_of(NOBODY))

        def ask(folder, target, body=None):
            done = over_socket(folder / "admin.sock", "POST", target, body, user=NOBODY,
                               groups=(ADMIN_GROUP[1],))
            self.assertEqual(done.status, 200, done.text)

        def assert_named(folder):
            changed = [record for file in segments_of(folder / "audit")
                       for record in whole_lines(file) if record["event"] == "config.changed"]
            self.assertEqual((changed[-1]["who"], changed[-1]["account"]), by)

        ask(agent.folder, "/v1/mappings/override",
            '{"virtual": "erp.virtual:44300", "maintenance": true}')
        assert_named(agent.state)
        ask(agent.folder, "/v1/mappings/clear", '{"all": true}')
        self.addCleanup(agent.write, self.site.agent_extra)
        agent.write("# another\n" + self.site.agent_extra)
        ask(agent.folder, "/v1/reload")
        assert_named(agent.state)
        hub.config.write_text("# another\n" + hub.config.read_text())
        ask(hub.folder, "/v1/reload")
        assert_named(hub.folder / "state")
        before = len(agent.records(event="config.changed"))
        agent.write(self.site.agent_extra)
        agent.program.signal(1)
        changed = wait_until(lambda: agent.records(event="config.changed")[before:], "the reload")
        self.assertEqual((changed[0]["who"], "account" in changed[0]), ("signal", False))

    def test_who_comes_through_a_socket_that_was_opened_wide_is_still_nobody(self):
        admin = self.site.agent.folder / "admin.sock"
        mode = admin.stat().st_mode
        self.addCleanup(lambda: os.chmod(admin, mode & 0o777))
        os.chmod(admin, 0o666)
        for method, target in (("GET", "/v1/status"), ("POST", "/v1/reload"), ("GET", "/x")):
            refused = self.ask(admin, method, target)
            self.assertEqual((refused.status, refused.json()["error"]["code"]),
                             (403, "not_allowed"))
        self.assertEqual(self.ask(admin, "GET", "/v1/status", VIEW_GROUP[1]).status, 200)
        self.assertEqual(self.ask(admin, "POST", "/v1/reload", VIEW_GROUP[1]).status, 403)
        wait_until(lambda: len(self.records("admin.login", who=f"uid:{NOBODY}")) >= 3,
                   "who was not let in is on record")


class Documents(AdministrationSite):
    """docs/openapi-agent.json and docs/openapi-hub.json against the running programs."""

    def socket_of(self, name):
        folder = self.site.agent.folder if name == "agent" else self.site.hub.folder
        return folder / "admin.sock"

    def test_what_is_routed_is_documented_and_nothing_else_is(self):
        for name in ("agent", "hub"):
            listed = over_socket(self.socket_of(name), "GET", "/v1").json()["verbs"]
            documented = administration.document(name)["paths"]
            routed = {(verb["method"].lower(), verb["path"]): verb for verb in listed}
            written = {(method, path): operation for path, methods in documented.items()
                       for method, operation in methods.items()}
            self.assertEqual(set(routed), set(written), name)
            for key, verb in routed.items():
                self.assertEqual(written[key]["x-needs"], verb["needs"], key)
                self.assertEqual(written[key].get("x-act"), verb.get("act"), key)

    def check(self, name, method, path, operation, whole):
        body = operation.get("requestBody")
        if body is not None:
            body = json.dumps(body["content"]["application/json"]["example"])
        answer = over_socket(self.socket_of(name), method.upper(),
                             path + operation.get("x-query", ""), body)
        self.assertIsNotNone(answer, path)
        self.assertIn(str(answer.status), operation["responses"], f"{path}: {answer.text}")
        response = operation["responses"][str(answer.status)]
        if "$ref" in response:
            response = administration.resolve(response["$ref"], whole)
        content = response["content"]
        if "application/json" in content:
            schema = content["application/json"]["schema"]
            self.assertEqual(administration.faults(answer.json(), schema, whole), [], path)

    def test_each_request_is_answered_as_the_document_says(self):
        for name in ("agent", "hub"):
            whole = administration.document(name)
            for path, methods in whole["paths"].items():
                for method, operation in methods.items():
                    if path == "/v1/drain":     # below, since nothing answers after it
                        continue
                    with self.subTest(program=name, method=method, path=path):
                        self.check(name, method, path, operation, whole)

    def test_what_is_not_documented_is_not_answered(self):
        for name in ("agent", "hub"):
            socket = self.socket_of(name)
            for method, target, status in (("GET", "/v1/other", 404), ("GET", "/v1/status/", 404),
                                           ("DELETE", "/v1/status", 405), ("GET", "/", 404),
                                           ("POST", "/v1/status", 405), ("GET", "/v1/reload", 405)):
                answer = over_socket(socket, method, target)
                self.assertEqual(answer.status, status, (name, method, target))
                self.assertEqual(administration.faults(
                    answer.json(), {"$ref": "#/components/schemas/Error"},
                    administration.document(name)), [])


class Drain(AdministrationSite):
    def test_drain_is_answered_as_documented_and_is_the_last_thing(self):
        whole = administration.document("agent")
        answer = over_socket(self.site.agent.folder / "admin.sock", "POST", "/v1/drain")
        schema = whole["paths"]["/v1/drain"]["post"]["responses"]["200"]
        schema = schema["content"]["application/json"]["schema"]
        self.assertEqual((answer.status, administration.faults(answer.json(), schema, whole)),
                         (200, []))
        self.assertEqual(self.site.agent.program.process.wait(SECONDS), 0)


if __name__ == "__main__":
    unittest.main()
