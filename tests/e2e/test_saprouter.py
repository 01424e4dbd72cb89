"""Streams through the hub's SAProuter port: access keys, what they open and when they end."""
import json, socket, threading, unittest

import saprouter, streams
from harness import Site, SiteTest
from programs import SECONDS, wait_until, whole_lines


def echo(sock):
    while data := sock.recv(65536):
        sock.sendall(data)
    sock.shutdown(socket.SHUT_WR)


class SapRouter(SiteTest):
    @classmethod
    def make_site(cls):
        server = streams.Server(echo)
        cls.addClassCleanup(server.close)
        with socket.create_server(("127.0.0.1", 0)) as closed:
            nobody = closed.getsockname()[1]
        site = Site(agent_extra=lambda made: made.default_mapping() + (
            f'\n[[mapping]]\nvirtual = "abap.virtual:sapgw00"\n'
            f'internal = "tcp://127.0.0.1:{server.port}"\n'
            f'\n[[mapping]]\nvirtual = "down.virtual:sapgw01"\n'
            f'internal = "tcp://127.0.0.1:{nobody}"\n'))
        add = ("client", "key", "add", "sb-shop", "--tenant", "acme")
        cls.key = site.hub.command(*add)["key"]
        cls.nobodys = site.hub.command(*add, "--location", "NOWHERE")["key"]
        return site

    @classmethod
    def new_key(cls, *arguments, client="sb-shop", tenant="acme"):
        """Once the hub knows it."""
        made = cls.site.hub.command("client", "key", "add", client, "--tenant", tenant, *arguments)

        def known():
            try:
                saprouter.connect(cls.site.hub, made["key"], "nobody.virtual:1").close()
            except streams.Refused as refused:
                # One that is not known yet is told after a second, so this asks seldom.
                return cls.line(made["id"]) or refused.args[0] == "no agent"

        wait_until(known, "the hub knows the key")
        return made

    @classmethod
    def line(cls, text):
        """The last line of the hub's log about an exchange that has all of this."""
        lines = [line for line in cls.site.hub.program.log().splitlines()
                 if "exchange." in line and f"key={text}" in line]
        return lines[-1] if lines else None

    def connect(self, virtual="abap.virtual:sapgw00", key=None, **options):
        sock = saprouter.connect(self.site.hub, key or self.key, virtual, **options)
        self.addCleanup(sock.close)
        return sock

    def refusal(self, *arguments, **options):
        with self.assertRaises(streams.Refused) as raised:
            self.connect(*arguments, **options)
        return raised.exception.args[0]

    def hub_log_has(self, *texts):
        wait_until(lambda: any(all(text in line for text in texts)
                               for line in self.site.hub.program.log().splitlines()),
                   f"a line of the hub's log with {texts}")

    def refused_on_record(self, virtual_host):
        folder = self.site.hub.folder / "state" / "audit"
        return [record for file in sorted(folder.glob("*.jsonl")) for record in whole_lines(file)
                if record["event"] == "token.refused"
                and record.get("virtual_host") == virtual_host]

    def keys(self):
        return {key["id"]: key for key in self.site.hub.command("client", "key", "list")}

    def test_a_route_leads_to_the_virtual_host(self):
        for service in ("sapgw00", "3300"):
            sock = self.connect(f"abap.virtual:{service}")
            sock.sendall(saprouter.frame(b"NI_PING\0"))
            self.assertEqual(saprouter.read_frame(sock), b"NI_PING\0")
            sock.shutdown(socket.SHUT_WR)
            self.assertEqual(sock.recv(1), b"")
        records = wait_until(
            lambda: self.site.agent.records(event="exchange.begin",
                                            virtual_host="abap.virtual:3300"), "records")
        self.assertEqual(records[0]["client"], "sb-shop")

    def test_what_follows_the_route_at_once_is_not_lost(self):
        sock = socket.create_connection(self.site.hub.saprouter, SECONDS)
        self.addCleanup(sock.close)
        route = saprouter.route_frame([("hub", "3299", self.key), ("abap.virtual", "3300", "")])
        for byte in route[:-1]:
            sock.sendall(bytes([byte]))
        sock.sendall(route[-1:] + b"early")
        saprouter.answer(sock)
        self.assertEqual(streams.read_exactly(sock, 5), b"early")

    def test_refusals_have_the_codes_of_routers_and_a_line_in_the_log(self):
        self.assertEqual(self.refusal("unmapped.virtual:sapgw00"), "permission")
        self.assertEqual(self.refusal("erp.virtual:44300"), "permission")   # HTTP
        self.assertEqual(self.refusal("down.virtual:sapgw01"), "unreachable")
        self.assertEqual(self.refusal("abap.virtual:sapdp00"), "service")
        hops = [("hub", "3299", self.key), ("router.corp", "3299", ""), ("abap.corp", "3300", "")]
        self.assertEqual(self.refusal(frame_bytes=saprouter.route_frame(hops)), "permission")
        self.hub_log_has("exchange.refused", "via=saprouter", "code=handshake_refused",
                         "one virtual host")
        self.assertEqual(self.refusal(key=self.nobodys), "no agent")

    def test_a_wrong_key_is_refused_late_logged_and_counted(self):
        before = self.site.hub.status()["wrong_access_keys"]
        wrong = self.key[:-22] + "A" * 22
        self.assertEqual(self.refusal(key=wrong), "permission")
        self.assertEqual(self.refusal(key="secret"), "permission")
        self.hub_log_has("exchange.refused", "code=key_refused", "is wrong")
        self.assertGreaterEqual(self.site.hub.status()["wrong_access_keys"], before + 2)
        self.assertNotIn(self.key[14:], self.site.hub.program.log())
        self.assertNotIn("A" * 22, self.site.hub.program.log())
        tokenless = saprouter.route_frame([("hub", "3299", ""), ("abap.virtual", "3300", "")])
        self.assertEqual(self.refusal(frame_bytes=tokenless), "permission")

    def test_who_guesses_keeps_no_owner_of_a_key_waiting(self):
        said, lock = [], threading.Lock()

        def guess():
            try:
                saprouter.connect(self.site.hub, "guess", "abap.virtual:3300").close()
            except streams.Refused as refused:
                with lock:
                    said.append(refused.args[0])

        guesses = [threading.Thread(target=guess) for _ in range(130)]
        for thread in guesses:
            thread.start()
        sock = self.connect()
        sock.sendall(b"x")
        self.assertEqual(streams.read_exactly(sock, 1), b"x")
        for thread in guesses:
            thread.join(SECONDS)
        self.assertEqual(said, ["permission"] * 130)

    def test_other_protocols_at_the_port_are_closed_without_an_answer(self):
        for said in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"\xff" * 64):
            sock = socket.create_connection(self.site.hub.saprouter, SECONDS)
            self.addCleanup(sock.close)
            sock.sendall(said)
            try:
                self.assertEqual(sock.recv(1), b"")
            except ConnectionResetError:
                pass

    def test_a_revoked_key_ends_its_streams_and_opens_none(self):
        made = self.new_key()
        sock = self.connect(key=made["key"])
        sock.sendall(b"abc")
        self.assertEqual(streams.read_exactly(sock, 3), b"abc")
        wait_until(lambda: self.keys()[made["id"]]["used"], "the key's use is on record")
        others = self.connect()
        self.site.hub.command("client", "key", "revoke", made["id"])
        with self.assertRaises(ConnectionResetError):
            sock.recv(1)
        self.assertEqual(self.refusal(key=made["key"]), "permission")
        self.hub_log_has("code=key_refused", f"{made['id']} was revoked")
        others.sendall(b"x")
        self.assertEqual(streams.read_exactly(others, 1), b"x")
        self.assertEqual(self.keys()[made["id"]]["state"], "revoked")

    def test_a_key_opens_only_what_its_tenant_has(self):
        hub = self.site.hub
        hub.command("tenant", "add", "globex")
        hub.command("client", "add", "rival", "--tenant", "globex")
        key = self.new_key(client="sb-rival", tenant="globex")["key"]
        self.assertEqual(self.refusal(key=key), "no agent")
        hub.command("client", "disable", "sb-rival")
        wait_until(lambda: self.refusal(key=key) == "permission", "the hub knows")

    def test_a_key_for_some_hosts_opens_no_other(self):
        hosts = ("--host", "ABAP.virtual:sapgw00", "--host", "down.virtual")
        made = self.new_key(*hosts)
        self.assertEqual(made["hosts"], ["abap.virtual:3300", "down.virtual"])
        self.assertEqual(self.keys()[made["id"]]["hosts"], made["hosts"])
        sock = self.connect("abap.virtual:3300", key=made["key"])
        sock.sendall(b"x")
        self.assertEqual(streams.read_exactly(sock, 1), b"x")
        self.assertEqual(self.refusal("down.virtual:sapgw01", key=made["key"]), "unreachable")
        for virtual in ("abap.virtual:sapgw01", "erp.virtual:44300", "unmapped.virtual:3300"):
            self.assertEqual(self.refusal(virtual, key=made["key"]), "permission")
        self.hub_log_has("exchange.refused", f"key={made['id']}", "code=host_refused",
                         "host=erp.virtual:44300")
        self.site.hub.command("client", "key", "add", "sb-shop", "--tenant", "acme",
                              "--host", "not a host", code=2)
        told = wait_until(lambda: self.refused_on_record("abap.virtual:3301"), "it is on record")
        self.assertEqual((told[0]["code"], told[0]["via"], told[0]["client"]),
                         ("host_refused", "saprouter", "sb-shop"))
        self.assertIn(f"{made['id']} is not for the virtual host abap.virtual:3301",
                      told[0]["reason"])
        self.assertTrue(told[0]["remote"].startswith("127.0.0.1:"))

    def test_the_key_can_go_to_a_file(self):
        file = self.site.folder / "key"
        made = self.site.hub.command("client", "key", "add", "sb-shop", "--tenant", "acme",
                                     "--out", file, "--description", "for a file")
        self.assertNotIn("key", made)
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        self.assertTrue(file.read_text().startswith(f"spk1.{made['id']}."))
        self.assertEqual(self.keys()[made["id"]]["description"], "for a file")
        self.assertNotIn(file.read_text().strip()[14:], json.dumps(self.keys()))
        # It is nowhere else, so the next key must not take its place.
        before, keys = file.read_text(), self.keys()
        self.assertIn("is there already", self.site.hub.command(
            "client", "key", "add", "sb-shop", "--tenant", "acme", "--out", file, code=1))
        self.assertEqual((file.read_text(), self.keys().keys()), (before, keys.keys()))

    def test_status_tells_the_port(self):
        self.assertEqual(self.site.hub.status()["listen"]["saprouter"],
                         "%s:%d" % self.site.hub.saprouter[:2])


if __name__ == "__main__":
    unittest.main()
