"""The hand-over of a shift: what happened, what is open, what ends, who is next."""
