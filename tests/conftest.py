from hypothesis import settings

pytest_plugins = ["tests.postgres", "tests.storages"]

# The same examples on every machine and every day: a test that fails today fails tomorrow.
settings.register_profile("voisin", derandomize=True, deadline=None, database=None)
settings.load_profile("voisin")
