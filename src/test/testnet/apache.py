"""Apache httpd with files to download, on ports of its own, plain and with
TLS."""
import os

from . import certificate, nobody, process, wait
from .ports import are_served, free_port

_SECONDS = 10
_MODULES = "/usr/lib/apache2/modules/mod_%s.so"
_LOADED = ("mpm_event", "authz_core", "alias", "dir", "mime", "filter",
           "deflate", "cgi", "ssl")
_CONFIGURATION = """\
ServerRoot %(directory)s
DefaultRuntimeDir %(directory)s
PidFile pid
ErrorLog output
ServerName localhost
Listen 127.0.0.1:%(plain)d
Listen 127.0.0.1:%(secure)d
ServerLimit 1
StartServers 1
ThreadsPerChild 64
MaxRequestWorkers 64
KeepAliveTimeout 600
MaxKeepAliveRequests 0
DocumentRoot %(files)s
DirectoryIndex index.html
TypesConfig /dev/null
AddType text/html .html
AddOutputFilterByType DEFLATE text/html
ScriptAlias /script %(script)s
<VirtualHost 127.0.0.1:%(secure)d>
    SSLEngine on
    SSLCertificateFile %(pem)s
</VirtualHost>
"""
# What comes behind the rest makes it chunks.
_SCRIPT = """\
#!/bin/sh
# Answer with the digest of what was sent, and with many more bytes.
printf 'Content-Type: text/plain\\n'
printf 'Set-Cookie: script=1; Domain=%s; Path=/\\n\\n' "${HTTP_HOST%%:*}"
sha256sum
sleep 0.5
head -c 300000 /dev/zero | tr '\\0' x
"""


class Apache:
    """Debian's Apache with the files of a directory.

    All else it has is in `directory`. Others must be able to get to both, for
    it does not serve as root. /script runs a program.
    """

    def __init__(self, directory, files):
        self.plain, self.secure = free_port(), free_port()
        os.mkdir(directory)
        script = os.path.join(directory, "script")
        with open(script, "w") as file:
            file.write(_SCRIPT)
        os.chmod(script, 0o755)
        path = os.path.join(directory, "httpd.conf")
        with open(path, "w") as file:
            for name in _LOADED:
                file.write("LoadModule %s_module %s\n" % (
                    name, _MODULES % name))
            file.write(_CONFIGURATION % {
                "directory": directory, "files": files, "script": script,
                "plain": self.plain, "secure": self.secure,
                "pem": certificate.write_self_signed(directory,
                                                     ["localhost"])})
        output = os.path.join(directory, "output")
        with open(output, "w"):
            pass
        nobody.give(directory)
        # -X: one process, so that none outlives another that is killed.
        self._child = process.Child(
            [*nobody.wrapper(), "/usr/sbin/apache2", "-X", "-d", directory,
             "-f", path], output)
        wait.until(lambda: are_served(self.plain, self.secure), _SECONDS,
                   "Apache", lambda: open(output).read())

    def stop(self):
        """End it."""
        self._child.stop()
