#!/usr/bin/env bash
# `docker` for a build that has no daemon: buildah builds, and the aws CLI puts the image into the local ECR.
# $BUILDAH is the command with its storage, and $DOCKER_LOG a file with what was called.
set -euo pipefail
echo "$*" >> "$DOCKER_LOG"
command=$1
shift
case $command in
  login)
    [[ $* == "--username AWS --password-stdin "* ]]
    [[ -n $(cat) ]]
    ;;
  build)
    arguments=()
    format=oci
    for argument; do
      # What a build is based on is here already, because no registry may be within reach.
      case $argument in
        --pull) ;;
        # buildah attests nothing, and makes a manifest of Docker's by --format.
        --provenance=false | --sbom=false) ;;
        --output=type=docker) format=docker ;;
        *) arguments+=("$argument") ;;
      esac
    done
    $BUILDAH bud --isolation chroot --network host --pull=never --format "$format" --quiet "${arguments[@]}"
    ;;
  push)
    pushed=$(mktemp -d)
    # The registry gets the manifest only.
    $BUILDAH push --quiet --disable-compression "$1" "dir:$pushed"
    name=${1#*/}
    aws ecr put-image --repository-name "${name%:*}" --image-tag "${name##*:}" \
      --image-manifest "$(cat "$pushed/manifest.json")" > /dev/null
    rm -rf "$pushed"
    ;;
  *) exit 64 ;;
esac
