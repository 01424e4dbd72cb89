"""RFC: what must not pass does not pass, whatever a client or a gateway sends, and both sides hear
of a side that vanishes."""
import contextlib, socket, struct, unittest

import streams
from programs import SECONDS, wait_until
from rfc_client import AbapError, GatewayError
from rfc_frames import DATA, Closed, call_items, frames_in, load, ni, patched
from rfc_site import RfcTest, rfc_mapping

# Before the client's gateway record, and behind it; all others come after the logon.
AT_START = {"gw-register-tp", "gw-send-cmd", "gw-version3", "gw-short", "http-request",
            "tls-client-hello"}
BEHIND_GATEWAY = {"init-started-program", "init-registered-program", "init-cpic-r2", "init-snc"}


class Attacks(RfcTest):
    FUNCTIONS = ("Z_SLOW", "Z_SECOND", "Z_ABORT", "Z_HALF", "Z_GARBAGE", "Z_CALLBACK",
                 "STFC_CONNECTION")

    @classmethod
    def mappings(cls, port):
        return rfc_mapping(port, rules="".join(
            f'[[mapping.rule]]\nfunction = "{name}"\n' for name in cls.FUNCTIONS))

    def prepared(self, name):
        if name in AT_START:
            return self.client()
        client = self.client()
        client.gateway_record()
        if name in BEHIND_GATEWAY:
            return client
        client.initialize()
        if name == "send-before-allocate":
            return client
        client.allocate()
        if name != "logon-with-forbidden-call":
            client.logon()
        return client

    def adapted(self, client, name):
        """The frames, with the ids of the conversation where they have those of the files."""
        data = load(f"refuse/{name}.bin")
        if name in AT_START or name in BEHIND_GATEWAY:
            return data
        frames = frames_in(data)
        ids = {b"12345678": client.conversation}
        return b"".join(ni(patched(frame, (40, ids.get(frame[40:48], frame[40:48]))))
                        for frame in frames)

    def test_nothing_of_what_is_refused_arrives(self):
        names = sorted(path.stem for path in (DATA / "refuse").glob("*.bin"))
        self.assertGreater(len(names), 45)
        for name in names:
            with self.subTest(name):
                known = len(self.gateway.conversations) + 1
                client = self.prepared(name)
                wait_until(lambda: len(self.gateway.conversations) == known,
                           "the gateway has taken the connection")
                conversation = self.gateway.conversations[-1]
                calls, arrived = list(conversation.calls), len(frames_in(conversation.received))
                client.send_bytes(self.adapted(client, name))
                client.sock.shutdown(socket.SHUT_WR)
                with contextlib.suppress(Closed, ConnectionResetError):
                    while True:
                        client.receive()
                self.assertTrue(conversation.ended.wait(SECONDS))
                self.assertEqual(conversation.calls, calls)
                behind = frames_in(conversation.received)[arrived:]
                self.assertLessEqual(len(behind), 1, behind)
                self.assertTrue(all(frame[1] == 0x0b for frame in behind), "only the farewell")
                self.assertEqual(len(self.gateway.conversations), known)

    def test_what_speaks_something_else_is_closed(self):
        for said in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\0\x01\0\x01\xfc",
                     b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff" + bytes(1000),
                     struct.pack(">I", 1025) + bytes(100), ni(bytes(64)),
                     ni(b"NI_ROUTE\0" + bytes(60)),
                     bytes(4) * 100 + b"\xff\xff\xff\xff"):
            with self.subTest(said[:8]):
                sock = self.connect()
                sock.sendall(said)
                self.assertEqual(sock.recv(1), b"")
        refused = self.record(event="rfc.call", decision="refused", call=0)
        self.assertEqual(refused["reason"], "setup")
        self.assertNotIn("function", refused)

    def test_a_frame_that_claims_too_much_costs_nothing(self):
        client = self.logged_on()
        client.send_bytes(struct.pack(">I", 1024 * 1024 + 1) + bytes(1000))
        with self.assertRaises(Closed):
            client.receive()
        refused = self.record(event="rfc.call", reason="too_large")
        self.assertNotIn("function", refused, "not that of the message before")

    def test_a_second_call_before_the_answer_ends_both(self):
        client = self.logged_on()
        call = client.record
        self.gateway.released.clear()
        client.send(call(call_items("Z_SLOW")))
        wait_until(self.gateway.event_of("Z_SLOW").is_set, "the first call has arrived")
        client.send(call(call_items("Z_SECOND")))
        with self.assertRaises(Closed):
            client.receive()
        self.gateway.released.set()
        end = self.record(event="rfc.call_end", function="Z_SLOW")
        self.assertEqual((end["outcome"], end["reason"]), ("aborted", "state"))
        self.assertEqual(self.gateway.conversations[-1].calls, ["RFCPING", "Z_SLOW"])

    def test_a_gateway_that_vanishes_is_told_to_the_client(self):
        for function, reason in (("Z_ABORT", "backend_closed"), ("Z_HALF", "backend_closed"),
                                 ("Z_GARBAGE", "back_end"), ("Z_CALLBACK", "callback")):
            with self.subTest(function):
                client = self.logged_on()
                with self.assertRaises(Closed):
                    client.call(function)
                end = self.record(event="rfc.call_end", function=function)
                self.assertEqual((end["outcome"], end["reason"]), ("failed", reason))
                over = self.record(event="exchange.end", exchange=end["exchange"])
                self.assertEqual((over["outcome"], over["reason"]), ("failed", reason))

    def test_a_client_that_vanishes_is_told_to_the_gateway(self):
        client = self.logged_on()
        client.sock.close()
        conversation = self.conversation(client)
        self.assertTrue(conversation.ended.wait(SECONDS))
        self.assertTrue(conversation.deallocated)
        self.assertEqual(conversation.calls, ["RFCPING"])

    def test_snc_and_other_systems_are_not_offered(self):
        client = self.client()
        reply = client.gateway_record()
        self.assertEqual(reply[55] & 4, 0)
        client.send(patched(client.initialize_payload(), (10, b"\x21")))
        with self.assertRaises(GatewayError) as raised:
            client.checked(client.receive(), 1)
        self.assertEqual((raised.exception.rc, raised.exception.sap_rc), (20, 748))
        self.assertIn("SNC", raised.exception.text)
        self.assert_closed(client.sock)


class Policies(RfcTest):
    KEYS = """clients = ["100", "200"]
blocked_users = [{ client = "200", user = "SAP*" }, { user = "DDIC" }]
infrastructure = false
unknown_items = "refuse"
identity = "check"
after_refusal = "close"
"""

    @classmethod
    def mappings(cls, port):
        return (rfc_mapping(port, keys=cls.KEYS, rules='[[mapping.rule]]\nfunction = "Z_"\n'
                            'match = "prefix"\n') +
                rfc_mapping(port, virtual="other.virtual:sapgw05"))

    def refused_logon(self, **who):
        client = self.client().set_up()
        with self.assertRaises(AbapError) as raised:
            client.logon(**who)
        self.assertTrue(raised.exception.over)
        self.assert_closed(client.sock)
        self.assertEqual(self.conversation(client).calls, [])
        return raised.exception.text

    def test_who_may_log_on(self):
        self.logged_on()
        client = self.client().set_up()
        client.logon(client="100", user="SAP*")
        self.assertIn("JANE", self.refused_logon(client="300"))
        self.assertIn("sap*", self.refused_logon(client="200", user="sap*"))
        self.refused_logon(client="100", user="ddic")
        refused = self.record(event="rfc.call", reason="client_denied")
        self.assertEqual((refused["sap_client"], refused["sap_user"]), ("300", "JANE"))
        self.assertEqual(self.record(event="rfc.call", reason="user_blocked")["decision"],
                         "refused")

    def test_a_refused_call_may_end_the_conversation(self):
        client = self.logged_on()
        for function in ("RFC_PING",):  # no infrastructure here
            with self.assertRaises(AbapError) as raised:
                client.call(function)
            self.assertTrue(raised.exception.over)
        self.assert_closed(client.sock)
        end = self.record(event="exchange.end", outcome="aborted", reason="function_denied")
        self.assertEqual(end["status"], 200)

    def test_unknown_items_can_be_refused(self):
        client = self.logged_on()
        frame = frames_in(load("accept/unknown-tag.bin"))[0]
        client.send(patched(frame, (40, client.conversation)))
        with self.assertRaises(AbapError) as raised:
            client.answer()
        self.assertTrue(raised.exception.over)

    def test_with_check_the_client_names_the_system(self):
        client = self.client().set_up()
        self.assertEqual(self.conversation(client).named, ("abap.virtual", "sapdp00"),
                         "nothing is changed")
        client = self.client(host="payroll.corp")
        client.gateway_record()
        with self.assertRaises(GatewayError) as raised:
            client.initialize()
        self.assertEqual(raised.exception.text,
                         "Opening connection to abap.virtual:sapgw00 denied. Expose the system in "
                         "your Cloud Connector in case it was a valid request.")
        self.assertEqual(self.record(event="rfc.call", reason="host_denied")["call"], 0)

    def test_a_reload_that_changes_the_mapping_ends_its_conversations_only(self):
        changed, same = self.logged_on(), self.logged_on("other.virtual:3305")
        before = self.site.agent.config.read_text()
        self.addCleanup(self.reload, before)
        self.reload(before.replace('function = "Z_"\n', 'function = "Z_ONLY"\n', 1))
        with self.assertRaises((Closed, ConnectionResetError)):
            changed.receive()
        self.assertTrue(self.conversation(changed).deallocated or
                        self.conversation(changed).ended.wait(SECONDS))
        self.assertEqual(same.call("Z_STILL_THERE"), {"GIVEN": "0"})
        with self.assertRaises(AbapError):
            self.logged_on().call("Z_STILL_THERE")
        only_changed = before[:before.rindex("[[mapping]]\n")]
        self.reload(only_changed)
        with self.assertRaises((Closed, ConnectionResetError)):
            same.receive()
        self.assertEqual(self.conversation(same).calls, ["RFCPING", "Z_STILL_THERE"])
        with self.assertRaises(streams.Refused):
            self.connect("other.virtual:3305")
        self.assertIn("streams.ended", self.site.agent.program.log())

    def reload(self, text):
        self.site.agent.config.write_text(text)
        self.site.agent.command("reload")


if __name__ == "__main__":
    unittest.main()
