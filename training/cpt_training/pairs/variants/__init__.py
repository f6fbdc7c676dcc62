"""Variants of a function that do the same, made by rewriting its syntax tree."""
