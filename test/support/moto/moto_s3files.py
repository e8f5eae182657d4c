"""S3 Files, which moto does not have: what is made is kept, and nothing more."""

import hashlib

from moto_resource import ACCOUNT, resource


def kept(kind, prefix, path):
    def make(client, name, properties):
        made = f"{prefix}-{hashlib.sha256(name.encode()).hexdigest()[:17]}"
        region = client.meta.region_name
        # The ARN of an access point begins with that of its file system, as botocore's model of Lambda has it.
        place = path.format(**properties)
        return {f"{kind}Id": made, f"{kind}Arn": f"arn:aws:s3files:{region}:{ACCOUNT}:{place}/{made}"}

    resource(f"AWS::S3Files::{kind}", "s3files", make, lambda *_: None, physical_id=f"{kind}Id")


kept("FileSystem", "fs", "file-system")
kept("MountTarget", "fsmt", "mount-target")
kept("AccessPoint", "fsap", "file-system/{FileSystemId}/access-point")
