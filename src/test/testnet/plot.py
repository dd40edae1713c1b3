"""Plots of what was measured."""
import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402

_COLUMNS = 3


def strips(values, unit, path):
    """Draw each trial as a point, a row for each name, into an SVG file.

    `values` maps names to lists of numbers; the median is a line.
    """
    figure, axes = pyplot.subplots(figsize=(10, 0.6 * len(values) + 1.2))
    _draw(axes, values, unit)
    axes.set_xscale("log")
    figure.tight_layout()
    figure.savefig(path)


def panels(groups, path):
    """Draw strips side by side, each with a scale of its own that begins at
    0; `groups` maps what was measured, with its unit, to the values."""
    rows = -(-len(groups) // _COLUMNS)
    height = 0.3 * max(map(len, groups.values())) + 0.9
    figure, table = pyplot.subplots(rows, _COLUMNS, squeeze=False,
                                    figsize=(4.2 * _COLUMNS, height * rows))
    every = list(table.flat)
    for axes, (unit, values) in zip(every, groups.items()):
        _draw(axes, values, unit)
        axes.set_xlim(left=0)
    for axes in every[len(groups):]:
        axes.set_axis_off()
    figure.tight_layout()
    figure.savefig(path)


def _draw(axes, values, unit):
    """Draw the points and the medians."""
    names = list(values)[::-1]
    for row, name in enumerate(names):
        ordered = sorted(values[name])
        axes.plot(ordered, [row] * len(ordered), "o", alpha=0.5)
        axes.plot([ordered[len(ordered) // 2]] * 2, [row - 0.3, row + 0.3],
                  "k-")
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel(unit)
    axes.grid(axis="x", which="both", alpha=0.3)
