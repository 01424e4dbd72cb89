"""The packages that bring their libraries along: .rpm, installed in a Debian that has rpm, and
.tar.gz, in one that has almost nothing.

`./dev test packaging [NAME_OF_TEST]`; as root, with a mirror of Debian.
"""
import os, pathlib, re, shutil, subprocess, sys, tempfile, unittest

import root

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ("sallyport", "sallyport-hub")
RPMS = [root.built(f"{program}-[0-9]*.rpm") for program in PROGRAMS]
TARS = [root.built(f"{program}-[0-9]*.tar.gz") for program in PROGRAMS]
GLIBC_MAX = (2, 36)
SYSTEM = {"libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1",
          "libssl.so.3", "libcrypto.so.3"}
KERBEROS = """[agent]
[[hub]]
url = "https://hub.example.com"
[kerberos]
keytab = "/root/agent.keytab"
principal = "HTTP/agent.corp.example@CORP.EXAMPLE"
"""
RIGHTS = (("/etc/sallyport", "drwxr-x--- root sallyport"),
          ("/etc/sallyport/agent.toml", "-rw-r----- root sallyport"),
          ("/etc/sallyport/mappings.d", "drwxr-x--- root sallyport"),
          ("/var/lib/sallyport", "drwx------ sallyport sallyport"),
          ("/etc/sallyport-hub/hub.toml", "-rw-r----- root sallyport-hub"),
          ("/var/lib/sallyport-hub", "drwx------ sallyport-hub sallyport-hub"))


def unpacked(tree):
    """The folders of the .tar.gz below it."""
    for archive in TARS:
        root.run("tar", "-xzf", str(archive), "-C", str(tree), "--no-same-owner")
    return sorted(tree.glob("sallyport*"))


class Portable(unittest.TestCase):
    def test_needs_nothing_but_the_system(self):
        with tempfile.TemporaryDirectory() as name:
            for folder in unpacked(pathlib.Path(name)):
                (program,) = (folder / "usr/bin").iterdir()
                told = root.run("readelf", "--dynamic", "--version-info", "--wide", str(program))
                needed = set(re.findall(r"\(NEEDED\) +Shared library: \[(.*?)\]", told))
                self.assertLessEqual(needed, SYSTEM, program.name)
                self.assertNotRegex(told, r"\((RPATH|RUNPATH)\)")
                versions = {tuple(map(int, version.split(".")))
                            for version in re.findall(r"Name: GLIBC_([0-9.]+)", told)}
                self.assertLessEqual(max(versions), GLIBC_MAX)
                print(f"{program.name}: {program.stat().st_size // 1024} KiB, "
                      f"glibc {max(versions)}, {', '.join(sorted(needed))}")

    def test_rpmlint_has_nothing_to_say(self):
        done = subprocess.run(["rpmlint", "-r", str(SOURCE / "packaging/rpm/rpmlintrc"),
                               *map(str, RPMS)], text=True, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("0 errors, 0 warnings", done.stdout)

    def test_sizes(self):
        for package in sorted([*root.FOLDER.glob("*.deb"), *RPMS, *TARS]):
            print(f"{package.name}: {package.stat().st_size // 1024} KiB")


class InRoot(unittest.TestCase):
    def setUp(self):
        self.root = root.Root()
        self.addCleanup(self.root.close)

    def expect_installed(self):
        for name, mode in RIGHTS:
            self.assertEqual(self.root.mode(name), mode, name)
        for program in PROGRAMS:
            self.assertIn("is valid", self.root.sh(f"runuser -u {program} -- {program} check"))

    def change(self):
        """A changed configuration, and state."""
        configuration = self.root.path("etc/sallyport/agent.toml")
        self.changed = "# changed by hand\n" + configuration.read_text()
        configuration.write_text(self.changed)
        self.root.path("var/lib/sallyport/kept").write_text("state")

    def expect_kept(self):
        self.assertEqual(self.root.path("etc/sallyport/agent.toml").read_text(), self.changed)
        self.assertTrue(self.root.path("var/lib/sallyport/kept").exists())


class Rpm(InRoot):
    def rpm(self, *arguments):
        # Its database knows nothing of what Debian installed.
        return self.root.sh("rpm --nodeps " + " ".join(arguments))

    def install(self, *packages):
        for package in packages:
            shutil.copy(package, self.root.path("root"))
        self.rpm("--upgrade", *(f"/root/{package.name}" for package in packages))

    def test_life(self):
        self.install(*RPMS)
        self.expect_installed()
        self.change()
        with tempfile.TemporaryDirectory() as folder:
            root.run("cpack", "-G", "RPM", "-R", "0.1.1", "-B", folder, cwd=root.FOLDER)
            (newer,) = pathlib.Path(folder).glob("sallyport-0.1.1-*.rpm")
            self.install(newer)
        self.assertIn("sallyport-0.1.1", self.root.sh("rpm --query sallyport"))
        self.expect_kept()
        self.assertEqual(self.root.mode("/etc/sallyport/agent.toml"), "-rw-r----- root sallyport")
        self.rpm("--erase", *PROGRAMS)
        self.assertFalse(self.root.path("usr/bin/sallyport").exists())
        self.assertFalse(self.root.path("usr/lib/systemd/system/sallyport.service").exists())
        self.assertEqual(self.root.path("etc/sallyport/agent.toml.rpmsave").read_text(),
                         self.changed)
        self.assertTrue(self.root.path("var/lib/sallyport/kept").exists())

    def test_asks_for_what_it_needs(self):
        for package in RPMS:
            needed = set(re.findall(r"(?m)^(lib\w+\.so[.\d]*)\(", root.run(
                "rpm", "--query", "--package", "--requires", str(package))))
            self.assertLessEqual(needed, SYSTEM)
            self.assertIn("libssl.so.3", needed)


class Tar(InRoot):
    def test_life(self):
        for folder in unpacked(self.root.path("root")):
            self.root.sh(f"/root/{folder.name}/install.sh")
        self.expect_installed()
        self.change()
        agent = "/root/" + TARS[0].name.split("-linux")[0]
        self.assertIn("agent.toml is kept", self.root.sh(f"{agent}/install.sh"))
        self.expect_kept()
        self.root.sh(f"{agent}/install.sh --remove")
        self.expect_kept()
        left = self.root.sh("find /usr -xdev -name '*sallyport*' -not -path '*sallyport-hub*'")
        self.assertEqual(left, "")


class Bare(unittest.TestCase):
    """In a debootstrap --variant=minbase, with what the manual asks for and nothing else."""

    def test_one_request(self):
        inside = root.Root(root.BARE)
        self.addCleanup(inside.close)
        unpacked(inside.path("opt"))
        inside.write("etc/hosts", "127.0.0.1 localhost\n")
        outside = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-bare-"))
        self.addCleanup(shutil.rmtree, outside)
        # The same path in there and out here, so that tests of real programs can run them there.
        shared = inside.path(str(outside))
        shared.mkdir()
        root.run("mount", "--bind", str(outside), str(shared))
        self.addCleanup(root.run, "umount", str(shared))
        for program in PROGRAMS:
            (path,) = inside.path("opt").glob(f"{program}-[0-9]*/usr/bin/{program}")
            self.assertRegex(inside.sh(f"/{path.relative_to(inside.tree)} --version"), r"^\d+\.")
            wrapper = outside / program
            wrapper.write_text(f"#!/bin/sh\nexec chroot {inside.tree} "
                               f"/{path.relative_to(inside.tree)} \"$@\"\n")
            wrapper.chmod(0o755)
        inside.write("root/agent.toml", KERBEROS)
        with self.assertRaisesRegex(AssertionError, "libgssapi_krb5.so.2.*is not installed"):
            inside.sh("/opt/sallyport-[0-9]*/usr/bin/sallyport check --config /root/agent.toml")
        os.environ["SALLYPORT_BIN_DIR"] = str(outside)
        sys.path.insert(0, str(SOURCE / "tests/e2e"))
        import harness
        tempfile.tempdir = str(outside)
        self.addCleanup(setattr, tempfile, "tempdir", None)
        site = harness.Site()
        try:
            self.assertIn("is valid", site.agent.command("check"))
            site.start()
            self.assertEqual(site.ask("GET", "/hello").status, 200)
        finally:
            faults = site.close()
        self.assertEqual(faults, [])
