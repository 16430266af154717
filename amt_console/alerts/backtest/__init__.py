"""What rules would have done on recorded history: windows over it, and the comparison with what was recorded. Pure."""
