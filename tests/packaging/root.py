"""A small Debian 12 of its own for each test: an overlay over a tree that debootstrap made once.

SALLYPORT_PACKAGES names the folder of the packages, where the trees are kept as well."""
import glob, hashlib, os, pathlib, re, shutil, subprocess, tempfile

FOLDER = pathlib.Path(os.environ["SALLYPORT_PACKAGES"]).resolve()
CACHE = FOLDER / "roots"
# What the tests need beside ours; rpm for its own packages.
PACKAGES = ("systemd", "init-system-helpers", "curl", "busybox", "rpm", "libssl3")
# What the portable programs cannot run without (docs/OPERATIONS.md), and nothing else.
BARE = ("libssl3",)
POLICY = "usr/sbin/policy-rc.d"


def run(*command, **options):
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, **options)
    if done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout}")
    return done.stdout


def base(packages):
    """The tree below all overlays; needs a mirror of Debian the first time."""
    names = ",".join(packages)
    tree = CACHE / f"bookworm-{hashlib.sha256(names.encode()).hexdigest()[:8]}"
    if not tree.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        unfinished = pathlib.Path(tempfile.mkdtemp(dir=CACHE))
        run("debootstrap", "--variant=minbase", "--include=" + names, "bookworm", str(unfinished))
        unfinished.chmod(0o755)
        unfinished.rename(tree)
    return tree


def built(pattern):
    """The one package of that name."""
    (package,) = FOLDER.glob(pattern)
    return package


class Root:
    def __init__(self, packages=PACKAGES):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-root-"))
        upper, work, self.tree = (self.folder / name for name in ("upper", "work", "tree"))
        for part in (upper, work, self.tree):
            part.mkdir()
        run("mount", "-t", "overlay", "overlay", "-o",
            f"lowerdir={base(packages)},upperdir={upper},workdir={work}", str(self.tree))
        run("mount", "-t", "proc", "proc", str(self.tree / "proc"))
        for source in ("/etc/resolv.conf", *glob.glob("/etc/apt/apt.conf.d/*")):
            shutil.copy(source, self.path(source))
        self.write(POLICY, "#!/bin/sh\nexit 101\n", 0o755)  # nothing starts in a chroot

    def close(self):
        subprocess.run(["umount", "-q", str(self.tree / "proc")], check=False)
        run("umount", str(self.tree))
        shutil.rmtree(self.folder)

    def path(self, name):
        return self.tree / name.lstrip("/")

    def write(self, name, text, mode=0o644):
        self.path(name).write_text(text)
        self.path(name).chmod(mode)

    def sh(self, script):
        return run("chroot", str(self.tree), "sh", "-ec", script,
                   env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C",
                        "DEBIAN_FRONTEND": "noninteractive"})

    def install(self, *packages):
        for package in packages:
            shutil.copy(package, self.tree / "root")
        names = " ".join(f"/root/{package.name}" for package in packages)
        return self.sh("apt-get -qq update; apt-get -y -qq --no-install-recommends "
                       f"-o Dpkg::Options::=--force-confold install {names}")

    def mode(self, name):
        """E.g. "drwxr-x--- root sallyport"."""
        return self.sh(f"stat -c '%A %U %G' {name}").strip()

    def boot(self, script):
        """Runs the script as a service of a systemd that has booted; gives what it wrote."""
        self.path(POLICY).unlink(missing_ok=True)
        self.write("root/script", script, 0o755)
        self.write("etc/systemd/system/script.service", """[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/sh -ec '/root/script >/root/said 2>&1 && echo 0 >/root/code || echo 1 >/root/code'
ExecStopPost=systemctl --no-block poweroff
TimeoutStartSec=900
[Install]
WantedBy=graphical.target
""")
        self.sh("systemctl -q enable script.service")
        run("umount", str(self.tree / "proc"))      # it mounts its own
        run("systemd-nspawn", "--register=no", "--keep-unit", "--private-network", "--quiet",
            "--boot", "--directory", str(self.tree), stdin=subprocess.DEVNULL, timeout=1000)
        said = self.path("root/said").read_text()
        code = self.path("root/code")   # none: it was killed, since it took too long
        if not code.exists() or code.read_text().strip() != "0":
            raise AssertionError(said)
        return said


def repackaged(package, folder, version):
    """The same package under another version."""
    tree = folder / "tree"
    run("dpkg-deb", "-R", str(package), str(tree))
    control = tree / "DEBIAN" / "control"
    control.write_text(re.sub(r"(?m)^Version: .*$", f"Version: {version}", control.read_text()))
    again = folder / f"{package.name.split('_')[0]}_{version}_amd64.deb"
    run("dpkg-deb", "--root-owner-group", "-b", str(tree), str(again))
    shutil.rmtree(tree)
    return again
