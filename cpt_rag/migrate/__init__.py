"""Another encoder for a collection that goes on being searched, and the way back."""

from cpt_rag.migrate.run import MigrationReport, migrate, rollback

__all__ = ["MigrationReport", "migrate", "rollback"]
