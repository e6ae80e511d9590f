"""Flask's own parsers, and ElementTree for XML; answers with what it saw. Run: gunicorn -b 127.0.0.1:PORT flask_app:app"""

from xml.etree import ElementTree

from flask import Flask, jsonify, request

from flatten import flatten

app = Flask(__name__)
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


@app.route("/", defaults={"path": ""}, methods=METHODS)
@app.route("/<path:path>", methods=METHODS)
def echo(path):
    seen = []
    for where, values in (("query", request.args), ("form", request.form)):
        for name, value in values.items(multi=True):
            seen.append((where, name, value))
            seen.append((f"{where} name", "", name))
    for name, upload in request.files.items(multi=True):
        seen.append(("multipart name", "", name))
        seen.append(("filename", name, upload.filename or ""))
        seen.append(("file", name, upload.read().decode("utf-8", "replace")))
    for name, value in request.cookies.items():
        seen.append(("cookie", name, value))
        seen.append(("cookie name", "", name))
    if request.authorization is not None and request.authorization.type == "basic":
        seen.append(("user", "", request.authorization.username or ""))
    seen.append(("path", "", request.path))
    if request.is_json:
        try:
            flatten("json", request.get_json(), seen)
        except Exception:  # what it cannot read, it does not see
            pass
    elif "xml" in (request.mimetype or ""):
        try:
            xml(ElementTree.fromstring(request.get_data()), seen)
        except Exception:
            pass
    return jsonify([{"where": where, "name": name, "value": value} for where, name, value in seen])


def xml(element, seen):
    for node in element.iter():
        if isinstance(node.tag, str):
            seen.append(("xml name", "", node.tag.rsplit("}", 1)[-1]))
        seen.append(("xml", "", node.text or ""))
        seen.append(("xml", "", node.tail or ""))
        for name, value in node.attrib.items():
            seen.append(("xml", name, value))
