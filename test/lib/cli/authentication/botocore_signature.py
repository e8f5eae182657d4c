"""Signs the request on standard input with botocore, as of the date it names, and prints the Authorization header."""

import datetime
import json
import sys

from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

given = json.load(sys.stdin)
date = datetime.datetime.strptime(given["headers"]["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
auth.get_current_datetime = lambda remove_tzinfo=True: date.replace(tzinfo=None) if remove_tzinfo else date
request = AWSRequest(method=given["method"], url=given["url"], data=given.get("body"), headers=given["headers"])
auth.SigV4Auth(Credentials(**given["credentials"]), given["service"], given["region"]).add_auth(request)
print(json.dumps(request.headers["Authorization"]))
