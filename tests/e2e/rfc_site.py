"""A site with a simulated gateway behind abap.virtual:sapgw00, for the tests of RFC."""
import contextlib, socket

import streams
from harness import Site, SiteTest
from programs import SECONDS, wait_until
from rfc_client import Client
from rfc_frames import comparable
from rfc_gateway import Gateway

ABAP = "abap.virtual:3300"
RULES = """[[mapping.rule]]
function = "STFC_CONNECTION"
[[mapping.rule]]
function = "BAPI_"
match = "prefix"
[[mapping.rule]]
function = "Z_"
match = "prefix"
[[mapping.rule]]
function = "API_CLEAR_TID"
"""
FORBIDDEN = "FORBIDDEN_FUNCTION"  # by no rule
DENIED = ("Access denied for %s on abap.virtual:sapgw00. Expose the function module in your Cloud "
          "Connector in case it was a valid request.")


def rfc_mapping(port, virtual="abap.virtual:sapgw00", keys="", rules=RULES, more=""):
    return (f'[[mapping]]\nvirtual = "{virtual}"\ninternal = "rfc://127.0.0.1:{port}"\n{more}\n'
            f'[mapping.rfc]\ninstance = 17\n{keys}\n{rules}')


class RfcTest(SiteTest):
    """Conversations through the hub's SOCKS5 port, the agent, and a gateway."""

    @classmethod
    def mappings(cls, port):
        return rfc_mapping(port)

    @classmethod
    def make_site(cls):
        cls.gateway = Gateway()
        cls.addClassCleanup(cls.gateway.close)
        return Site(agent_extra=lambda _: cls.mappings(cls.gateway.port))

    def connect(self, virtual=ABAP):
        sock = streams.connect(self.site.hub, self.site.token, virtual)
        sock.settimeout(SECONDS)
        self.addCleanup(sock.close)
        return sock

    def connect_directly(self):
        sock = socket.create_connection(("127.0.0.1", self.gateway.port), SECONDS)
        self.addCleanup(sock.close)
        return sock

    def client(self, virtual=ABAP, **options):
        return Client(self.connect(virtual), **options)

    def logged_on(self, virtual=ABAP, **options):
        client = self.client(virtual, **options).set_up()
        client.logon()
        return client

    def conversation(self, client):
        """The gateway's end of a client's conversation."""
        return next(found for found in self.gateway.conversations if found.id ==
                    client.conversation)

    def assert_same_bytes(self, client, refused=0):
        """What each side sent arrived, but for what is rewritten; and `refused` of either."""
        conversation = self.conversation(client)
        self.assertTrue(conversation.ended.wait(SECONDS))
        sent, arrived = comparable(client.sent), comparable(conversation.received)
        self.assertEqual([frame for frame in sent if frame in arrived], arrived)
        self.assertEqual(len(sent) - len(arrived), refused)
        back, seen = comparable(conversation.sent), comparable(client.received)
        self.assertEqual([frame for frame in seen if frame in back], back)
        self.assertEqual(len(seen) - len(back), refused)

    def assert_closed(self, sock):
        with contextlib.suppress(ConnectionResetError):
            while sock.recv(65536):
                pass

    def exchange_of(self, client):
        """The id of a client's exchange, from the record of its logon."""
        sent = bytes(client.sent)
        assert sent
        return self.records(event="rfc.call")[-1]["exchange"]

    def records(self, **wanted):
        return self.site.agent.records(**wanted)

    def record(self, **wanted):
        """The newest record, once there is one."""
        return wait_until(lambda: self.records(**wanted), f"a record {wanted}")[-1]
