"""The program tor-rbalance, which stands beside the build under test."""
import json
import os
import subprocess

import jsonschema

from . import binaries

_SECONDS = 60
_SCHEMA = os.path.join(os.path.dirname(__file__), "..", "..", "..", "doc",
                       "tor-rbalance.schema.json")
# What a verb prints, by the names in that file; others are called like it.
_PRINTS = {"backend": "peers", "init": "setup", "join": "setup",
           "ticket": "setup"}


def path():
    """Return where it is."""
    return os.path.join(os.path.dirname(binaries.balanced_tor()),
                        "..", "tools", "tor-rbalance")


def run(*words, text="", status=0):
    """Run it with these words and `text` on its standard input.

    Return what it prints; if that is not with exit status `status`, fail. An
    error is one line on standard error, nothing else goes there, and of
    what the tool says of itself nothing is a terminal's escape sequence.
    """
    done = subprocess.run([path(), *words], input=text, text=True,
                          capture_output=True, timeout=_SECONDS, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == status, (words, done)
    assert "\x1b" not in said, said
    if status == 0:
        assert done.stderr == "", done
        return done.stdout
    return said


def run_json(*words, text="", status=0):
    """Run it with --json; return what that is, if it is as documented."""
    printed = json.loads(run(*words, "--json", text=text, status=status))
    verb = words[1].replace("show-", "") if words[0] == "debug" else words[0]
    with open(_SCHEMA) as file:
        schema = json.load(file)
    schema["$ref"] = "#/$defs/" + _PRINTS.get(verb, verb)
    jsonschema.validate(printed, schema)
    return printed


def popen(*words):
    """Start it; return the subprocess.Popen, its output in lines."""
    return subprocess.Popen([path(), *words], text=True, bufsize=1,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
