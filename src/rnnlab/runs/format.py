"""The number of the format that runs are written in.

What writes a run's files is no dependency of the stages that train (see rnnlab.code). Whoever
changes what the files hold or how they look raises this number, and all runs are made again.
"""

FORMAT = 3
