"""Encoders to be trained: made from a config, fed with token ids, saved as plain models."""
