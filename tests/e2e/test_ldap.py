"""OpenLDAP's own clients and server, with an agent between them that looks at operations."""
import base64, json, pathlib, shutil, subprocess, tempfile, unittest

import stream_peers, streams
from authority import Authority
from harness import Site, SiteTest
from programs import SECONDS, wait_until

ADMIN, PASSWORD = "cn=admin,dc=test", "secret"
ENTRY = """dn: dc=test
objectClass: dcObject
objectClass: organization
o: Test
dc: test
"""
CHANGE = """dn: dc=test
changetype: modify
replace: o
o: Changed-by-somebody
"""
PHOTO_BYTES = 2_000_000
WHO_AM_I, START_TLS = "1.3.6.1.4.1.4203.1.11.3", "1.3.6.1.4.1.1466.20037"
INSUFFICIENT_ACCESS, UNWILLING = 50, 53


def run(*command, given=None, code=0):
    done = subprocess.run([str(word) for word in command], input=given, text=True,
                          capture_output=True, timeout=SECONDS,
                          env={"LDAPTLS_REQCERT": "never", "PATH": "/usr/bin:/bin:/usr/sbin"})
    if done.returncode != code:
        raise AssertionError(f"{command} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout + done.stderr


class Ldap(SiteTest):
    @classmethod
    def make_site(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-ldap-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        authority = Authority(cls.folder, "directory")
        certificate, key = authority.server("localhost")
        cls.directory = stream_peers.slapd(cls.folder, f"""
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
sizelimit unlimited
sockbuf_max_incoming {2 * PHOTO_BYTES}
""")
        cls.addClassCleanup(cls.directory.close)
        run("ldapadd", "-x", "-H", f"ldap://127.0.0.1:{cls.directory.port}", "-D", ADMIN, "-w",
            PASSWORD, given=ENTRY)
        internal = f'internal = "ldap://127.0.0.1:{cls.directory.port}"\n'
        return Site(agent_extra=lambda site: f"""
[[mapping]]
virtual = "reader.virtual:389"
{internal}operations = ["bind", "search", "abandon", "extended:{WHO_AM_I}"]
[[mapping]]
virtual = "open.virtual:389"
{internal}""")

    def client(self, name, virtual="reader.virtual:389"):
        """Runs a client of OpenLDAP as the administrator; says what it has on record since."""
        forward = streams.Forward(self.site.hub, self.site.token, virtual)
        self.addCleanup(forward.close)
        url = f"ldap://127.0.0.1:{forward.port}"
        # Of other exchanges an unbind may still come.
        before = {record["exchange"] for record in self.records(virtual)}

        def call(*arguments, given=None, code=0, bind=("-x", "-D", ADMIN, "-w", PASSWORD)):
            return run(name, "-H", url, *bind, *arguments, given=given, code=code)

        return call, lambda: [record for record in self.records(virtual)
                              if record["exchange"] not in before]

    def records(self, virtual, event="ldap.operation"):
        return self.site.agent.records(event=event, virtual_host=virtual)

    def seen(self, records):
        return [(record["operation"], record["decision"]) for record in records]

    def end_of(self, exchange):
        return wait_until(lambda: self.site.agent.records(event="exchange.end", exchange=exchange),
                          "the exchange has ended")[0]

    def test_what_operations_names_passes_and_is_on_record(self):
        search, records = self.client("ldapsearch")
        self.assertIn("dc: test", search("-LLL", "-b", "dc=test"))
        bind, question = records()[:2]
        self.assertEqual(bind["operation"], "bind")
        self.assertEqual(bind["authentication"], "simple")
        self.assertEqual(bind["bind_dn"], ADMIN)
        self.assertEqual(question["operation"], "search")
        self.assertEqual(question["bound_as"], ADMIN)
        self.assertEqual(question["message_id"], 2)
        who, records = self.client("ldapwhoami")
        self.assertIn(f"dn:{ADMIN}", who())
        self.assertEqual(self.seen(records())[1], ("extended", "allowed"))
        self.assertEqual(records()[1]["oid"], WHO_AM_I)

    def test_what_operations_does_not_name_is_refused_in_words_of_ldap(self):
        modify, records = self.client("ldapmodify")
        said = modify(given=CHANGE, code=INSUFFICIENT_ACCESS)
        self.assertIn("Sallyport refuses modify on reader.virtual:389", said)
        self.assertIn(("modify", "refused"), self.seen(records()))
        delete, _ = self.client("ldapdelete")
        self.assertIn("Sallyport refuses delete", delete("dc=test", code=INSUFFICIENT_ACCESS))
        add, records = self.client("ldapadd")
        photo = base64.b64encode(bytes(PHOTO_BYTES)).decode()
        add(given=f"dn: cn=a,dc=test\nobjectClass: inetOrgPerson\nsn: a\ncn: a\n"
                  f"jpegPhoto:: {photo}\n", code=INSUFFICIENT_ACCESS)
        self.assertEqual(self.seen(records())[:2], [("bind", "allowed"), ("add", "refused")])
        search, _ = self.client("ldapsearch")
        self.assertIn("o: Test", search("-LLL", "-b", "dc=test"))

    def test_what_would_hide_the_rest_is_refused(self):
        search, records = self.client("ldapsearch")
        said = search("-ZZ", "-b", "dc=test", code=1)
        self.assertIn("StartTLS would hide all that follows", said)
        self.assertEqual(records()[0]["reason"], "start_tls")
        search, records = self.client("ldapsearch")
        said = search("-b", "dc=test", bind=("-Y", "DIGEST-MD5", "-U", "u", "-w", "p"),
                      code=UNWILLING)
        self.assertIn("can hide all that follows", said)
        refused = [record for record in records() if record["operation"] == "bind"]
        self.assertEqual(refused[0]["mechanism"], "DIGEST-MD5")
        self.assertEqual(refused[0]["reason"], "security_layer")

    def test_another_protocol_is_told_and_cut_off(self):
        with streams.connect(self.site.hub, self.site.token, "reader.virtual:389") as sock:
            sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
            said = b"".join(iter(lambda: sock.recv(4096), b""))
        self.assertIn(b"1.3.6.1.4.1.1466.20036", said)
        self.assertIn(b"this is no LDAP message", said)
        exchange = self.site.agent.records(event="exchange.begin",
                                           virtual_host="reader.virtual:389")[-1]["exchange"]
        end = self.end_of(exchange)
        self.assertEqual((end["outcome"], end["reason"]), ("aborted", "unparsable"))

    def test_everything_passes_and_is_on_record_without_operations(self):
        add, records = self.client("ldapadd", "open.virtual:389")
        photo = base64.b64encode(bytes(PHOTO_BYTES)).decode()
        add(given=f"dn: cn=b,dc=test\nobjectClass: inetOrgPerson\nsn: a-private-name\ncn: b\n"
                  f"jpegPhoto:: {photo}\n")
        self.assertEqual(self.seen(records())[:2], [("bind", "allowed"), ("add", "allowed")])
        search, _ = self.client("ldapsearch", "open.virtual:389")
        self.assertGreater(len(search("-LLL", "-b", "cn=b,dc=test", "jpegPhoto")), PHOTO_BYTES)
        log = "".join(path.read_text() for path in
                      (self.site.agent.folder / "state" / "audit").iterdir())
        for secret in (f'"{PASSWORD}"', "a-private-name", "objectClass"):
            self.assertNotIn(secret, log)

    def test_the_view_ends_where_tls_begins_without_operations(self):
        search, records = self.client("ldapsearch", "open.virtual:389")
        self.assertIn("dc: test", search("-ZZ", "-LLL", "-b", "dc=test"))
        self.assertEqual(self.seen(records()), [("extended", "allowed")])
        self.assertEqual(records()[0]["oid"], START_TLS)
        unseen = [record["reason"] for record in self.records("open.virtual:389", "ldap.unseen")]
        self.assertIn("TLS has begun (StartTLS)", unseen)

    def test_a_wrong_password_is_nobody(self):
        search, records = self.client("ldapsearch", "open.virtual:389")
        search("-b", "dc=test", bind=("-x", "-D", ADMIN, "-w", "wrong"), code=49)
        self.assertNotIn("bound_as", records()[-1])

    def test_the_command_line_knows_operations(self):
        def explain(virtual, operation, code=0):
            return json.loads(self.site.agent.command("explain", "LDAP", virtual, "--operation",
                                                      operation, "--json", code=code))

        self.assertTrue(explain("reader.virtual:389", "search")["allowed"])
        self.assertIn("does not name it", explain("reader.virtual:389", "modify", 1)["reason"])
        self.assertIn("StartTLS", explain("reader.virtual:389", f"extended:{START_TLS}",
                                          1)["reason"])
        self.assertTrue(explain("open.virtual:389", "modify")["allowed"])
        who, records = self.client("ldapwhoami")
        who()
        found = self.site.agent.command("audit", "query", "--event", "ldap.*", "--exchange",
                                        records()[0]["exchange"], "--json")
        self.assertIn(WHO_AM_I, found)
        modify, _ = self.client("ldapmodify")
        modify(given=CHANGE, code=INSUFFICIENT_ACCESS)
        row = self.site.agent.command("audit", "query", "--operation", "mod*", "--outcome",
                                      "refused", "--user", ADMIN)
        self.assertIn("LDAP reader.virtual:389 modify", row)
        self.assertIn("(operation_denied)", row)


if __name__ == "__main__":
    unittest.main()
