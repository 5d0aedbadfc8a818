"""Spikes: days with far more reporters than forecast. The rule, its evaluation, and detection.

`distributions`, `baseline`, `rule`, `synthetic_series` and `rule_evaluation` are plain Python on
lists of numbers; `series`, `explanation`, `evaluation` and `backtest` query the database.
"""
