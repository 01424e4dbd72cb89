"""`sallyport certs`: what is in use is shown, and replaced while requests run."""
import json, unittest

from harness import SiteTest


def listed(agent):
    """What `certs list` says: (source, certificates by kind)."""
    said = json.loads(agent.command("certs", "list", "--json"))
    return said, {one["kind"]: one for one in said["certificates"]}


class List(SiteTest):
    def test_the_serial_in_use_is_shown(self):
        said, kinds = listed(self.site.agent)
        tunnel = kinds["tunnel"]
        status = json.loads(self.site.agent.command("status", "--json"))
        self.assertEqual(said["source"], "daemon")
        self.assertEqual(tunnel["serial"], status["identity"]["serial"])
        self.assertTrue(tunnel["renews_itself"] and tunnel["in_use"])
        self.assertEqual((tunnel["warning"], round(tunnel["life_spent"])), ("", 0))
        self.assertEqual([one["serial"] for one in status["certificates"]], [tunnel["serial"]])
        self.assertIn(tunnel["serial"], self.site.agent.command("certs", "list"))

    def test_without_a_daemon_it_says_that_it_looked_on_disk(self):
        other = self.site.add_agent("offline", self.site.agent_extra,
                                    arguments=("--location", "offline"))
        self.assertEqual(listed(other)[0]["certificates"], [])
        other.enrol(other.join_token)
        said, kinds = listed(other)
        self.assertEqual((said["source"], set(kinds)), ("disk", {"tunnel"}))
        self.assertIn("no agent answers", other.command("certs", "list"))


if __name__ == "__main__":
    unittest.main()
