"""Metrics, what runs and was slow, the log and its level, and trace context on its way."""
import json, re, unittest

import metrics
from harness import SiteTest
from programs import ROOT, SECONDS, VIRTUAL, mapping, run, wait_until

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"
OTHER_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
QUIET = "quiet.virtual:80"


def documented():
    """name -> (type, labels, where) of the table in docs/MONITORING.md."""
    page = (ROOT / "docs" / "MONITORING.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|([^|]*)\| (both|agent|hub) \| [^|]+ \|$", page,
                      re.M)
    assert len(rows) == len(re.findall(r"^\| `(?:sallyport|process)_", page, re.M)), "a row is odd"
    return {name: (kind, set(re.findall(r"`(\w+)`", labels)), where)
            for name, kind, labels, where in rows}


class Monitoring(SiteTest):
    @classmethod
    def make_site(cls):
        site = super().make_site()
        site.agent_extra += mapping("http://127.0.0.1:1", QUIET)
        site.agent.write('[log]\nformat = "json"\n' + site.agent_extra)
        return site

    def scrape(self, program):
        status, kind, text = metrics.fetch(program.folder / "admin.sock", "/metrics", SECONDS)
        self.assertEqual((status, kind), (200, "text/plain; version=0.0.4; charset=utf-8"))
        return metrics.parse(text)

    def agent_metrics(self):
        return self.scrape(self.site.agent)

    def hub_metrics(self):
        return self.scrape(self.site.hub)

    def top(self):
        socket = self.site.agent.folder / "admin.sock"
        return json.loads(metrics.fetch(socket, "/v1/top", SECONDS)[2])

    def records(self, count, **wanted):
        """So many records of the agent's audit log."""
        def found():
            records = self.site.agent.records(**wanted)
            return records if len(records) == count else None

        return wait_until(found, f"{count} of {wanted} are on record")

    def agent_log(self, event):
        """The lines of the agent's log about that event."""
        found = []
        for line in self.site.agent.program.log().splitlines(keepends=True):
            said = json.loads(line) if line.endswith("\n") else {"event": "half a line"}
            if said["event"] == event:
                found.append(said)
        return found

    def test_what_is_printed_is_what_is_documented(self):
        self.assertEqual(self.site.ask("GET", "/").status, 200)
        told = documented()
        for where, families in (("agent", self.agent_metrics()), ("hub", self.hub_metrics())):
            wanted = {name: row for name, row in told.items() if row[2] in (where, "both")}
            self.assertEqual(set(families), set(wanted), where)
            for name, (kind, labels, _) in wanted.items():
                self.assertEqual(families[name].type, kind, name)
                if families[name].samples:
                    self.assertEqual(families[name].labels(), labels, name)

    def test_the_commands_print_the_same(self):
        printed = metrics.parse(self.site.agent.command("metrics"))
        self.assertEqual(set(printed), set(self.agent_metrics()))
        as_json = json.loads(self.site.agent.command("metrics", "--json"))
        self.assertEqual(set(metrics.parse(as_json["metrics"])), set(printed))
        printed = metrics.parse(self.site.hub.command("metrics", json_wanted=False))
        self.assertEqual(set(printed), set(self.hub_metrics()))

    def test_exchanges_are_counted_by_mapping_and_outcome(self):
        def counts():
            families = self.agent_metrics()
            return {(host, outcome): families["sallyport_exchanges_total"].value(
                        mapping=host, outcome=outcome)
                    for host in (VIRTUAL, QUIET, "(none)")
                    for outcome in ("answered", "refused", "failed")}, families

        before, first = counts()
        body = b"x" * 1000
        answer = self.site.ask("POST", "/orders", body=body)
        self.assertEqual(answer.status, 200)
        self.assertEqual(self.site.ask("GET", f"http://{QUIET}/").status, 502)
        self.assertEqual(self.site.ask("GET", "http://nowhere.virtual:1/").status, 403)
        self.assertEqual(self.site.ask("GET", "/a/../b").status, 400)
        expected = {(VIRTUAL, "answered"): 1, (VIRTUAL, "refused"): 1, (QUIET, "failed"): 1,
                    ("(none)", "refused"): 1}

        def grown():
            now, families = counts()
            return {key: now[key] - before[key] for key in now if now[key] != before[key]}, families

        (changed, second) = wait_until(
            lambda: grown() if grown()[0] == expected else None, f"these are counted: {expected}")
        self.assertEqual(changed, expected)
        for name, bytes_moved in (("sallyport_request_bytes_total", len(body)),
                                  ("sallyport_response_bytes_total", len(answer.body))):
            grew = second[name].value(mapping=VIRTUAL) - first[name].value(mapping=VIRTUAL)
            self.assertGreaterEqual(grew, bytes_moved)
        for name in ("sallyport_backend_head_seconds", "sallyport_exchange_seconds"):
            grew = (second[name].value("_count", mapping=VIRTUAL)
                    - first[name].value("_count", mapping=VIRTUAL))
            self.assertEqual(grew, 1)
        answers = "sallyport_backend_answers_total"
        self.assertEqual(second[answers].value(**{"mapping": VIRTUAL, "class": "2xx"})
                         - first[answers].value(**{"mapping": VIRTUAL, "class": "2xx"}), 1)
        self.assertEqual(second["sallyport_exchanges_running"].value(mapping=VIRTUAL), 0)

    def test_counters_go_on_over_a_reload_where_the_mapping_stays(self):
        self.assertEqual(self.site.ask("GET", "/").status, 200)
        family = "sallyport_exchanges_total"
        before = self.agent_metrics()[family].value(mapping=VIRTUAL, outcome="answered")
        self.assertGreater(before, 0)
        text = self.site.agent.config.read_text()
        self.addCleanup(lambda: (self.site.agent.config.write_text(text),
                                 self.site.agent.command("reload")))
        self.site.agent.config.write_text(text.replace(QUIET, "other.virtual:80"))
        self.site.agent.command("reload")
        after = self.agent_metrics()[family]
        self.assertEqual(after.value(mapping=VIRTUAL, outcome="answered"), before)
        self.assertEqual(after.value(mapping="other.virtual:80", outcome="answered"), 0)
        self.assertNotIn(QUIET, {dict(labels)["mapping"] for _, labels in after.samples})

    def test_the_hub_counts_by_tenant(self):
        def counts():
            family = self.hub_metrics()["sallyport_hub_exchanges_total"]
            return [family.samples.get((family.name, (("outcome", outcome), ("tenant", tenant))), 0)
                    for tenant, outcome in (("acme", "answered"), ("acme", "refused"),
                                            ("(none)", "refused"))]

        before = counts()
        self.assertEqual(self.site.ask("GET", "/").status, 200)
        self.assertEqual(self.site.ask("GET", "http://nowhere.virtual:1/").status, 403)
        self.assertEqual(self.site.ask("GET", "/", token="none").status, 407)
        wait_until(lambda: [now - then for now, then in zip(counts(), before)] == [1, 1, 1],
                   "the three are counted")
        families = self.hub_metrics()
        self.assertEqual(families["sallyport_hub_agents"].value(), 1)
        self.assertGreater(families["sallyport_hub_links"].value(tenant="acme", agent="berlin"), 0)

    def test_top_tells_links_mappings_and_what_was_slow(self):
        def slow(connection, head):
            connection.body(head, until_close=False)
            wait_until(lambda: [one for one in self.top()["mappings"]
                                if one["mapping"] == VIRTUAL and one["running"] == 1
                                and one["connections"]["busy"] == 1], "it is seen while it runs")
            connection.send(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok")
            return True

        self.site.backend.answers["/slow"] = slow
        answer = self.site.ask("PUT", "/slow?secret=query", body=b"x")
        self.assertEqual(answer.status, 201)

        def found():
            return [one for one in self.top()["slowest"] if one["path"] == "/slow"]

        (one,) = wait_until(found, "it is one of the slowest")
        self.assertEqual((one["virtual_host"], one["method"], one["status"], one["outcome"]),
                         (VIRTUAL, "PUT", 201, "answered"))
        self.assertEqual(len(self.site.agent.records(event="exchange.end",
                                                     exchange=one["exchange"])), 1)
        self.assertGreaterEqual(one["us"], one["head_us"] + one["audit_us"] + one["policy_us"])
        self.assertGreater(one["head_us"], 0)
        self.assertGreaterEqual(one["backend_us"], one["head_us"])
        top = self.top()
        slowest = [one["us"] for one in top["slowest"]]
        self.assertEqual(slowest, sorted(slowest, reverse=True))
        (hub,) = top["hubs"]
        self.assertTrue(hub["up"])
        self.assertTrue(all("state" in link for link in hub["links"]))

    def test_trace_context_passes_unchanged_and_is_on_record(self):
        fields = [("traceparent", PARENT), ("tracestate", "congo=t61rcWkgMzE, rojo=00f067aa")]
        for target, status in (("/traced", 200), ("http://nowhere.virtual:1/traced", 403)):
            answer = self.site.ask("GET", target, fields)
            self.assertEqual(answer.status, status)
            if status == 200:
                seen = self.site.seen(answer)["fields"]
                self.assertEqual([list(pair) for pair in seen if pair[0].startswith("trace")],
                                 [list(pair) for pair in fields])
        ends = self.records(2, event="exchange.end", trace=TRACE)
        self.assertEqual({end["outcome"] for end in ends}, {"answered", "refused"})
        self.assertEqual(len(self.site.agent.records(event="exchange.begin", trace=TRACE)), 1)
        wait_until(lambda: [line for line in self.site.hub.program.log().splitlines()
                            if "exchange.refused" in line and f"trace={TRACE}" in line],
                   "the hub's access record has it")
        found = self.site.agent.command("audit", "query", "--trace", TRACE, "--json").splitlines()
        self.assertEqual([json.loads(line)["event"] for line in found],
                         ["exchange.begin", "exchange.end", "exchange.end"])

    def test_an_invalid_trace_passes_too_and_is_not_recorded_and_none_is_made(self):
        for sent in ([("traceparent", PARENT.upper())], [("traceparent", PARENT + "-x")],
                     [("traceparent", PARENT), ("traceparent", PARENT)], []):
            answer = self.site.ask("GET", "/odd-trace", sent)
            seen = [list(pair) for pair in self.site.seen(answer)["fields"]
                    if pair[0].startswith("trace")]
            self.assertEqual(seen, [list(pair) for pair in sent])
        begins = self.records(4, event="exchange.begin", path="/odd-trace")
        self.assertFalse([begin for begin in begins if "trace" in begin])

    def test_the_level_changes_for_a_while_and_each_exchange_has_a_line(self):
        said = self.site.agent.command("log-level")
        self.assertEqual(said, "the log has what is info or worse\n")
        self.assertEqual(self.site.ask("GET", "/before").status, 200)
        said = self.site.agent.command("log-level", "debug", "--for", "10m")
        self.assertIn("debug or worse, for 600 s; then info, as configured", said)
        hostile = "/path%22=forged?secret=query"
        parent = PARENT.replace(TRACE, OTHER_TRACE)
        answer = self.site.ask("GET", hostile, [("traceparent", parent)])
        self.assertEqual(answer.status, 200)
        lines = wait_until(lambda: [one for one in self.agent_log("exchange.ended")
                                    if one.get("path") == hostile.split("?")[0]], "it has a line")
        (line,) = lines
        self.assertEqual((line["trace"], line["virtual_host"], line["method"], line["outcome"],
                          line["status"], line["level"], line["rule"]),
                         (OTHER_TRACE, VIRTUAL, "GET", "answered", 200, "debug", "1:/"))
        self.assertEqual(line["sent"], len(answer.body))
        self.assertGreater(line["us"], line["policy_us"])
        self.assertNotIn("secret", self.site.agent.program.log())
        self.assertFalse([one for one in self.agent_log("exchange.ended")
                          if one["path"] == "/before"])
        (act,) = self.site.agent.records(event="admin.action", act="log.level")
        self.assertEqual((act["object"], act["before"], act["after"], act["outcome"]),
                         ("log level", "info, as configured", "debug for 600 s", "done"))
        said = self.site.agent.command("log-level", "debug", "--for", "1s")
        self.assertIn("for 1 s", said)
        wait_until(lambda: self.agent_log("log.level"), "it goes back by itself")
        status = json.loads(self.site.agent.command("status", "--json"))
        self.assertEqual(status["log"], {"level": "info", "configured": "info"})

    def test_the_hubs_level_changes_likewise(self):
        command = self.site.hub.command
        self.assertEqual(command("log-level", "warn", "--for", "2h")["seconds"], 7200)
        self.assertEqual(command("status")["log"]["level"], "warn")
        answer = self.site.ask("GET", "/", token="none")
        self.assertEqual(answer.status, 407)
        back = command("log-level", "configured")
        self.assertEqual((back["level"], back["configured"]), ("info", "info"))
        self.assertNotIn(answer.value("x-sallyport-exchange"), self.site.hub.program.log())
        for code, *wrong in ((1, "trace"), (1, "debug", "--for", "2d"),
                             (2, "debug", "--for", "soon")):
            said = run("sallyport-hub", "log-level", *wrong, "--config", self.site.hub.config,
                       code=code)
            self.assertRegex(said, "debug, info, warn, error|1 to 86400|--for")


if __name__ == "__main__":
    unittest.main()
