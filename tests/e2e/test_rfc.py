"""RFC through the hub's SOCKS5 port and the agent: what passes arrives byte for byte, what is not
allowed does not arrive, and each call is on record."""
import json, socket, unittest

import saprouter
from programs import SECONDS, wait_until
from rfc_client import AbapError, Client
from rfc_frames import PING, PONG, comparable, ni, read_frame
from rfc_site import ABAP, DENIED, FORBIDDEN, RfcTest


def whole_session(client):
    """Everything an ordinary client does; what it was answered."""
    client.set_up()
    client.logon()
    answers = [client.call("STFC_CONNECTION", [("REQUTEXT", "Grüße" if client.page != "ascii" else
                                                "hello")], ["ECHOTEXT", "RESPTEXT"]),
               client.call("RFC_PING"), client.call("Z_PING"), client.call("Z_BIGOUT"),
               client.call("BAPI_USER_GET_DETAIL", padding=bytes(20_000)),
               client.call("Z_LONG", padding=bytes(200_000)),
               client.streamed_call("Z_STREAMED", bytes(1_000_000))]
    try:
        client.call("Z_EXC")
    except AbapError as error:
        answers.append((error.key, error.over))
    client.deallocate()
    return answers


def without_id(client):
    """What the client sent and heard, but for the number of its conversation."""
    return [frame.replace(client.conversation, b"-" * 8)
            for data in (client.sent, client.received) for frame in comparable(data)]


class Rfc(RfcTest):
    @classmethod
    def make_site(cls):
        site = super().make_site()
        cls.key = site.hub.command("client", "key", "add", "sb-shop", "--tenant", "acme")["key"]
        return site

    def test_a_session_through_the_saprouter_port_arrives_byte_for_byte(self):
        sock = saprouter.connect(self.site.hub, self.key, "abap.virtual:sapgw00")
        sock.settimeout(SECONDS)
        self.addCleanup(sock.close)
        client = Client(sock)
        self.assertEqual(whole_session(client)[0]["RESPTEXT"], "SAP R/3 simulated")
        self.assert_same_bytes(client)
        refused = Client(saprouter.connect(self.site.hub, self.key, "abap.virtual:sapgw00"))
        self.addCleanup(refused.sock.close)
        refused.set_up()
        refused.logon()
        with self.assertRaises(AbapError) as raised:
            refused.call(FORBIDDEN)
        self.assertEqual(raised.exception.text, DENIED % FORBIDDEN)

    def test_a_session_arrives_byte_for_byte(self):
        directly = Client(self.connect_directly())
        wanted = whole_session(directly)
        self.assertEqual(wanted[0]["ECHOTEXT"], "Grüße")
        for page in ("le", "be"):
            with self.subTest(page):
                client = self.client(page=page)
                self.assertEqual(whole_session(client), wanted)
                self.assert_same_bytes(client)
                if page == "le":
                    self.assertEqual(without_id(client), without_id(directly))

    def test_the_internal_system_is_named_where_the_client_named_the_virtual_one(self):
        client = self.logged_on()
        conversation = self.conversation(client)
        self.assertEqual(conversation.named, ("127.0.0.1", "sapdp17"))
        self.assertEqual(conversation.partner, "127.0.0.1")
        named = client.initialize_payload()[56:72]
        self.assertEqual(named, b"abap.virsapdp00 ")
        reply = comparable(client.received)[1]
        self.assertEqual(len(reply), 80)
        self.assertIn(named, bytes(client.received), "the client hears what it had said")

    def test_a_refused_call_leaves_the_conversation_usable(self):
        client = self.logged_on()
        for function in (FORBIDDEN, "ARFC_DEST_SHIP", "STFC_CONNECTION_2"):
            with self.assertRaises(AbapError) as raised:
                client.call(function)
            self.assertEqual(raised.exception.key, "RFC_NO_AUTHORITY")
            self.assertEqual(raised.exception.text, DENIED % function)
            self.assertFalse(raised.exception.over)
            self.assertEqual(client.call("STFC_CONNECTION", [("REQUTEXT", "x")])["ECHOTEXT"], "x")
        with self.assertRaises(AbapError):
            client.streamed_call(FORBIDDEN, bytes(500_000))
        self.assertEqual(client.call("Z_AFTER"), {"GIVEN": "0"})
        client.deallocate()
        self.assertEqual(self.conversation(client).calls,
                         ["RFCPING"] + ["STFC_CONNECTION"] * 3 + ["Z_AFTER"])

    def test_a_tunnel_passes_where_a_rule_names_it(self):
        self.assertEqual(self.logged_on().call("API_CLEAR_TID"), {"GIVEN": "0"})

    def test_a_logon_may_call_in_one(self):
        client = self.client().set_up()
        client.logon(function="BAPI_IN_ONE")
        self.assertEqual(self.conversation(client).calls, ["BAPI_IN_ONE"])
        client = self.client().set_up()
        with self.assertRaises(AbapError) as raised:
            client.logon(function=FORBIDDEN)
        self.assertEqual((raised.exception.text, raised.exception.over), (DENIED % FORBIDDEN, True))
        self.assert_closed(client.sock)
        self.assertEqual(self.conversation(client).calls, [])

    def test_a_wrong_password_is_what_the_system_says(self):
        client = self.client().set_up()
        with self.assertRaises(AbapError) as raised:
            client.logon(user="NOBODY")
        self.assertEqual(raised.exception.text, "Name or password is incorrect")
        self.assert_closed(client.sock)
        end = self.record(event="rfc.call_end", function="RFCPING", result="exception")
        self.assertEqual(end["outcome"], "answered")

    def test_keep_alives_are_answered_on_each_side(self):
        client = self.logged_on()
        for _ in range(50):
            client.send(PING)
        for _ in range(50):
            self.assertEqual(read_frame(client.sock), PONG)
        client.call("Z_PING")
        self.assertEqual(client.pings, 0, "those of the gateway are the agent's to answer")
        conversation = self.conversation(client)
        wait_until(lambda: conversation.pongs == 3, "the gateway is answered")
        self.assertNotIn(ni(PING), bytes(conversation.received))

    def test_every_byte_may_come_alone(self):
        client = self.client()
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        whole = client.send_bytes

        def in_pieces(data):
            for at in range(len(data)):
                client.sock.sendall(data[at:at + 1])
            client.sent += data

        client.send_bytes = in_pieces
        client.set_up()
        client.logon()
        client.call("STFC_CONNECTION", [("REQUTEXT", "x")])
        client.send_bytes = whole
        client.deallocate()
        self.assert_same_bytes(client)

    def test_each_call_is_on_record(self):
        client = self.logged_on()
        client.call("Z_RECORDED", padding=b"SECRETS!" * 100)
        with self.assertRaises(AbapError):
            client.call(FORBIDDEN, padding=b"SECRETS!")
        with self.assertRaises(AbapError):
            client.call("Z_EXC")
        client.deallocate()
        begin = self.record(event="rfc.call", function="Z_RECORDED")
        exchange = begin["exchange"]
        wait_until(lambda: self.records(event="exchange.end", exchange=exchange), "the end")
        self.assertEqual(
            {key: begin[key] for key in ("virtual_host", "internal_host", "call",
                                         "sap_client", "sap_user", "rule", "decision")},
            {"virtual_host": ABAP,
             "internal_host": f"rfc://127.0.0.1:{self.gateway.port}", "call": 2,
             "sap_client": "100", "sap_user": "JANE", "rule": "3:Z_*", "decision": "allowed"})
        end = self.record(event="rfc.call_end", begin=begin["seq"])
        self.assertEqual((end["outcome"], end["result"], end["call"]), ("answered", "success", 2))
        self.assertGreater(end["request_bytes"], 800)
        self.assertGreater(end["response_bytes"], 50)
        refused = self.record(event="rfc.call", exchange=exchange, decision="refused")
        self.assertEqual((refused["function"], refused["reason"], refused["outcome"]),
                         (FORBIDDEN, "function_denied", "refused"))
        self.assertEqual(self.record(event="rfc.call_end", exchange=exchange,
                                     function="Z_EXC")["result"], "exception")
        events = [record["event"] for record in self.records(exchange=exchange)]
        self.assertEqual(events, ["exchange.begin", *["rfc.call", "rfc.call_end"] * 2, "rfc.call",
                                  "rfc.call", "rfc.call_end", "exchange.end"])
        text = "".join(file.read_text()
                       for file in (self.site.agent.state / "audit").iterdir())
        for secret in ("SECRETS", "scrambled"):
            self.assertNotIn(secret, text)

    def test_calls_are_found_by_their_function(self):
        client = self.logged_on()
        client.call("BAPI_FOUND_1")
        client.call("BAPI_FOUND_2")
        client.deallocate()
        self.record(event="rfc.call_end", function="BAPI_FOUND_2")
        query = lambda *words: self.site.agent.command("audit", "query", *words)
        rows = query("--function", "BAPI_FOUND_*").splitlines()
        self.assertEqual(len(rows), 3, rows)
        self.assertRegex(rows[1], r"answered .* JANE .* RFC abap.virtual:3300 BAPI_FOUND_1  \[")
        lines = query("--function", "BAPI_FOUND_2", "--user", "JAN?", "--json").splitlines()
        self.assertEqual([json.loads(line)["event"] for line in lines],
                         ["rfc.call", "rfc.call_end"])
        self.assertEqual(self.site.agent.command("audit", "verify").count("problem"), 0)

    def test_explain_says_what_would_happen(self):
        explain = lambda *words, code=0: self.site.agent.command(
            "explain", "RFC", "abap.virtual:sapgw00", "--function", *words, code=code)
        self.assertIn("allowed by rule 2: BAPI_ (prefix)", explain("BAPI_X"))
        self.assertIn("client libraries need", explain("RFC_PING"))
        self.assertIn("refused: no enabled rule", explain(FORBIDDEN, code=1))
        self.assertIn("must name it exactly", explain("ARFC_DEST_SHIP", code=1))
        self.assertIn("upper case", explain("bapi_x", code=1))
        told = json.loads(explain("BAPI_X", "--client", "100", "--user", "JANE", "--json"))
        self.assertEqual((told["allowed"], told["rule"], told["function"]), (True, 2, "BAPI_X"))
        self.assertIn("BAPI_*", self.site.agent.command("mappings", "list"))


if __name__ == "__main__":
    unittest.main()
