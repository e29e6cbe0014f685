# docker build -t sipcodes . && docker run --rm --read-only --tmpfs /tmp -p 127.0.0.1:8080:8080 sipcodes

FROM debian:bookworm-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends make ca-certificates && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# The tests are part of the build: an image that does not pass them is not made.
RUN make test PREFIX=/usr && make install PREFIX=/usr DESTDIR=/out

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends libmicrohttpd12 libjansson4 libsqlite3-0 libstemmer0d libdeflate0 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin sipcodes
COPY --from=build /out/usr/bin/sipcodes /usr/bin/sipcodes
COPY --from=build /out/usr/share/sipcodes /usr/share/sipcodes
USER 10001
EXPOSE 8080
ENV SIPCODES_LISTEN=0.0.0.0:8080
ENTRYPOINT ["/usr/bin/sipcodes"]
CMD ["serve"]
