"""What charts are drawn with: a canvas of dots, and scales with round numbers and round times."""
