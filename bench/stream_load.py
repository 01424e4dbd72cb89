#!/usr/bin/env python3
"""Measures streams of bytes through our chain beside a direct connection and beside Debian's
HAProxy: two of them one after the other, TCP over TLS 1.3 with mutual certificates, without
tokens, a mapping or an audit log.

Usage: stream_load.py BIN_DIR [--rounds N] [--gib N] [--trips N] [--connections N]
All ways stay up and take turns, so that whatever else the machine does hits each. CPU seconds are
those of the two processes in between.
"""
import argparse, contextlib, os, pathlib, shutil, socket, statistics, struct, subprocess, sys
import tempfile, threading, time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests" / "e2e")]

GIB = 1 << 30
BLOCK = bytes(1 << 20)
VIRTUAL = "bench.virtual:9000"
UP, DOWN, ECHO = b"U", b"D", b"E"       # what a client asks of the peer, with a size
ORDER = struct.Struct(">cQ")
HAPROXY = """
global
    nbthread 1
defaults
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h
listen way
    bind {bind}
    server s {out}
"""
UNITS = {"mb_s": "MB/s", "cpu": "CPU s per GiB", "p50_us": "p50, us", "p99_us": "p99, us",
         "per_second": "connections/s", "cpu_each": "CPU ms per connection"}


def serve(sock):
    """The internal system: takes, gives or repeats as many bytes as the client says."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    order = b""
    while len(order) < ORDER.size:
        piece = sock.recv(ORDER.size - len(order))
        if not piece:
            return
        order += piece
    what, count = ORDER.unpack(order)
    if what == UP:
        take(sock, count)
        sock.sendall(b"!")
    elif what == DOWN:
        give(sock, count)
    else:
        for _ in range(count):
            sock.sendall(sock.recv(1))


def take(sock, count):
    room = memoryview(bytearray(1 << 20))
    while count:
        got = sock.recv_into(room, min(count, len(room)))
        if not got:
            raise SystemExit("a stream ended early: the figures would mean nothing")
        count -= got


def give(sock, count):
    while count:
        piece = min(count, len(BLOCK))
        sock.sendall(memoryview(BLOCK)[:piece])
        count -= piece


class Way:
    """How a client comes to the internal system, and the processes in between."""

    def __init__(self, name, connect, processes):
        self.name, self._connect, self.processes = name, connect, processes

    def connect(self):
        sock = self._connect()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def cpu(self):
        return sum(chain.cpu_seconds(process) for process in self.processes)

    def measure_bytes(self, what, gib):
        with self.connect() as sock:
            cpu, start = self.cpu(), time.monotonic()
            sock.sendall(ORDER.pack(what, gib * GIB))
            if what == UP:
                give(sock, gib * GIB)
                take(sock, 1)
            else:
                take(sock, gib * GIB)
            seconds = time.monotonic() - start
            return {"mb_s": gib * GIB / seconds / 1e6, "cpu": (self.cpu() - cpu) / gib}

    def measure_trips(self, count):
        times = []
        with self.connect() as sock:
            sock.sendall(ORDER.pack(ECHO, count))
            for _ in range(count):
                start = time.perf_counter_ns()
                sock.sendall(b"x")
                take(sock, 1)
                times.append((time.perf_counter_ns() - start) / 1000)
        times.sort()
        return {"p50_us": times[count // 2], "p99_us": times[count * 99 // 100]}

    def measure_connections(self, count):
        cpu, start = self.cpu(), time.monotonic()
        for _ in range(count):
            with self.connect() as sock:
                sock.sendall(ORDER.pack(ECHO, 1) + b"x")
                take(sock, 1)
        seconds = time.monotonic() - start
        return {"per_second": count / seconds, "cpu_each": (self.cpu() - cpu) / count * 1000}


def start_ours(folder, port, stack):
    hub = programs.Hub(folder, "workers = 1\n")
    stack.callback(hub.program.kill)
    hub.command("tenant", "add", "bench")
    client = hub.command("client", "add", "bench", "--tenant", "bench")
    agent = programs.Agent(folder, "agent", hub.url,
                           programs.mapping(f"tcp://127.0.0.1:{port}", VIRTUAL, ""))
    stack.callback(agent.program.kill)
    join = hub.command("agent", "add", "agent", "--tenant", "bench")["join_token"]
    hub.start()
    agent.enrol(join)
    agent.start()
    programs.wait_until(lambda: hub.status()["agents"], "the agent is attached")
    token = hub.token(client)
    return Way("sallyport", lambda: streams.connect(hub, token, VIRTUAL),
               [hub.program.process, agent.program.process])


def start_haproxy(folder, port, stack):
    load.make_certificates(folder)
    front, tunnel = backends.closed_port(), backends.closed_port()

    def start(name, bind, out):
        config = folder / f"{name}.cfg"
        config.write_text(HAPROXY.format(bind=bind, out=out))
        process = subprocess.Popen(["haproxy", "-db", "-q", "-f", str(config)])
        stack.callback(process.wait)
        stack.callback(process.kill)
        return process

    tls = {name: f"ssl crt {folder}/{name}.pem ca-file {folder}/ca.pem verify required"
           for name in ("agent", "hub")}
    agent = start("agent", f"127.0.0.1:{tunnel} {tls['agent']}", f"127.0.0.1:{port}")
    hub = start("hub", f"127.0.0.1:{front}",
                f"127.0.0.1:{tunnel} {tls['hub']} sni str(localhost)")

    def listening():
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", front), 1).close()
            return True

    programs.wait_until(listening, "haproxy listens")
    return Way("haproxy", lambda: socket.create_connection(("127.0.0.1", front)), [hub, agent])


def take_turns(ways, options):
    """(figure, key) -> way -> values of all rounds"""
    values = {}
    figures = {"down": lambda way: way.measure_bytes(DOWN, options.gib),
               "up": lambda way: way.measure_bytes(UP, options.gib),
               "there and back": lambda way: way.measure_trips(options.trips),
               "new": lambda way: way.measure_connections(options.connections)}
    for number in range(options.rounds):
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
        for figure, measure in figures.items():
            for way in ways if number % 2 == 0 else reversed(ways):
                for key, value in measure(way).items():
                    values.setdefault((figure, key), {}).setdefault(way.name, []).append(value)
    return values


def report(values):
    names = ("sallyport", "haproxy", "direct")
    print(f"\n{'':36}" + "".join(f"{name:>12}" for name in names) + f"{'to haproxy':>12}"
          f"{'to direct':>12}")
    for (figure, key), of_way in values.items():
        ours, theirs, direct = (statistics.median(of_way[name]) for name in names)
        ratios = "".join(f"{ours / other:12.2f}" if other else f"{'-':>12}"
                         for other in (theirs, direct))
        digits = 3 if key.startswith("cpu") else 0
        print(f"{figure + ': ' + UNITS[key]:36}" +
              "".join(f"{value:12.{digits}f}" for value in (ours, theirs, direct)) + ratios)
    print("\nMedians of all rounds. down, up: one stream; there and back: one byte; new: connect, "
          "one byte\nthere and back, close (ours with the login).")


def main(options):
    missing = [tool for tool in ("haproxy", "openssl") if not shutil.which(
        tool, path=os.environ["PATH"] + ":/usr/sbin")]
    if missing:
        print(f"bench: not measured, {', '.join(missing)} missing: run ./dev deps")
        return
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-bench-"))
        stack.callback(shutil.rmtree, folder)
        server = streams.Server(serve)
        stack.callback(server.close)
        ways = [Way("direct", lambda: socket.create_connection(("127.0.0.1", server.port)), [])]
        for name, start in (("ours", start_ours), ("haproxy", start_haproxy)):
            (folder / name).mkdir()
            ways.append(start(folder / name, server.port, stack))
        report(take_turns(ways, options))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin_dir", metavar="BIN_DIR")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--gib", type=int, default=1, help="size of the streams")
    parser.add_argument("--trips", type=int, default=5000, help="of one byte")
    parser.add_argument("--connections", type=int, default=500, help="one after the other")
    arguments = parser.parse_args()
    os.environ["SALLYPORT_BIN_DIR"] = arguments.bin_dir
    import backends, chain, load, programs, streams    # they look at the environment
    main(arguments)
