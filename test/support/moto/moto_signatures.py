"""Refuses requests that are not signed, or whose signature is not the one of the canonical request that AWS computes."""

import io
import json
from http import HTTPStatus

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.sts.models import sts_backends

from moto_resource import ACCOUNT

# Credentials that every client of the endpoint has at first.
STATIC = {"testing": "testing"}
# The endpoint itself, which is no service.
OWN_PATHS = ("/moto-api", "/favicon.ico")


class Refusal(Exception):
    pass


def secret_of(access_key):
    if access_key in STATIC:
        return STATIC[access_key]
    assumed = sts_backends[ACCOUNT]["aws"].get_assumed_role_from_access_key(access_key)
    if not assumed:
        raise Refusal("InvalidClientTokenId: The security token included in the request is invalid.")
    return assumed.secret_access_key


def headers_of(environ):
    headers = HTTPHeaders()
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            headers[name[5:].replace("_", "-").lower()] = value
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = environ[name]
    return headers


def signature_of(environ, authorization, body):
    """The signature of the received request. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html"""
    fields = dict(part.split("=", 1) for part in authorization.partition(" ")[2].replace(" ", "").split(","))
    access_key, _, region, service, _ = fields["Credential"].split("/")
    names = fields["SignedHeaders"].split(";")
    headers = headers_of(environ)
    # S3 does not encode the path again: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    kind = S3SigV4Auth if service == "s3" else SigV4Auth

    class Received(kind):
        def headers_to_sign(self, _):
            signed = HTTPHeaders()
            for name in names:
                signed[name] = headers.get(name, "")
            return signed

    url = f"http://{environ['HTTP_HOST']}{environ['RAW_URI']}"
    request = AWSRequest(method=environ["REQUEST_METHOD"], url=url, headers=headers, data=body)
    request.context["timestamp"] = headers["x-amz-date"]
    auth = Received(Credentials(access_key, secret_of(access_key)), service, region)
    signature = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    return fields["Signature"], signature


def refuse_unsigned(environ):
    authorization = environ.get("HTTP_AUTHORIZATION", "")
    if not authorization.startswith("AWS4-HMAC-SHA256 "):
        raise Refusal("MissingAuthenticationTokenException: Missing Authentication Token")
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length)
    environ["wsgi.input"] = io.BytesIO(body)
    sent, computed = signature_of(environ, authorization, body)
    if sent != computed:
        raise Refusal(
            "SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided."
        )


def checked(self, environ, start_response):
    if not environ.get("PATH_INFO", "").startswith(OWN_PATHS):
        try:
            refuse_unsigned(environ)
        except Refusal as refusal:
            code, _, message = str(refusal).partition(": ")
            headers = [("content-type", "application/json"), ("x-amzn-errortype", code)]
            start_response(f"{HTTPStatus.FORBIDDEN.value} {HTTPStatus.FORBIDDEN.phrase}", headers)
            return [json.dumps({"__type": code, "message": message}).encode()]
    return dispatch(self, environ, start_response)


dispatch = DomainDispatcherApplication.__call__
DomainDispatcherApplication.__call__ = checked
