"""Several runs of pytest at once deal the test files out among themselves (--deal FOLDER): whoever is
free takes the next one, by making a file of its name in the folder. Large files go first, so that
the last ones are short and all runs end together. What they print goes into logs; each finished file
is told of in one line on descriptor 3."""
import os
import signal
import time

FILE_LINE = "  {name:<34}{seconds:3.0f} s{failed}\n"


def pytest_addoption(parser):
    parser.addoption("--deal", metavar="FOLDER",
                     help="where several runs at once deal the files out among themselves")


def pytest_configure(config):
    # Asked to end, a run ends what it has started, as it does at the keyboard.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if config.getoption("deal"):
        config.pluginmanager.register(Share(config.getoption("deal")))


def file_of(item):
    return item and item.nodeid.split("::")[0]


class Share:
    """What one of the runs gets."""

    def __init__(self, folder):
        self.folder = folder
        self.began, self.failed = time.monotonic(), 0

    def take(self, path):
        """Whether nobody else has taken the file."""
        try:
            name = os.path.join(self.folder, os.path.basename(path))
            os.close(os.open(name, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return False
        return True

    def taken(self, items):
        """The items of the files that this run takes; each file when the one before is used up."""
        files = {}
        for item in items:
            files.setdefault(str(item.fspath), []).append(item)
        for path in sorted(files, key=os.path.getsize, reverse=True):
            if self.take(path):
                yield from files[path]

    def tell(self, path):
        now = time.monotonic()
        line = FILE_LINE.format(
            name=os.path.basename(path).removesuffix(".py"), seconds=now - self.began,
            failed=f"  {self.failed} FAILED" if self.failed else "")
        os.write(3, line.encode())
        self.began, self.failed = now, 0

    def pytest_runtest_logreport(self, report):
        self.failed += report.failed

    def pytest_runtestloop(self, session):
        """As pytest's own. The item behind tells which fixtures stay, so the next file is taken
        before the last item of this one runs."""
        if session.testsfailed or session.config.option.collectonly:
            return None
        items = self.taken(session.items)
        item = next(items, None)
        while item:
            behind = next(items, None)
            session.config.hook.pytest_runtest_protocol(item=item, nextitem=behind)
            if file_of(behind) != file_of(item):
                self.tell(file_of(item))
            if session.shouldfail:
                raise session.Failed(session.shouldfail)
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)
            item = behind
        return True
