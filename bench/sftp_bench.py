#!/usr/bin/env python3
"""Measures files through hub and agent (HTTP in front, SFTP behind) beside OpenSSH's own `sftp`
with the same server.

Usage: sftp_bench.py BIN_DIR [--rounds N] [--gib N]
Both ways take turns, so that whatever else the machine does hits each. CPU seconds of ours are
those of hub and agent, those of sftp its own and its ssh's; the server's stand in neither.
"""
import argparse, os, pathlib, resource, shutil, statistics, subprocess, sys, time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests" / "e2e")]

HOST = "files.virtual:80"
BLOCK = 1 << 20
GIB = 1 << 30


def children_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Ours:
    name = "sallyport"

    def __init__(self, site):
        self.site = site

    def cpu(self):
        return sum(chain.cpu_seconds(program.process)
                   for program in (self.site.hub.program, self.site.agent.program))

    def curl(self, *arguments):
        proxy = f"http://127.0.0.1:{self.site.hub.proxy[1]}"
        subprocess.run(["curl", "--silent", "--show-error", "--fail", "--proxy", proxy,
                        "--proxy-header", "@-", *map(str, arguments)], check=True,
                       input=f"Proxy-Authorization: Bearer {self.site.token}\n".encode())

    def put(self, local):
        self.curl("-T", local, f"http://{HOST}/ours")

    def get(self, local):
        self.curl("-o", local, f"http://{HOST}/ours")


class Plain:
    name = "sftp"

    def __init__(self, server, base):
        self.server, self.base = server, base

    def cpu(self):
        return children_seconds()

    def sftp(self, command):
        subprocess.run(
            ["sftp", "-q", "-b", "-", "-P", str(self.server.port), "-i", str(self.server.key),
             "-F", "none", "-o", f"UserKnownHostsFile={self.server.known_hosts}",
             f"{self.server.user}@127.0.0.1"], check=True, input=command.encode(),
            stdout=subprocess.DEVNULL)

    def put(self, local):
        self.sftp(f"put {local} {self.base}/plain\n")

    def get(self, local):
        self.sftp(f"get {self.base}/plain {local}\n")


def measure(way, what, local, gib):
    cpu, start = way.cpu(), time.monotonic()
    getattr(way, what)(local)
    seconds = time.monotonic() - start
    return {"MB/s": gib * GIB / seconds / 1e6, "CPU s per GiB": (way.cpu() - cpu) / gib}


def main(options):
    site = harness.Site()
    server = None
    try:
        server = jump_host.JumpHost(site.folder / "sshd", "restrict",
                                    "Subsystem sftp internal-sftp")
        base = site.folder / "exchange"
        base.mkdir()
        internal = server.url().replace("ssh://", "sftp://") + str(base)
        site.agent.write(f'[[ssh]]\nkey_file = "{server.key}"\n'
                         f'known_hosts_file = "{server.known_hosts}"\n' +
                         programs.mapping(internal, HOST))
        site.start()
        local = site.folder / "local"
        with local.open("wb") as file:
            block = os.urandom(BLOCK)
            for _ in range(options.gib * GIB // BLOCK):
                file.write(block)
        values = {}
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
            ways = [Ours(site), Plain(server, base)]
            for what in ("put", "get"):
                into = local if what == "put" else pathlib.Path("/dev/null")
                for way in ways if number % 2 == 0 else reversed(ways):
                    for key, value in measure(way, what, into, options.gib).items():
                        values.setdefault((what, key), {}).setdefault(way.name, []).append(value)
        print(f"\n{'':24}{'sallyport':>12}{'sftp':>12}{'ratio':>12}")
        for (what, key), of_way in values.items():
            ours, plain = (statistics.median(of_way[name]) for name in ("sallyport", "sftp"))
            print(f"{what + ': ' + key:24}{ours:12.2f}{plain:12.2f}{ours / plain:12.2f}")
        print("\nMedians of all rounds; one file at a time, with fsync in ours.")
    finally:
        if server is not None:
            server.close()
        site.close()
        shutil.rmtree(site.folder, ignore_errors=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bin_dir")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--gib", type=int, default=1)
    given = parser.parse_args()
    os.environ["SALLYPORT_BIN_DIR"] = given.bin_dir
    import chain, harness, jump_host, programs  # they ask where the programs are
    main(given)
