# A static binary and nothing else. Kept plain on purpose: the tests build no image, so
# there is nothing here that could break unseen.

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -tags=goolm -o /out/tocsin ./cmd/tocsin
RUN mkdir -p /empty/data /empty/tmp && chmod 1777 /empty/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
COPY --from=build /out/tocsin /tocsin
COPY --from=build --chown=65532:65532 /empty/ /
USER 65532:65532

# The database, the key file and the campaign file lie here: mount it, and back it up.
WORKDIR /data
VOLUME /data

HEALTHCHECK --interval=5m --timeout=30s --start-period=30s CMD ["/tocsin", "check"]
ENTRYPOINT ["/tocsin"]
CMD ["serve"]
