"""The colours of the console: own themes, which one is shown, and which one was chosen last."""
