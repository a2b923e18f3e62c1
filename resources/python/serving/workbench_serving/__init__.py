"""The parts of ``serve.py``: a package of its own, so that no module of a script can have their names."""
