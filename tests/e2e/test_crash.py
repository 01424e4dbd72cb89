"""The agent is killed under load, again and again: its log holds everything that the back ends
heard of, and proves it. SALLYPORT_CRASH_CYCLES asks for more cycles than an ordinary run has."""
import unittest

import crash, crash_loads


class Killed(unittest.TestCase):
    def test_the_log_holds_everything_after_every_kill(self):
        crash.run_all(crash.CYCLES or 50, "process")

    def test_calls_operations_and_files_are_in_it_too(self):
        crash.run_all(crash.CYCLES or 20, "process", loads=crash_loads.ALL)


if __name__ == "__main__":
    unittest.main()
