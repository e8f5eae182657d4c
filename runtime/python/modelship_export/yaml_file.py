"""Reads a YAML file as plain values. Tags that would create objects are refused."""

import yaml


def read(request):
    with open(request["yaml"], encoding="utf-8") as file:
        return yaml.safe_load(file)
