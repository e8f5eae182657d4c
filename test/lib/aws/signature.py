"""The Signature Version 4 of a request that was received, as botocore computes it: a request in JSON on standard input."""

import json
import sys

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

received = json.load(sys.stdin)
headers = received["headers"]
_, credential, signed, _ = headers["authorization"].replace(",", "").split(" ")
_, date, region, service, _ = credential.split("/")
names = signed.removeprefix("SignedHeaders=").split(";")


class ReceivedAuth(SigV4Auth):
    """Signs what the sender has signed, at the sender's time."""

    def headers_to_sign(self, request):
        signed = HTTPHeaders()
        for name in names:
            signed[name] = headers[name]
        return signed


request = AWSRequest(
    method=received["method"],
    url=f"http://{headers['host']}{received['url']}",
    headers=headers,
    data=received["body"].encode(),
)
request.context["timestamp"] = headers["x-amz-date"]
credentials = Credentials(received["AWS_ACCESS_KEY_ID"], received["AWS_SECRET_ACCESS_KEY"])
auth = ReceivedAuth(credentials, service, region)
print(auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request))
