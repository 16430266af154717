"""Rules on recorded history: the same evaluator as in the running monitor, fed with what was stored."""
