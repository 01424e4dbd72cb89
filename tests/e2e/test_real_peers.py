"""The chain as its users see it: curl, a real nginx, and systemd's way of passing sockets."""
import hashlib, os, subprocess, unittest

from backends import Nginx
from harness import Site, SiteTest
from programs import BIN, SECONDS, Program, mapping, wait_until

FILE_BYTES = 96 << 20


class RealPeers(SiteTest):
    @classmethod
    def make_site(cls):
        site = Site()
        cls.nginx = Nginx(site.folder / "nginx")
        cls.addClassCleanup(cls.nginx.close)
        site.agent_extra = mapping(f"http://127.0.0.1:{cls.nginx.port}",
                                   rules='path = "/"\nmatch = "subpaths"')
        site.agent.write(site.agent_extra)
        cls.www = cls.nginx.folder / "www"
        block = os.urandom(1 << 20)
        cls.digest = hashlib.sha256(block * (FILE_BYTES >> 20)).hexdigest()
        (cls.www / "large").write_bytes(block * (FILE_BYTES >> 20))
        wait_until(cls.nginx.listening, "nginx listens")
        return site

    def curl(self, *arguments):
        """curl through the proxy; the token comes from standard input, as in real life."""
        url = f"http://127.0.0.1:{self.site.hub.proxy[1]}"
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--max-time", str(SECONDS), "--proxy", url,
             "--proxy-header", "@-", *map(str, arguments)],
            input=f"Proxy-Authorization: Bearer {self.site.token}\n".encode(), capture_output=True,
            timeout=2 * SECONDS)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stdout

    def test_a_large_download_arrives_unchanged(self):
        data = self.curl("http://erp.virtual:44300/large")
        self.assertEqual(hashlib.sha256(data).hexdigest(), self.digest)

    def test_a_large_upload_arrives_unchanged(self):
        for name, arguments in (("length", []), ("chunked", ["-H", "Transfer-Encoding: chunked"])):
            with self.subTest(name):
                status = self.curl("-T", self.www / "large", "-o", "/dev/null",
                                   "-w", "%{http_code}", *arguments,
                                   f"http://erp.virtual:44300/dav/{name}")
                self.assertIn(status, (b"201", b"204"))
                stored = self.www / "dav" / name
                self.assertEqual(hashlib.sha256(stored.read_bytes()).hexdigest(), self.digest)
                stored.unlink()

    def test_ranges_and_conditions_work(self):
        head = self.curl("-I", "http://erp.virtual:44300/large").decode().lower()
        self.assertIn(f"content-length: {FILE_BYTES}", head)
        part = self.curl("-r", "10-19", "http://erp.virtual:44300/large")
        self.assertEqual(part, (self.www / "large").read_bytes()[10:20])
        etag = next(line for line in head.splitlines() if line.startswith("etag:"))[6:]
        status = self.curl("-H", f"If-None-Match: {etag}", "-o", "/dev/null", "-w", "%{http_code}",
                           "http://erp.virtual:44300/large")
        self.assertEqual(status, b"304")


class SocketActivation(SiteTest):
    def test_hub_starts_when_systemd_hands_it_a_connection(self):
        self.assertEqual(self.site.hub.program.stop(), 0)
        sockets = [sock.getsockname() for _, sock in self.site.hub.sockets]
        self.site.hub.close()
        activate = Program(self.site.hub.folder, "sallyport-hub")
        activate.arguments = [
            "systemd-socket-activate", *(f"--listen={host}:{port}" for host, port in sockets),
            "--fdname=tls:proxy", BIN / "sallyport-hub", "run", "--config", self.site.hub.config]
        activate.start()
        self.site.hub.program = activate    # it becomes the hub with the first connection
        self.site.wait_attached()
        self.assertEqual(self.site.ask("GET", "/").status, 200)


if __name__ == "__main__":
    unittest.main()
