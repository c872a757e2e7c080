# Mend for a clinic: one image for web, worker, beat and the migrations. See docker-compose.yml.

FROM python:3.12-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /opt/venv
COPY requirements/run.txt /tmp/run.txt
RUN /opt/venv/bin/pip install --require-hashes --requirement /tmp/run.txt
WORKDIR /app
COPY . .
# Static files are gathered once, here. The secrets that this step makes for itself stay behind
# in this stage, in a folder that is not copied.
RUN MEND_DATA_DIR=/tmp/build STATIC_ROOT=/app/staticfiles \
    /opt/venv/bin/python manage.py collectstatic --noinput --verbosity 0

FROM python:3.12-slim
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings STATIC_ROOT=/app/staticfiles MEND_DATA_DIR=/var/lib/mend
RUN useradd --system --uid 10001 --home-dir /var/lib/mend --create-home mend
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
# By number, so that an orchestrator can see that it is not root.
USER 10001
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", \
     "--workers", "2", "--threads", "8", "--worker-tmp-dir", "/dev/shm", "--log-level", "error", \
     "--no-control-socket"]
