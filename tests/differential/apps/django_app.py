"""Django's own parsers; answers with what it saw. Run: gunicorn -b 127.0.0.1:PORT django_app:app"""

import json

from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="echo",
    DATA_UPLOAD_MAX_NUMBER_FIELDS=100_000,
    DATA_UPLOAD_MAX_MEMORY_SIZE=4_000_000,
    MIDDLEWARE=[],
)

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import re_path  # noqa: E402

from flatten import flatten  # noqa: E402


def echo(request):
    seen = []
    sources = [("query", request.GET)]
    is_json = (request.content_type or "").endswith("json")
    body = b""
    if is_json:
        body = request.body
    sources.append(("form", request.POST))
    for where, values in sources:
        for name, items in values.lists():
            seen.append((f"{where} name", "", name))
            seen.extend((where, name, value) for value in items)
    for name, uploads in request.FILES.lists():
        seen.append(("multipart name", "", name))
        for upload in uploads:
            seen.append(("filename", name, upload.name or ""))
            seen.append(("file", name, upload.read().decode("utf-8", "replace")))
    for name, value in request.COOKIES.items():
        seen.append(("cookie", name, value))
        seen.append(("cookie name", "", name))
    seen.append(("path", "", request.path))
    if is_json:
        try:
            flatten("json", json.loads(body), seen)
        except ValueError:  # what it cannot read, it does not see
            pass
    return JsonResponse([{"where": where, "name": name, "value": value} for where, name, value in seen], safe=False)


urlpatterns = [re_path(r"^.*$", echo)]
app = get_wsgi_application()
