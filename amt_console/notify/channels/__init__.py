"""The channels: one file each, all behind one protocol."""
