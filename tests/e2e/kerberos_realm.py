"""A Kerberos realm on this machine: slapd, a KDC of MIT krb5 that keeps its principals there (of
its back ends only that one knows constrained delegation), and Apache with mod_auth_gssapi."""
import contextlib, gzip, os, pathlib, shutil, socket, subprocess

from programs import SECONDS, wait_until

REALM = "CORP.TEST"
AGENT = f"HTTP/agent.corp.test@{REALM}"
SCHEMA = pathlib.Path("/usr/share/doc/krb5-kdc-ldap/kerberos.schema.gz")
BASE = "dc=test"


def listening_port(process):
    """The one TCP port on which a process listens on 127.0.0.1; None: not yet."""
    sockets = set()
    with contextlib.suppress(OSError):
        for descriptor in os.scandir(f"/proc/{process.pid}/fd"):
            with contextlib.suppress(OSError):
                sockets.add(os.readlink(descriptor.path))
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
            return int(fields[1].split(":")[1], 16)
    return None


class Realm:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        (self.folder / "db").mkdir(parents=True)
        self.processes = []
        self.krb5_conf = self.folder / "krb5.conf"
        self.url = "ldapi://" + str(self.folder / "ldapi").replace("/", "%2F")
        self.env = {**os.environ, "KRB5_CONFIG": str(self.krb5_conf),
                    "KRB5_KDC_PROFILE": str(self.folder / "kdc.conf"),
                    "PATH": os.environ["PATH"] + ":/usr/sbin"}
        self._write_slapd_conf()
        self._write_kdc_conf()
        self.write_krb5_conf(self.krb5_conf, 0)
        self.spawn("slapd", "-h", self.url, "-f", self.folder / "slapd.conf", "-d", "0")
        wait_until(self._slapd_listens, "slapd listens")
        self.run("ldapadd", "-Q", "-Y", "EXTERNAL", "-H", self.url, given=(
            f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\no: test\ndc: test\n"))
        self.run("kdb5_ldap_util", "-H", self.url, "create", "-subtrees", BASE, "-r", REALM, "-s",
                 "-P", "master")

    def _slapd_listens(self):
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(self.folder / "ldapi"))
            return True
        return False

    def start_kdc(self):
        self.kdc = self.spawn("krb5kdc", "-n", "-r", REALM)
        port = wait_until(lambda: listening_port(self.kdc), "the KDC listens")
        self.write_krb5_conf(self.krb5_conf, port)

    def stop_kdc(self):
        self.kdc.terminate()
        self.kdc.wait(SECONDS)

    def _write_slapd_conf(self):
        (self.folder / "kerberos.schema").write_bytes(gzip.decompress(SCHEMA.read_bytes()))
        us = f"gidNumber={os.getegid()}+uidNumber={os.geteuid()},cn=peercred,cn=external,cn=auth"
        (self.folder / "slapd.conf").write_text(f"""include /etc/ldap/schema/core.schema
include {self.folder}/kerberos.schema
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
directory {self.folder}/db
suffix "{BASE}"
rootdn "{us}"
dbnosync
""")

    def _write_kdc_conf(self):
        (self.folder / "kdc.conf").write_text(f"""[kdcdefaults]
 kdc_listen = ""
 kdc_tcp_listen = 127.0.0.1:0
[realms]
 {REALM} = {{
  database_module = ldap
  key_stash_file = {self.folder}/stash
  supported_enctypes = aes256-cts:normal
 }}
[dbdefaults]
 ldap_kerberos_container_dn = "cn=kerberos,{BASE}"
[dbmodules]
 ldap = {{
  db_library = kldap
  ldap_servers = {self.url}
  ldap_kdc_sasl_mech = EXTERNAL
  ldap_kadmind_sasl_mech = EXTERNAL
 }}
[logging]
 kdc = FILE:{self.folder}/kdc.log
""")

    @staticmethod
    def write_krb5_conf(file, port):
        file.write_text(f"""[libdefaults]
 default_realm = {REALM}
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 udp_preference_limit = 1
[realms]
 {REALM} = {{
  kdc = 127.0.0.1:{port}
 }}
""")

    def spawn(self, *command):
        process = subprocess.Popen(list(map(str, command)), env=self.env, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.processes.append(process)
        return process

    def run(self, *command, given=""):
        done = subprocess.run(list(map(str, command)), env=self.env, input=given, text=True,
                              capture_output=True, timeout=SECONDS)
        if done.returncode != 0:
            raise AssertionError(f"{command} ended with {done.returncode}\n{done.stderr}")
        return done.stdout

    def principals(self, *commands):
        """Commands of kadmin, e.g. "addprinc -randkey jane"."""
        self.run("kadmin.local", "-r", REALM, given="\n".join(commands) + "\n")

    def may_delegate_to(self, service, agent=AGENT):
        """What an administrator of the realm says with krbAllowedToDelegateTo."""
        name = f"krbPrincipalName={agent},cn={REALM},cn=kerberos,{BASE}"
        self.run("ldapmodify", "-Q", "-Y", "EXTERNAL", "-H", self.url, given=(
            f"dn: {name}\nchangetype: modify\nadd: krbAllowedToDelegateTo\n"
            f"krbAllowedToDelegateTo: {service}\n"))

    def tickets_issued(self):
        """Answers of the ticket-granting service so far."""
        log = (self.folder / "kdc.log").read_text()
        return sum("TGS_REQ" in line and "ISSUE" in line for line in log.splitlines())

    def close(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
            process.wait(SECONDS)


class Apache:
    """Lets only users with a Kerberos ticket in, and says who they are and on which connection. It
    can neither inherit a socket nor leave the port to the kernel: another one is tried if somebody
    was faster."""
    MODULES = ("mpm_event", "authn_core", "authz_core", "authz_user", "auth_gssapi", "headers")
    TRIES = 10

    def __init__(self, folder, realm, keytab):
        self.folder = pathlib.Path(folder)
        (self.folder / "www").mkdir(parents=True)
        (self.folder / "www" / "x").write_text("welcome")
        identity = ""
        if os.geteuid() == 0:       # Apache gives itself another user then
            identity = "User www-data\nGroup www-data"
            for path in (self.folder.parent, self.folder, self.folder / "www"):
                path.chmod(0o755)
            keytab.chmod(0o644)
        for _ in range(self.TRIES):
            with socket.create_server(("127.0.0.1", 0)) as probe:
                self.port = probe.getsockname()[1]
            self._write(keytab, identity)
            self.process = realm.spawn(shutil.which("apache2") or "/usr/sbin/apache2",
                                       "-DFOREGROUND", "-f", self.folder / "apache.conf")
            wait_until(lambda: self.listening() or self.process.poll() is not None,
                       "Apache listens or ends")
            if self.process.poll() is None:
                return
        raise AssertionError("Apache does not start:\n" + self.log())

    def _write(self, keytab, identity):
        modules = pathlib.Path("/usr/lib/apache2/modules")
        loads = "\n".join(f"LoadModule {name}_module {modules}/mod_{name}.so"
                          for name in self.MODULES)
        (self.folder / "apache.conf").write_text(f"""{loads}
{identity}
ServerName web.corp.test
Listen 127.0.0.1:{self.port}
PidFile {self.folder}/apache.pid
ErrorLog {self.folder}/error.log
DefaultRuntimeDir {self.folder}
Mutex posixsem
DocumentRoot {self.folder}/www
Header always set X-User "expr=%{{REMOTE_USER}}"
Header always set X-Connection "expr=%{{REMOTE_PORT}}"
<Location />
  AuthType GSSAPI
  AuthName "corp"
  GssapiCredStore keytab:{keytab}
  GssapiAllowedMech krb5
  Require valid-user
</Location>
""")

    def log(self):
        file = self.folder / "error.log"
        return file.read_text() if file.exists() else ""

    def listening(self):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        return False
