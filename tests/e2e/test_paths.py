"""Policy from the outside: what OData and ABAP clients really send gets through byte for byte, what
leaves a rule does not; and the commands that explain policy say what the agent then does."""
import json, unittest

from harness import SiteTest
from programs import VIRTUAL, mapping

RULES = '''path = "/sap/opu/odata/"
match = "subpaths"

path = "/sap(bD1l)/bc/"
match = "subpaths"
methods = ["GET"]

path = "/sap/batch/"
match = "subpaths"
batch = true

path = "/ping"'''

ALLOWED = [
    ("GET", "/sap/opu/odata/SRV/Set('a%2Fb')"), ("GET", "/sap/opu/odata/SRV;v=2/Set"),
    ("GET", "/sap/opu/odata/SRV;v=2;mo/Set(1)/$value"), ("GET", "/sap/opu/odata/SRV/Set/$count"),
    ("GET", "/sap/opu/odata/SRV/$metadata?sap-language=EN"),
    ("GET", "/sap/opu/odata/SRV/Set(Name='M%C3%BCller',Id=1)"),
    ("GET", "/sap/opu/odata/SRV/Set('%E2%82%AC%20%F0%9F%98%80')"),
    ("GET", "/sap/opu/odata/SRV/Set('O''Neil')?$filter=A%20eq%20'..%2F..%2F'"),
    ("GET", "/sap/opu/odata/SRV/Set('100%25')"), ("GET", "/sap/opu/odata//SRV/"),
    ("GET", "/sap/opu/odata/SRV/Set(datetime'2024-01-01T00%3A00%3A00')"),
    ("GET", "/sap(bD1l)/bc/gui/x"), ("POST", "/sap/batch/SRV/$batch"),
    ("POST", "/sap/batch/SRV;v=1/$batch?sap-client=100"), ("GET", "/ping"),
    ("GET", "/ping?a=/../b"),
]
REFUSED = [
    ("POST", "/sap/opu/odata/SRV/$batch", 403), ("POST", "/sap/opu/odata/SRV/%24batch", 403),
    ("POST", "/sap/opu/odata/SRV/$batch;v=1", 403), ("POST", "/sap(bD1l)/bc/x", 403),
    ("GET", "/sap(bd1l)/bc/x", 403), ("GET", "/sap;x/opu/odata/x", 403),
    ("GET", "/sap/opu%2Fodata/x", 403), ("GET", "/sap/opu/odatax", 403),
    ("GET", "//sap/opu/odata/x", 403), ("GET", "/%73ap/opu/odata/x", 403),
    ("GET", "/ping/", 403), ("GET", "/ping;a", 403), ("GET", "/pin%67", 403), ("GET", "/", 403),
    ("GET", "/sap/opu/odata/../bc", 400), ("GET", "/sap/opu/odata/%2E%2E/bc", 400),
    ("GET", "/sap/opu/odata/%252e%252e/bc", 400), ("GET", "/sap/opu/odata/..;a=b/bc", 400),
    ("GET", "/sap/opu/odata/x%5C..%5Cbc", 400), ("GET", "/sap/opu/odata/%00", 400),
    ("GET", "/sap/opu/odata/%0d%0aX: y".replace(" ", ""), 400), ("GET", "/sap/opu/odata/%", 400),
    ("GET", "/sap/opu/odata/%c0%ae%c0%ae/x", 400), ("GET", "/sap/opu/odata/..%2f..%2fx", 400),
]


class Paths(SiteTest):
    @classmethod
    def make_site(cls):
        site = super().make_site()
        site.agent_extra = mapping(site.internal(), rules=RULES)
        site.agent.write(site.agent_extra)
        return site

    def ask(self, method, target):
        body = b"" if method == "POST" else None
        return self.site.ask(method, target, body=body)

    def test_what_clients_send_arrives_byte_for_byte(self):
        for method, target in ALLOWED:
            with self.subTest(target):
                answer = self.ask(method, target)
                self.assertEqual(answer.status, 200, answer.body)
                self.assertEqual(self.site.seen(answer)["start"], f"{method} {target} HTTP/1.1")

    def test_what_leaves_the_rules_never_arrives(self):
        before = len(self.site.backend.requests)
        for method, target, status in REFUSED:
            with self.subTest(target):
                self.assertEqual(self.ask(method, target).status, status)
        self.assertEqual(len(self.site.backend.requests), before)

    def test_explain_says_what_happens(self):
        for method, target, status in [(*case, 200) for case in ALLOWED] + REFUSED:
            with self.subTest(target):
                said = self.site.agent.command("explain", method, f"http://{VIRTUAL}{target}",
                                               "--json", code=0 if status == 200 else 1)
                facts = json.loads(said)
                self.assertEqual(facts["allowed"], status == 200)
                if status != 200:
                    self.assertGreater(len(facts["reason"]), 20)

    def test_mappings_list_shows_what_is_exposed(self):
        (exposed,) = json.loads(self.site.agent.command("mappings", "list", "--json"))
        self.assertEqual(exposed["virtual"], VIRTUAL)
        self.assertEqual([rule["path"] for rule in exposed["rules"]],
                         ["/sap/opu/odata/", "/sap(bD1l)/bc/", "/sap/batch/", "/ping"])
        text = self.site.agent.command("mappings", "list")
        for word in (VIRTUAL, self.site.internal(), "/sap/opu/odata/", "/ping"):
            self.assertIn(word, text)

    def test_check_says_that_all_is_well_and_what_is_odd(self):
        self.assertIn("valid", self.site.agent.command("check"))
        self.assertIn("valid", self.site.hub.command("check", json_wanted=False))


if __name__ == "__main__":
    unittest.main()
