"""What monitors that were made for SAP's connector rely on, beside the form of the answers, which
test_administration.py compares with the documents."""
import time, unittest

from administration import over_socket
from harness import SiteTest
from programs import SECONDS, VIRTUAL, wait_until


class AtTheAgent(SiteTest):
    def ask(self, path):
        return over_socket(self.site.agent.folder / "admin.sock", "GET", path)

    def test_the_tunnel_is_the_accounts(self):
        told = self.ask("/api/monitoring/subaccounts").json()["subaccounts"][0]
        tenant = next(agent["tenant"] for agent in self.site.hub.status()["agents"])
        self.assertEqual((told["regionHost"], told["displayName"], tenant),
                         ("localhost", "hub", "acme"))
        self.assertEqual((told["tunnel"]["state"], told["tunnel"]["connections"]),
                         ("Connected", 2))
        self.assertIn("CN=", told["tunnel"]["subaccountCertificate"]["subjectDN"])

    def test_usage_tells_each_mapping_and_rule_and_when_it_was_asked_for_last(self):
        def used():
            (told,) = self.ask("/api/monitoring/usage").json()["subaccounts"]
            (one,) = [one for one in told["usageStatistics"]
                      if f'{one["virtualHost"]}:{one["virtualPort"]}' == VIRTUAL]
            return one, one["resources"][0]

        before = [one["calls"] for one in used()]
        answer = self.site.ask("POST", "/used", body=b"x" * 100)
        self.assertEqual(answer.status, 200)
        mapping, rule = wait_until(
            lambda: used() if [one["calls"] for one in used()] == [n + 1 for n in before] else None,
            "the call is counted")
        self.assertEqual((rule["resourceName"], rule["enabled"]), ("/", True))
        self.assertEqual(rule["mostRecentAccess"], mapping["mostRecentAccess"])
        self.assertLess(abs(rule["mostRecentAccess"] / 1000 - time.time()), SECONDS)
        self.assertGreaterEqual(rule["bytesReceived"], 100)
        self.assertGreaterEqual(rule["bytesSent"], len(answer.body))

    def test_the_slowest_calls_say_what_they_moved_and_not_for_whom(self):
        answer = self.site.ask("POST", "/moved", body=b"x" * 1000)
        self.assertEqual(answer.status, 200)

        def found():
            (told,) = self.ask("/api/monitoring/performance/topTimeConsumers").json()["subaccounts"]
            return [one for one in told["requests"] if one["resource"] == "/moved"]

        (one,) = wait_until(found, "it is one of the slowest")
        self.assertEqual((one["receivedBytes"], one["sentBytes"]), (1000, len(answer.body)))
        self.assertNotIn("user", one)

    def test_the_load_is_a_share_of_all_processors(self):
        told = self.ask("/api/monitoring/cpu").json()
        for share in ("total", "CloudConnector"):
            self.assertIn(told[share], range(101))
        self.assertEqual(self.ask("/api/monitoring/alerts").json()["alerts"], [])

    def test_the_process_says_that_it_lives_and_serves(self):
        self.assertEqual(self.ask("/exposed?action=ping").status, 200)
        for action in ("hasMasterRole", "ensureMasterRole"):
            self.assertEqual(self.ask(f"/exposed?action={action}").text, "true")
        self.assertEqual(self.ask("/exposed?action=other").status, 404)


class AtTheHub(SiteTest):
    """docs/MONITORING.md#sap-hub."""

    def ask(self, path):
        return over_socket(self.site.hub.folder / "admin.sock", "GET", path)

    def agents(self):
        told = self.ask("/api/monitoring/subaccounts").json()["subaccounts"]
        return {(one["displayName"], one["locationID"]): one for one in told}

    def test_each_agent_is_told_and_who_is_missed(self):
        hub = self.site.hub
        hub.command("agent", "add", "late", "--tenant", "acme", "--location", "PLANT")
        agents = wait_until(lambda: self.agents() if len(self.agents()) == 2 else None,
                            "the hub knows of the new agent")
        berlin, late = agents["berlin", ""], agents["late", "PLANT"]
        seen = over_socket(self.site.agent.folder / "admin.sock", "GET",
                           "/api/monitoring/subaccounts").json()["subaccounts"][0]
        for key in ("subaccount", "locationID", "regionHost"):
            self.assertEqual(berlin[key], seen[key], key)
        for key in ("notAfterTimeStamp", "serialNumber"):
            self.assertEqual(berlin["tunnel"]["subaccountCertificate"][key],
                             seen["tunnel"]["subaccountCertificate"][key], key)
        self.assertEqual((berlin["tunnel"]["state"], berlin["tunnel"]["connections"]),
                         ("Connected", 2))
        since = berlin["tunnel"]["connectedSinceTimeStamp"] / 1000
        self.assertLess(abs(since - time.time()), 10 * SECONDS)
        self.assertEqual((late["description"], late["tunnel"]),
                         ("acme", {"state": "Disconnected", "connections": 0}))
        self.site.agent.program.stop()
        self.addCleanup(lambda: (self.site.agent.start(), self.site.wait_attached()))
        wait_until(lambda: self.agents()["berlin", ""]["tunnel"]["state"] == "ConnectFailure",
                   "the agent is missed")

    def test_certificates_are_of_the_hub_and_of_its_agents(self):
        told = self.ask("/api/monitoring/certificates").json()
        kinds = {one["type"] for state in ("ok", "expiring", "expired") for one in told[state]}
        self.assertLessEqual({"subaccount", "System", "CA"}, kinds)

    def test_the_process_says_that_it_lives_and_serves(self):
        self.assertEqual(self.ask("/exposed?action=ping").status, 200)
        self.assertEqual(self.ask("/exposed?action=ensureMasterRole").text, "true")

    def test_what_the_hub_does_not_know_is_not_there(self):
        for path in ("connections/backends", "connections/serviceChannels", "usage",
                     "performance/backends", "performance/topTimeConsumers"):
            self.assertEqual(self.ask("/api/monitoring/" + path).status, 404, path)


if __name__ == "__main__":
    unittest.main()
