
# Follows one of the other Dockerfiles, for a function of AWS Lambda: the model is in the image, because Lambda mounts
# nothing. Lambda starts it as a user of its own, on a file system that is read-only but for /tmp.
FROM server
COPY model/ /opt/ml/model/
ENV MODELSHIP_MODEL=/opt/ml/model
HEALTHCHECK NONE
ENTRYPOINT ["node", "/opt/modelship/lambda-bootstrap.js"]
# Or `streamingHandler`, as the function answers.
CMD ["handler"]
