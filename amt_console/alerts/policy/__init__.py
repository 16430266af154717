"""Who is told of an alert, and when nobody is: pure functions over the values of ``model.policy``."""
