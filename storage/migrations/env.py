"""How Alembic runs a migration: over the connection that `storage.upgrade` has opened."""

from alembic import context

from storage.tables import metadata

connection = context.config.attributes["connection"]
# SQLite cannot change a table in place: Alembic writes a new one and moves the rows over.
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
