"""What tests of witnesses do with the agent whose log is countersigned."""
from harness import SiteTest

REQUESTS = 20           # each leaves two records


class WitnessedTest(SiteTest):
    def restart_agent(self, meanwhile=lambda: None):
        self.assertEqual(self.site.agent.program.stop(), 0)
        meanwhile()
        self.site.agent.start()
        self.site.wait_attached()

    def ask(self):
        for number in range(REQUESTS):
            self.site.backend.answers[f"/{number}"] = (
                b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            self.assertEqual(self.site.ask("GET", f"/{number}").status, 200)

    @property
    def log(self):
        return self.site.agent.state / "audit"
