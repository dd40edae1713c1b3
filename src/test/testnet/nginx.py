"""nginx with files to download, on ports of its own, plain and with TLS."""
import os

from . import certificate, process, wait
from .ports import are_served, free_port

_SECONDS = 10
# One process: a worker would outlive a master that is killed.
_CONFIGURATION = """\
daemon off;
master_process off;
pid pid;
events { worker_connections 8192; }
http {
    log_format requests '$status $request_method $request_uri';
    access_log %s;
    sendfile on;
    keepalive_timeout 1h;
    keepalive_requests 1000000;
    client_body_temp_path temporary;
    proxy_temp_path temporary;
    fastcgi_temp_path temporary;
    uwsgi_temp_path temporary;
    scgi_temp_path temporary;
    server {
        listen 127.0.0.1:%d;
        listen 127.0.0.1:%d ssl;
        ssl_certificate %s;
        ssl_certificate_key %s;
        root files;
    }
}
"""


class Nginx:
    """Debian's nginx, or NGINX_BINARY; all it has is in `directory`.

    `files` maps the names of files to their sizes. With `logs` it remembers
    what it is asked for.
    """

    def __init__(self, directory, files, logs=False):
        self.plain, self.secure = free_port(), free_port()
        os.makedirs(os.path.join(directory, "files"))
        for name, size in files.items():
            with open(os.path.join(directory, "files", name), "wb") as file:
                file.write(os.urandom(size))
        pem = certificate.write_self_signed(directory, ["localhost"])
        path = os.path.join(directory, "nginx.conf")
        with open(path, "w") as file:
            file.write(_CONFIGURATION % (
                "requests requests" if logs else "off", self.plain,
                self.secure, pem, pem))
        self._log = os.path.join(directory, "requests")
        output = os.path.join(directory, "output")
        self._child = process.Child(
            [os.environ.get("NGINX_BINARY", "/usr/sbin/nginx"),
             "-p", directory, "-c", path, "-e", "stderr"], output)
        wait.until(lambda: are_served(self.plain, self.secure), _SECONDS,
                   "nginx", lambda: open(output).read())

    def stop(self):
        """End it."""
        self._child.stop()

    def requests(self):
        """Return (status, method, path) of all requests that are over."""
        with open(self._log) as file:
            return [(int(status), method, path) for status, method, path in (
                line.split(" ", 2) for line in file.read().splitlines())]
