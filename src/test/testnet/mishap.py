"""What may happen to the nodes of a cluster, and how each of it passes.

A mishap is a function of the Scene, of the node that it befalls and of the
seconds that it lasts. When it returns all nodes run, and reach everybody.
"""
import time

from .cluster import Cluster
from .control import ControlError
from .gate import Gate

# With all nodes gone, clients only wait.
_ALL_GONE_SECONDS = 5
_CRASHES = 3


class Scene:
    """A cluster of `count` nodes, and chance, a random.Random.

    `gates` has the Gate of each node, by which it can be cut off. Use it in a
    with statement.
    """

    def __init__(self, network, name, count, chance):
        self.chance = chance
        self.cluster = Cluster(network, name)
        self.gates = {}
        for _ in range(count):
            node = self.cluster.new_node()
            self.gates[node] = Gate()
            node.lines += self.gates[node].lines

    def __enter__(self):
        self.cluster.connect(self.cluster.nodes)

    def __exit__(self, *_):
        for gate in self.gates.values():
            gate.remove()

    def pick(self):
        """Return a node: the publisher, half of the time."""
        publishers = self.cluster.publishers()
        return self.chance.choice(
            [self.chance.choice(self.cluster.nodes), *publishers[:1]])

    def pick_other(self, node):
        """Return another node than `node`."""
        return self.chance.choice(
            [other for other in self.cluster.nodes if other is not node])

    def tell(self, node, *words):
        """Send `node` the command HSBALANCE with these words.

        It may refuse: what was so when we looked is not so any more.
        """
        try:
            node.control.command(" ".join(
                ["HSBALANCE", self.cluster.address, *words]))
        except ControlError:
            pass


def crash(_, node, seconds):
    """It dies, and starts again."""
    node.kill()
    time.sleep(seconds)
    node.start()


def stop(_, node, seconds):
    """It is shut down, and starts again."""
    node.stop()
    time.sleep(seconds)
    node.start()


def hang(_, node, seconds):
    """It does nothing at all, with all its connections open."""
    node.pause()
    time.sleep(seconds)
    node.resume()


def cut(scene, node, seconds):
    """Its packets get lost."""
    scene.gates[node].shut()
    time.sleep(seconds)
    scene.gates[node].open()


def reload(_, node, __):
    """It reads its configuration again."""
    node.reload()


def break_channels(scene, *_):
    """All channels between nodes break."""
    scene.cluster.close_channels()


def crash_two(scene, node, seconds):
    """It dies, and another one soon after it."""
    other = scene.pick_other(node)
    node.kill()
    time.sleep(scene.chance.uniform(0, 3))
    other.kill()
    time.sleep(seconds)
    node.start()
    other.start()


def crash_all(scene, _, seconds):
    """All die at once."""
    for node in scene.cluster.nodes:
        node.kill()
    time.sleep(min(seconds, _ALL_GONE_SECONDS))
    for node in scene.cluster.nodes:
        node.start()


def crash_often(scene, node, _):
    """It dies again as soon as it has started."""
    for _ in range(_CRASHES):
        crash(scene, node, 0)
        time.sleep(scene.chance.uniform(0, 2))


def step_down(scene, node, _):
    """It gives up the publisher's role, if it has it."""
    scene.tell(node, "STEPDOWN")


def drain(scene, node, seconds):
    """It drains, and comes back."""
    scene.tell(node, "DRAIN")
    time.sleep(seconds)
    scene.tell(node, "UNDRAIN")


def exclude(scene, node, seconds):
    """Another node excludes it, and one that may be a third takes it back."""
    scene.tell(scene.pick_other(node), "EXCLUDE", node.name)
    time.sleep(seconds)
    scene.tell(scene.pick_other(node), "INCLUDE", node.name)


# No client notices these.
GENTLE = (reload, break_channels, step_down, drain, exclude)
ROUGH = (crash, stop, hang, cut, crash_two, crash_all, crash_often)
