"""Pieces of configuration, each a list of torrc lines."""

# Seconds that votes and then signatures have to travel: tor's minimum.
_DELAY = 2
# An interval so long that nobody votes before vote_at() says when.
_NEVER = 1800
# The shortest interval before the first consensus, and how long before that
# consensus the vote is.
_FIRST_INTERVAL = 5
_FIRST_VOTE_BEFORE = 2
# Where the public network's consensus differs from tor's defaults in what
# concerns circuits and onion services. What it says of denial of service is
# left out: there one address is one client, here all have the same.
_PARAMETERS = " ".join([
    "KISTSchedRunInterval=3",
    "circ_max_cell_queue_size=1250",
    "circ_max_cell_queue_size_out=1000",
    "guard-n-primary-dir-guards-to-use=2",
    "guard-n-primary-guards-to-use=2",
    "hs_service_max_rdv_failures=1",
])


def common(directory, geoip, authorities):
    """Return what every tor of the network needs.

    `geoip` is an empty file (loading the real one costs 35 MB a process),
    `authorities` the DirAuthority lines. Tor does not learn how long circuits
    take to build: on one machine that is so short that it would give up
    healthy circuits whenever the machine is busy for a moment.
    """
    return [
        "TestingTorNetwork 1",
        # Each cell that is sent would be noted until an event tells of it,
        # which nobody asks for: 40 bytes a cell, as long as its circuit is.
        "TestingEnableCellStatsEvent 0",
        "DataDirectory " + directory,
        "ControlSocket %s/control" % directory,
        "CookieAuthentication 0",
        "AddressDisableIPv6 1",
        "OutboundBindAddress 127.0.0.1",
        "NumCPUs 1",
        "AvoidDiskWrites 1",
        "ShutdownWaitLength 0",
        "PathsNeededToBuildCircuits 0.67",
        "LearnCircuitBuildTimeout 0",
        "CircuitBuildTimeout 10",
        "SafeLogging 0",
        "ProtocolWarnings 1",
        "LogTimeGranularity 1",
        "GeoIPFile " + geoip,
        "GeoIPv6File " + geoip,
    ] + authorities


def relay(nickname, or_port, resolv_conf=None):
    """Return what makes a tor a relay, and in this network an HSDir.

    With a `resolv_conf`, the path of a file that names its name servers, it is
    an exit, too.

    AssumeReachable is the one line without which the network does not start.
    With a consensus every few seconds, the differences between all of them
    would soon take more of a relay's time than everything else. A consensus
    that is older than what is kept can't be fetched, which clients try ever
    more seldom then.
    """
    return [
        "Nickname " + nickname,
        "SocksPort 0",
        "ORPort 127.0.0.1:%d" % or_port,
        "Address 127.0.0.1",
        "AssumeReachable 1",
        "ContactInfo nobody@example.com",
        "MaxConsensusAgeForDiffs 2 minutes",
    ] + (_exit(resolv_conf) if resolv_conf else [
        "ExitRelay 0",
        "ExitPolicy reject *:*",
    ])


def _exit(resolv_conf):
    """Return what makes a relay an exit to this machine.

    Clients know of a policy only what it says of all addresses; that the exit
    gets no further is the work of OutboundBindAddress.
    """
    return [
        "ExitRelay 1",
        "ExitPolicy accept *:*",
        "ExitPolicyRejectPrivate 0",
        "ServerDNSResolvConfFile " + resolv_conf,
        "ServerDNSSearchDomains 0",
        "ServerDNSDetectHijacking 0",
    ]


def authority(dir_port, bandwidths, now):
    """Return what makes a relay an authority that does not vote yet.

    `bandwidths` is the file with what relays are measured at, `now` the wall
    clock time.
    """
    return [
        "AuthoritativeDirectory 1",
        "V3AuthoritativeDirectory 1",
        "DirPort 127.0.0.1:%d" % dir_port,
        "V3BandwidthsFile " + bandwidths,
        "TestingV3AuthInitialVotingInterval %d" % _NEVER,
        "V3AuthVotingInterval %d" % _NEVER,
        "TestingV3AuthVotingStartOffset %d" % (
            (int(now) + _NEVER // 2) % _NEVER),
        "TestingV3AuthInitialVoteDelay %d" % _DELAY,
        "TestingV3AuthInitialDistDelay %d" % _DELAY,
        "V3AuthVoteDelay %d" % _DELAY,
        "V3AuthDistDelay %d" % _DELAY,
        "V3AuthNIntervalsValid 3",
        "AuthDirTestReachability 0",
        "TestingAuthDirTimeToLearnReachability 0",
        "MinUptimeHidServDirectoryV2 0",
        "TestingDirAuthVoteExit *",
        "TestingDirAuthVoteGuard *",
        "TestingDirAuthVoteHSDir *",
        "TestingMinExitFlagThreshold 0",
        "ConsensusParams " + _PARAMETERS,
    ]


def vote_at(at, interval):
    """Return the options with which authorities first vote at the time `at`.

    `interval` is the time between two consensuses from then on, in seconds.
    """
    consensus = int(at) + _FIRST_VOTE_BEFORE
    return {
        "TestingV3AuthInitialVotingInterval": _FIRST_INTERVAL,
        "TestingV3AuthVotingStartOffset": consensus % _FIRST_INTERVAL,
        "V3AuthVotingInterval": interval,
    }


def client(socks_port):
    """Return what makes a tor a client."""
    return ["SocksPort 127.0.0.1:%d" % socks_port, "ClientOnly 1"]


def service(directory, backend_port, options=()):
    """Return an onion service, port 80 of which is a local backend.

    `options` are further per service lines, such as HiddenServiceBalance 1.
    """
    return [
        "SocksPort 0",
        "ClientOnly 1",
        "HiddenServiceDir " + directory,
        "HiddenServicePort 80 127.0.0.1:%d" % backend_port,
    ] + list(options)
