#!/bin/sh
# Make ./configure from configure.ac.
set -eu
cd "$(dirname "$0")"

for tool in autoreconf:autoconf aclocal:automake automake:automake; do
    command -v "${tool%%:*}" >/dev/null 2>&1 || {
        echo "autogen.sh: ${tool%%:*} is missing; install Debian's package \"${tool##*:}\"" \
            "(sudo apt-get install ${tool##*:})" >&2
        exit 1
    }
done
exec autoreconf -i
