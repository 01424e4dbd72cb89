"""Files of an internal SFTP server over HTTP: OpenSSH's sshd, and curl as the application."""
import contextlib, hashlib, json, os, subprocess, threading, unittest

from harness import Site, SiteTest
from jump_host import JumpHost
from programs import SECONDS, mapping, wait_until

HOST = "files.virtual:80"
URL = f"http://{HOST}"
MEBIBYTE = 1024 * 1024
ALL = '"GET", "HEAD", "PUT", "DELETE", "MOVE", "MKCOL"'
RULES = f"""path = "/free/"
match = "subpaths"
methods = [{ALL}]

path = "/json/"
match = "subpaths"
methods = ["PUT", "GET"]
content = "json"
size_max = "1KiB"

path = "/xml/"
match = "subpaths"
methods = ["PUT"]
content = "xml"

path = "/out/"
match = "subpaths"
methods = ["GET"]"""


class Files(SiteTest):
    @classmethod
    def make_site(cls):
        site = Site()
        cls.server = JumpHost(site.folder / "sshd", "restrict", "Subsystem sftp internal-sftp")
        cls.addClassCleanup(cls.server.close)
        cls.base = site.folder / "exchange"
        for name in ("free", "json", "xml", "out"):
            (cls.base / name).mkdir(parents=True)
        cls.site = site
        site.agent.write(cls.configuration())
        return site

    @classmethod
    def configuration(cls):
        server = cls.server.url().replace("ssh://", "sftp://")
        return (f'[[ssh]]\nkey_file = "{cls.server.key}"\n'
                f'known_hosts_file = "{cls.server.known_hosts}"\n' +
                mapping(f"{server}{cls.base}", HOST, RULES))

    def curl(self, *arguments):
        proxy = f"http://127.0.0.1:{self.site.hub.proxy[1]}"
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--max-time", str(SECONDS), "--proxy", proxy,
             "--proxy-header", "@-", *map(str, arguments)],
            input=f"Proxy-Authorization: Bearer {self.site.token}\n".encode(), capture_output=True,
            timeout=2 * SECONDS)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stdout

    def put(self, path, body, fields=()):
        return self.site.ask("PUT", URL + path, fields, body)

    def code(self, answer):
        return answer.status, json.loads(answer.body)["error"]["code"]

    def temporaries(self):
        return [name for _, _, names in os.walk(self.base) for name in names
                if name.startswith(".sallyport-upload-")]

    def test_who_asks_first_hears_whether_the_file_may_come(self):
        fields = [("Content-Length", "2"), ("Expect", "100-continue")]
        with contextlib.closing(self.site.connect()) as client:
            client.send(self.site.head("PUT", URL + "/json/asked.json", fields))
            self.assertEqual(client.head().status, 100)
            client.send(b"{}")
            self.assertEqual(client.response("PUT").status, 201)
        with contextlib.closing(self.site.connect()) as client:
            client.send(self.site.head("PUT", URL + "/nowhere/x", fields))
            self.assertEqual(client.head().status, 403)

    def test_curl_uploads_downloads_goes_on_moves_and_deletes(self):
        data = os.urandom(20 * MEBIBYTE + 17)
        local = self.site.folder / "local"
        local.write_bytes(data)
        url = f"{URL}/free/a%20b.bin"
        status = ("-o", "/dev/null", "-w", "%{http_code}")
        self.assertEqual(self.curl("-T", local, *status, url), b"201")
        self.assertEqual((self.base / "free/a b.bin").read_bytes(), data)
        self.assertEqual(self.curl("-T", local, *status, "-H", "Transfer-Encoding: chunked", url),
                         b"204")
        self.assertEqual(hashlib.sha256(self.curl(url)).digest(), hashlib.sha256(data).digest())
        part = self.site.folder / "part"
        part.write_bytes(data[:MEBIBYTE])
        self.curl("-C", "-", "-o", part, url)
        self.assertEqual(part.read_bytes(), data)
        self.assertEqual(self.curl("-X", "MOVE", "-H", "Destination: /free/moved.bin", *status,
                                   url), b"201")
        listing = json.loads(self.curl(f"{URL}/free/"))
        self.assertEqual([(entry["name"], entry["size"]) for entry in listing["entries"]],
                         [("moved.bin", len(data))])
        self.assertEqual(self.curl("-X", "DELETE", *status, f"{URL}/free/moved.bin"), b"204")
        self.assertEqual(os.listdir(self.base / "free"), [])
        (moved,) = self.site.agent.records(event="exchange.begin", method="MOVE",
                                           path="/free/a%20b.bin")
        self.assertEqual(moved["destination"], "/free/moved.bin")
        self.assertTrue(moved["internal_host"].startswith("sftp://"))

    def test_a_move_must_be_allowed_at_both_ends(self):
        (self.base / "free/m").write_text("x")
        for destination in ("/out/m", "/json/m", "/secret/m", "/free/../out/m", "/free/%2e%2e/m",
                            "http://other.virtual/free/x"):
            with self.subTest(destination):
                answer = self.site.ask("MOVE", f"{URL}/free/m", [("Destination", destination)])
                self.assertIn(answer.status, (400, 403, 502))
                ends = self.site.agent.records(event="exchange.end", outcome="refused",
                                               method="MOVE")
                self.assertEqual(ends[-1].get("destination", destination), destination)
        self.assertTrue((self.base / "free/m").exists())
        (self.base / "free/m").unlink()

    def test_an_upload_that_breaks_off_leaves_nothing(self):
        (self.base / "free/keep").write_text("old")
        with contextlib.closing(self.site.connect()) as connection:
            connection.send(self.site.head("PUT", f"{URL}/free/keep",
                                           [("Content-Length", 10 * MEBIBYTE)]))
            connection.send(bytes(MEBIBYTE))
            wait_until(self.temporaries, "the upload is under way")
            listing = self.site.ask("GET", f"{URL}/free/").body
            self.assertNotIn(b"sallyport-upload", listing)
        wait_until(lambda: not self.temporaries(), "the upload has left nothing")
        self.assertEqual((self.base / "free/keep").read_text(), "old")
        (self.base / "free/keep").unlink()

    def test_a_reader_sees_the_old_file_or_the_new_one(self):
        versions = [bytes([65 + i]) * (300_000 + i * 50_000) for i in range(2)]
        target = f"{URL}/free/turns"
        self.put("/free/turns", versions[0])
        wrong, stop = [], threading.Event()

        def read():
            while not stop.is_set():
                body = self.site.ask("GET", target).body
                if body not in versions:
                    wrong.append((len(body), body[:1], body[-1:]))

        readers = [threading.Thread(target=read) for _ in range(3)]
        for reader in readers:
            reader.start()
        try:
            for number in range(20):
                self.assertEqual(self.put("/free/turns", versions[number % 2]).status, 204)
        finally:
            stop.set()
            for reader in readers:
                reader.join()
        self.assertEqual(wrong, [])
        (self.base / "free/turns").unlink()

    def test_nobody_gets_out_of_the_folder(self):
        secret = self.site.folder / "secret"
        secret.write_text("secret")
        for name, target in (("file", secret), ("up", ".."), ("root", "/"), ("json", "../json"),
                             ("passwd", "/etc/passwd")):
            (self.base / "out" / name).symlink_to(target)
        (self.base / "out/good").write_text("good")
        (self.base / "out/link").symlink_to("good")
        for path in ("/out/../secret", "/out/%2e%2e/%2e%2e/secret", "/out/..%2f..%2fsecret",
                     "/out/..;/secret", "/out//good", "/out/%2e%2e/out/good"):
            with self.subTest(path):
                self.assertEqual(self.site.ask("GET", URL + path).status, 400)
        for path in ("/out/file", "/out/up/secret", "/out/up/", "/out/root/etc/passwd",
                     "/out/passwd", "/out/json/"):
            with self.subTest(path):
                self.assertEqual(self.code(self.site.ask("GET", URL + path)),
                                 (403, "leads_outside"))
        self.assertEqual(self.site.ask("GET", f"{URL}/out/link").body, b"good")
        self.assertEqual(self.code(self.put("/out/good", b"x")), (403, "resource_not_exposed"))
        self.assertEqual(self.site.ask("GET", f"{URL}/free/x;a").status, 400)

    def test_what_is_not_what_the_rule_wants_is_never_visible(self):
        self.assertEqual(self.put("/json/a", b'{"a": [1]}').status, 201)
        self.assertEqual(self.put("/xml/a", b"<a><b/></a>").status, 201)
        for path, body, wanted in (
                ("/json/a", b'{"a": [1}', (422, "content_invalid")),
                ("/json/b", b'{"a": ', (422, "content_invalid")),
                ("/json/b", b'"' + b"x" * 2000 + b'"', (413, "file_too_large")),
                ("/xml/b", b"<a><b></a>", (422, "content_invalid")),
                ("/xml/b", b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', (422, "content_invalid"))):
            with self.subTest(body[:20]):
                self.assertEqual(self.code(self.put(path, body)), wanted)
        wait_until(lambda: not self.temporaries(), "nothing temporary is left")
        self.assertEqual(os.listdir(self.base / "json"), ["a"])
        self.assertEqual((self.base / "json/a").read_bytes(), b'{"a": [1]}')
        self.assertEqual(os.listdir(self.base / "xml"), ["a"])
        ends = self.site.agent.records(event="exchange.end", status=422)
        self.assertEqual({(end["outcome"], end["reason"]) for end in ends},
                         {("answered", "content_invalid")})

    def test_many_at_once_share_a_session(self):
        bodies = {f"/free/many-{number}": os.urandom(200_000) for number in range(24)}
        answers = {}

        def work(path):
            answers[path] = [self.put(path, bodies[path]).status,
                             self.site.ask("GET", URL + path).body == bodies[path],
                             self.site.ask("DELETE", URL + path).status]

        workers = [threading.Thread(target=work, args=(path,)) for path in bodies]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.assertEqual(answers, {path: [201, True, 204] for path in bodies})
        (server,) = self.site.agent.status()["ssh"]
        self.assertEqual(server["sessions"], 1)

    def test_a_server_that_comes_back_is_used_again(self):
        (self.base / "out/again").write_text("x")
        self.assertEqual(self.site.ask("GET", f"{URL}/out/again").status, 200)
        self.server.stop()
        answer = self.site.ask("GET", f"{URL}/out/again")
        self.assertEqual(answer.status, 502)
        self.assertEqual(self.server.start(), True)

        def answered():
            return self.site.ask("GET", f"{URL}/out/again").status == 200

        wait_until(answered, "the server is used again")
        end = self.site.agent.records(event="exchange.end", status=502)[-1]
        self.assertEqual(end["outcome"], "failed")

    def test_a_server_with_another_key_is_not_believed(self):
        self.server.stop()
        original = self.server.known_hosts.read_text()
        other = original.split(":")[0] + f":{self.server.port} ssh-ed25519 " + \
            "AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
        self.server.known_hosts.write_text(other)
        try:
            self.site.agent.command("reload")
            self.assertEqual(self.server.start(), True)
            self.assertEqual(self.code(self.site.ask("GET", f"{URL}/out/")),
                             (502, "file_server_not_trusted"))
        finally:
            self.server.known_hosts.write_text(original)
            self.site.agent.command("reload")
        wait_until(lambda: self.site.ask("GET", f"{URL}/out/").status == 200,
                   "the server is believed again")

    def test_a_mapping_without_a_login_is_refused(self):
        server = self.server.url().replace("ssh://", "sftp://")
        self.site.agent.write(mapping(f"{server}/", HOST))
        try:
            self.site.agent.command("reload", code=1)
        finally:
            self.site.agent.write(self.configuration())
        self.assertEqual(self.site.ask("GET", f"{URL}/out/").status, 200)


if __name__ == "__main__":
    unittest.main()
