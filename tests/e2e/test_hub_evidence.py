"""The hub's audit log as evidence, through the real programs: one record is proved, all of it is
exported, somebody is erased, and whoever looks finds what he looks for."""
import contextlib, csv, gzip, hashlib, io, json, pathlib, shutil, subprocess, sys, unittest

from harness import SiteTest
from programs import run, whole_lines, segments_of, wait_until
from tiles import TileLog

VERIFY = pathlib.Path(__file__).resolve().parents[2] / "packaging" / "verify"


class HubEvidence(SiteTest):
    def folder(self):
        return self.site.hub.folder / "state" / "audit"

    def records(self, **wanted):
        return [record for file in segments_of(self.folder()) for record in whole_lines(file)
                if all(record.get(key) == value for key, value in wanted.items())]

    def wait_record(self, **wanted):
        return wait_until(lambda: self.records(**wanted), f"a record {wanted}")[-1]

    def vkey(self):
        return self.site.hub.status()["audit"]["vkey"]

    def query(self, *arguments):
        said = run("sallyport-hub", "audit", "query", "--format", "csv", *arguments, "--config",
                   self.site.hub.config)
        return list(csv.DictReader(io.StringIO(said, newline="")))

    def export(self, form, *arguments):
        folder = self.site.folder / f"export-{self.id()}-{form}"
        said = self.site.hub.command("audit", "export", "--format", form, "--out", folder,
                                     *arguments)
        manifest = json.loads((folder / "manifest.json").read_text())
        for file in manifest["files"]:
            content = (folder / file["name"]).read_bytes()
            self.assertEqual(hashlib.sha256(content).hexdigest(), file["sha256"])
        return folder, said

    def signed(self, record):
        """Until a checkpoint covers it."""
        wait_until(lambda: self.site.hub.status()["audit"]["sealed"] > record["seq"],
                   "the record is signed")
        return record

    def token_of(self, client):
        with contextlib.suppress(AssertionError):
            return self.site.hub.token(client)

    def test_one_record_is_proved_to_who_has_not_the_log(self):
        record = self.signed(self.wait_record(event="link.up", agent="berlin"))
        file = self.site.folder / "record.tlog-proof"
        said = self.site.hub.command("audit", "prove", "--seq", str(record["seq"]), "--out", file)
        self.assertEqual(said["seq"], record["seq"])
        for known in ((), ("--key", self.vkey())):
            said = run("sallyport-hub", "audit", "check-proof", file, *known, "--json")
            proven = json.loads(said)
            self.assertEqual((proven["good"], proven["key_from_file"]), (True, not known))
            self.assertEqual(json.loads(proven["record"]), record)
        done = subprocess.run([sys.executable, "-B", VERIFY / "check_proof.py", file, self.vkey()],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

        lines = file.read_text().splitlines(keepends=True)
        place = next(at for at, line in enumerate(lines) if line.startswith("index "))
        lines[place] = f"index {record['seq'] + 1}\n"
        file.write_text("".join(lines))
        self.assertIn("false", run("sallyport-hub", "audit", "check-proof", file, "--json", code=1))

    def test_lines_are_exported_as_they_were_signed(self):
        self.signed(self.records()[-1])
        folder, said = self.export("json", "--without-personal")
        lines = gzip.decompress((folder / "records.jsonl.gz").read_bytes())
        here = b"".join(file.read_bytes() for file in segments_of(self.folder()))
        self.assertTrue(here.startswith(lines))
        self.assertEqual(len(lines.splitlines()), said["exported"])

    def test_rows_are_exported_as_query_prints_them(self):
        folder, said = self.export("csv")
        text = gzip.decompress((folder / "exchanges.csv.gz").read_bytes()).decode()
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        self.assertEqual(len(rows), said["exported"])
        self.assertEqual(rows, self.query()[:len(rows)])
        self.assertIn("link.up", {row["event"] for row in rows})

    def test_records_are_exported_in_the_words_of_others(self):
        self.signed(self.records()[-1])
        folder, _ = self.export("ecs")
        text = gzip.decompress((folder / "records.ecs.jsonl.gz").read_bytes())
        others = [json.loads(line) for line in text.splitlines()]
        here = b"".join(file.read_bytes() for file in segments_of(self.folder()))
        lines = here.splitlines(keepends=True)[:len(others)]
        self.assertEqual([other["event"]["hash"] for other in others],
                         [hashlib.sha256(line).hexdigest() for line in lines])
        self.assertEqual({other["event"]["code"] for other in others},
                         {json.loads(line)["event"] for line in lines})

    def test_tiles_are_those_of_any_transparency_log(self):
        folder, said = self.export("tlog-tiles")
        log = TileLog(folder)
        self.assertEqual(log.verify(self.vkey()), [])
        self.assertEqual(log.size, said["size"])
        entries = list(log.entries())
        self.assertTrue(log.includes(log.size // 2, entries[log.size // 2]))
        first = folder / "tile" / "entries"
        bundle = next(file for file in first.rglob("*") if file.is_file())
        bundle.write_bytes(bundle.read_bytes().replace(b"berlin", b"dublin", 1))
        self.assertNotEqual(TileLog(folder).verify(self.vkey()), [])
        shutil.rmtree(folder)

    def test_an_erasure_is_on_record_also_where_nothing_is_disclosed(self):
        erase = ["audit", "erase", "--subject", "jane@corp.example"]
        self.assertEqual(self.site.hub.command(*erase, "--dry-run")["count"], 0)
        self.assertEqual(self.records(event="audit.erased"), [])
        erased = self.site.hub.command(*erase, "--reason", "asked for")
        self.assertEqual((erased["done"], erased["count"]), (True, 0))
        record = self.wait_record(event="audit.erased")
        salted = bytes.fromhex(erased["salt"]) + b"jane@corp.example"
        self.assertEqual(hashlib.sha256(salted).hexdigest(), record["subject_c"])
        self.assertEqual((record["count"], record["reason"]), (0, "asked for"))
        report = self.site.hub.command("audit", "verify")
        self.assertEqual((report["good"], report["personal"]),
                         (True, {"present": 0, "erased": 0, "missing": 0, "falsified": 0}))

    def test_query_finds_by_decision_sequence_agent_and_location(self):
        self.site.ask("GET", "/", token="forged")
        refused = self.wait_record(event="token.refused")
        at = refused["seq"]
        self.assertIn(str(at), {row["seq"] for row in self.query("--decision", "refused")})
        rows = self.query("--seq", f"{at}..{at}")
        self.assertEqual([(row["seq"], row["event"]) for row in rows], [(str(at), "token.refused")])
        self.assertEqual(self.query("--seq", f"..{at}", "--decision", "allowed"), [])
        events = {row["event"] for row in self.query("--agent", "berlin")}
        self.assertTrue({"link.up", "certificate.issued"} <= events, events)
        self.assertIn("link.up", {row["event"] for row in self.query("--location", "")})
        self.assertEqual(self.query("--location", "nowhere"), [])

    def test_it_is_on_record_whose_a_refused_token_is_if_it_was_ours(self):
        client = self.site.hub.command("client", "add", "gone", "--tenant", "acme")
        token = wait_until(lambda: self.token_of(client), "the hub knows the client")
        self.site.hub.command("client", "disable", client["clientid"])
        wait_until(lambda: self.site.ask("GET", "/", token=token).status == 407,
                   "the client is disabled")
        record = self.wait_record(event="token.refused", client=client["clientid"])
        added = self.wait_record(event="admin.action", act="client.add", object=client["clientid"])
        self.assertEqual(record["tenant"], added["tenant"])
        act = self.wait_record(event="admin.action", act="client.disable")
        self.assertEqual((act["before"], act["after"]), ("enabled", "disabled"))
        self.site.ask("GET", "/", token=token[:-8] + "AAAAAAAA")
        forged = wait_until(lambda: [each for each in self.records(event="token.refused")
                                     if "client" not in each], "the forged one is on record")
        self.assertNotIn("tenant", forged[-1])

    def test_a_reload_names_what_needs_a_restart(self):
        config = self.site.hub.config
        before = config.read_text()
        self.addCleanup(self.site.hub.command, "reload")
        self.addCleanup(config.write_text, before)
        config.write_text(before + '[audit]\ncheckpoint_interval = "5s"\n'
                          'heartbeat_interval = "9s"\n'
                          'retention_days = 7\n')
        said = self.site.hub.command("reload")
        self.assertEqual(said["restart_needed"],
                         ["audit.checkpoint_interval", "audit.heartbeat_interval"])
        changed = self.wait_record(event="config.changed", after=said["configuration"])
        self.assertEqual(changed["retention"], "days=7 bytes=8589934592")
        self.assertNotEqual(changed["before"], changed["after"])


if __name__ == "__main__":
    unittest.main()
