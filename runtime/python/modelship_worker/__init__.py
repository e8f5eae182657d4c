"""Runs one model of a Python framework for the Modelship runtime, which starts it and talks to it over a socket."""
