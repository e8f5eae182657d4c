"""moto's server, which executes state machines. EXECUTE_API_URL says where API Gateway is."""

import copy
import sys
import time

import moto_distributed_map  # noqa: F401
import moto_service_tasks  # noqa: F401
from moto.core.config import default_user_config
from moto.server import main
from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl

default_user_config["stepfunctions"]["execute_state_machine"] = True


def without_executions(machine, _):
    """Each execution gets a copy, and those that ran hold what cannot be copied."""
    clone = copy.copy(machine)
    clone.executions = []
    return clone


StateMachine.__deepcopy__ = without_executions


class FastClock:
    """Between attempts, a second of Step Functions lasts a hundredth of one."""

    sleep = staticmethod(lambda seconds: time.sleep(seconds / 100))


retrier_decl.time = FastClock

if __name__ == "__main__":
    main(sys.argv[1:])
