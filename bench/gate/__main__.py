import typer

from bench.gate import main
from rnnlab.errors import guarded

if __name__ == "__main__":  # its processes import this, too
    guarded(lambda: typer.run(main))
