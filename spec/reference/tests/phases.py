"""Single phases of a verification, on files in memory: what comes before is of a valid
record and is verified once. The names of files (R1.1) are not looked at, so a maker may
stop after the files that the phase needs."""

import copy
import tempfile

import setup_path  # noqa: F401
import verify


class Files:
    """A record in memory."""

    def __init__(self, files):
        self.files, self.names, self.strange = files, sorted(files), []

    def read(self, name):
        return self.files[name]

    def matching(self, pattern):
        return [name for name in self.names if pattern.fullmatch(name)]


class Before:
    """The verification of a valid record up to a phase."""

    def __init__(self, maker, phase):
        self.maker, self.phase, self.report = maker, phase, verify.Report()
        with tempfile.TemporaryDirectory() as folder:
            maker.write(folder)
            self.election = verify.Election(folder)
            self.report.answer("R1.1", [])
            for earlier in verify.PHASES[1:verify.PHASES.index(phase)]:
                earlier(self.election, self.report)
        assert not self.report.failed, self.report.answers

    def first_failure(self, files, change=None):
        """The first code of the phase that fails on these files; None if the phase holds.

        `change` alters what earlier phases have handed on.
        """
        election, report = copy.copy(self.election), verify.Report()
        report.answers = dict(self.report.answers)
        election.record = Files(files)
        if change:
            change(election)
        try:
            self.phase(election, report)
        except verify.CannotGoOn:
            assert report.failed
        self.last = election, report
        return next((code for code, (problems, _) in report.answers.items() if problems), None)
