"""Report: charts of a project on one self-contained page.

`load` and `load_current` query the database and return `charts.data`. Each module of `charts` draws
one chart from it, and `page` combines the charts.
"""
