"""Days above what their own past explains: the rule, its measurement, and the spikes of projects.

`tails`, `baseline`, `rule`, `synthetic` and `measurement` are plain Python on lists of numbers;
`series`, `explanation`, `evaluation` and `backtest` know the database.
"""
