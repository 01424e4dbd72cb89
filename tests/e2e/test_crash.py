"""The agent is killed under load, again and again: its log holds everything that the back ends
heard of, and proves it. SALLYPORT_CRASH_CYCLES asks for more cycles than an ordinary run has."""
import unittest

import crash


class Killed(unittest.TestCase):
    def test_the_log_holds_everything_after_every_kill(self):
        crash.run_all(crash.CYCLES or 50, "process")


if __name__ == "__main__":
    unittest.main()
