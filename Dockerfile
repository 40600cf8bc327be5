# The image of Overwinter. API, projections and migrations use it with different commands.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore

WORKDIR /opt/overwinter

# Dependencies first, because they change less often than the program.
COPY requirements/runtime.in requirements/runtime.txt requirements/
RUN pip install --require-hashes -r requirements/runtime.txt

COPY pyproject.toml ./
COPY domain domain
COPY history history
COPY projections projections
COPY api api
RUN pip install --no-deps --no-build-isolation . \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin overwinter \
    && install -d -m 700 -o overwinter -g overwinter /var/lib/overwinter /var/lib/overwinter-keys \
        /var/lib/overwinter-key-backup

USER overwinter
ENV OVERWINTER_HOST=0.0.0.0 \
    OVERWINTER_PORT=8000 \
    OVERWINTER_KEYS=/var/lib/overwinter-keys \
    OVERWINTER_KEY_BACKUP=/var/lib/overwinter-key-backup \
    DATA_DIR=/var/lib/overwinter
EXPOSE 8000
ENTRYPOINT ["overwinter"]
CMD ["serve"]
