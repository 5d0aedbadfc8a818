# One image for web, worker, beat and one-off commands. Build: docker compose build
FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
COPY requirements.txt /tmp/requirements.txt
RUN /opt/venv/bin/pip install --require-hashes -r /tmp/requirements.txt

FROM python:3.13-slim
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DIIP_VAR_DIR=/var/lib/diip \
    HOST=0.0.0.0 \
    PORT=8000
RUN useradd --system --uid 10001 --home-dir /var/lib/diip --create-home diip
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY . .
RUN DEBUG=false SECRET_KEY=only-to-collect-files python manage.py collectstatic --noinput -v 0 \
    && mkdir /var/lib/diip/spool && chown -R diip:diip /var/lib/diip
USER diip
EXPOSE 8000
# Production unless somebody says otherwise: without its secrets it refuses to start.
ENV DEBUG=false
HEALTHCHECK --interval=15s --timeout=6s --start-period=40s --retries=3 \
    CMD ["python", "-m", "monitoring.readiness_check"]
CMD ["gunicorn", "diip.wsgi"]
