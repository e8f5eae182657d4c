"""moto's server, with what our templates have and its CloudFormation lacks."""

import sys

import moto_attributes  # noqa: F401
import moto_builds  # noqa: F401
import moto_codedeploy  # noqa: F401
import moto_constraints  # noqa: F401
import moto_ecs  # noqa: F401
import moto_elb  # noqa: F401
import moto_lambda  # noqa: F401
import moto_network  # noqa: F401
import moto_quotas  # noqa: F401
import moto_refusals  # noqa: F401
import moto_resources  # noqa: F401
import moto_rest_api  # noqa: F401
import moto_s3files  # noqa: F401
import moto_sagemaker  # noqa: F401
import moto_scaling  # noqa: F401
import moto_signatures  # noqa: F401
import moto_updates  # noqa: F401

from moto.server import main

if __name__ == "__main__":
    main(sys.argv[1:])
