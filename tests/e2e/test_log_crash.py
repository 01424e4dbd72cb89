"""A program that does nothing but keep an audit log in small segments is killed, or its power is
cut, again and again: every change of the segment, every checkpoint may be the moment."""
import collections, pathlib, random, shutil, subprocess, sys, tempfile, threading, time, unittest
import uuid

import crash, power
from audit_files import Log
from programs import BIN

PROGRAM = BIN.parent / "tests" / "e2e" / "audit_writer"
SEGMENT_BYTES = 12_000
LIVED_SECONDS_MAX = 0.05
KILLED_WHILE_STARTING = 0.2
START_SECONDS_MAX = 0.02


class Writer:
    def __init__(self, seed, durability, cut):
        self.dice, self.durability = random.Random(seed), durability
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-"))
        self.state = self.root / "state"
        self.state.mkdir()
        self.folder = self.state / "audit"
        self.disk = power.Disk(self.state, self.root / "shadow", self.dice) if cut else None
        self.boot = self.new_boot()
        self.begun, self.ended = set(), set()
        self.erased = {}        # by user: the record that says so
        self.errors = self.root / "audit_writer.log"
        self.log = Log(self.folder)

    def start(self, *more, environment=None):
        with self.errors.open("ab") as errors:
            return subprocess.Popen([PROGRAM, self.folder, self.durability, str(SEGMENT_BYTES),
                                     self.boot, *more], stdout=subprocess.PIPE, stderr=errors,
                                    env=environment)

    def live(self):
        """Until it is killed; keeps what it had promised."""
        with self.start(environment=self.disk and self.disk.environment) as process:
            if self.dice.random() < KILLED_WHILE_STARTING:
                lived = self.dice.uniform(0, START_SECONDS_MAX)
            else:
                assert process.stdout.readline() == b"opened\n", self.errors.read_text()
                lived = self.dice.uniform(0, LIVED_SECONDS_MAX)
            killer = threading.Timer(lived, process.kill)
            killer.start()
            for line in process.stdout:
                if line.startswith(b"begin "):
                    self.begun.add(line[6:-1].decode())
                if line.startswith(b"end "):
                    self.ended.add(line[4:-1].decode())
                if line.startswith(b"erased "):
                    _, user, record = line.decode().split()
                    self.erased[user] = int(record)
            killer.join()
        if self.disk:
            self.disk.cut()
            self.boot = self.new_boot()

    def new_boot(self):
        return str(uuid.UUID(int=self.dice.getrandbits(128), version=4))

    def check(self, everything_survives, how):
        with self.start(how) as process:
            process.stdout.read()
        assert process.returncode == 0, self.errors.read_text()
        self.log.read()
        if everything_survives:
            self.log.check(self.begun, 0, self.ended, everything_ended=True)
        self.log.check_sealed()
        # After a power cut a record may be there, by chance, and what it discloses not.
        self.log.check_erased(self.erased, to_the_number=self.disk is None)

    def run(self, cycles, everything_survives):
        for cycle in range(1, cycles + 1):
            self.live()
            everything = cycle % crash.VERIFIED_EVERY == 0 or cycle == cycles
            self.check(everything_survives, "verify" if everything else "once")
        assert self.begun, "nothing was tried"
        log, lost = self.log, self.log.ended["lost"]
        return collections.Counter(
            kills=cycles, begins_promised=len(self.begun), ends_promised=len(self.ended),
            records=log.size, begins=log.begins(), ends=log.ended.total() - lost, lost=lost,
            segments=log.segments, compressed=log.compressed, erasures=len(log.erased),
            values_erased=sum(log.erased.values()))


def run_all(cycles, durability, cut, everything_survives=True):
    began, counts = time.monotonic(), collections.Counter()
    for seed, count in crash.seeds(cycles):
        print(f"log crash: {durability}, SALLYPORT_CRASH_SEED={seed}", file=sys.stderr, flush=True)
        writer = Writer(seed, durability, cut)
        try:
            counts.update(writer.run(count, everything_survives))
        except BaseException:
            crash.keep(writer.state)
            raise
        finally:
            shutil.rmtree(writer.root, ignore_errors=True)
    crash.say(f"log crash: {durability}, cut {cut}, {cycles} cycles", began, counts)


@unittest.skipUnless(PROGRAM.exists() and power.LIBRARY.exists(),
                     f"{PROGRAM} is not built: ninja audit_writer power_cut")
class LogCrash(unittest.TestCase):
    def test_a_kill_costs_nothing_that_was_promised(self):
        run_all(crash.CYCLES or 50, "process", cut=False)

    def test_with_power_a_power_cut_costs_nothing_that_was_promised(self):
        run_all(crash.CYCLES or 40, "power", cut=True)

    def test_with_process_a_power_cut_leaves_a_good_log(self):
        run_all(crash.CYCLES or 20, "process", cut=True, everything_survives=False)


if __name__ == "__main__":
    unittest.main()
