"""The models of the configuration's sections."""
