"""Programs that as root would not run, or would need more than we have."""
import os
import pwd

_NAME = "nobody"


def wrapper():
    """Return what to put in front of a command so that it is not root: nothing
    if we are not."""
    if os.geteuid():
        return []
    user = pwd.getpwnam(_NAME)
    return ["setpriv", "--reuid", str(user.pw_uid), "--regid",
            str(user.pw_gid), "--clear-groups", "--pdeathsig", "keep"]


def give(directory):
    """Let what runs with the wrapper have a directory, and the files in it
    that nobody else may read."""
    if os.geteuid():
        return
    user = pwd.getpwnam(_NAME)
    for path in (directory, *(entry.path for entry in os.scandir(directory))):
        os.chown(path, user.pw_uid, user.pw_gid)
