"""Plots of measured seconds."""
import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402


def strips(values, unit, path):
    """Draw each trial as a point, a row for each name, into an SVG file.

    `values` maps names to lists of numbers; the median is a line.
    """
    names = list(values)[::-1]
    figure, axes = pyplot.subplots(figsize=(10, 0.6 * len(names) + 1.2))
    for row, name in enumerate(names):
        ordered = sorted(values[name])
        axes.plot(ordered, [row] * len(ordered), "o", alpha=0.5)
        axes.plot([ordered[len(ordered) // 2]] * 2, [row - 0.3, row + 0.3],
                  "k-")
    axes.set_yticks(range(len(names)), names)
    axes.set_xscale("log")
    axes.set_xlabel(unit)
    axes.grid(axis="x", which="both", alpha=0.3)
    figure.tight_layout()
    figure.savefig(path)
