"""Targets of the audit log: they get every record, and nobody waits for them."""
import json, re, unittest

from authority import Authority
from harness import Site, SiteTest
from programs import wait_until
from syslog_receiver import Receiver, Rsyslog, client_certificate


def forward(name, kind, **keys):
    lines = "".join(f"{key} = {json.dumps(str(value) if key != 'events' else value)}\n"
                    for key, value in keys.items())
    return f'[[audit.forward]]\nname = "{name}"\nkind = "{kind}"\n{lines}'


def sequences(messages):
    return {int(number) for message in messages for number in re.findall(r' seq="(\d+)"', message)}


class Forward(SiteTest):
    @classmethod
    def make_site(cls):
        def extra(site):
            cls.authority = Authority(site.folder, "siem")
            certificate, key = client_certificate(cls.authority)
            cls.rsyslog = Rsyslog(site.folder, cls.authority)
            cls.receiver, cls.slow = Receiver(cls.authority), Receiver(cls.authority)
            cls.addClassCleanup(cls.rsyslog.stop)
            cls.file, cls.links = site.folder / "audit.log", site.folder / "links.cef"
            syslog = {"ca_file": cls.authority.certificate, "from": "start"}
            return site.default_mapping() + "\n".join([
                forward("rsyslog", "syslog", url=f"syslog+tls://127.0.0.1:{cls.rsyslog.port}",
                        certificate_file=certificate, key_file=key, **syslog),
                forward("killed", "syslog", url=f"syslog+tls://127.0.0.1:{cls.receiver.port}",
                        **syslog),
                forward("slow", "syslog", url=f"syslog+tls://127.0.0.1:{cls.slow.port}", **syslog),
                forward("file", "file", path=cls.file, **{"from": "start"}),
                forward("links", "file", path=cls.links, events=["link.*"], format="cef",
                        **{"from": "start"})])

        return Site(agent_extra=extra)

    def status(self, name):
        forwarders = self.site.agent.status()["audit"]["forward"]
        return next(each for each in forwarders if each["name"] == name)

    def written(self):
        """Sequences of what stands in the log."""
        return {record["seq"] for record in self.site.agent.records()}

    def ask(self, times, path="/"):
        for _ in range(times):
            self.assertEqual(self.site.ask("GET", path).status, 200)

    def test_rsyslog_gets_each_record_as_it_stands_in_the_log(self):
        self.ask(20)
        written = self.written()
        wait_until(lambda: written <= sequences(self.rsyslog.lines()), "rsyslog has all of it")
        line = next(line for line in self.rsyslog.lines() if " seq=\"0\" " in line)
        head, _, body = line.partition("] ")
        self.assertRegex(head, r'^\S+ sallyport log\.opened \[sallyport@32473 seq="0" '
                               r'event="log\.opened"$')
        (record,) = self.site.agent.records(seq=0)
        self.assertEqual(json.loads(body), record)
        self.assertEqual(self.status("rsyslog")["state"], "connected")

    def test_a_receiver_that_was_killed_gets_what_it_missed(self):
        self.ask(5)
        wait_until(lambda: self.written() <= sequences(self.receiver.messages), "all arrives")
        self.receiver.kill()
        self.ask(20)
        wait_until(lambda: self.status("killed")["state"] == "waiting", "the loss is visible")
        self.assertTrue(self.status("killed")["why"])
        self.receiver.start()
        written = self.written()
        wait_until(lambda: written <= sequences(self.receiver.messages), "all arrives again")

    def test_a_receiver_that_reads_nothing_keeps_nobody_waiting(self):
        self.slow.reading.clear()

        def behind():
            """What is written once the buffers on the way to the slow one are full."""
            self.ask(40, "/" + "x" * 6000)
            written = self.written()
            wait_until(lambda: written <= sequences(self.rsyslog.lines()), "the others have all")
            return written if self.status("slow")["lag_records"] > 200 else None

        written = wait_until(behind, "the slow one is behind")
        self.assertIn("slow", self.site.agent.command("status"))
        self.slow.reading.set()
        wait_until(lambda: written <= sequences(self.slow.messages), "the slow one catches up")

    def test_a_file_may_be_rotated_by_renaming_it(self):
        self.ask(5)
        wait_until(lambda: self.file.exists() and self.in_files() >= self.written(), "all is there")
        self.file.rename(self.file.with_suffix(".1"))
        self.ask(5)
        wait_until(lambda: self.file.exists() and self.in_files() >= self.written(), "likewise")
        self.assertEqual(len(self.lines()), len(self.in_files()))  # each once

    def lines(self):
        files = [self.file.with_suffix(".1"), self.file]
        return [line for file in files if file.exists() for line in file.read_text().splitlines()]

    def in_files(self):
        return {json.loads(line)["seq"] for line in self.lines()}

    def test_only_what_is_wanted_is_sent(self):
        ups = self.site.agent.records(event="link.up")
        wait_until(lambda: self.links.exists() and
                   len(self.links.read_text().splitlines()) >= len(ups), "each link is there")
        for line in self.links.read_text().splitlines():
            self.assertRegex(line, r"^CEF:0\|Sallyport\|sallyport\|[^|]+\|link\.(up|down)\|")

    def test_a_reload_says_which_targets_it_changed(self):
        agent = self.site.agent
        before = self.site.agent_extra

        def take_back():
            agent.write(before)
            agent.command("reload")

        self.addCleanup(take_back)
        agent.write(before.replace('["link.*"]', '["link.up"]')
                    + forward("more", "file", path=self.site.folder / "more.log"))
        agent.command("reload")
        changed = agent.records(event="config.changed")[-1]
        self.assertEqual((changed["categories"], changed["changes"]),
                         ("AuditLogForwarding",
                          "audit.forward links changed; audit.forward more added"))
        self.assertEqual(self.status("more")["name"], "more")

    def test_a_restart_goes_on_where_it_was(self):
        self.ask(3)
        self.assertEqual(self.site.agent.program.stop(), 0)
        self.assertEqual(self.in_files(), self.written())  # log.closed, too
        self.site.agent.start()
        self.site.wait_attached()
        wait_until(lambda: self.in_files() >= self.written(), "all arrives")
        self.assertEqual(len(self.lines()), len(self.in_files()))


if __name__ == "__main__":
    unittest.main()
