"""Context packs: which passages, how far they are grown, and how they are written."""
