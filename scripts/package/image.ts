// The definition of an OCI image. It runs nothing and downloads nothing but its base, so that it is built for every
// architecture anywhere, and the same base gives the same bytes.
import about from '../../package.json' with { type: 'json' };

/** In Debian's slim images stands all that the executable needs: libc, libstdc++, libgcc. */
const base = 'docker.io/library/debian:bookworm-slim';

/** `epoch`: seconds since 1970, of the commit; `commit`: it, or '' where it is not known. */
export const containerfile = (commit: string, epoch: number): string => `# Beside the executables and this file:
#   podman build --timestamp ${epoch} --tag bentham-cockpit:${about.version} .
# For arm64: --platform linux/arm64 --build-arg EXECUTABLE=bentham-cockpit-linux-arm64
# The same bytes each time: name the base by its digest, --build-arg BASE=docker.io/library/debian@sha256:DIGEST
# To run it as yourself, with your kubeconfig, configuration and journal:
#   podman run --rm -it --userns=keep-id --network=host -e HOME -e TERM -v "$HOME:$HOME" bentham-cockpit:${about.version}
# (docker: --user "$(id -u):$(id -g)" in place of --userns=keep-id). PostgreSQL, Redis and AWS: pass their variables with -e.
ARG BASE=${base}
FROM \${BASE}
ARG EXECUTABLE=bentham-cockpit-linux-x64
COPY --chmod=0755 \${EXECUTABLE} /usr/bin/bentham-cockpit
COPY --chmod=0644 bill-of-materials.json /usr/share/doc/bentham-cockpit/
LABEL org.opencontainers.image.title="bentham-cockpit" \\
      org.opencontainers.image.description="${about.description}" \\
      org.opencontainers.image.version="${about.version}" \\
      org.opencontainers.image.revision="${commit}"
ENV LANG=C.UTF-8
# Nobody in particular: without a home, nothing is kept. See above to run it as yourself.
USER 65532:65532
ENTRYPOINT ["bentham-cockpit"]
`;
