/**
 * What CodeBuild runs: makes the image unless its tag is there, and tells CloudFormation how it went. The tag is made
 * of what the image is made of, so that one that is there is the same.
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
  docker build --pull \${BASE:+--build-arg "BASE=$BASE"} \${RUN_AS:+--build-arg "RUN_AS=$RUN_AS"} \\
    --tag "$REPOSITORY_URI:$TAG" .
  docker push "$REPOSITORY_URI:$TAG"
  digest > /tmp/digest
fi
touch /tmp/built`,
      ],
      // Whatever happened before.
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
