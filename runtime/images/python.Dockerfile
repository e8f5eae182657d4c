# The runtime for models that need Python. The context holds the runtime, the worker and requirements.txt: the pinned
# packages of the model, or of its framework.

# Pin both to what was tested, as in the other Dockerfile.
ARG BASE=docker.io/library/python:3.12-slim-bookworm
ARG NODE=docker.io/library/node:24-bookworm-slim

FROM ${NODE} AS node

FROM ${BASE} AS packages
COPY requirements.txt /requirements.txt
# Wheels only: a package that would be compiled is refused here rather than by a missing compiler.
RUN python3 -m venv /opt/venv && /opt/venv/bin/pip install --no-cache-dir --only-binary :all: -r /requirements.txt \
  && /opt/venv/bin/pip uninstall --yes pip setuptools

FROM ${BASE} AS server
# LightGBM's wheel does not contain OpenMP. tini reaps the workers of a server process that was killed, which become
# children of the first process of the container. What only builds is not needed to serve.
RUN apt-get update && apt-get install --yes --no-install-recommends libgomp1 tini \
  && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /usr/local/lib/python3*/site-packages/pip* /usr/local/lib/python3*/ensurepip /usr/local/bin/pip*
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=packages /opt/venv /opt/venv
# The allocator returns buffers of 128 KiB or more to the system as soon as they are free. By default it keeps them, and
# resident memory stays high after a burst of large requests.
ENV MALLOC_MMAP_THRESHOLD_=131072 MALLOC_TRIM_THRESHOLD_=1048576 MALLOC_ARENA_MAX=2
ENV NODE_ENV=production ORT_DISABLE_TELEMETRY=1 PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
  PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
COPY runtime/ /opt/modelship/

LABEL com.amazonaws.sagemaker.capabilities.multi-models=true \
  com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true

ARG RUN_AS=65532:65532
# Where a mounted folder keeps the rights of /tmp, so that the rest can be read-only.
VOLUME ["/tmp"]
USER ${RUN_AS}
WORKDIR /opt/modelship
EXPOSE 8080

HEALTHCHECK --interval=10s --timeout=3s --start-period=300s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.AIP_HTTP_PORT || process.env.SAGEMAKER_BIND_TO_PORT || process.env.FUNCTIONS_CUSTOMHANDLER_PORT || process.env.PORT || process.env.MODELSHIP_PORT || 8080}/v2/health/live`).then((response) => process.exit(response.ok ? 0 : 1), () => process.exit(1))"]

ENTRYPOINT ["tini", "--", "node", "/opt/modelship/server.js"]
