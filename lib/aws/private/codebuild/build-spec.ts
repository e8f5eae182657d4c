/**
 * SageMaker accepts neither OCI manifests nor an image index. Docker creates them by default with its containerd image
 * store and with attestations: https://github.com/aws/amazon-sagemaker-feedback/issues/180
 */
const MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json';

/**
 * Build specification of CodeBuild. It builds the image unless its tag exists, and reports the result to
 * CloudFormation. The tag is a digest of the image's inputs, so that an existing tag means the same image.
 */
export const BUILD_SPEC = {
  version: '0.2',
  env: { shell: 'bash' },
  phases: {
    build: {
      commands: [
        `set -eo pipefail
digest() {
  aws ecr describe-images --repository-name "$REPOSITORY_NAME" --image-ids imageTag="$TAG" \\
    --query 'imageDetails[0].imageDigest' --output text
}
if ! digest > /tmp/digest 2> /dev/null; then
  aws ecr get-login-password | docker login --username AWS --password-stdin "\${REPOSITORY_URI%%/*}"
  docker build --pull --provenance=false --sbom=false --output=type=docker \\
    \${BASE:+--build-arg "BASE=$BASE"} \${RUN_AS:+--build-arg "RUN_AS=$RUN_AS"} --tag "$REPOSITORY_URI:$TAG" .
  docker push "$REPOSITORY_URI:$TAG"
  MANIFEST=$(aws ecr batch-get-image --repository-name "$REPOSITORY_NAME" --image-ids imageTag="$TAG" \\
    --query 'images[0].imageManifest' --output text)
  if [[ $MANIFEST != *'${MANIFEST_TYPE}'* ]]; then
    echo 'the image has no manifest of the type ${MANIFEST_TYPE}, the only one that SageMaker accepts' >&2
    aws ecr batch-delete-image --repository-name "$REPOSITORY_NAME" --image-ids imageTag="$TAG" > /dev/null
    exit 1
  fi
  digest > /tmp/digest
fi
touch /tmp/built`,
      ],
      // CloudFormation needs a response whether or not the build succeeded.
      finally: [
        `STATUS=FAILED DATA='{}'
if [ -e /tmp/built ]; then
  STATUS=SUCCESS DATA="{\\"Digest\\":\\"$(cat /tmp/digest)\\"}"
fi
printf '{"Status":"%s","Reason":"see the logs of build %s","PhysicalResourceId":"%s","StackId":"%s","RequestId":"%s","LogicalResourceId":"%s","Data":%s}' \\
  "$STATUS" "$CODEBUILD_BUILD_ID" "$TAG" "$STACK_ID" "$REQUEST_ID" "$LOGICAL_ID" "$DATA" > /tmp/answer
curl --silent --show-error --fail --retry 3 --request PUT --header 'Content-Type:' --data-binary @/tmp/answer "$RESPONSE_URL"`,
      ],
    },
  },
} as const;
