"""The shell commands in one of our documents, and its lines for torrc.

They are the lines of the code blocks marked "sh" and "torrc". Blocks of other
kinds have another mark; one without any is a mistake.
"""
import os
import re

_DOCUMENTS = os.path.join(os.path.dirname(__file__), "..", "..", "..", "doc")
# What may end a command: a remark behind at least two spaces.
_REMARK = re.compile(r"\s{2,}# .*")


class Manual:
    """The commands of `name`, each to be taken once; and `torrc`.

    `section` is the heading of the only part to read, `without` that of one
    to leave out, where another test types what it has.
    """

    def __init__(self, name, section=None, without=None):
        self.name = name
        self._section = section
        self._without = without
        self.torrc = []
        self._commands = []
        with open(os.path.join(_DOCUMENTS, name)) as file:
            self._read(file.read().splitlines())

    def _read(self, lines):
        """Collect the commands in `lines`."""
        mark, section, sections = None, None, set()
        for number, line in enumerate(lines, 1):
            text = line.strip()
            if text.startswith("```"):
                if mark is None and text == "```":
                    raise ValueError("%s:%d: a block without a mark" % (
                        self.name, number))
                mark = text[3:] if mark is None else None
            elif mark is None and line.startswith("## "):
                section = text[3:]
                sections.add(section)
            elif text and self._is_read(section):
                self._take_line(mark, text)
        if missing := {self._section, self._without} - sections - {None}:
            raise ValueError("%s has no section %s" % (self.name, missing))

    def _take_line(self, mark, text):
        """Keep a line, in a block with that mark or outside of any."""
        if mark == "sh":
            self._commands.append(_REMARK.sub("", text))
        elif mark == "torrc":
            self.torrc.append(text)

    def _is_read(self, section):
        """Return True iff we want what is below that heading."""
        return section != self._without and self._section in (None, section)

    def take(self, beginning):
        """Return the next command that begins so."""
        for command in self._commands:
            if command.startswith(beginning):
                self._commands.remove(command)
                return command
        raise KeyError("%s has no command (more) that begins with %s: %s" % (
            self.name, beginning, self._commands))

    @property
    def left(self):
        """The commands that nobody has taken."""
        return list(self._commands)
