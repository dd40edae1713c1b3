# shellcheck shell=sh
# What the scripts in this directory share. A script reads it with
#   . "$(dirname "$0")/lib.sh"
# and finds itself in strict mode with $top, $build, the pin and the functions below.

set -eu

me=${0##*/}
top=$(cd "$(dirname "$0")/.." && pwd -P)
build=$top/build
: "$build"

# Say something to the person in front of the screen; standard output is for results.
say() { printf '%s: %s\n' "$me" "$*" >&2; }
die() { say "$@"; exit 1; }

# The pin is one line of `sha256sum`: the hash and the name of tor's tarball.
read -r tor_sha256 tor_tarball_name <"$top/patches/upstream.sha256"
tor_tarball_name=${tor_tarball_name#\*}
tor_version=${tor_tarball_name#tor-}
tor_version=${tor_version%.tar.gz}
: "$tor_sha256" "$tor_version"

# need COMMAND PACKAGE: stop unless COMMAND can be run.
need() {
    command -v "$1" >/dev/null 2>&1 ||
        die "$1 is missing; install Debian's package \"$2\" (sudo apt-get install $2)"
}

# sha256_is FILE HASH: true iff FILE exists and has that hash.
sha256_is() {
    [ -f "$1" ] && [ "$(sha256sum <"$1" | cut -d' ' -f1)" = "$2" ]
}

# jobs: how many compilers to run at once.
jobs() { nproc 2>/dev/null || echo 1; }

# our_version: the version of rbalance, which the first entry of ChangeLog names.
our_version() {
    version=$(sed -n 's/^Changes in version \([0-9.]*\) .*/\1/p' "$top/ChangeLog" | head -n 1)
    [ -n "$version" ] || die "ChangeLog names no version"
    echo "$version"
}

# source_epoch: the time of what we make: of the commit, or of whoever says so; outside of git the beginning of time.
source_epoch() { echo "${SOURCE_DATE_EPOCH:-$(git -C "$top" log -1 --format=%ct 2>/dev/null || echo 0)}"; }

# patch_names [DIR]: the patches of the series in DIR, or of ours, in order, comments and blank lines left out.
patch_names() { sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "${1:-$top/patches}/series"; }

# Stop unless every patch of the series is there.
check_series() {
    for p in $(patch_names); do
        [ -f "$top/patches/$p" ] || die "patches/series names $p, which does not exist"
    done
}

# our_files: those that belong into tor's tree, relative to src/. The network tests run outside of it.
our_files() {
    [ -d "$top/src" ] || return 0
    (cd "$top/src" && find . \( -path ./test/net -o -path ./test/testnet \) -prune -o \
        -type f \( -name '*.[ch]' -o -name '*.inc' -o -name '*.am' \) -printf '%P\n')
}

# apply_series TREE [DIR]: apply each patch in DIR, or of ours, exactly where it says; neither fuzz nor offset is accepted.
apply_series() {
    series=${2:-$top/patches}
    for p in $(patch_names "$series"); do
        if ! out=$(LC_ALL=C patch -p1 -F0 -N --no-backup-if-mismatch -d "$1" <"$series/$p" 2>&1); then
            printf '%s\n' "$out" | sed 's/^/  | /' >&2
            die "patches/$p does not apply"
        fi
        if inexact=$(printf '%s\n' "$out" | grep -E 'with fuzz|\(offset'); then
            printf '%s\n' "$inexact" | sed 's/^/  | /' >&2
            die "patches/$p does not apply exactly; run scripts/refresh-patches"
        fi
    done
}

# In a log, the lines that say what went wrong stand at the end.
show_tail() { tail -n "${2:-25}" "$1" | sed 's/^/  | /' >&2; }

# logged NAME COMMAND...: run COMMAND with its output in build/logs/NAME; show the end of it on failure.
logged() {
    logged_to=$build/logs/$1
    shift
    mkdir -p "$build/logs"
    "$@" >"$logged_to" 2>&1 || {
        show_tail "$logged_to"
        die "this failed: $* (log: ${logged_to#"$top"/})"
    }
}

# The failed tests in the output of tor's test program, one "group/name" a line, sorted.
failed_tests() {
    awk '/^[^ ]+: / { name = $1; sub(/:$/, "", name) }
        /^ *\[.* FAILED\]$/ { print name }' "$1" | sort
}

# How many tests passed in the output of tor's test program.
passed_tests() { grep -cE '^[^ ]+: .*OK$' "$1" || true; }

# tor_source: make build/pristine-src tor as released, and print where that is.
tor_source() {
    "$top/scripts/make-tree" --pristine "$build/pristine-src" || exit 1
    echo "$build/pristine-src"
}

# find_program NAME PACKAGE FILE [OPTION]: print the path of a program. An installed one is used as it is; else FILE of
# Debian's package, unpacked under build/NAME: installed, it would start a server. OPTION as for unpack_debian.
find_program() {
    command -v "$1" && return
    if [ ! -x "$build/$1/$3" ]; then
        say "taking $1 from Debian's package $2"
        unpack_debian "$2" "$build/$1" "$3" "${4:-}" ||
            die "$1 is missing; install Debian's package \"$2\" (sudo apt-get install $2)"
    fi
    echo "$build/$1/$3"
}

# bench_programs: build what a benchmark runs, and tell it where that is.
bench_programs() {
    logged build-tor "$top/scripts/build-tor" tor
    TOR_RBALANCE=$build/tor/src/app/tor
    TOR_STOCK=$("$top/scripts/stock-tor")
    export TOR_RBALANCE TOR_STOCK
}

# unpack_debian PACKAGE DIR FILE [OPTION]: put what Debian's package holds into DIR, unless FILE in it does not run
# then; OPTION is the one with which it says its version. Nothing is installed and no daemon is started.
unpack_debian() {
    command -v apt-get >/dev/null 2>&1 || return 1
    mkdir -p "$build"
    unpacked=$(mktemp -d "$build/.unpack-$1.XXXXXX")
    (
        cd "$unpacked"
        apt-get -qq -o APT::Sandbox::User="$(id -un)" download "$1" ||
            { [ "$(id -u)" -eq 0 ] && apt-get -qq update &&
                apt-get -qq -o APT::Sandbox::User="$(id -un)" download "$1"; }
    ) >"$unpacked.log" 2>&1 || show_tail "$unpacked.log" 3
    if dpkg-deb -x "$unpacked/$1"_*.deb "$unpacked/root" 2>>"$unpacked.log" &&
        "$unpacked/root/$3" "${4:---version}" >/dev/null 2>&1; then
        rm -rf "$2"
        mv "$unpacked/root" "$2"
    fi
    rm -rf "$unpacked" "$unpacked.log"
    [ -x "$2/$3" ]
}
