"""The disk after a power cut: power_cut.cpp remembers what was made durable, this puts it together
with what may have reached the disk beside it."""
import os, pathlib, shutil, stat

from programs import BIN

LIBRARY = BIN.parent / "tests" / "e2e" / "power_cut.so"


class Disk:
    """That of one program, which runs in `environment`. After a cut the watched folder is what it
    was when the power went; the shadow is a place for us, on the same file system."""

    def __init__(self, watched, shadow, dice):
        self.watched, self.shadow, self.dice = watched, shadow, dice
        self.environment = os.environ | {
            "LD_PRELOAD": str(LIBRARY), "POWER_CUT_WATCHED": str(watched),
            "POWER_CUT_SHADOW": str(shadow),
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}

    def cut(self):
        """After the program was killed. One that was killed before it made its shadow changed
        nothing."""
        if (self.shadow / "ready").exists():
            after = self.watched.with_name("after")
            lucky = self.dice.random() < 0.5    # something not yet synced is there nevertheless
            self._folder(self.watched, after, lucky)
            shutil.rmtree(self.watched)
            after.rename(self.watched)
        shutil.rmtree(self.shadow, ignore_errors=True)

    def _folder(self, now, after, lucky):
        after.mkdir()
        after.chmod(stat.S_IMODE(now.stat().st_mode))
        for mode, inode, name in self._names(now, lucky):
            if stat.S_ISDIR(mode):
                if (now / name).is_dir():
                    self._folder(now / name, after / name, lucky)
                continue
            if stat.S_ISLNK(mode):
                kept = self.shadow / "keep" / str(inode)
                (after / name).symlink_to((kept if kept.is_symlink() else now / name).readlink())
                continue
            (after / name).write_bytes(self._content(now / name, inode, lucky))
            (after / name).chmod(stat.S_IMODE(mode))

    def _names(self, folder, lucky):
        """Those that are durable, or those that the program saw last."""
        durable = self.shadow / "names" / str(folder.stat().st_ino)
        if durable.exists() and not (lucky and self.dice.random() < 0.5):
            for line in durable.read_text().splitlines():
                mode, inode, name = line.split(" ", 2)
                yield int(mode, 8), int(inode), name
            return
        if not durable.exists() and not lucky:
            return
        for file in sorted(folder.iterdir()):
            status = file.lstat()
            if stat.S_IFMT(status.st_mode) in (stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK):
                yield status.st_mode, status.st_ino, file.name

    def _content(self, now, inode, lucky):
        """What is durable; with luck also a part of what came behind it, or instead of it."""
        durable = self._read(self.shadow / "content" / str(inode)) or b""
        if not lucky:
            return durable
        latest = self._read(self.shadow / "keep" / str(inode))
        if latest is None:
            latest = self._read(now) or b""
        if latest.startswith(durable):
            return latest[:self.dice.randint(len(durable), len(latest))]
        return self.dice.choice((durable, latest))

    @staticmethod
    def _read(file: pathlib.Path):
        return file.read_bytes() if file.exists() else None
