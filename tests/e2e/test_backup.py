"""Backup beside a running agent, restore on another machine and in the same place: the old machine
is out, the audit log goes on as a generation that names the old one, and the hub knows."""
import contextlib, hashlib, json, os, pathlib, pty, shutil, sqlite3, subprocess, tarfile
import threading, unittest

from harness import SiteTest
from programs import Agent, run, wait_until

PASSPHRASE = "correct horse battery staple"
REQUESTS = 40


def make_passphrase(folder):
    file = folder / "passphrase"
    file.write_text(PASSPHRASE + "\n")
    file.chmod(0o600)
    return file


def decrypt_with_age(backup, out):
    """With Debian's age, which asks a terminal for the passphrase."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp("age", ["age", "-d", "-o", str(out), str(backup)])
    said, answered = b"", False
    while True:
        try:
            piece = os.read(terminal, 1000)
        except OSError:
            break
        if not piece:
            break
        said += piece
        if b"assphrase" in said and not answered:
            answered = True
            os.write(terminal, PASSPHRASE.encode() + b"\n")
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    assert status == 0, said


class BackupTest(SiteTest):
    def setUp(self):
        self.passphrase = make_passphrase(self.site.folder)
        self.file = self.site.folder / f"{self.id().split('.')[-1]}.age"

    def backup(self, agent=None, *arguments, code=0):
        said = (agent or self.site.agent).command(
            "backup", "--passphrase-file", self.passphrase, "-o", self.file, "--json", *arguments,
            code=code)
        return json.loads(said) if code == 0 else said

    def restore(self, agent, *arguments, token=None, code=0):
        said = agent.command("restore", self.file, "--passphrase-file", self.passphrase,
                             "--token-file", "-", "--json", *arguments, given=token or "",
                             code=code)
        return json.loads(said) if code == 0 else said

    def reissue(self):
        return self.site.hub.command("agent", "reissue", "berlin", "--tenant",
                                     "acme")["join_token"]

    def shown(self):
        return self.site.hub.command("agent", "show", "berlin", "--tenant", "acme")

    def logs(self):
        """That the hub has countersigned."""
        return [log for log in self.site.hub.command("witness", "list") if log["log"]]

    def alarms(self):
        return [(log["log"], alarm["code"]) for log in self.site.hub.command("witness", "list")
                for alarm in log["alarms"]]

    def traffic(self, count=REQUESTS):
        for i in range(count):
            self.assertEqual(self.site.ask("GET", f"/backup/{i}").status, 200)


class AnotherMachine(BackupTest):
    def test_the_agent_moves_and_the_old_machine_is_out(self):
        old = self.site.agent
        old.command("certs", "show", "principal-ca", "--out", self.site.folder / "users.pem")
        self.traffic()
        stop, faults = threading.Event(), []

        def busy():
            while not stop.is_set():
                try:
                    self.traffic(1)
                except Exception as fault:      # pylint: disable=broad-except
                    faults.append(fault)

        thread = threading.Thread(target=busy)
        thread.start()
        made = self.backup()
        stop.set()
        thread.join()
        self.assertEqual(faults, [])
        self.assertEqual(made["sha256"], hashlib.sha256(self.file.read_bytes()).hexdigest())
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)
        self.assertGreaterEqual(made["records"], 2 * REQUESTS)
        self.assertEqual(made["configuration"], ["agent.toml"])
        self.assertIn("principal-ca.pem", made["state"])
        self.assertTrue(made["record"]["recorded"])
        (act,) = old.records(event="admin.action", act="backup.created")
        self.assertEqual(act["object"], str(self.file))
        self.assertIn(made["sha256"], act["after"])

        checked = json.loads(old.command("backup", "verify", self.file, "--passphrase-file",
                                         self.passphrase, "--json"))
        self.assertTrue(checked["good"])
        self.assertEqual(checked["agent"], "berlin")

        # What is recorded after the backup goes with the machine; the hub has countersigned it.
        self.traffic()
        size = made["records"]
        wait_until(lambda: any(log["size"] > size for log in self.logs()),
                   "the hub has countersigned more")
        old.program.kill()

        new = Agent(self.site.folder, "moved", self.site.hub.url, self.site.agent_extra)
        self.site.agents.append(new)
        configuration = new.config.read_text()
        done = self.restore(new, "--keep-config", token=self.reissue())
        self.assertEqual(new.config.read_text(), configuration)
        self.assertTrue(done["log_good"])
        self.assertEqual(done["previous"]["size"], made["records"])
        self.assertEqual(done["previous"]["origin"], made["origin"])
        self.assertFalse((new.state / ".restore").exists())
        new.start()
        self.site.wait_attached()
        self.traffic()
        self.assertEqual((new.state / "principal-ca.pem").read_bytes(),
                         (old.state / "principal-ca.pem").read_bytes())

        # The new log names the old one, and both are whole.
        opened = new.records(event="log.opened")[0]
        self.assertEqual(opened["seq"], 0)
        self.assertEqual(opened["previous_origin"], made["origin"])
        self.assertEqual(opened["previous_size"], made["records"])
        self.assertTrue(opened["broken"].startswith("restored from a backup"), opened)
        self.assertTrue(new.records(event="admin.action", act="restore.completed"))
        verified = json.loads(new.command("audit", "verify", "--json"))
        self.assertTrue(verified["good"], verified)
        self.assertEqual(len(verified["generations"]), 1)
        self.assertEqual(verified["generations"][0]["seal"]["size"], made["records"])

        # The hub knows, and its witness expected the new log.
        restored = self.shown()["restored"]
        self.assertRegex(restored["what"], r"\d+ records? after them, which the hub has "
                                           r"countersigned, are not in it")
        wait_until(lambda: any(log["log"] == done["origin"] and log["size"] > 0
                               for log in self.logs()), "the new log is countersigned")
        self.assertEqual(self.alarms(), [])
        wait_until(lambda: "agent.restored" in self.site.hub.command(
            "audit", "query", "--event", "admin.action", "--json", json_wanted=False),
            "the hub has it on record")

        # The old machine comes back: its certificate is revoked, and nothing of it counts.
        old.start()
        wait_until(lambda: "revoked" in old.program.log(), "the old machine is refused")
        self.traffic()
        self.assertIsNone(self.shown()["alarm"])
        old.program.stop()


class SamePlace(BackupTest):
    def lose(self):
        """The machine as it was before anything was installed."""
        agent = self.site.agent
        agent.program.kill()
        lost = self.site.folder / f"lost-{self.id().split('.')[-1]}"
        shutil.move(agent.state, lost)
        agent.config.unlink()
        return lost

    def test_no_private_key_of_the_machine_is_in_a_backup(self):
        agent = self.site.agent
        self.backup()
        tar = self.site.folder / "clear.tar"
        decrypt_with_age(self.file, tar)
        content = tar.read_bytes()
        keys = [*(agent.state / "identity").rglob("*.pem"), agent.state / "audit.key"]
        self.assertGreaterEqual(len(keys), 3)
        for key in keys:
            if "PRIVATE KEY" not in (text := key.read_text()):
                continue
            body = "".join(text.split("-----")[2].split())
            for i in range(0, len(body) - 40, 20):
                self.assertNotIn(body[i:i + 40].encode(), content, key)
                self.assertNotIn(body[i:i + 40].encode(), self.file.read_bytes(), key)
        with tarfile.open(tar) as archive:
            names = archive.getnames()
            archive.extractall(self.site.folder / "clear", filter="data")
        self.assertEqual((names[0], names[-1]), ("backup.json", "SHA256SUMS"))
        self.assertFalse([name for name in names if "identity" in name or "audit.key" in name])
        subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], check=True,
                       cwd=self.site.folder / "clear")

    def test_an_agent_is_restored_with_its_configuration(self):
        agent = self.site.agent
        extra = agent.folder / "mappings.d"
        extra.mkdir(exist_ok=True)
        (extra / "more.toml").write_text("# nothing more\n")
        self.addCleanup(lambda: shutil.rmtree(extra, ignore_errors=True))
        text = agent.config.read_text()
        self.traffic(3)
        self.backup()
        self.lose()
        shutil.rmtree(extra)

        # Nothing that is wrong changes anything.
        wrong = self.site.folder / "wrong"
        wrong.write_text("another passphrase altogether\n")
        wrong.chmod(0o600)
        said = agent.command("restore", self.file, "--passphrase-file", wrong, "--token-file", "-",
                             code=1)
        self.assertIn("the passphrase is not the one", said)
        whole = self.file.read_bytes()
        self.file.write_bytes(whole[:-1000])
        self.assertIn("cut off", self.restore(agent, token="x", code=1))
        self.file.write_bytes(whole)
        self.assertFalse(agent.config.exists())

        # A token that is none: everything is ready, nothing is in its place.
        self.restore(agent, token="nonsense", code=1)
        self.assertFalse(agent.config.exists())
        self.assertFalse((agent.state / "identity").exists())

        done = self.restore(agent, token=self.reissue())
        self.assertTrue(done["resumed"])
        self.assertEqual(agent.config.read_text(), text)
        self.assertEqual((extra / "more.toml").read_text(), "# nothing more\n")
        self.assertEqual((agent.state / "principal-ca.pem").exists(), False)
        agent.start()
        self.site.wait_attached()
        self.traffic(3)
        self.assertTrue(json.loads(agent.command("audit", "verify", "--json"))["good"])
        self.assertEqual(self.alarms(), [])

        # While it runs, nobody restores over it; what is there is put aside, never deleted.
        self.assertIn("is at work", self.restore(agent, "--force", token="x", code=1))
        self.assertEqual(agent.program.stop(), 0)
        self.assertIn("is not empty", self.restore(agent, token="x", code=1))
        before = (agent.state / "audit.key").read_bytes()
        done = self.restore(agent, "--force", token=self.reissue())
        (aside,) = done["put_aside"]
        self.assertEqual((pathlib.Path(aside) / "audit.key").read_bytes(), before)
        agent.start()
        self.site.wait_attached()
        self.traffic(3)

    def test_a_backup_that_is_there_stays(self):
        self.backup()
        before = self.file.read_bytes()
        self.assertIn("--force", self.backup(code=1))
        self.assertEqual(self.file.read_bytes(), before)
        self.backup(None, "--force")
        self.assertNotEqual(self.file.read_bytes(), before)
        self.passphrase.chmod(0o644)
        self.assertIn("chmod o=", self.backup(None, "--force", code=1))

    def test_a_changed_backup_is_refused_wherever_it_was_changed(self):
        self.backup()
        whole = self.file.read_bytes()
        for place in (10, 60, 190, 400, len(whole) // 2, len(whole) - 1):
            changed = bytearray(whole)
            changed[place] ^= 1
            self.file.write_bytes(changed)
            self.site.agent.command("backup", "verify", self.file, "--passphrase-file",
                                    self.passphrase, code=1)
        self.assertIn("usage", run("sallyport", "backup", "--help").lower())
        self.site.agent.command("backup", code=2)



class HubState(BackupTest):
    """The way that docs/BACKUP.md#hub describes, with another program for SQLite."""

    def test_a_hub_that_is_put_back_serves_its_agents_again(self):
        hub, state = self.site.hub, self.site.hub.folder / "state"
        copy = self.site.folder / "copy"
        copy.mkdir(mode=0o700)
        for name in ("hub.db", "witness.db"):
            with contextlib.closing(sqlite3.connect(state / name)) as source, \
                    contextlib.closing(sqlite3.connect(copy / name)) as target:
                source.backup(target)
            (copy / name).chmod(0o600)
        for pattern in ("ca*.key", "ca*.pem", "hub.key", "hub.pem", "token.pem", "witness.key",
                        "witness.vkey", "audit.key"):
            for file in state.glob(pattern):
                shutil.copy2(file, copy)
        (copy / "audit").mkdir()
        for pattern in ("vkeys", "*.countersigned", "*.cp", "*.jsonl*", "*.pii"):
            for file in (state / "audit").glob(pattern):
                shutil.copy2(file, copy / "audit")
        self.traffic(3)
        hub.program.kill()
        shutil.move(state, self.site.folder / "lost-hub")
        shutil.move(copy, state)
        hub.start()
        self.site.token = hub.token(self.site.shop)
        self.site.wait_attached()
        self.traffic(3)
        self.assertIn("good", hub.command("audit", "verify", json_wanted=False))
        # Its witness knows less than before, which is no reason for an alarm.
        size = max(log["size"] for log in wait_until(self.logs, "the hub knows of logs"))
        self.traffic(3)
        wait_until(lambda: max(log["size"] for log in self.logs()) > size,
                   "it countersigns again")
        self.assertEqual(self.alarms(), [])


if __name__ == "__main__":
    unittest.main()
