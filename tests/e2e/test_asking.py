"""What programs ask a running agent or hub over the admin socket: why a request is let through, and
what the audit log has."""
import json, threading, unittest

from administration import over_socket
from harness import SiteTest
from programs import VIRTUAL, wait_until

USER = "personal value"


class Asking(SiteTest):
    def ask(self, program, target, **body):
        return over_socket(program.folder / "admin.sock", "POST", target, json.dumps(body))

    def query(self, program, **body):
        answer = self.ask(program, "/v1/audit/query", **body)
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json()

    def pages(self, program, **body):
        """All findings, page by page."""
        found, asked = [], body
        while True:
            page = self.query(program, **asked)
            self.assertLessEqual(len(page["findings"]), body.get("limit", 100))
            for fault in ("ends_unread", "unreadable", "damaged"):
                self.assertEqual(page[fault], 0, fault)
            found += page["findings"]
            if "next" not in page:
                return found
            self.assertGreater(page["next"], asked.get("from", -1))
            asked = {**body, "from": page["next"]}

    def test_explain_answers_as_the_command_does(self):
        agent = self.site.agent
        for method, url, code in (("GET", f"http://{VIRTUAL}/a", 0),
                                  ("GET", "http://nowhere.virtual:1/", 1)):
            answer = self.ask(agent, "/v1/explain", method=method, url=url)
            self.assertEqual(answer.status, 200, answer.text)
            said = answer.json()
            self.assertEqual(said["allowed"], code == 0)
            if code == 0:
                self.assertEqual(said, json.loads(agent.command("explain", method, url, "--json")))
        for body, word in (({"method": "GET"}, "url"), ({"method": "GET", "url": "x"}, "http://"),
                           ({"method": "LDAP", "url": VIRTUAL}, "operation"),
                           ({"method": "GET", "url": f"http://{VIRTUAL}/", "odd": 1}, "odd")):
            answer = self.ask(agent, "/v1/explain", **body)
            self.assertEqual(answer.status, 422, answer.text)
            self.assertIn(word, answer.text)

    def test_explain_is_of_what_is_in_force(self):
        agent = self.site.agent
        url = f"http://{VIRTUAL}/"
        before = agent.config.read_text()
        self.addCleanup(agent.config.write_text, before)
        agent.config.write_text(before.replace(VIRTUAL, "other.virtual:1"))
        self.assertTrue(self.ask(agent, "/v1/explain", method="GET", url=url).json()["allowed"])

    def test_what_happened_is_found_page_by_page_as_the_command_finds_it(self):
        agent = self.site.agent
        for path in ("/one", "/two", "/three"):
            self.assertEqual(self.site.ask("GET", path).status, 200)
        wait_until(lambda: len(agent.records(event="exchange.end", status=200)) >= 3, "recorded")
        wanted = {"virtual_host": VIRTUAL, "outcome": "answered"}
        found = self.pages(agent, limit=1, **wanted)
        self.assertEqual(found, self.pages(agent, **wanted))
        begins = [one["records"][0] for one in found]
        self.assertEqual([one["path"] for one in begins][-3:], ["/one", "/two", "/three"])
        self.assertEqual([one["seq"] for one in begins], sorted(one["seq"] for one in begins))
        for one in found:
            self.assertEqual([record["event"] for record in one["records"]],
                             ["exchange.begin", "exchange.end"])
        lines = agent.command("audit", "query", "--format", "json", "--outcome", "answered",
                              "--virtual-host", VIRTUAL).splitlines()
        self.assertEqual(len(lines), 2 * len(found))

    def test_no_personal_value_is_told_or_can_be_asked_for(self):
        agent = self.site.agent
        answer = self.ask(agent, "/v1/audit/query", user="jane*")
        self.assertEqual(answer.status, 422)
        self.assertIn(USER, answer.text)
        for program in (agent, self.site.hub):
            text = json.dumps(self.pages(program))
            for field in ("user", "principal", "sap_user", "bind_dn", "bound_as"):
                self.assertNotIn(f'"{field}":', text)

    def test_the_hubs_log_is_asked_in_the_same_way(self):
        hub = self.site.hub
        hub.command("reload")
        found = wait_until(lambda: self.pages(hub, event="admin.action", since="1h"), "recorded")
        self.assertEqual(found[-1]["records"][0]["act"], "config.reload")

    def test_one_is_answered_at_a_time(self):
        """Whoever comes second is told so, and nobody waits for long."""
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(
            self.ask(self.site.agent, "/v1/audit/query"))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        codes = {answer.status for answer in answers}
        self.assertLessEqual(codes, {200, 503})
        self.assertIn(200, codes)
        self.assertEqual(self.ask(self.site.agent, "/v1/audit/query").status, 200)


if __name__ == "__main__":
    unittest.main()
