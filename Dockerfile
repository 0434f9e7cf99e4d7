# syntax=docker/dockerfile:1
# Three images from one file:
#   docker build --target web .                                        the site: no torch, non-root, about 1 GB
#   docker build --target training --build-arg TORCH_INDEX=URL .       training on a CPU; URL: PyTorch's index of CPU wheels
#   docker build --target worker --build-arg TORCH_INDEX=URL .         a worker that trains for the site: the same settings and volume
# The web image does the shorter work too: docker run ... python manage.py work_jobs
FROM python:3.11-slim AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app

FROM base AS packages
RUN python -m venv /opt/venv
COPY requirements-web.lock .
RUN /opt/venv/bin/pip install --require-hashes -r requirements-web.lock

FROM packages AS all-packages
ARG TORCH_INDEX=""
COPY requirements.txt requirements-web.txt ./
RUN if [ -n "$TORCH_INDEX" ]; then /opt/venv/bin/pip install --index-url "$TORCH_INDEX" torch==2.15.0 torchvision==0.29.2; fi \
 && /opt/venv/bin/pip install -r requirements.txt

FROM base AS training
COPY --from=all-packages /opt/venv /opt/venv
COPY ml ml
RUN useradd --create-home --uid 10001 trainer && mkdir runs && chown trainer runs
USER 10001
ENV PATH=/opt/venv/bin:$PATH AIFASHION_DATA=/data
VOLUME ["/data", "/app/runs"]
ENTRYPOINT ["python", "-m"]
CMD ["ml.textiles.pipeline", "--no-export"]

# What site and worker share: code, settings, and where things are kept when neither database nor bucket is named.
FROM base AS code
COPY manage.py ./
COPY aifashion aifashion
COPY patterns patterns
COPY tryon tryon
COPY ml ml
COPY static static
COPY templates templates
COPY locale locale
COPY deploy/gunicorn.conf.py deploy/
RUN useradd --uid 10001 --create-home aifashion && mkdir -p /var/lib/aifashion/media && chown -R aifashion /var/lib/aifashion
# The code's own folder is not writable. One heap for every thread keeps a third more memory than two, and is no quicker; and what
# is larger than 2 MB goes back to the system at once, else large photos leave a process twice as large for good.
ENV PATH=/opt/venv/bin:$PATH AIFASHION_ENV=production MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=2097152 MALLOC_TRIM_THRESHOLD_=67108864
ENV DATABASE_URL=sqlite:////var/lib/aifashion/db.sqlite3 MEDIA_ROOT=/var/lib/aifashion/media
VOLUME ["/var/lib/aifashion"]

FROM code AS worker
COPY --from=all-packages /opt/venv /opt/venv
USER 10001
CMD ["python", "manage.py", "work_jobs"]

FROM code AS web
COPY --from=packages /opt/venv /opt/venv
ENV PORT=8000
# collectstatic needs settings that start; the values given here are used for this one command and stored nowhere.
RUN SECRET_KEY=only-for-collecting-static-files-at-build-time-0123456789 ALLOWED_HOSTS=localhost \
    python manage.py collectstatic --noinput
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/health/live', timeout=4)"]
CMD ["gunicorn", "aifashion.wsgi", "-c", "deploy/gunicorn.conf.py"]
