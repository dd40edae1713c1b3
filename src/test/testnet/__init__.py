"""A private Tor network on the loopback interface, for tests and the demo.

Real tor processes, real curl, short time periods. Nothing here leaves
127.0.0.1, and no process outlives the Python process that started it.

What is where, from the bottom up:

  process.py     child processes that die with us
  ports.py       free TCP ports
  wait.py        waiting for a condition, with a deadline
  control.py     one control connection, its replies and its events
  clock.py       a clock that is wrong
  binaries.py    which tor to run
  gate.py        a way to the network that can be shut
  torrc.py       pieces of configuration
  keys.py        onion service keys and addresses
  tor.py         one tor process: directory, torrc, start, stop, log
  relay.py       one relay or authority, and its keys
  network.py     all of them: the whole network
  period.py      time periods of onion services
  consensus.py   a consensus signed again for another time
  descriptor.py  a descriptor, decrypted
  client.py      one client: requests and descriptor fetches
  backend.py     the HTTP server behind a node
  node.py        one tor that serves the balanced service
  cluster.py     several nodes with one service key
  traffic.py     many requests, and where they ended up
  strike.py      a publisher's death when a time period begins
  leaks.py       secrets that may not stand in a log
  report.py      what the demonstration prints
  demo.py        the demonstration that scripts/demo runs
"""
