"""Writes down what regions of AWS lack, for lib/aws/private/regions/availability.ts.

AWS has no file of it to be had without an account. Three packages carry what they got from AWS:

- moto: EC2's answers to DescribeInstanceTypeOfferings, and to DescribeInstanceTypes, which says what has NVIDIA GPUs;
- cfn-lint: the resource types that CloudFormation knows in each region;
- botocore: the instance types that SageMaker's API takes, in endpoints and in batch transform.

    pip install 'moto[server]' cfn-lint
    python3 scripts/aws_regions.py 'May 2026' > lib/aws/private/regions/availability.ts
    npm run format

The argument is the month in which the packages were published. With --json it is what the tests compare that file with.
"""

import gzip
import importlib
import json
import sys
import textwrap
from importlib.metadata import version
from pathlib import Path

import botocore
import cfnlint
import moto

# What the constructs cannot do without, of which some region has none.
RESOURCE_TYPES = [
    "AWS::ApiGatewayV2::Api",
    "AWS::CodeBuild::Project",
    "AWS::Lambda::Url",
    "AWS::S3Files::AccessPoint",
    "AWS::SageMaker::Endpoint",
    "AWS::SageMaker::InferenceComponent",
    "AWS::SageMaker::Model",
]

# EC2 takes generations that it retires out of its lists while SageMaker still has them: that they are missing says
# nothing.
RETIRING = {"c4", "m4", "p2", "p3", "p3dn", "t2"}


def read(path):
    return json.loads(gzip.decompress(path.read_bytes()))


def family(instance_type):
    return instance_type.removeprefix("ml.").split(".")[0]


def offerings():
    """The instance types that EC2 offers in each region."""
    folder = Path(moto.__file__).parent / "ec2/resources/instance_type_offerings/region"
    return {
        path.name.removesuffix(".json.gz"): sorted(offer["InstanceType"] for offer in read(path))
        for path in sorted(folder.glob("*.json.gz"))
    }


def nvidia():
    types = read(Path(moto.__file__).parent / "ec2/resources/instance_types.json.gz")
    return {
        family(name)
        for name, about in types.items()
        if "x86_64" in about["ProcessorInfo"]["SupportedArchitectures"]
        and any(gpu.get("Manufacturer") == "NVIDIA" for gpu in about.get("GpuInfo", {}).get("Gpus", []))
    }


def sagemaker():
    """The instance types of endpoints and of batch transform."""
    (path,) = Path(botocore.__file__).parent.glob("data/sagemaker/*/service-2.json.gz")
    shapes = read(path)["shapes"]
    return [sorted(shapes[name]["enum"]) for name in ("ProductionVariantInstanceType", "TransformInstanceType")]


def resource_types():
    """The resource types that CloudFormation knows in each region."""
    folder = Path(cfnlint.__file__).parent / "data/schemas/providers"
    known = {
        path.stem.replace("_", "-"): set(importlib.import_module(f"cfnlint.data.schemas.providers.{path.stem}").types)
        for path in sorted(folder.glob("[a-z]*.py"))
    }
    # Of regions that the public cannot see, cfn-lint has a copy of the first.
    first = known["us-east-1"]
    return {region: types for region, types in known.items() if region == "us-east-1" or types != first}


def facts():
    types = offerings()
    offered = {region: {family(name) for name in names} for region, names in types.items()}
    endpoint, transform = sagemaker()
    served = ({family(name) for name in endpoint + transform} | nvidia()) - RETIRING
    known = resource_types()
    return {
        "sources": {name: version(name) for name in ("moto", "cfn-lint", "botocore")},
        "ec2Regions": sorted(offered),
        "familyRegions": {
            name: regions
            for name in sorted(served)
            if (regions := [region for region, families in sorted(offered.items()) if name in families])
        },
        "nvidiaFamilies": sorted(nvidia() - RETIRING),
        "endpointFamilies": sorted({family(name) for name in endpoint} - RETIRING),
        "transformFamilies": sorted({family(name) for name in transform} - RETIRING),
        "cloudFormationRegions": sorted(known),
        "typeLacking": {
            name: [region for region, types in sorted(known.items()) if name not in types] for name in RESOURCE_TYPES
        },
        "ec2Types": types,
        "cloudFormationTypes": {region: sorted(names) for region, names in known.items()},
        "endpointTypes": endpoint,
        "transformTypes": transform,
    }


def text(words):
    """A string of words as TypeScript, in pieces that biome sets under each other."""
    *lines, last = textwrap.wrap(" ".join(words), 111, break_on_hyphens=False) or [""]
    return " + ".join([*(repr(f"{line} ") for line in lines), repr(last)])


def entries(table):
    return "\n".join(f"  {name!r}: {text(words)}," for name, words in table.items())


def typescript(found, as_of):
    regions = found["ec2Regions"]
    widespread = {name: has for name, has in found["familyRegions"].items() if len(has) > len(regions) / 2}
    rare = {name: has for name, has in found["familyRegions"].items() if name not in widespread}
    lacking = {name: [region for region in regions if region not in has] for name, has in widespread.items()}
    sources = ", ".join(f"{name} {number}" for name, number in found["sources"].items())
    return f"""// Made by scripts/aws_regions.py, which says where it is from: do not edit. Names are separated by spaces.

/** The packages it was read from. */
export const SOURCES = '{sources}';

/** When they were published. */
export const AS_OF = '{as_of}';

/** Where it is known what EC2 offers. */
export const EC2_REGIONS = {text(regions)};

/** Families of instances that these regions lack, and the others of {{@link EC2_REGIONS}} have. */
export const FAMILY_LACKING = {{
{entries(lacking)}
}};

/** Families of instances that only these regions have. */
export const FAMILY_ONLY = {{
{entries(rare)}
}};

/** Families with NVIDIA GPUs and Intel or AMD processors. */
export const NVIDIA_FAMILIES = {text(found["nvidiaFamilies"])};

/** Families that SageMaker takes for endpoints, but for those that EC2 retires. */
export const ENDPOINT_FAMILIES = {text(found["endpointFamilies"])};

/** Families that SageMaker takes for batch transform, but for those that EC2 retires. */
export const TRANSFORM_FAMILIES = {text(found["transformFamilies"])};

/** Where it is known which types of resources CloudFormation has. */
export const CLOUDFORMATION_REGIONS = {text(found["cloudFormationRegions"])};

/** Where CloudFormation lacks a type of resource. */
export const TYPE_LACKING = {{
{entries(found["typeLacking"])}
}};
"""


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(json.dumps(facts()) if sys.argv[1] == "--json" else typescript(facts(), sys.argv[1]), end="")
