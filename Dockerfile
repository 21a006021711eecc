# rnnlab on CPUs; README, "From clone to report", says how to build and run it.
FROM python:3.11-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git make \
    && rm -rf /var/lib/apt/lists/*

# Not root, so that what comes out through a volume is somebody's: USER_ID is theirs.
ARG USER_ID=1000
RUN useradd --create-home --non-unique --uid "$USER_ID" lab && install --directory --owner lab /rnnlab
USER lab
WORKDIR /rnnlab

# The environment is a layer that changes with the locks alone. The package is installed as editable,
# so an empty one will do until the code comes. pip is told of PyTorch's index by an argument.
ARG PIP_EXTRA_INDEX_URL
COPY --chown=lab:lab Makefile pyproject.toml requirements*.txt ./
RUN mkdir -p src/rnnlab && touch README.md src/rnnlab/__init__.py && PIP_NO_CACHE_DIR=1 make setup

COPY --chown=lab:lab . .
# make goes by times, and the locks now have those of the clone.
RUN touch .venv/.ready
CMD ["make", "demo"]
