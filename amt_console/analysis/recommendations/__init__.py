"""Advice about the findings: rules with their evidence, and what is said once about a common cause."""
