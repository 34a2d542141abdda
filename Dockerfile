# Tollgate as an image: `docker build -t tollgate .`. Envoy is not in it; docker-compose.yml and deploy/kubernetes run it beside.
# The base is pinned by a digest that public Dockerfiles pin, too (ten of them, seen 2026-12-01); it was not compared with the registry. Before a release:
# docker buildx imagetools inspect node:24-bookworm-slim
FROM node:24-bookworm-slim@sha256:6f7b03f7c2c8e2e784dcf9295400527b9b1270fd37b7e9a7285cf83b6951452d AS build
WORKDIR /tollgate
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN node node_modules/typescript/bin/tsc -p tsconfig.build.json && npm prune --omit=dev

FROM node:24-bookworm-slim@sha256:6f7b03f7c2c8e2e784dcf9295400527b9b1270fd37b7e9a7285cf83b6951452d
# Made here, so that volumes mounted there belong to the user that writes into them.
RUN install -d -o node -g node /run/tollgate /var/lib/tollgate
WORKDIR /tollgate
COPY --from=build /tollgate/package.json ./
COPY --from=build /tollgate/node_modules ./node_modules
COPY --from=build /tollgate/dist ./dist
COPY assets ./assets
COPY protos ./protos
COPY schema ./schema
COPY LICENSE ./
ENV NODE_ENV=production
USER node
ENTRYPOINT ["node", "/tollgate/dist/main.js"]
CMD ["serve", "-c", "/etc/tollgate/tollgate.yaml"]
