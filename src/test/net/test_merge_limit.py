"""More points than a descriptor may have: the limits, and fairness."""
import pytest

_SECONDS = 90
_MAX_BYTES = 50000


@pytest.mark.parametrize("count, points, cap, least", [
    (3, 8, 20, 6), (3, 5, 7, 2), (6, 4, 14, 2)])
def test_points_are_shared_fairly(make_cluster, client, count, points, cap,
                                  least):
    """Nodes with `points` each share `cap`: none gets less than its share,
    none more than one beyond."""
    cluster = make_cluster(count, [
        "HiddenServiceNumIntroductionPoints %d" % points,
        "HiddenServiceBalanceMaxIntroPoints %d" % cap])
    names = {node.name for node in cluster.nodes}

    def is_shared(_, descriptor):
        counts = cluster.counted(descriptor)
        assert len(descriptor.points) <= cap
        assert descriptor.size < _MAX_BYTES
        return (len(descriptor.points) == cap and set(counts) == names
                and min(counts.values()) >= least
                and max(counts.values()) <= least + 1)
    cluster.wait_both(is_shared, _SECONDS)
    cluster.wait_stored(client)
    assert client.request(cluster.hostname).ok
