# The collector and stewardctl on Debian 12, built from this source tree.
FROM docker.io/library/debian:12 AS build
WORKDIR /src
COPY deploy/dependencies.sh deploy/dependencies.sh
RUN deploy/dependencies.sh --build
COPY . .
RUN cmake --preset release -DSTEWARD_BUILD_TESTS=OFF -DSTEWARD_BUILD_BENCH=OFF \
 && cmake --build --preset release --target steward-collector stewardctl \
 && mkdir /packages /out \
 && strip -o /out/steward-collector build/release/bin/steward-collector \
 && strip -o /out/stewardctl build/release/bin/stewardctl \
 && ldd /out/steward-collector /out/stewardctl | awk '$3 ~ "^/" { print $3 }' | sort -u | xargs -r readlink -f \
    | xargs -r dpkg-query -S 2>/dev/null | cut -d: -f1 | sort -u > /packages/needed

FROM docker.io/library/debian:12
COPY --from=build /packages/needed /tmp/needed
RUN apt-get update \
 && xargs apt-get install -y --no-install-recommends ca-certificates curl < /tmp/needed \
 && rm -rf /var/lib/apt/lists/* /tmp/needed \
 && useradd --system --home-dir /var/lib/steward-collector --create-home steward-collector
COPY --from=build /out/ /usr/bin/
USER steward-collector
VOLUME /var/lib/steward-collector
ENTRYPOINT ["/usr/bin/steward-collector"]
CMD ["serve", "--data", "/var/lib/steward-collector"]
