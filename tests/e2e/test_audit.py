"""What the audit log says of links and certificates."""
import unittest

from harness import SiteTest
from programs import wait_until


class Audit(SiteTest):
    def records(self, event):
        return self.site.agent.records(event=event)

    def test_each_link_that_came_up_went_down_once(self):
        wait_until(lambda: len(self.records("link.up")) >= 2, "two links are recorded")
        self.assertEqual(self.site.agent.program.stop(), 0)
        ups, downs = self.records("link.up"), self.records("link.down")
        opened = self.records("log.opened")[-1]["seq"]
        self.assertEqual(sorted(up["link"] for up in ups if up["seq"] > opened),
                         sorted(down["link"] for down in downs if down["seq"] > opened))
        for record in ups:
            self.assertEqual((record["hub"], record["agent"]), ("hub", "berlin"))
            self.assertRegex(record["remote"], r"^127\.0\.0\.1:\d+$")
            self.assertRegex(record["certificate"], "^[0-9a-f]{64}$")
        for record in downs:
            self.assertTrue(record["reason"])
        self.site.agent.start()
        self.site.wait_attached()
        self.site.agent.command("audit", "verify")

    def test_the_enrolled_certificate_is_recorded_once(self):
        (record,) = self.records("certificate.enrolled")
        self.assertEqual(record["purpose"], "tunnel")
        self.site.agent.command("reload")
        self.assertEqual(len(self.records("certificate.enrolled")), 1)
        self.assertEqual(self.site.agent.program.stop(), 0)
        self.site.agent.start()
        self.site.wait_attached()
        self.assertEqual(len(self.records("certificate.enrolled")), 1)


if __name__ == "__main__":
    unittest.main()
