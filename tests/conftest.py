from hypothesis import settings

pytest_plugins = ["tests.postgres", "tests.storages"]

# The same examples on every machine and every day: a test that fails today fails tomorrow.
settings.register_profile("voisin", derandomize=True, deadline=None, database=None)
# Chosen with --hypothesis-profile=long, where a test says that it looks longer then.
settings.register_profile("long", settings.get_profile("voisin"))
settings.load_profile("voisin")
