"""The same as test_full_disk on a real disk's file system: ext4 in a file, on a loop device."""
import unittest

import test_full_disk

EXT4 = "ext4", "12m"
MAY_MOUNT = test_full_disk.may_mount(*EXT4)
REASON = "no ext4 on a loop device here: only root may, and a container needs /dev/loop-control"


@unittest.skipUnless(MAY_MOUNT, REASON)
class FullExt4(test_full_disk.FullDisk):
    FILE_SYSTEM = EXT4


@unittest.skipUnless(MAY_MOUNT, REASON)
class FullExt4Degraded(test_full_disk.FullDiskDegraded):
    FILE_SYSTEM = EXT4


if __name__ == "__main__":
    unittest.main()
