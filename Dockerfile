# The server in an image of its own: one static binary on nothing.
#   docker build -t clew . && docker run -p 4318:4318 -e CLEW_KEY=change-me -v clew-data:/data clew
FROM golang:1.26 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o /clew ./server/cmd/clew && mkdir /data

FROM scratch
COPY --from=build /clew /clew
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
VOLUME /data
EXPOSE 4318 4317
# A container listens on all addresses, so CLEW_KEY must be set.
ENTRYPOINT ["/clew"]
CMD ["serve", "--listen", "0.0.0.0:4318", "--data", "/data"]
