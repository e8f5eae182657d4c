"""What Step Functions does in a Distributed Map and moto does not.

Sources: the pages on ItemReader, ItemBatcher, ResultWriter and failure thresholds in
https://docs.aws.amazon.com/step-functions/latest/dg/.
"""

import json
import threading

from moto.stepfunctions.parser.api import ExecutionFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader import item_reader_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader.eval.resource_output_transformer.transformer import (  # noqa: E501
    ResourceOutputTransformer,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader.reader_config.input_type import InputType
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.distributed_iteration_component import (
    DistributedIterationComponent,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor.distributed_item_processor_worker import (  # noqa: E501
    DistributedItemProcessorWorker,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.result_writer.resource_eval.resource_eval_s3 import (
    ResourceEvalS3,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.state_map import StateMap
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.program_state import ProgramError
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser


def failure(env, error, cause):
    name = StatesErrorName(typ=error)
    details = ExecutionFailedEventDetails(error=name.error_name, cause=cause)
    return FailureEventException(
        FailureEvent(env, name, HistoryEventType.ExecutionFailed, EventDetails(executionFailedEventDetails=details))
    )


# Reading


class JsonLines(ResourceOutputTransformer):
    def _eval_body(self, env):
        env.stack.pop()
        text = env.stack.pop()
        env.stack.append([json.loads(line) for line in text.splitlines() if line.strip()])


make_input_type = InputType.__init__
transformer_for = item_reader_decl.resource_output_transformer_for
read = item_reader_decl.ItemReader._eval_body


def input_type_or_lines(self, input_type):
    if input_type == "JSONL":
        self.input_type_value = input_type
    else:
        make_input_type(self, input_type)


def read_or_fail(reader, env):
    try:
        read(reader, env)
    except FailureEventException:
        raise
    except Exception as error:
        raise failure(env, StatesErrorNameType.StatesItemReaderFailed, str(error)) from error


InputType.__init__ = input_type_or_lines
item_reader_decl.resource_output_transformer_for = lambda input_type: (
    JsonLines() if input_type.input_type_value == "JSONL" else transformer_for(input_type=input_type)
)
item_reader_decl.ItemReader._eval_body = read_or_fail

# What the grammar does not know, of which batches are the most

parse = AmazonStateLanguageParser.parse
map_run = DistributedIterationComponent._map_run


def parse_with_batchers(definition):
    document = json.loads(definition)
    batchers = {name: state.pop("ItemBatcher", None) for name, state in document["States"].items()}
    for state in document["States"].values():
        # The grammar takes percentages with a point only.
        if "ToleratedFailurePercentage" in state:
            state["ToleratedFailurePercentage"] = float(state["ToleratedFailurePercentage"])
    program, tree = parse(json.dumps(document))
    for name, batcher in batchers.items():
        if batcher:
            program.states.states[name].iteration_component.item_batcher = batcher
    return program, tree


def batches(items, batcher):
    around = len('{"Items":[]}')
    batch, size = [], around
    for item in items:
        more = len(json.dumps(item, separators=(",", ":")).encode()) + 1
        too_large = size + more > batcher.get("MaxInputBytesPerBatch", size + more)
        if batch and (too_large or len(batch) == batcher.get("MaxItemsPerBatch")):
            yield {"Items": batch}
            batch, size = [], around
        batch.append(item)
        size += more
    if batch:
        yield {"Items": batch}


def map_run_of_batches(component, env, eval_input):
    items = env.stack.pop()
    batcher = getattr(component, "item_batcher", None)
    inputs = list(batches(items, batcher)) if batcher else items
    eval_input.map_run_record.inputs = inputs
    eval_input.map_run_record.children = {}
    env.stack.append(inputs)
    map_run(component, env, eval_input)


AmazonStateLanguageParser.parse = staticmethod(parse_with_batchers)
DistributedIterationComponent._map_run = map_run_of_batches

# Executions of the map, how many may fail, and what is written of them

run_job = DistributedItemProcessorWorker._eval_job
run_map = StateMap._eval_execution
lock = threading.Lock()


def run_job_as_execution(worker, env, job):
    run = worker._map_run_record
    # One that is written is not changed by what ends later.
    child = {"Status": "RUNNING"}
    with lock:
        run.children[job.job_index] = child
    run_job(worker, env, job)
    state = env.program_state()
    with lock:
        if child["Status"] != "RUNNING":
            return
        if not isinstance(state, ProgramError):
            child |= {"Status": "SUCCEEDED", "Output": json.dumps(job.job_output)}
            return
        child |= {"Status": "FAILED", "Error": state.error.get("error"), "Cause": state.error.get("cause")}
        failed = sum(each["Status"] == "FAILED" for each in run.children.values())
    if failed * 100 > run.tolerated_failure_percentage * len(run.inputs):
        # Ends the run: what is started is aborted, and the rest is not started.
        error = StatesErrorNameType.StatesExceedToleratedFailureThreshold
        job.job_output = failure(env, error, "The specified tolerated failure threshold was exceeded")


def run_map_and_write(state, env):
    try:
        run_map(state, env)
    except FailureEventException:
        run = env.map_run_record_pool_manager.get_all()[-1]
        if state.result_writer and hasattr(run, "children"):
            state.result_writer.eval(env)
        raise


FILES = {"SUCCEEDED": "SUCCEEDED", "FAILED": "FAILED", "ABORTED": "FAILED", "PENDING": "PENDING"}


def put_results(env, resource_runtime_part, state_credentials):
    parameters = env.stack.pop()
    run = env.map_run_record_pool_manager.get_all()[-1]
    written = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
    with lock:
        for child in run.children.values():
            if child["Status"] == "RUNNING":
                child["Status"] = "ABORTED"
        for index, given in enumerate(run.inputs):
            child = run.children.get(index, {"Status": "PENDING"})
            written[FILES[child["Status"]]].append(
                {"Name": f"{index}", "StateMachineArn": run.map_state_machine_arn, "Input": json.dumps(given), **child}
            )
    s3 = ResourceEvalS3._get_s3_client(resource_runtime_part, state_credentials)
    bucket = parameters["Bucket"]
    folder = f"{parameters['Prefix'].rstrip('/')}/{run.map_run_arn.split(':')[-1]}/".lstrip("/")
    manifest = {"DestinationBucket": bucket, "MapRunArn": run.map_run_arn, "ResultFiles": {}}
    for name, children in written.items():
        manifest["ResultFiles"][name] = []
        if children:
            body = json.dumps(children).encode()
            s3.put_object(Bucket=bucket, Key=f"{folder}{name}_0.json", Body=body)
            manifest["ResultFiles"][name].append({"Key": f"{folder}{name}_0.json", "Size": len(body)})
    s3.put_object(Bucket=bucket, Key=f"{folder}manifest.json", Body=json.dumps(manifest).encode())
    details = {"Bucket": bucket, "Key": f"{folder}manifest.json"}
    env.stack.append({"MapRunArn": run.map_run_arn, "ResultWriterDetails": details})


DistributedItemProcessorWorker._eval_job = run_job_as_execution
StateMap._eval_execution = run_map_and_write
ResourceEvalS3._handle_put_object = staticmethod(put_results)
