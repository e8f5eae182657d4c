"""What CodeBuild and ECR tell and moto does not: what a build is made with, and the digest that an image has."""

import datetime
import hashlib
import json

from moto.codebuild.models import codebuild_backends
from moto.codebuild.responses import CodeBuildResponse
from moto.ecr.models import Image

start_build = CodeBuildResponse.start_build
batch_get_builds = CodeBuildResponse.batch_get_builds


def in_seconds(each):
    """Times as the protocol has them."""
    for name in ("startTime", "endTime"):
        if isinstance(each.get(name), str):
            each[name] = datetime.datetime.fromisoformat(each[name].replace("Z", "+00:00")).timestamp()
    return each


def told(answer):
    return json.dumps(json.loads(answer, object_hook=in_seconds))


def start_build_of_project(response):
    answer = json.loads(start_build(response))
    build = answer["build"]
    backend = codebuild_backends[response.current_account][response.region]
    project = backend.codebuild_projects[build["projectName"]].project_metadata
    environment = project["environment"]
    variables = {each["name"]: each for each in environment.get("environmentVariables", [])}
    variables |= {each["name"]: each for each in response._get_param("environmentVariablesOverride") or []}
    kept = backend.build_metadata[build["projectName"]].build_metadata
    kept["environment"] = {**environment, "environmentVariables": list(variables.values())}
    kept["source"] = project["source"]
    return told(json.dumps({"build": kept}))


def create_digest(image):
    image._image_digest = "sha256:" + hashlib.sha256(image.image_manifest.encode()).hexdigest()


CodeBuildResponse.start_build = start_build_of_project
CodeBuildResponse.batch_get_builds = lambda response: told(batch_get_builds(response))
Image._create_digest = create_digest
