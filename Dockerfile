# syntax=docker/dockerfile:1
# One image for each service, and one for the command of operators, from one recipe:
#
#   docker build --build-arg SERVICE=fraud-detector -t riffle/fraud-detector .
#
# SERVICE is ingest, filter, aggregator, fraud-detector, notifier, console or cli. All but the last two stages are the same for
# each of them and built once.
#
#   I1. What runs is Node and the service's own production dependencies: no package manager, no compiler, no sources.
#   I2. It runs as user 1000, by number, so that Kubernetes can see that it is not root, and writes only to /tmp and
#       /var/lib/riffle: the root file system may be read-only.
#   I3. Node is process 1 and gets SIGTERM itself; the services install a handler as their first step.
#
# In production, pin both bases by digest: --build-arg NODE_IMAGE=node:24-bookworm-slim@sha256:…

ARG NODE_IMAGE=node:24-bookworm-slim
ARG RUNTIME_IMAGE=debian:bookworm-slim

FROM ${NODE_IMAGE} AS node

FROM node AS build
ENV CI=1 TURBO_TELEMETRY_DISABLED=1 PNPM_HOME=/pnpm
RUN npm install --global --no-fund --no-audit pnpm@10.34.9
WORKDIR /repository
# The packages depend on the lockfile alone, so that a change of sources fetches nothing.
COPY pnpm-lock.yaml pnpm-workspace.yaml ./
COPY patches patches
RUN --mount=type=cache,id=riffle-pnpm,target=/pnpm/store \
    pnpm fetch --ignore-scripts --store-dir /pnpm/store
COPY . .
# No script of a package runs: native parts are prebuilt, and the image brings its own Node.
RUN --mount=type=cache,id=riffle-pnpm,target=/pnpm/store \
    pnpm install --frozen-lockfile --offline --ignore-scripts --store-dir /pnpm/store
RUN pnpm exec turbo run build --output-logs=errors-only

FROM build AS deployed
ARG SERVICE
RUN --mount=type=cache,id=riffle-pnpm,target=/pnpm/store \
    test -n "${SERVICE}" || { echo "give --build-arg SERVICE=<name>" >&2; exit 2; }; \
    pnpm --filter "@riffle/${SERVICE}" --config.inject-workspace-packages=true deploy --prod --offline \
      --ignore-scripts --store-dir /pnpm/store --config.package-import-method=copy /out \
    && mkdir -p /state

FROM ${RUNTIME_IMAGE} AS runtime
ARG SERVICE
LABEL org.opencontainers.image.title="riffle/${SERVICE}" org.opencontainers.image.licenses="Apache-2.0"
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=deployed /out /app
COPY infra/docker/healthcheck.mjs /app/healthcheck.mjs
# A volume that is mounted here for the first time takes this folder's owner.
COPY --from=deployed --chown=1000:1000 /state /var/lib/riffle
# Inside a container, where to listen is decided by what is published, and each process has the ports to itself.
ENV NODE_ENV=production ADMIN_HOST=0.0.0.0 ADMIN_PORT=9464 HTTP_HOST=0.0.0.0
WORKDIR /app
USER 1000:1000
HEALTHCHECK --interval=5s --timeout=5s --start-period=120s --retries=6 CMD ["node", "healthcheck.mjs"]
CMD ["node", "dist/main.js"]
