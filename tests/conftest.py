"""For every test: hypothesis without its deadline, since a busy machine is no fault of the code."""

from hypothesis import settings

settings.register_profile("sereno", deadline=None)
settings.load_profile("sereno")
