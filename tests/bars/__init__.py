"""Harms with a bar each: what they may cost others, measured on real processes.

python -m tests.bars                 all of them, one table
python -m tests.bars census          some modules by name
"""
