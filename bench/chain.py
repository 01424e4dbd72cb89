"""What several measurements share: hub and agent as one chain, and how its requests and its CPU
time are counted. To be imported once SALLYPORT_BIN_DIR is set."""
import contextlib, json, os, pathlib, subprocess, sys, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "e2e"))
import programs, wire

WARM_UP_SECONDS = 1
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
GIB = 1 << 30
BLOCK = bytes(1 << 20)
VIRTUAL, SINK = "bench.virtual:80", "sink.virtual:80"
WRK_SCRIPT = """
local path, pause = os.getenv("BENCH_PATH"), tonumber(os.getenv("BENCH_PAUSE_MS"))
request = function() return wrk.format("GET", path) end
if pause > 0 then delay = function() return pause end end
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('RESULT {"requests":%d,"us":%d,"p50_us":%d,"p99_us":%d,"errors":%d}\\n',
    summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""
# One client with hundreds of connections, which wrk breaks off at the end of each run.
HUB_EXTRA = """workers = 1
[limits]
requests_per_client = 100000
aborts_per_second = 100000
aborts_burst = 100000
"""


def cpu_seconds(process):
    """User and system time of a process so far."""
    text = pathlib.Path(f"/proc/{process.pid}/stat").read_text()
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


class Chain:
    """A way to the back end: its two processes, where requests go, and how they look."""

    def __init__(self, name, address, processes, headers, prefixes):
        self.name, self.address, self.processes = name, address, processes
        self.headers = headers
        self.get, self.put = prefixes       # what stands before a path to nginx, and to the sink

    def cpu(self):
        return sum(cpu_seconds(process) for process in self.processes)

    def wrk(self, script, connections, seconds, pause_ms=0):
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script,
                   "-H", f"Host: {VIRTUAL}"]
        for header in self.headers:
            command += ["-H", header]
        command.append("http://%s:%d/" % self.address)
        done = subprocess.run(command, text=True, capture_output=True, check=True,
                              env={**os.environ, "BENCH_PATH": self.get + "/1k",
                                   "BENCH_PAUSE_MS": str(pause_ms)})
        line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT"))
        result = json.loads(line.removeprefix("RESULT "))
        if result["errors"]:
            raise SystemExit(f"{self.name}: {result['errors']} of {result['requests']} requests "
                             "failed: the figures would mean nothing")
        return result

    def measure_requests(self, script, connections, seconds, pause_ms=0):
        """pause_ms: how long each connection rests before its next request."""
        self.wrk(script, connections, WARM_UP_SECONDS, pause_ms)
        before = self.cpu()
        result = self.wrk(script, connections, seconds, pause_ms)
        return {"cpu": (self.cpu() - before) / result["requests"] * 10_000,
                "per_second": result["requests"] / result["us"] * 1e6,
                "p50_us": result["p50_us"], "p99_us": result["p99_us"]}

    def head(self, method, target, host, length=0):
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *self.headers,
                 f"Content-Length: {length}", "", ""]
        return "\r\n".join(lines).encode()

    def measure_stream(self, up, gib):
        """CPU seconds per GiB and MB/s of one body in one direction."""
        with contextlib.closing(wire.connect(self.address)) as client:
            before, start = self.cpu(), time.monotonic()
            if up:
                client.send(self.head("POST", self.put + "/sink", SINK, gib * GIB))
                for _ in range(gib * GIB // len(BLOCK)):
                    client.send(BLOCK)
            else:
                client.send(self.head("GET", self.get + "/large", VIRTUAL))
            answer = client.response_head()
            if answer.status != 200:
                raise SystemExit(f"{self.name}: {answer.start}")
            left = 0 if up else gib * GIB
            while left:
                left -= len(client.some())
            seconds = time.monotonic() - start
            return {"cpu": (self.cpu() - before) / gib, "mb_s": gib * GIB / seconds / 1e6}


def start_ours(folder, nginx, sink, stack, audit="", name="sallyport"):
    """Hub and agent; audit: TOML of [audit]."""
    hub = programs.Hub(folder, HUB_EXTRA)
    stack.callback(hub.program.kill)
    hub.command("tenant", "add", "bench")
    client = hub.command("client", "add", "bench", "--tenant", "bench")
    limits, rules = "limits = { connections = 2000 }", 'path = "/"\nmatch = "subpaths"'
    agent = programs.Agent(folder, "agent", hub.url, audit + "".join(
        programs.mapping(f"http://127.0.0.1:{port}", virtual, rules, limits)
        for virtual, port in ((VIRTUAL, nginx), (SINK, sink))))
    stack.callback(agent.program.kill)
    join = hub.command("agent", "add", "agent", "--tenant", "bench")["join_token"]
    hub.start()
    agent.enrol(join)
    agent.start()
    programs.wait_until(lambda: hub.status()["agents"], "the agent is attached")
    headers = [f"Proxy-Authorization: Bearer {hub.token(client)}"]
    return Chain(name, hub.proxy, [hub.program.process, agent.program.process], headers,
                 (f"http://{VIRTUAL}", f"http://{SINK}"))
