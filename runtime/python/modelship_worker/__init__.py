"""Runs one model of a Python framework. The Modelship runtime starts this process and communicates over a socket."""
