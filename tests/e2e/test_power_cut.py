"""The power goes while the agent works, again and again: what the disk holds then is what was made
durable, and with luck a part of the rest. With `durability = "power"` nothing is missing that
a back end heard of; with `process` the newest records may be, but what is there proves itself."""
import unittest

import crash, power


def prepare(site):
    site.disk = power.Disk(site.agent.state, site.agent.folder / "shadow", site.dice)
    site.agent.program.environment = site.disk.environment


def run_all(cycles, durability, everything_survives):
    crash.run_all(cycles, durability, lambda site: site.disk.cut(), prepare, everything_survives)


@unittest.skipUnless(power.LIBRARY.exists(), f"{power.LIBRARY} is not built: ninja power_cut")
class PowerCut(unittest.TestCase):
    def test_with_power_the_log_holds_everything_that_a_back_end_heard_of(self):
        run_all(crash.CYCLES or 40, "power", everything_survives=True)

    def test_with_process_the_newest_records_may_be_missing_but_the_log_is_good(self):
        run_all(crash.CYCLES or 15, "process", everything_survives=False)


if __name__ == "__main__":
    unittest.main()
