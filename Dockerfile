# Voisin in a container: `docker build --tag voisin .`. What it needs to know comes from the environment
# (config.example.toml names everything); where to run it is compose.yaml.

FROM python:3.13-slim AS built
RUN python -m venv /srv/voisin
WORKDIR /src
# What it stands on changes seldom: a layer of its own, with hashes.
COPY deploy/requirements.lock deploy/requirements.lock
RUN /srv/voisin/bin/pip install --no-cache-dir --require-hashes --requirement deploy/requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY adapters adapters
COPY bot bot
COPY storage storage
RUN /srv/voisin/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/voisin --create-home voisin
COPY --from=built /srv/voisin /srv/voisin
USER voisin
WORKDIR /var/lib/voisin
# The sandbox is for a machine of one's own; a container is reached from others.
ENV VOISIN_WEB_HOST=0.0.0.0 VOISIN_SANDBOX_ENABLED=false VOISIN_LOG_FORMAT=json PYTHONUNBUFFERED=1
VOLUME /var/lib/voisin
EXPOSE 8420
HEALTHCHECK --start-period=20s CMD ["/srv/voisin/bin/python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8420/readyz', timeout=3)"]
ENTRYPOINT ["/srv/voisin/bin/voisin"]
CMD ["run"]
