"""Revocation lists at the hub: of its own authority, and of a customer's."""
import os, unittest

from authority import Authority
from programs import wait_until
import test_external_authority


class AgentRevocation(test_external_authority.CustomerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        hub = cls.site.hub
        cls.plain = hub.config.read_text()
        cls.lists = cls.site.folder / "lists"
        cls.lists.mkdir()
        cls.ours = Authority.of(cls.lists, hub.folder / "state" / "ca.pem",
                                hub.folder / "state" / "ca.key")
        cls.theirs = Authority.of(cls.lists, cls.ca_file, cls.ca_file.with_suffix(".key"))

    def setUp(self):
        self.ours.revoked.clear()
        self.theirs.revoked.clear()

    def use(self, *files, code=0):
        """These lists from now on; what the reload said."""
        names = ", ".join(f'"{file}"' for file in files)
        self.site.hub.config.write_text(f"{self.plain}[agents]\ncrl_files = [{names}]\n")
        self.addCleanup(self.site.hub.config.write_text, self.plain)
        return self.site.hub.command("reload", code=code, json_wanted=False)

    def certificate(self, agent):
        return agent.state / "identity" / "active" / "chain.pem"

    def list_with(self, authority, *agents):
        for agent in agents:
            authority.revoke(self.certificate(agent))
        return authority.revocation_list(self.lists / "list.crl")

    def refused(self, agent):
        """The log of the hub, once the agent's link was ended and the next one refused."""
        log = self.site.hub.program.log
        ended = f"/agent/{agent.name} "
        wait_until(lambda: any(" link.down " in line and ended in line and "revoked" in line
                               for line in log().splitlines()), "its link was closed")
        wait_until(lambda: " tls.refused " in log() and "it is revoked" in log(),
                   "the next handshake is refused")

    def enrolled(self, name):
        agent = self.site.add_agent(name, "", hub_extra=f'location = "{name}"',
                                    arguments=("--location", name))
        agent.enrol(agent.join_token)
        agent.start()
        self.site.wait_attached(name)
        return agent

    def test_of_the_hubs_own_authority(self):
        agent = self.enrolled("own")
        self.use(self.list_with(self.ours))
        self.assertEqual(self.site.ask("GET", "/x").status, 200)
        file = self.list_with(self.ours, agent)
        self.use(file)
        self.site.wait_status(503, "own")
        self.refused(agent)
        self.assertEqual(self.site.ask("GET", "/x").status, 200, "others stay")
        self.use()
        self.site.wait_attached("own")

    def test_of_a_customers_authority(self):
        agent = self.started()
        file = self.list_with(self.theirs)
        self.use(file)
        self.site.wait_attached(agent.location)
        self.list_with(self.theirs, agent)
        self.use(file)
        self.site.wait_status(503, agent.location)
        self.refused(agent)
        # A new certificate of the same authority is good; the list is in force for whoever trusts
        # the authority later, too.
        agent.program.stop()
        again = self.site.hub.command("agent", "reissue", agent.name, "--tenant", "acme")
        self.credentials(agent, agent.name + "-again")
        agent.enrol(again["join_token"])
        agent.start()
        self.site.wait_attached(agent.location)

    def test_a_list_that_is_out_of_date_lets_nobody_new_in(self):
        agent = self.enrolled("late")
        old = self.ours.revocation_list(self.lists / "old.crl", "-crl_lastupdate",
                                        "20250101000000Z", "-crl_nextupdate", "20250201000000Z")
        self.use(old)
        self.assertIn("2025-02-01", str(self.site.hub.status()["warnings"]))
        self.assertIn(" revocation.fault ", self.site.hub.program.log())
        self.assertEqual(self.site.ask("GET", "/x").status, 200, "who is there stays")
        agent.program.stop()
        agent.start()
        wait_until(lambda: "nobody knows whether it is revoked" in self.site.hub.program.log(),
                   "the handshake is refused")
        self.assertEqual(self.site.ask("GET", "/x").status, 200)
        self.use()
        self.site.wait_attached("late")

    def test_what_cannot_be_read_changes_nothing(self):
        agent = self.enrolled("kept")
        self.use(self.list_with(self.ours, agent))
        self.site.wait_status(503, "kept")
        bad = self.lists / "bad.crl"
        bad.write_text("no list")
        for file in (bad, self.lists / "missing.crl"):
            said = self.use(file, code=1)
            self.assertIn(os.path.basename(file), said)
            self.assertIn("stays in force", said)
            self.assertIn(os.path.basename(file),
                          self.site.hub.command("check", code=1, json_wanted=False))
        self.site.wait_status(503, "kept")


if __name__ == "__main__":
    unittest.main()
