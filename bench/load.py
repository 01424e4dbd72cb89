#!/usr/bin/env python3
"""Measures our chain against Debian's HAProxy doing the same work the simpler way round: two of
them in a forward chain over TLS 1.3, mutual certificates and HTTP/2, without tokens, rules
or audit log.

Usage: load.py BIN_DIR [--rounds N] [--seconds S] [--gib N] [--durability process|power]
Both chains stay up and take turns, so that whatever else the machine does hits both. CPU seconds
are those of hub and agent (or both HAProxy), from /proc; they are steady where requests/s are not.
"""
import argparse, contextlib, os, pathlib, shutil, socket, statistics, subprocess, sys
import tempfile, threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "e2e"))

CONNECTIONS = (1, 64, 256)
HAPROXY = """
global
    nbthread 1
    maxconn 8000
    tune.h2.max-concurrent-streams 1000
defaults
    mode http
    timeout connect 5s
    timeout client 1h
    timeout server 1h
frontend in
    bind {bind}
    use_backend sink if {{ path_beg /sink }}
    default_backend out
"""
TLS = "ssl crt {folder}/{name}.pem ca-file {folder}/ca.pem verify required alpn h2"
CERTIFICATE = """subjectAltName=DNS:localhost
extendedKeyUsage=serverAuth,clientAuth
basicConstraints=CA:FALSE
"""


class Sink:
    """Reads uploads and answers when they are whole."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            sock, _ = self._listener.accept()
            threading.Thread(target=self._serve, args=(wire.Connection(sock),), daemon=True).start()

    def _serve(self, client):
        with contextlib.suppress(wire.Closed, OSError):
            while True:
                left = int(client.head().value("content-length"))
                while left:
                    left -= len(client.some())
                client.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def make_certificates(folder):
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ca")
    (folder / "extensions").write_text(CERTIFICATE)
    for name in ("hub", "agent"):
        openssl("req", *new_key, "-keyout", f"{name}.key", "-out", f"{name}.csr",
                "-subj", "/CN=localhost")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-extfile", "extensions", "-out", f"{name}.crt")
        (folder / f"{name}.pem").write_text((folder / f"{name}.crt").read_text() +
                                            (folder / f"{name}.key").read_text())


def start_haproxy(folder, nginx, sink, stack):
    make_certificates(folder)
    front, tunnel = backends.closed_port(), backends.closed_port()

    def start(name, bind, out, to_sink):
        config = folder / f"{name}.cfg"
        config.write_text(HAPROXY.format(bind=bind) + f"backend out\n    server s {out}\n"
                          f"backend sink\n    server s {to_sink}\n")
        process = subprocess.Popen(["haproxy", "-db", "-q", "-f", str(config)])
        stack.callback(process.wait)
        stack.callback(process.kill)
        return process

    at_agent, at_hub = (f"127.0.0.1:{tunnel} " + TLS.format(folder=folder, name=name)
                        for name in ("agent", "hub"))
    agent = start("agent", at_agent, f"127.0.0.1:{nginx}", f"127.0.0.1:{sink}")
    hub = start("hub", f"127.0.0.1:{front}", *2 * [at_hub + " sni str(localhost)"])
    address = ("127.0.0.1", front)

    def listening():
        with contextlib.suppress(OSError):
            socket.create_connection(address, 1).close()
            return True

    programs.wait_until(listening, "haproxy listens")
    return chain.Chain("haproxy", address, [hub, agent], [], ("", ""))


def take_turns(chains, options, script):
    """figure -> chain -> values of all rounds"""
    values = {}

    def keep(figure, way, result):
        for key, value in result.items():
            values.setdefault((figure, key), {}).setdefault(way.name, []).append(value)

    for number in range(options.rounds):
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
        for way in chains if number % 2 == 0 else reversed(chains):
            for connections in CONNECTIONS:
                keep(f"c{connections}", way,
                     way.measure_requests(script, connections, options.seconds))
            keep("down", way, way.measure_stream(up=False, gib=options.gib))
            keep("up", way, way.measure_stream(up=True, gib=options.gib))
    return values


def report(values):
    names = ("sallyport", "haproxy")
    units = {"cpu": "CPU s per 10,000 requests", "per_second": "requests/s", "p50_us": "p50, us",
             "p99_us": "p99, us", "mb_s": "MB/s"}
    print(f"\n{'':36}{names[0]:>12}{names[1]:>12}{'ratio':>8}")
    for (figure, key), of_chain in values.items():
        unit = "CPU s per GiB" if key == "cpu" and figure in ("down", "up") else units[key]
        ours, theirs = (statistics.median(of_chain[name]) for name in names)
        ratio = f"{ours / theirs:8.2f}" if theirs else "       -"
        digits = 3 if key == "cpu" else 0
        print(f"{figure + ': ' + unit:36}{ours:12.{digits}f}{theirs:12.{digits}f}{ratio}")
    print("\nMedians of all rounds; ratio = sallyport / haproxy. c64: 64 connections, answers of "
          "1 KiB;\ndown, up: one body on one connection.")


def main(options):
    missing = [tool for tool in ("wrk", "haproxy", "nginx", "openssl") if not shutil.which(
        tool, path=os.environ["PATH"] + ":/usr/sbin")]
    if missing:
        print(f"bench: not measured, {', '.join(missing)} missing: run ./dev deps")
        return
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-bench-"))
        stack.callback(shutil.rmtree, folder)
        nginx, sink = backends.Nginx(folder / "nginx"), Sink()
        stack.callback(nginx.close)
        (folder / "nginx/www/1k").write_bytes(bytes(1024))
        with (folder / "nginx/www/large").open("wb") as large:
            large.truncate(options.gib * chain.GIB)
        script = folder / "wrk.lua"
        script.write_text(chain.WRK_SCRIPT)
        chains = []
        audit = f'[audit]\ndurability = "{options.durability}"\n'
        for name, start, more in (("ours", chain.start_ours, [audit]),
                                  ("haproxy", start_haproxy, [])):
            (folder / name).mkdir()
            chains.append(start(folder / name, nginx.port, sink.port, stack, *more))
        report(take_turns(chains, options, str(script)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin_dir", metavar="BIN_DIR")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4, help="of each run of wrk")
    parser.add_argument("--gib", type=int, default=1, help="size of the streams")
    parser.add_argument("--durability", choices=("process", "power"), default="process",
                        help="of our audit log")
    arguments = parser.parse_args()
    os.environ["SALLYPORT_BIN_DIR"] = arguments.bin_dir
    import backends, chain, programs, wire     # they look at the environment
    main(arguments)
