#!/usr/bin/env python3
"""The Debian packages as an administrator meets them: installed, updated, removed and purged in a
Debian 12 of their own, and booted under a systemd of their own.

`./dev test packaging [NAME_OF_TEST]`; as root, with a mirror of Debian.
"""
import pathlib, re, subprocess, tempfile, unittest

import root

HERE = pathlib.Path(__file__).resolve().parent
AGENT, HUB = (root.built(pattern) for pattern in ("sallyport_*.deb", "sallyport-hub_*.deb"))
SERVICES = ("sallyport", "sallyport-hub")
EXPOSURE_MAX = 1.5      # of systemd-analyze security


class Packages(unittest.TestCase):
    def test_lintian_has_nothing_to_say(self):
        done = subprocess.run(["lintian", "--fail-on", "error,warning", "--suppress-tags",
                               # There is no bug of Debian that asks for this package.
                               "initial-upload-closes-no-bugs", str(AGENT), str(HUB)],
                              text=True, capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_services_are_not_exposed(self):
        for service in SERVICES:
            unit = HERE.parent.parent / "packaging/systemd" / f"{service}.service"
            said = root.run("systemd-analyze", "security", "--offline=true", str(unit))
            exposure = float(re.search(r"exposure level for \S+: ([0-9.]+)", said)[1])
            print(f"{service}: exposure {exposure}")
            self.assertLessEqual(exposure, EXPOSURE_MAX)


class InRoot(unittest.TestCase):
    def setUp(self):
        self.root = root.Root()
        self.addCleanup(self.root.close)


class Installed(InRoot):
    def test_rights_users_and_examples(self):
        self.root.install(HUB, AGENT)
        for name, mode in (("/etc/sallyport", "drwxr-x--- root sallyport"),
                           ("/etc/sallyport/agent.toml", "-rw-r----- root sallyport"),
                           ("/etc/sallyport/mappings.d", "drwxr-x--- root sallyport"),
                           ("/var/lib/sallyport", "drwx------ sallyport sallyport"),
                           ("/etc/sallyport-hub/hub.toml", "-rw-r----- root sallyport-hub"),
                           ("/var/lib/sallyport-hub", "drwx------ sallyport-hub sallyport-hub")):
            self.assertEqual(self.root.mode(name), mode, name)
        for service in SERVICES:
            self.assertIn("is valid", self.root.sh(f"runuser -u {service} -- {service} check"))
            # It says so with an exit code, too.
            said = self.root.sh(f"systemctl is-enabled {service}.service || true")
            self.assertEqual(said.strip(), "disabled", "first comes the configuration")

    def test_manual_and_completion_know_every_command(self):
        self.root.install(HUB, AGENT)
        for program in SERVICES:
            manual = self.root.sh(f"zcat /usr/share/man/man1/{program}.1.gz").replace("\\-", "-")
            for command in self.commands(program):
                self.assertIn(f".B {command}\n", manual, program)
                for inner in self.commands(f"{program} {command}"):
                    self.assertIn(f".B {command} {inner}\n", manual, program)
        self.assertEqual(self.completed("sallyport audit ver"), "verify")
        self.assertEqual(self.completed("sallyport audit query --virtual-h"), "--virtual-host")
        self.assertEqual(self.completed("sallyport-hub --config /x ten"), "tenant")

    def commands(self, program):
        said = self.root.sh(f"{program} --help").partition("Subcommands:")[2]
        return re.findall(r"(?m)^  ([a-z][a-z-]*) ", said)

    def completed(self, line):
        words = line.split()
        self.root.write("root/complete", f"""source /usr/share/bash-completion/completions/sallyport
COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _sallyport; echo "${{COMPREPLY[*]}}"
""")
        return self.root.sh("bash /root/complete").strip()

    def test_an_update_keeps_what_was_changed(self):
        self.root.install(AGENT)
        changed = "# changed by hand\n" + self.root.path("etc/sallyport/agent.toml").read_text()
        self.root.path("etc/sallyport/agent.toml").write_text(changed)
        self.root.path("var/lib/sallyport/kept").write_text("state")
        with tempfile.TemporaryDirectory() as folder:
            self.root.install(root.repackaged(AGENT, pathlib.Path(folder), "0.1.0-2"))
        self.assertEqual(self.root.path("etc/sallyport/agent.toml").read_text(), changed)
        self.assertEqual(self.root.mode("/etc/sallyport/agent.toml"), "-rw-r----- root sallyport")
        self.assertTrue(self.root.path("var/lib/sallyport/kept").exists())

    def test_only_a_purge_removes_state(self):
        self.root.install(HUB, AGENT)
        for service in SERVICES:
            self.root.path(f"var/lib/{service}/kept").write_text("state")
        self.root.sh("dpkg --remove sallyport sallyport-hub")
        for name in ("var/lib/sallyport/kept", "var/lib/sallyport-hub/kept",
                     "etc/sallyport/agent.toml", "etc/sallyport-hub/hub.toml"):
            self.assertTrue(self.root.path(name).exists(), name)
        self.assertFalse(self.root.path("usr/bin/sallyport").exists())
        self.root.sh("dpkg --purge sallyport sallyport-hub")
        left = self.root.sh("find / -xdev -not -path '/root/*' -name '*sallyport*' "
                            "-not -path '/proc/*' -not -path '/sys/*'")
        self.assertEqual(left, "")


class Booted(InRoot):
    def test_first_request_and_a_life_as_a_service(self):
        self.root.install(HUB, AGENT)
        said = self.root.boot((HERE / "life.sh").read_text())
        print(said)
        for step in ("enabled", "hub started", "agent started", "first request", "says how it is",
                     "groups have their rights",
                     "survives kill -9", "reloads", "watchdog", "credential",
                     "events in the journal", "stops cleanly",
                     "journal", "log verified"):
            self.assertIn(f"ok: {step}", said)
